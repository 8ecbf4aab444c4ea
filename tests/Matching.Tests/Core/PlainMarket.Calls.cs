using System.Numerics;
using Trading.Matching.Core;

namespace Trading.Matching.Tests;

/// <summary>What gathered in a call trades at once.</summary>
internal sealed partial class PlainMarket
{
    private void Uncross(PlainInstrument instrument)
    {
        Begin(instrument);
        instrument.Resumes = instrument.CallEnds = 0;
        instrument.Phase = instrument.Mode == Mode.Listing ? Phase.Continuous : Phase.Call;
        said.Add(Said(OutputKind.PhaseChanged) with { Instrument = instrument.Number, Phase = Phase.Uncross });
        if (instrument.Mode == Mode.Listing) ShareOut(instrument);
        else if (instrument.Mode == Mode.HighLow) Pair(instrument);
        else if (instrument.IsForSales) CloseSale(instrument);
        else Auction(instrument);
        if (instrument.Mode != Mode.Continuous) return;
        (instrument.Gathered, instrument.Phase) = (false, Phase.Continuous);
        said.Add(Said(OutputKind.PhaseChanged) with { Instrument = instrument.Number, Phase = Phase.Continuous });
        GoOn(instrument);
    }

    private void Auction(PlainInstrument instrument)
    {
        var price = ClearingPrice(instrument);
        while (price is { } reached && open.Where(o => JoinsACall(o) && o.Instrument == instrument && o.SetOffBy(reached)).MinBy(o => o.Number) is { } stop)
        {
            Trigger(stop);
            price = ClearingPrice(instrument);
        }

        var markets = InTheirOrder(instrument, Side.Buy, o => o.Apart).Concat(InTheirOrder(instrument, Side.Sell, o => o.Apart)).ToList();
        if (price is { } ticks)
        {
            var (demand, supply) = (Wanted(instrument, Side.Buy, ticks), Wanted(instrument, Side.Sell, ticks));
            var lots = BigInteger.Min(demand, supply);
            said.Add(Said(OutputKind.Uncrossed) with
            {
                Instrument = instrument.Number, Priced = 1, Ticks = ticks, Lots = (long)lots, Left = (long)BigInteger.Abs(demand - supply),
                Side = demand > supply ? Side.Buy : demand < supply ? Side.Sell : Side.None,
            });
            Meet(Served(instrument, Side.Buy, o => o.Takes(ticks), lots), Served(instrument, Side.Sell, o => o.Takes(ticks), lots), (_, _) => ticks);
        }
        else
        {
            said.Add(Said(OutputKind.Uncrossed) with { Instrument = instrument.Number });
        }

        foreach (var order in markets.Where(o => o.Left > 0))
        {
            if (price is { } stands && instrument.Terms.MarketRemainder == MarketRemainder.Limit && order.Takes(stands)) Remain(order, stands);
            else Leaves(order, CancelReason.MarketRemainder);
        }
    }

    /// <summary>What a call would not take when it entered does not enter one when it is set off: it goes off once trading goes on.</summary>
    private static bool JoinsACall(PlainOrder stop) => stop.Waiting && stop.Least == 0 && stop.InForce is not (TimeInForce.Ioc or TimeInForce.Fok);

    private void Remain(PlainOrder order, long ticks)
    {
        (order.Type, order.Ticks, order.Cap, order.Since) = (OrderType.Limit, ticks, null, entries++);
        said.Add(Said(OutputKind.Rested) with
        {
            Instrument = order.Instrument.Number, Account = order.Account, Order = order.Number, Side = order.Side, Ticks = ticks, Lots = order.Left, Shown = order.Shows,
        });
        Grab(order.Account, order.Instrument.Number);
        Grab(order.Account, 0);
    }

    /// <summary>The highest buyer meets the lowest seller, each pair in the middle.</summary>
    private void Pair(PlainInstrument instrument)
    {
        var lots = Candidates(instrument).Select(p => Volume(instrument, p)).Append(0).Max();
        said.Add(Said(OutputKind.Uncrossed) with { Instrument = instrument.Number, Lots = (long)lots });
        Meet(Served(instrument, Side.Buy, _ => true, lots), Served(instrument, Side.Sell, _ => true, lots), (buy, sell) => Middle(buy.Ticks, sell.Ticks));
    }

    /// <summary>Half up, towards more.</summary>
    private static long Middle(long one, long other) => (long)PlainInstrument.HalfUp((BigInteger)one + other, 2);

    /// <summary>Who is in the auction on one side: market orders first, then the best price, then who has stood longest.</summary>
    private List<PlainOrder> InTheirOrder(PlainInstrument instrument, Side side, Func<PlainOrder, bool> which) =>
        [.. open.Where(o => o.Instrument == instrument && o.Side == side && !o.Waiting && which(o))
            .OrderBy(o => o.Apart ? 0 : 1).ThenBy(o => o.Apart ? 0 : side == Side.Buy ? -(BigInteger)o.Ticks : o.Ticks).ThenBy(o => o.Since)];

    private List<PlainOrder> TakingPart(PlainInstrument instrument, Side side) => InTheirOrder(instrument, side, o => o.Least == 0);

    private List<long> Candidates(PlainInstrument instrument) =>
        [.. ((Side[])[Side.Buy, Side.Sell]).SelectMany(s => TakingPart(instrument, s)).Where(o => !o.Apart).Select(o => o.Ticks).Distinct().Order()];

    private BigInteger Wanted(PlainInstrument instrument, Side side, long ticks) =>
        TakingPart(instrument, side).Where(o => o.Takes(ticks)).Aggregate(BigInteger.Zero, (sum, o) => sum + o.Left);

    private BigInteger Volume(PlainInstrument instrument, long ticks) => BigInteger.Min(Wanted(instrument, Side.Buy, ticks), Wanted(instrument, Side.Sell, ticks));

    private BigInteger Surplus(PlainInstrument instrument, long ticks) => Wanted(instrument, Side.Buy, ticks) - Wanted(instrument, Side.Sell, ticks);

    private long? ClearingPrice(PlainInstrument instrument)
    {
        var candidates = Candidates(instrument);
        if (candidates.Count == 0 && instrument.Reference != 0) candidates = [instrument.Reference];
        var most = candidates.Select(p => Volume(instrument, p)).Append(0).Max();
        if (most == 0) return null;
        var price = instrument.Terms.PriceRule == PriceRule.LastPair ? MiddleOfTheLast(instrument, most) : Best(instrument, [.. candidates.Where(p => Volume(instrument, p) == most)]);
        return price is { } ticks && Volume(instrument, ticks) > 0 ? ticks : null;
    }

    /// <summary>Of prices at which the most trades.</summary>
    private long Best(PlainInstrument instrument, List<long> prices)
    {
        var least = prices.Min(p => BigInteger.Abs(Surplus(instrument, p)));
        var left = prices.Where(p => BigInteger.Abs(Surplus(instrument, p)) == least).ToList();
        if (left.TrueForAll(p => Surplus(instrument, p) > 0)) return left.Max();
        if (left.TrueForAll(p => Surplus(instrument, p) < 0) || instrument.Reference == 0) return left.Min();
        return Math.Clamp(instrument.Reference, left.Min(), left.Max());
    }

    private long? MiddleOfTheLast(PlainInstrument instrument, BigInteger lots)
    {
        var (buy, sell) = (Last(Side.Buy), Last(Side.Sell));
        if (buy.Apart && sell.Apart) return instrument.Reference == 0 ? null : instrument.Reference;
        return buy.Apart ? sell.Ticks : sell.Apart ? buy.Ticks : Middle(buy.Ticks, sell.Ticks);

        PlainOrder Last(Side side)
        {
            var sum = BigInteger.Zero;
            return TakingPart(instrument, side).First(o => (sum += o.Left) >= lots);
        }
    }

    /// <summary>Who gets how much of so many lots, in their order.</summary>
    private List<(PlainOrder Order, long Lots)> Served(PlainInstrument instrument, Side side, Func<PlainOrder, bool> which, BigInteger lots)
    {
        var served = new List<(PlainOrder, long)>();
        foreach (var level in TakingPart(instrument, side).Where(which).GroupBy(o => (o.Apart, o.Apart ? 0 : o.Ticks)))
        {
            var shares = Shares([.. level.Select(o => o.Left)], lots, instrument.Shares);
            served.AddRange(level.Zip(shares).Where(s => s.Second > 0));
            lots -= shares.Aggregate(BigInteger.Zero, (sum, s) => sum + s);
        }

        return served;
    }

    /// <summary>
    /// What each gets of so many lots: all, where that is enough; else each in turn, or by what he wants: whole lots of his part, and the lots
    /// that are left one each, to the greatest fraction first, then in turn.
    /// </summary>
    private static List<long> Shares(List<long> wants, BigInteger lots, bool byWhatTheyWant)
    {
        var sum = wants.Aggregate(BigInteger.Zero, (a, b) => a + b);
        if (sum <= lots) return wants;
        var got = new List<long>();
        if (!byWhatTheyWant)
        {
            foreach (var want in wants)
            {
                got.Add((long)BigInteger.Min(want, lots));
                lots -= got[^1];
            }

            return got;
        }

        got.AddRange(wants.Select(want => (long)(lots * want / sum)));
        var over = lots - got.Aggregate(BigInteger.Zero, (a, b) => a + b);
        foreach (var next in Enumerable.Range(0, wants.Count).OrderByDescending(i => lots * wants[i] % sum).ThenBy(i => i).Take((int)over)) got[next]++;
        return got;
    }

    private void Meet(List<(PlainOrder Order, long Lots)> buyers, List<(PlainOrder Order, long Lots)> sellers, Func<PlainOrder, PlainOrder, long> price)
    {
        var (b, s) = (0, 0);
        while (b < buyers.Count && s < sellers.Count)
        {
            var ((buy, wants), (sell, has)) = (buyers[b], sellers[s]);
            var lots = Math.Min(wants, has);
            Trade(buy, sell, price(buy, sell), lots, null, auctioned: true);
            buyers[b] = (buy, wants - lots);
            sellers[s] = (sell, has - lots);
            if (wants == lots) b++;
            if (has == lots) s++;
        }
    }
}
