using System.Runtime.InteropServices;
using Trading.Matching.Core.Books;

namespace Trading.Matching.Core;

/// <summary>Listing (挂牌, R-CEA-05, R-PWR-12): listings stand and are shown; whoever takes them names none and gets the best, or picks one. First come, or shared out.</summary>
public sealed partial class Market
{
    /// <summary>What one taker gets of one listing.</summary>
    private readonly record struct Taken(int Taker, int Listing, long Lots);

    private void ComeToListings(int slot, Instrument instrument, bool listing, in Command cause, OutputBuffer outputs)
    {
        ref var order = ref orders[slot];
        if (Expired(slot, cause.AtMicros)) Leave(slot, CancelReason.Expired, in cause, outputs);
        else if (listing) Rest(slot, instrument);
        else if (instrument.SharesOut) Gather(slot, instrument);
        else
        {
            // A taker never stands.
            if (order.TimeInForce != TimeInForce.Fok) order.TimeInForce = TimeInForce.Ioc;
            Enter(slot, instrument, in cause, outputs);
        }
    }

    private void Take(in Command command, OutputBuffer outputs)
    {
        if (!Hears(in command, out var named, out var unheard, outputs)) return;
        ref var account = ref accounts.Open(command.Account);
        var instrument = Find(command.Instrument);
        var code = JudgeTake(in command, ref account, instrument, out var asked, out var locks);
        if (code != Refusal.None)
        {
            RefuseNamed(in command, named, in unheard, instrument, code, outputs);
            return;
        }

        var slot = Admit(in asked, locks, named ? clientIds.Remember(in unheard, ContentOf(in command), Sequence, Sequence) : -1, instrument!, ref account, outputs, out var accepted);
        if (instrument!.SharesOut)
        {
            outputs[accepted].Waiting = 2;
            orders.Told(slot).Chosen = command.Order;
            Gather(slot, instrument);
            return;
        }

        var reason = Pick(slot, orders.Find(command.Order), instrument, in command, outputs);
        if (orders[slot].Number == 0) return;
        if (orders[slot].Left == 0) Finish(slot, in command, outputs);
        else Leave(slot, reason, in command, outputs);
    }

    private Refusal JudgeTake(in Command command, ref Account account, Instrument? instrument, out Command asked, out long locks)
    {
        (asked, locks) = (default, 0);
        if (account.Is(AccountMarks.Blocked)) return No(Refusal.AccountBlocked);
        if (instrument is null) return No(Refusal.UnknownInstrument);
        if (instrument.Mode != Mode.Listing) return No(Refusal.ModeNotAvailable);
        if (instrument.Phase != Phase.Continuous) return No(Refusal.InstrumentNotOpen, (long)Phase.Continuous, (long)instrument.Phase);
        var listing = orders.Find(command.Order);
        if (listing < 0 || orders[listing].Instrument != instrument.Number || !orders[listing].Is(Marks.Resting)) return No(Refusal.UnknownListing);
        var place = PlaceOf(orders[listing].Ticks, instrument.Of(orders[listing].Side));
        if (instrument.Terms.Levels > 0 && place > instrument.Terms.Levels) return No(Refusal.ListingOutOfReach, instrument.Terms.Levels, place);
        Begin(instrument);
        asked = new()
        {
            Kind = CommandKind.Place, Version = command.Version, AtMicros = command.AtMicros, Account = command.Account, Instrument = command.Instrument, Side = orders[listing].Side == Side.Buy ? Side.Sell : Side.Buy,
            TimeInForce = instrument.SharesOut ? TimeInForce.Day : TimeInForce.Ioc, Ticks = orders[listing].Ticks, Lots = command.Lots,
        };
        return Judge(in asked, ref account, instrument, -1, out locks);
    }

    /// <summary>Which price a price is, counted from the best.</summary>
    private static int PlaceOf(long ticks, OrderBook book)
    {
        var place = 1;
        for (var level = book.Best; level >= 0 && book.TicksOf(level) != ticks; level = book.Worse(book.TicksOf(level))) place++;
        return place;
    }

    /// <summary>The walk of a taker past one chosen listing.</summary>
    private CancelReason Pick(int slot, int at, Instrument instrument, in Command cause, OutputBuffer outputs)
    {
        ref var maker = ref orders[at];
        var book = instrument.Against(orders[slot].Side);
        var level = book.LevelOf(maker.Ticks);
        if (accounts[maker.Account].Group == accounts[orders[slot].Account].Group && instrument.Terms.SelfTrade is not SelfTrade.None and var rule)
        {
            if (rule == SelfTrade.Decrement) Decrement(slot, at, instrument, level, in cause, outputs);
            else if (rule != SelfTrade.CancelNewest) Leave(at, CancelReason.SelfTrade, in cause, outputs);
            return rule is SelfTrade.CancelNewest or SelfTrade.CancelBoth ? CancelReason.SelfTrade : CancelReason.Ioc;
        }

        var (number, ticks) = (maker.Number, maker.Ticks);
        if (maker.Is(Marks.MinLots) && Math.Min(orders[slot].Left, maker.Left) < Math.Min(orders.Story(at).MinLots, maker.Left)) return CancelReason.Ioc;
        while (orders[slot].Left > 0 && orders[at].Number == number) Trade(slot, at, ticks, level, instrument, in cause, outputs);
        return CancelReason.Ioc;
    }

    /// <summary>What takers gathered for is shared out: listings best first, each among those who reach it and chose it or none.</summary>
    private void ShareOut(Instrument instrument, in Command cause, OutputBuffer outputs)
    {
        var given = new List<Taken>();
        ref var uncrossed = ref outputs.Next(OutputKind.Uncrossed, in cause);
        uncrossed.Instrument = instrument.Number;
        foreach (var side in (ReadOnlySpan<Side>)[Side.Sell, Side.Buy]) ShareOut(side, instrument, given);
        foreach (var taken in given) uncrossed.Lots += taken.Lots;
        foreach (var (taker, listing, lots) in given)
        {
            var aggressor = orders[taker].Side;
            var (buy, sell) = aggressor == Side.Buy ? (taker, listing) : (listing, taker);
            Cross(buy, sell, orders[listing].Ticks, lots, aggressor, instrument, in cause, outputs);
        }

        var count = 0;
        foreach (var side in (ReadOnlySpan<Side>)[Side.Buy, Side.Sell])
        {
            var queue = instrument.Queue(side);
            if (queue.Best < 0) continue;
            for (var slot = queue[queue.Best].First; slot >= 0; slot = orders[slot].After)
            {
                if (count == leaving.Length) Array.Resize(ref leaving, leaving.Length * 2);
                leaving[count++] = orders[slot].Number;
            }
        }

        LeaveInOrder(count, CancelReason.Ioc, in cause, outputs);
    }

    /// <param name="side">Of the listings.</param>
    private void ShareOut(Side side, Instrument instrument, List<Taken> given)
    {
        var (book, queue) = (instrument.Of(side), instrument.Queue(side == Side.Buy ? Side.Sell : Side.Buy));
        if (queue.Best < 0) return;
        var takers = new List<Entrant>();
        for (var slot = queue[queue.Best].First; slot >= 0; slot = orders[slot].After) takers.Add(new() { Slot = slot, Lots = orders[slot].Left });
        var levels = 0;
        for (var level = book.Best; level >= 0; level = book.Worse(book.TicksOf(level)))
        {
            if (instrument.Terms.Levels > 0 && levels++ == instrument.Terms.Levels) return;
            for (var listing = book[level].First; listing >= 0; listing = orders[listing].After)
            {
                if (!orders[listing].Is(Marks.MinLots)) ShareOut(listing, book, takers, given);
            }
        }
    }

    private void ShareOut(int listing, OrderBook book, List<Entrant> takers, List<Taken> given)
    {
        var (number, ticks, group) = (orders[listing].Number, orders[listing].Ticks, accounts[orders[listing].Account].Group);
        buyers.Clear();
        var wanted = (Int128)0;
        foreach (var taker in takers)
        {
            ref var order = ref orders[taker.Slot];
            var chosen = order.Is(Marks.Told) ? orders.Story(taker.Slot).Chosen : 0;
            if (taker.Lots == 0 || (chosen != 0 && chosen != number) || !book.Reaches(order.Ticks, ticks) || accounts[order.Account].Group == group) continue;
            wanted += taker.Lots;
            buyers.Add(taker);
        }

        var sharing = CollectionsMarshal.AsSpan(buyers);
        if (wanted <= orders[listing].Left) Give(sharing, (long)wanted, proRata: false);
        else Share(sharing, orders[listing].Left, (long)wanted);
        var at = 0;
        foreach (ref readonly var taker in sharing)
        {
            while (takers[at].Slot != taker.Slot) at++;
            takers[at] = takers[at] with { Lots = takers[at].Lots - taker.Given };
            if (taker.Given > 0) given.Add(new(taker.Slot, listing, taker.Given));
        }
    }
}
