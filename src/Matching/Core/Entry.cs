using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Trading.Matching.Core.Books;

namespace Trading.Matching.Core;

/// <summary>Orders come in, change and go: what they must satisfy before a book sees them.</summary>
public sealed partial class Market
{
    /// <summary>Kind and version left out, a set bit here makes an order more than a plain limit order of either side.</summary>
    private const ulong MoreThanPlain = 0xFFFF_FFFC_FF00_0000;

    private void Place(in Command command, OutputBuffer outputs)
    {
        if (!Hears(in command, out var named, out var unheard, outputs)) return;
        ref var account = ref accounts.Open(command.Account);
        var instrument = Find(command.Instrument);
        var locks = 0L;
        var plain = instrument is not null && TakesPlain(in command, ref account, instrument, out locks);
        if (!plain)
        {
            if (instrument is not null) Begin(instrument);
            var code = Judge(in command, ref account, instrument, -1, out locks);
            if (code != Refusal.None)
            {
                RefuseNamed(in command, named, in unheard, instrument, code, outputs);
                return;
            }
        }

        var slot = Admit(in command, locks, named ? clientIds.Remember(in unheard, ContentOf(in command), Sequence, Sequence) : -1, instrument!, ref account, outputs, out var at);
        if (!plain)
        {
            PlaceInFull(slot, instrument!, at, in command, outputs);
        }
        else if (command.TimeInForce is TimeInForce.Day or TimeInForce.Gtc && !instrument!.Against(command.Side).Meets(command.Ticks))
        {
            orders[slot].Marks = Marks.Resting;
            orders.Open(slot, ref account);
            instrument.Of(command.Side).Rest(slot, command.Ticks, command.Lots);
        }
        else
        {
            Begin(instrument!);
            Enter(slot, instrument!, in command, outputs);
            if (lineTraded) Elect(instrument!, in command, outputs);
        }
    }

    /// <summary>An order that was judged becomes one: its money and rights are locked, and it is accepted.</summary>
    /// <param name="heard">Its client order id among those heard; -1 = none.</param>
    /// <param name="accepted">Place of the output that says so.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Admit(in Command asked, long locks, int heard, Instrument instrument, ref Account account, OutputBuffer outputs, out int accepted)
    {
        var slot = orders.Take();
        ref var order = ref orders[slot];
        order.Number = Sequence;
        order.Ticks = asked.Ticks;
        order.Left = asked.Lots;
        order.Lock = locks;
        order.Account = asked.Account;
        order.Instrument = asked.Instrument;
        order.AccountBefore = Order.NotOpen;
        order.Heard = heard;
        order.Side = asked.Side;
        order.Type = asked.Type;
        order.TimeInForce = asked.TimeInForce;
        order.Marks = Marks.None;
        LockFor(slot, instrument, ref account);
        accepted = outputs.Count;
        ref var said = ref outputs.Next(OutputKind.Accepted, in asked);
        said.Instrument = asked.Instrument;
        said.Account = asked.Account;
        said.Order = Sequence;
        said.Side = asked.Side;
        said.Type = asked.Type;
        said.Ticks = asked.Ticks;
        said.Lots = asked.Lots;
        said.Display = asked.Display;
        return slot;
    }

    /// <summary>
    /// Judges a limit order that carries nothing else, on an instrument and in an account that ask nothing unusual: nearly every order. False says
    /// nothing: it is judged in full.
    /// </summary>
    /// <param name="locks">As <see cref="Judge"/> says.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TakesPlain(in Command asked, ref Account account, Instrument instrument, out long locks)
    {
        locks = 0;
        ref var head = ref Unsafe.As<Command, ulong>(ref Unsafe.AsRef(in asked));
        if ((head & MoreThanPlain) != 0 || (asked.StopTicks | asked.Display | asked.MinLots | asked.UntilMicros) != 0) return false;
        if (!instrument.Takes(asked.Ticks, asked.Lots) || account.Is(AccountMarks.Blocked)) return false;
        ref var position = ref instrument.Of(asked.Account);
        if (!position.IsPlain || !instrument.Costs(asked.Ticks, asked.Lots, out var needs)) return false;
        if (asked.Side is not (Side.Buy or Side.Sell) || ((instrument.BuyLots | instrument.SellLots | position.Coming) >> 62) != 0) return false;
        var buys = Buys(asked.Side);
        locks = needs & buys;
        return locks <= account.Free && (asked.Lots & ~buys) <= position.Free;
    }

    private void PlaceInFull(int slot, Instrument instrument, int accepted, in Command command, OutputBuffer outputs)
    {
        var waits = command.Type >= OrderType.Stop;
        var capped = command.Type == OrderType.Market && instrument.Phase == Phase.Call;
        if (waits || capped || command.Display != 0 || command.MinLots != 0 || command.UntilMicros != 0 || command.SelfTrade != SelfTrade.Default || (command.Flags & CommandFlags.PostOnly) != 0)
            Tell(slot, in command, instrument);
        if (waits)
        {
            var reached = Reached(instrument, command.Side, command.StopTicks);
            outputs[accepted].Waiting = (byte)(reached ? 0 : 1);
            Wait(slot, instrument, reached, in command, outputs);
        }
        else
        {
            if (Hides(instrument, command.Type, command.Listing != 0)) outputs[accepted].Waiting = 2;
            Come(slot, instrument, listing: command.Listing != 0, in command, outputs);
        }

        if (lineTraded) Elect(instrument, in command, outputs);
    }

    /// <summary>Where it will stand nobody sees it: market orders of a call, takers that gather, sealed bids.</summary>
    private static bool Hides(Instrument instrument, OrderType type, bool listing) => instrument.Sealed || (instrument.SharesOut && !listing) || (type == OrderType.Market && instrument.Phase == Phase.Call);

    /// <summary>It trades as it comes, or stands as the mode and the phase say.</summary>
    private void Come(int slot, Instrument instrument, bool listing, in Command cause, OutputBuffer outputs)
    {
        if (instrument.Phase == Phase.Call) Join(slot, instrument, in cause, outputs);
        else if (instrument.Mode == Mode.Listing) ComeToListings(slot, instrument, listing, in cause, outputs);
        else Enter(slot, instrument, in cause, outputs);
    }

    private void Tell(int slot, in Command command, Instrument instrument)
    {
        ref var order = ref orders[slot];
        ref var story = ref orders.Told(slot);
        if (command.Display != 0)
        {
            order.Marks |= Marks.Iceberg;
            (story.Display, story.Shown) = (command.Display, command.Display);
        }

        if (command.MinLots != 0)
        {
            order.Marks |= Marks.MinLots;
            story.MinLots = command.MinLots;
        }

        if ((command.Flags & CommandFlags.PostOnly) != 0) order.Marks |= Marks.PostOnly;
        var waits = command.Type == OrderType.Stop || (command.Type == OrderType.Market && instrument.Phase == Phase.Call);
        if (waits && (command.Side == Side.Buy || instrument.Negative) && !instrument.RiskOff)
        {
            order.Marks |= Marks.Capped;
            order.Ticks = command.Side == Side.Buy ? instrument.UpperTicks : instrument.LowerTicks;
        }

        story.StopTicks = command.StopTicks;
        story.SelfTrade = command.SelfTrade;
        story.UntilMicros = command.UntilMicros;
    }

    private void Open(int slot)
    {
        orders.Open(slot);
        // Not before: while an order is not found by its number, what is expected of it counts as stale.
        if (orders[slot].TimeInForce == TimeInForce.Gtd) Expect(new(orders.Story(slot).UntilMicros, DueKind.OrderExpires, orders[slot].Number));
    }

    private static bool Reached(Instrument instrument, Side side, long stop) =>
        instrument.Traded && (side == Side.Buy ? instrument.LastTicks >= stop : instrument.LastTicks <= stop);

    /// <summary>A stop goes among those that wait, or enters where its condition holds already.</summary>
    private void Wait(int slot, Instrument instrument, bool reached, in Command cause, OutputBuffer outputs)
    {
        ref var order = ref orders[slot];
        if (order.AccountBefore == Order.NotOpen) Open(slot);
        if (Expired(slot, cause.AtMicros)) Leave(slot, CancelReason.Expired, in cause, outputs);
        else if (reached) Trigger(slot, instrument, in cause, outputs);
        else
        {
            order.Marks |= Marks.Waiting;
            instrument.Stops(order.Side).Rest(slot, orders.Story(slot).StopTicks);
        }
    }

    private void Replace(in Command command, OutputBuffer outputs)
    {
        if (!Hears(in command, out var named, out var unheard, outputs)) return;
        var slot = orders.Find(command.Order);
        if (slot < 0 || orders[slot].Account != command.Account || IsSale(slot))
        {
            Refuse(in command, outputs, No(Refusal.UnknownOrder));
            return;
        }

        ref var order = ref orders[slot];
        ref var account = ref accounts[command.Account];
        var instrument = Find(order.Instrument)!;
        Begin(instrument);
        var asked = Merged(slot, in command);
        var code = Judge(in asked, ref account, instrument, slot, out var locks);
        if (code != Refusal.None)
        {
            Refuse(in command, outputs, code);
            return;
        }

        if (named)
        {
            clientIds.Died(order.Heard, order.Instrument);
            order.Heard = clientIds.Remember(in unheard, ContentOf(in command), Sequence, order.Number);
        }

        if (asked.Lots <= orders.FilledOf(slot))
        {
            Leave(slot, CancelReason.User, in command, outputs);
            return;
        }

        Become(slot, in asked, locks, instrument, in command, outputs);
        if (lineTraded) Elect(instrument, in command, outputs);
    }

    /// <summary>The order as the replacement wants it, said as if it were placed anew.</summary>
    private Command Merged(int slot, in Command command)
    {
        ref var order = ref orders[slot];
        var asked = command;
        asked.Instrument = order.Instrument;
        asked.Side = order.Side;
        asked.Type = order.Type;
        asked.TimeInForce = order.TimeInForce;
        asked.Flags = order.Is(Marks.PostOnly) ? CommandFlags.PostOnly : CommandFlags.None;
        asked.Listing = (byte)(order.Is(Marks.Resting) && instruments[order.Instrument]!.Mode == Mode.Listing ? 1 : 0);
        var story = order.Is(Marks.Told) ? orders.Story(slot) : default;
        if ((command.Changes & Changes.Price) == 0) asked.Ticks = PriceOf(in order);
        if ((command.Changes & Changes.Lots) == 0) asked.Lots = orders.LotsOf(slot);
        if ((command.Changes & Changes.Stop) == 0) asked.StopTicks = order.Is(Marks.Waiting) ? story.StopTicks : 0;
        if ((command.Changes & Changes.Display) == 0) asked.Display = story.Display < asked.Lots ? story.Display : 0;
        if ((command.Changes & Changes.Until) == 0) asked.UntilMicros = story.UntilMicros;
        asked.SelfTrade = story.SelfTrade;
        // All or none stays all or none, and its own group may have taken some of all.
        asked.MinLots = story.MinLots > 0 && story.MinLots >= story.Lots ? asked.Lots : Math.Min(story.MinLots, asked.Lots);
        return asked;
    }

    private void Become(int slot, in Command asked, long locks, Instrument instrument, in Command command, OutputBuffer outputs)
    {
        ref var order = ref orders[slot];
        var (lots, filled, waits) = (orders.LotsOf(slot), orders.FilledOf(slot), order.Is(Marks.Waiting));
        // Time priority survives only what takes nothing from anyone: the same price, not more, and nothing that was hidden before those behind.
        var unhides = order.Is(Marks.Iceberg) && asked.Display == 0 && asked.Lots - filled > orders.ShownOf(slot);
        var (gathered, listed) = (order.Is(Marks.Gathered), order.Is(Marks.Resting) && instrument.Mode == Mode.Listing);
        var keeps = !waits && !unhides && (asked.Ticks == order.Ticks || (gathered && order.Type == OrderType.Market)) && asked.Lots <= lots;
        if (waits) instrument.Stops(order.Side).Take(slot, orders.Story(slot).StopTicks);
        else if (!keeps && gathered) instrument.Queue(order.Side).Take(slot, 0);
        else if (!keeps) instrument.Of(order.Side).Take(slot, order.Ticks);
        if (!keeps) order.Marks &= ~(Marks.Resting | Marks.Waiting | Marks.Gathered);
        var shown = orders.ShownOf(slot);
        ref var story = ref orders.Told(slot);
        (order.Left, story.Lots, story.MinLots) = (asked.Lots - filled, asked.Lots, asked.MinLots);
        order.Marks = asked.Display != 0 ? order.Marks | Marks.Iceberg : order.Marks & ~Marks.Iceberg;
        story.Display = asked.Display;
        if (asked.Display != 0) story.Shown = Math.Min(keeps ? Math.Min(shown, asked.Display) : asked.Display, order.Left);
        if (!order.Is(Marks.Capped)) order.Ticks = asked.Ticks;
        story.StopTicks = asked.StopTicks;
        if (asked.UntilMicros != story.UntilMicros)
        {
            story.UntilMicros = asked.UntilMicros;
            if (asked.UntilMicros > command.AtMicros) Expect(new(asked.UntilMicros, DueKind.OrderExpires, order.Number));
            Reckon();
        }

        // A long: an int would be a level's place.
        if (keeps && gathered) instrument.Queue(order.Side).Shrink(0L, shown - orders.ShownOf(slot));
        else if (keeps) instrument.Of(order.Side).Shrink(order.Ticks, shown - orders.ShownOf(slot));
        var stops = order.Type >= OrderType.Stop;
        var reached = stops && Reached(instrument, order.Side, asked.StopTicks);
        ref var replaced = ref Of(in order, OutputKind.Replaced, in command, outputs);
        replaced.Lots = asked.Lots;
        replaced.Display = asked.Display;
        replaced.Shown = orders.ShownOf(slot);
        replaced.Waiting = (byte)(stops && !reached ? 1 : !stops && Hides(instrument, order.Type, listed) ? 2 : 0);
        Relock(slot, asked.Lots - lots, locks, instrument, in command, outputs);
        if (keeps && instrument.Sealed) Spread(order.Account, instrument);
        if (keeps && !Expired(slot, command.AtMicros)) return;
        if (keeps) Leave(slot, CancelReason.Expired, in command, outputs);
        else if (stops) Wait(slot, instrument, reached, in command, outputs);
        else Come(slot, instrument, listed, in command, outputs);
    }

    /// <summary>False: it was answered already, for there is no such account or the id was heard.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool Hears(in Command command, out bool named, out Unheard unheard, OutputBuffer outputs)
    {
        named = (command.ClientHigh | command.ClientLow) != 0;
        unheard = default;
        if (Accounts.Possible(command.Account)) return !named || !Repeats(in command, out unheard, outputs);
        Refuse(in command, outputs, No(Refusal.UnknownAccount));
        return false;
    }

    /// <summary>A refusal is an answer too, and is remembered as one.</summary>
    private void RefuseNamed(in Command command, bool named, in Unheard unheard, Instrument? instrument, Refusal code, OutputBuffer outputs)
    {
        Refuse(in command, outputs, code);
        if (named && options.RemembersRefusals) clientIds.Died(clientIds.Remember(in unheard, ContentOf(in command), Sequence, 0), instrument?.Number ?? 0);
    }

    /// <summary>True where the id was heard: the same content got its first answer, another was refused.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool Repeats(in Command command, out Unheard unheard, OutputBuffer outputs)
    {
        var place = clientIds.Find(command.Account, command.ClientHigh, command.ClientLow, out unheard);
        if (place >= 0) Repeat(place, in command, outputs);
        return place >= 0;
    }

    private void Repeat(int place, in Command command, OutputBuffer outputs)
    {
        ref var heard = ref clientIds[place];
        if (heard.Content != ContentOf(in command))
        {
            Refuse(in command, outputs, No(Refusal.ClientOrderIdReused, 0, heard.Sequence));
            return;
        }

        ref var repeated = ref outputs.Next(OutputKind.Repeated, in command);
        repeated.Account = command.Account;
        repeated.Instrument = command.Instrument;
        repeated.Original = heard.Sequence;
    }

    /// <summary>Everything the command says but when.</summary>
    private static ulong ContentOf(in Command command)
    {
        var words = MemoryMarshal.Cast<Command, ulong>(new ReadOnlySpan<Command>(in command));
        unchecked
        {
            var sum = (words[0] * 0x9E37_79B9_7F4A_7C15) + (words[2] * 0xC2B2_AE3D_27D4_EB4F) + (words[3] * 0x1656_67B1_9E37_79F9) + (words[4] * 0x85EB_CA77_C2B2_AE63)
                + (words[5] * 0x27D4_EB2F_1656_67C5) + (words[8] * 0xD6E8_FEB8_6659_FD93) + (words[9] * 0xA076_1D64_78BD_642F) + (words[10] * 0xE703_7ED1_A0B4_28DB)
                + (words[11] * 0x8EBC_6AF0_9C88_C6E3);
            return sum ^ (sum >> 29);
        }
    }

    private void Cancel(in Command command, OutputBuffer outputs)
    {
        if (!Accounts.Possible(command.Account))
        {
            Refuse(in command, outputs, No(Refusal.UnknownAccount));
            return;
        }

        var number = command.Order;
        if (number == 0 && clientIds.Find(command.Account, command.ClientHigh, command.ClientLow, out _) is >= 0 and var place) number = clientIds[place].Order;
        var slot = number == 0 ? -1 : orders.Find(number);
        if (slot < 0 && CancelProposal(number, in command, outputs)) return;
        if (slot < 0 || orders[slot].Account != command.Account || (command.Order == 0 && !Names(slot, in command))) Refuse(in command, outputs, No(Refusal.UnknownOrder));
        else if (instruments[orders[slot].Instrument]!.IsSale && Bound(slot) is not Refusal.None and var bound) Refuse(in command, outputs, No(bound));
        else Leave(slot, CancelReason.User, in command, outputs);
    }

    /// <summary>An order that was given another id no longer answers to its old one.</summary>
    private bool Names(int slot, in Command command) =>
        orders[slot].Heard is >= 0 and var place && clientIds[place].Key == Heard.KeyOf(command.ClientHigh, command.ClientLow);

    private void CancelAll(in Command command, OutputBuffer outputs)
    {
        if (!Accounts.Possible(command.Account)) Refuse(in command, outputs, No(Refusal.UnknownAccount));
        else if (command.Instrument != 0 && Find(command.Instrument) is null) Refuse(in command, outputs, No(Refusal.UnknownInstrument));
        else if (command.Side > Side.Sell) Refuse(in command, outputs, No(Refusal.TypeNotAllowed));
        else if (command.Kind == CommandKind.Disconnect) CancelOrders(command.Account, command.Instrument, command.Side, CancelReason.Disconnect, in command, outputs);
        else
        {
            CancelOrders(command.Account, command.Instrument, command.Side, CancelReason.User, in command, outputs);
            CancelProposals(command.Account, command.Instrument, command.Side, CancelReason.User, in command, outputs);
        }
    }

    /// <param name="instrument">0 = all.</param>
    /// <param name="side">None = both.</param>
    private void CancelOrders(int account, int instrument, Side side, CancelReason reason, in Command cause, OutputBuffer outputs)
    {
        if (!accounts.Knows(account)) return;
        // What it is bound to it cannot take back; a block takes it away.
        var bound = reason != CancelReason.Blocked;
        for (var slot = accounts[account].FirstOrder; slot >= 0;)
        {
            ref var order = ref orders[slot];
            var next = order.AccountAfter;
            if ((instrument == 0 || order.Instrument == instrument) && (side == Side.None || order.Side == side) && !(bound && Bound(slot) != Refusal.None)) Leave(slot, reason, in cause, outputs);
            slot = StillOpen(next) ? next : accounts[account].FirstOrder;
        }
    }

    /// <summary>The next order of a list that is walked; a sale that failed meanwhile took its bids with it, and the walk begins again.</summary>
    private bool StillOpen(int next) => next < 0 || orders[next].Number != 0;
}
