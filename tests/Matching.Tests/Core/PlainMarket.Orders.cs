using System.Numerics;
using System.Runtime.InteropServices;
using Trading.Matching.Core;

namespace Trading.Matching.Tests;

/// <summary>Orders come in, change and go.</summary>
internal sealed partial class PlainMarket
{
    private bool Named => now.ClientHigh != 0 || now.ClientLow != 0;

    private (int, ulong, ulong) Name => (now.Account, now.ClientHigh, now.ClientLow);

    private (Refusal, BigInteger, BigInteger)? Place()
    {
        if (!Possible(now.Account)) return No(Refusal.UnknownAccount);
        if (Named && heard.TryGetValue(Name, out var first)) return Again(first);
        known.Add(now.Account);
        if (Listed(now.Instrument) is { } listed) Begin(listed);
        var no = Unsound() ?? Objection(Asked(), null);
        var id = Named ? Hear(Listed(now.Instrument)) : null;
        if (no is not null)
        {
            if (id is not null) id.Died = id.Instrument?.Closes ?? days;
            return no;
        }

        var order = Asked();
        order.Id = id;
        open.Add(order);
        var reached = order.Type is OrderType.Stop or OrderType.StopLimit && order.Instrument.Last is { } last && order.SetOffBy(last);
        var waits = order.Type is OrderType.Stop or OrderType.StopLimit && !reached;
        said.Add(Said(OutputKind.Accepted) with
        {
            Instrument = now.Instrument, Account = now.Account, Order = order.Number, Side = order.Side, Type = order.Type, Ticks = order.Ticks, Lots = order.Lots,
            Display = order.Display, Waiting = (byte)(waits ? 1 : Hidden(order) ? 2 : 0),
        });
        GoesIn(order, waits);
        return null;
    }

    /// <summary>Where it will stand no public book shows it.</summary>
    private static bool Hidden(PlainOrder order) =>
        order.Instrument.Mode == Mode.Sealed || (order.Instrument.Mode == Mode.Listing && order.Instrument.Shares && order.Listing == 0) || (order.Type == OrderType.Market && order.Instrument.Phase == Phase.Call);

    /// <summary>What is asked is not even an order.</summary>
    private (Refusal, BigInteger, BigInteger)? Unsound()
    {
        if (blocked.Contains(now.Account)) return No(Refusal.AccountBlocked);
        if (Listed(now.Instrument) is null) return No(Refusal.UnknownInstrument);
        return now.Side is Side.Buy or Side.Sell && (int)now.Type <= 3 && (int)now.TimeInForce <= 4 && (int)now.SelfTrade <= 5 ? null : No(Refusal.TypeNotAllowed);
    }

    private PlainOrder Asked()
    {
        var instrument = Listed(now.Instrument)!;
        var bounded = now.Type == OrderType.Stop || (now.Type == OrderType.Market && instrument.Phase == Phase.Call);
        var capped = bounded && !instrument.RiskOff && (now.Side == Side.Buy || instrument.Negative);
        return new()
        {
            Number = sequence, Account = now.Account, Instrument = instrument, Side = now.Side, Type = now.Type, InForce = now.TimeInForce,
            PostOnly = now.Flags.HasFlag(CommandFlags.PostOnly), SelfTrade = now.SelfTrade, FeeRate = instrument.FeeRate, Ticks = now.Ticks, Lots = now.Lots, Stop = now.StopTicks,
            Display = now.Display, Tip = now.Display, Least = now.MinLots, Until = now.UntilMicros, Listing = now.Listing,
            Cap = capped ? now.Side == Side.Buy ? instrument.Upper : instrument.Lower : null,
        };
    }

    private (Refusal, BigInteger, BigInteger)? Again(PlainId first)
    {
        var (then, asked) = (first.Content, Content());
        if (!MemoryMarshal.AsBytes(new ReadOnlySpan<Command>(in then)).SequenceEqual(MemoryMarshal.AsBytes(new ReadOnlySpan<Command>(in asked))))
            return No(Refusal.ClientOrderIdReused, 0, first.Sequence);
        said.Add(Said(OutputKind.Repeated) with { Account = now.Account, Instrument = now.Instrument, Original = first.Sequence });
        return null;
    }

    /// <summary>All that is asked but when and under which name.</summary>
    private Command Content() => now with { AtMicros = 0, ClientHigh = 0, ClientLow = 0 };

    private PlainId Hear(PlainInstrument? instrument) => heard[Name] = new() { Sequence = sequence, Content = Content(), Instrument = instrument };

    private void GoesIn(PlainOrder order, bool waits)
    {
        if (Expired(order)) Leaves(order, CancelReason.Expired);
        else if (waits) order.Waiting = true;
        else if (order.Type is OrderType.Stop or OrderType.StopLimit) Trigger(order);
        else Enter(order);
        if (line.Count > 0) Elect(order.Instrument);
    }

    private bool Expired(PlainOrder order) => order.InForce == TimeInForce.Gtd && order.Until <= now.AtMicros;

    private (Refusal, BigInteger, BigInteger)? Replace()
    {
        if (!Possible(now.Account)) return No(Refusal.UnknownAccount);
        if (Named && heard.TryGetValue(Name, out var first)) return Again(first);
        var order = open.Find(o => o.Number == now.Order && o.Account == now.Account && !o.IsSale);
        if (order is null) return No(Refusal.UnknownOrder);
        Begin(order.Instrument);
        var wanted = Changed(order);
        if (Objection(wanted, order) is { } no) return no;
        if (Named)
        {
            Dies(order);
            order.Id = Hear(order.Instrument);
        }

        if (wanted.Lots <= order.Filled) Leaves(order, CancelReason.User);
        else Become(order, wanted);
        return null;
    }

    /// <summary>The order as it would be; what a replacement leaves out stays.</summary>
    private PlainOrder Changed(PlainOrder order)
    {
        var wanted = order.Copy();
        if (now.Changes.HasFlag(Changes.Price)) wanted.Ticks = now.Ticks;
        if (now.Changes.HasFlag(Changes.Lots)) wanted.Lots = now.Lots;
        if (now.Changes.HasFlag(Changes.Stop)) wanted.Stop = now.StopTicks;
        if (now.Changes.HasFlag(Changes.Until)) wanted.Until = now.UntilMicros;
        if (now.Changes.HasFlag(Changes.Display)) wanted.Display = now.Display;
        else if (wanted.Display >= wanted.Lots) wanted.Display = 0;
        var allOrNone = order.Least > 0 && order.Least >= order.Lots;
        wanted.Least = allOrNone ? wanted.Lots : Math.Min(order.Least, wanted.Lots);
        return wanted;
    }

    private void Become(PlainOrder order, PlainOrder wanted)
    {
        var showsWhatWasHidden = order.Display != 0 && wanted.Display == 0 && wanted.Left > order.Tip;
        var keepsItsPlace = !order.Waiting && wanted.Ticks == order.Ticks && wanted.Lots <= order.Lots && !showsWhatWasHidden;
        if (wanted.Display != 0) order.Tip = new[] { wanted.Display, wanted.Left, keepsItsPlace ? order.Shows : long.MaxValue }.Min();
        (order.Ticks, order.Lots, order.Stop, order.Until, order.Display, order.Least) = (wanted.Ticks, wanted.Lots, wanted.Stop, wanted.Until, wanted.Display, wanted.Least);
        var waits = order.Waiting && !(order.Instrument.Last is { } last && order.SetOffBy(last));
        said.Add(Said(OutputKind.Replaced) with
        {
            Instrument = order.Instrument.Number, Account = order.Account, Order = order.Number, Side = order.Side, Ticks = order.Price, Lots = order.Lots,
            Display = order.Display, Shown = order.Shows, Waiting = (byte)(waits ? 1 : Hidden(order) ? 2 : 0),
        });
        Grab(order.Account, order.Instrument.Number);
        Grab(order.Account, 0);
        if (!keepsItsPlace) GoesIn(order, waits);
        else if (Expired(order)) Leaves(order, CancelReason.Expired);
    }

    private (Refusal, BigInteger, BigInteger)? Cancel()
    {
        if (!Possible(now.Account)) return No(Refusal.UnknownAccount);
        var named = heard.GetValueOrDefault(Name);
        var order = now.Order != 0
            ? open.Find(o => o.Number == now.Order && o.Account == now.Account)
            : open.Find(o => o.Id is not null && o.Id == named);
        var proposal = now.Order != 0
            ? proposals.Find(p => p.Number == now.Order && p.Account == now.Account)
            : proposals.Find(p => p.Id is not null && p.Id == named);
        if (proposal is not null)
        {
            Ends(proposal, CancelReason.User);
            return null;
        }

        if (order is null || order.IsSale) return No(Refusal.UnknownOrder);
        if (order.Binding) return No(Refusal.BidBinding);
        Leaves(order, CancelReason.User);
        return null;
    }

    private (Refusal, BigInteger, BigInteger)? CancelAll(CancelReason reason)
    {
        if (!Possible(now.Account)) return No(Refusal.UnknownAccount);
        if (now.Instrument != 0 && Listed(now.Instrument) is null) return No(Refusal.UnknownInstrument);
        if ((int)now.Side > 2) return No(Refusal.TypeNotAllowed);
        LeaveAll(open.Where(o => o.Account == now.Account && Asked(o.Instrument, o.Side) && !o.IsSale && !o.Binding), reason);
        if (reason == CancelReason.User) EndAll(proposals.Where(p => p.Account == now.Account && Asked(p.Instrument, p.Side)), reason);
        return null;

        bool Asked(PlainInstrument instrument, Side side) => (now.Instrument == 0 || instrument.Number == now.Instrument) && (now.Side == Side.None || side == now.Side);
    }
}
