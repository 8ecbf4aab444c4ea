using System.Numerics;
using Trading.Matching.Core;

namespace Trading.Matching.Tests;

/// <summary>Sales and purchases: sealed bids, rising prices, falling prices.</summary>
internal sealed partial class PlainMarket
{
    private (Refusal, BigInteger, BigInteger)? OpenSale()
    {
        if (Listed(now.Instrument) is not { } instrument) return No(Refusal.UnknownInstrument);
        if (!instrument.IsForSales) return No(Refusal.ModeNotAvailable);
        var nobody = now.Account == 0 && instrument.RiskOff;
        if (!nobody && !Possible(now.Account)) return No(Refusal.UnknownAccount);
        if (Named && heard.TryGetValue(Name, out var first)) return Again(first);
        if (!nobody) known.Add(now.Account);
        if (blocked.Contains(now.Account)) return No(Refusal.AccountBlocked);
        if (instrument.Sale is { } already) return No(Refusal.SaleExists, 0, already.Order.Number);
        if (!TermsAreSound(instrument)) return No(Refusal.SaleTermsInvalid);
        if (now.Lots < 1) return No(Refusal.QtyNotPositive, 1, now.Lots);
        var (buys, shownAt) = (instrument.Mode == Mode.Descending, now.Ticks == 0 ? 1 : now.Ticks);
        var order = new PlainOrder
        {
            Number = sequence, Account = now.Account, Instrument = instrument, Side = buys ? Side.Buy : Side.Sell, Type = OrderType.Limit, InForce = TimeInForce.Gtc, PostOnly = false,
            SelfTrade = SelfTrade.Default, FeeRate = instrument.FeeRate, Ticks = shownAt, Lots = now.Lots,
        };
        if (!nobody && ToItsOwner(order) is { } notPermitted) return notPermitted;
        if ((buys ? ToBuying(order, null, purchase: true) : ToSelling(order, null, sale: true)) is { } notCovered) return notCovered;
        if (Named) order.Id = Hear(instrument);
        order.Since = entries++;
        open.Add(order);
        instrument.Sale = new() { Said = now, Order = order, Until = now.UntilMicros };
        said.Add(Said(OutputKind.SaleOpened) with
        {
            Account = now.Account, Instrument = now.Instrument, Order = order.Number, Side = order.Side, Ticks = now.Ticks, Lots = now.Lots, UntilMicros = now.UntilMicros,
        });
        return null;
    }

    private bool TermsAreSound(PlainInstrument instrument)
    {
        if ((int)now.Ties > 3 || (int)now.Undersubscribed > 1 || now.Ticks < 0) return false;
        if (now.UntilMicros != 0 && now.UntilMicros <= now.AtMicros) return false;
        if (instrument.Mode != Mode.Sealed && (now.MaxStep < 0 || now.Increment < 0)) return false;
        if (now.ExtendMicros < 0 || now.ExtensionsMost < 0 || now.BidLimitMillionths is < 0 or > 1_000_000) return false;
        return instrument.Mode != Mode.Descending || instrument.RiskOff || now.Ticks > 0;
    }

    private IEnumerable<PlainOrder> Bids(PlainInstrument instrument) => open.Where(o => o.Instrument == instrument && !o.IsSale);

    private PlainOrder? OwnBid(PlainOrder asked) =>
        asked.Instrument.Mode is Mode.Ascending or Mode.Descending ? Bids(asked.Instrument).FirstOrDefault(b => b.Account == asked.Account) : null;

    /// <summary>How a bid stands to the terms of its sale.</summary>
    private (Refusal, BigInteger, BigInteger)? ToItsBid(PlainOrder asked)
    {
        if (!asked.Instrument.IsForSales) return null;
        var (sale, ticks) = (asked.Instrument.Sale!, asked.Ticks);
        if (asked.Display != 0) return No(Refusal.DisplayNotAllowed, 0, asked.Display);
        if (asked.Instrument.Mode == Mode.Sealed)
        {
            if (ticks < sale.Reserve) return No(Refusal.PriceBelowReserve, sale.Reserve, ticks);
        }
        else
        {
            var supply = sale.Order.Lots;
            if (asked.Lots != supply) return No(asked.Lots < supply ? Refusal.QtyTooSmall : Refusal.QtyTooLarge, supply, asked.Lots);
            var rises = asked.Instrument.Mode == Mode.Ascending;
            var best = Bids(asked.Instrument).FirstOrDefault();
            var (near, far) = Steps(sale, best?.Ticks, rises ? 1 : -1);
            if (near is { } least && (rises ? ticks < least : ticks > least)) return No(Refusal.StepBelowMin, least, ticks);
            if (far is { } most && (rises ? ticks > most : ticks < most)) return No(Refusal.StepGtMax, most, ticks);
        }

        return null;
    }

    /// <summary>How far a bid must go, and how far it may; null = as it likes.</summary>
    private static (BigInteger? Near, BigInteger? Far) Steps(PlainSale sale, long? best, int way)
    {
        BigInteger? start = best ?? (sale.Reserve > 0 ? sale.Reserve : null);
        var near = best is null ? start : start + (way * Math.Max(sale.Said.Increment, 1));
        var far = sale.Said.MaxStep > 0 ? start + (way * (BigInteger)sale.Said.MaxStep) : null;
        return (Fitting(near), Fitting(far));

        static BigInteger? Fitting(BigInteger? number) => number is { } n ? BigInteger.Clamp(n, long.MinValue, long.MaxValue) : null;
    }

    /// <summary>The bid leads now: the one before it leaves, and a late one moves the end.</summary>
    private void Outbid(PlainOrder bid)
    {
        var (instrument, sale) = (bid.Instrument, bid.Instrument.Sale!);
        sale.Bids++;
        LeaveAll(Bids(instrument).Where(b => b != bid), CancelReason.Outbid);
        var (extend, most) = (sale.Said.ExtendMicros, sale.Said.ExtensionsMost);
        if (extend == 0 || sale.Until == 0 || now.AtMicros < (BigInteger)sale.Until - extend || (most > 0 && sale.Extensions >= most)) return;
        var until = (BigInteger)now.AtMicros + extend;
        if (until > long.MaxValue) return;
        sale.Until = (long)until;
        sale.Extensions++;
        said.Add(Said(OutputKind.Extended) with { Instrument = instrument.Number, Order = sale.Order.Number, UntilMicros = sale.Until });
    }

    /// <summary>What the sealed bids of one account lock together: the most that they can come to cost, over the prices they name.</summary>
    private BigInteger Guarantee(int account, PlainInstrument instrument, PlainOrder? without = null, PlainOrder? with = null)
    {
        if (instrument.RiskOff) return 0;
        var bids = Bids(instrument).Where(b => b.Account == account && b.Owed is null && b != without).ToList();
        if (with is not null) bids.Add(with);
        return bids.Select(p => bids.Where(b => b.Ticks >= p.Ticks).Aggregate(BigInteger.Zero, (sum, b) => sum + Cost(b, p.Ticks, b.Left))).Append(0).Max();
    }

    private static BigInteger Cost(PlainOrder bid, long ticks, long lots)
    {
        var amount = bid.Instrument.Fen((BigInteger)ticks * lots);
        return amount + bid.FeeOn(amount);
    }

    private void CloseSale(PlainInstrument instrument)
    {
        if (instrument.Sale is not { } sale) return;
        Begin(instrument);
        var bids = Bids(instrument).OrderByDescending(b => b.Ticks).ThenBy(b => b.Since).ToList();
        var count = instrument.Mode == Mode.Sealed ? bids.Count : sale.Bids;
        var (price, winners) = instrument.Mode == Mode.Sealed ? Awarded(sale, bids) : (bids.FirstOrDefault()?.Ticks, bids.ConvertAll(b => (Bid: b, Lots: b.Left)));
        var drawn = instrument.Mode == Mode.Sealed && sale.Said.Ties == Ties.Random;
        var sold = winners.Aggregate(BigInteger.Zero, (sum, w) => sum + w.Lots);
        said.Add(ClosedSale(sale, count) with
        {
            Priced = (byte)(price is null ? 0 : 1), Ticks = price ?? 0, Lots = (long)sold, Seeded = (byte)(drawn ? 1 : 0), Seed = drawn ? sale.Said.Seed : 0,
        });
        if (instrument.Mode == Mode.Sealed && !instrument.RiskOff)
        {
            foreach (var bid in bids) bid.Owed = 0;
            foreach (var (bid, lots) in winners) bid.Owed = Cost(bid, price!.Value, lots);
        }

        foreach (var (bid, lots) in winners)
        {
            var (buy, sell) = instrument.Mode == Mode.Descending ? (sale.Order, bid) : (bid, sale.Order);
            Trade(buy, sell, price!.Value, lots, null, auctioned: true);
        }

        LeaveAll(Bids(instrument), CancelReason.Close);
        instrument.Sale = null;
        if (!open.Remove(sale.Order)) return;
        Dies(sale.Order);
        Grab(sale.Order.Account, instrument.Number);
        Grab(sale.Order.Account, 0);
    }

    private void Fails(PlainInstrument instrument)
    {
        var sale = instrument.Sale!;
        var bids = Bids(instrument).ToList();
        said.Add(ClosedSale(sale, instrument.Mode == Mode.Sealed ? bids.Count : sale.Bids));
        LeaveAll(bids, CancelReason.Close);
        instrument.Sale = null;
    }

    private Output ClosedSale(PlainSale sale, long bids) =>
        Said(OutputKind.SaleClosed) with { Instrument = sale.Order.Instrument.Number, Order = sale.Order.Number, Account = sale.Order.Account, Side = sale.Order.Side, Bids = bids };

    /// <summary>One price for all, and who gets how much at it in the order they are served.</summary>
    private (long? Price, List<(PlainOrder Bid, long Lots)> Winners) Awarded(PlainSale sale, List<PlainOrder> bids)
    {
        var supply = sale.Order.Lots;
        var counted = Counted(sale, bids);
        var all = bids.ConvertAll(b => (Bid: b, counted.Find(c => c.Bid == b).Lots));
        var total = counted.Aggregate(BigInteger.Zero, (sum, c) => sum + c.Lots);
        if (total == 0 || (total < supply && sale.Said.Undersubscribed == Undersubscribed.Cancel)) return (null, []);
        if (total < supply) return (sale.Reserve > 0 ? sale.Reserve : counted.Min(c => c.Bid.Ticks), counted);
        var reached = BigInteger.Zero;
        var price = counted.First(c => (reached += c.Lots) >= supply).Bid.Ticks;
        var better = counted.Where(c => c.Bid.Ticks > price).ToList();
        // A bid that was cut to nothing is drawn like the others: whoever draws again sees bids, not what was cut of them.
        var margin = all.Where(c => c.Bid.Ticks == price).ToList();
        var left = supply - better.Aggregate(BigInteger.Zero, (sum, c) => sum + c.Lots);
        var ties = sale.Said.Ties != Ties.Default ? sale.Said.Ties : sale.Order.Instrument.Shares ? Ties.ProRata : Ties.Time;
        if (ties == Ties.Random && margin.Aggregate(BigInteger.Zero, (sum, c) => sum + c.Lots) > left) Shuffle(margin, sale.Said.Seed);
        var shares = Shares([.. margin.Select(c => c.Lots)], left, ties == Ties.ProRata);
        return (price, [.. better, .. margin.Zip(shares, (c, lots) => (c.Bid, lots)).Where(w => w.lots > 0)]);
    }

    /// <summary>What counts of the bids, best first: of one control group no more than its part of the supply.</summary>
    private List<(PlainOrder Bid, long Lots)> Counted(PlainSale sale, List<PlainOrder> bids)
    {
        var most = sale.Said.BidLimitMillionths > 0 ? (BigInteger)sale.Order.Lots * sale.Said.BidLimitMillionths / 1_000_000 : long.MaxValue;
        var counted = new List<(PlainOrder Bid, long Lots)>();
        foreach (var bid in bids)
        {
            var already = counted.Where(c => OneGroup(c.Bid.Account, bid.Account)).Aggregate(BigInteger.Zero, (sum, c) => sum + c.Lots);
            var lots = sale.Said.BidLimitMillionths > 0 ? BigInteger.Min(bid.Left, most - already) : bid.Left;
            if (lots > 0) counted.Add((bid, (long)lots));
        }

        return counted;
    }

    /// <summary>The same draw for the same seed, for whoever wants to draw again.</summary>
    private static void Shuffle<T>(List<T> those, long seed)
    {
        var state = unchecked((ulong)seed);
        for (var i = those.Count - 1; i >= 1; i--)
        {
            ulong mixed;
            unchecked
            {
                state += 0x9E3779B97F4A7C15;
                mixed = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9;
                mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
                mixed ^= mixed >> 31;
            }

            var j = (int)(mixed % (ulong)(i + 1));
            (those[i], those[j]) = (those[j], those[i]);
        }
    }
}
