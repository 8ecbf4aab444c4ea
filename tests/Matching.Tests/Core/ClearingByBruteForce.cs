using CsCheck;
using Trading.Matching.Core;

namespace Trading.Matching.Tests;

/// <summary>What every uncrossing must satisfy, whoever computes it: tried out here price by price and lot by lot.</summary>
public sealed class ClearingByBruteForce
{
    private const int I = 1;
    private const int Accounts = 6;

    /// <summary>An order as the test knows it. Ticks 0 = at the market.</summary>
    private sealed record Asked(int Account, Side Side, long Ticks, long Lots, long Display);

    private sealed record Auctioned(Asked[] Orders, PriceRule Rule, Priority Priority, long Reference);

    private sealed record Sold(Asked[] Bids, long Supply, long Reserve, int LimitMillionths, Ties Ties, Undersubscribed Undersubscribed, int Seed);

    private static readonly Gen<Asked> AnOrder = Gen.Select(
        Gen.Int[1, Accounts], Gen.Bool, Gen.Int[0, 9], Gen.Long[1, 12], Gen.Int[0, 3], (a, buys, t, lots, d) => new Asked(a, buys ? Side.Buy : Side.Sell, t, lots, t > 0 && d == 1 && lots > 2 ? 2 : 0));

    private static readonly Gen<Auctioned> ACall = Gen.Select(
        AnOrder.Array[0, 14], Gen.Int[0, 1], Gen.Int[0, 1], Gen.Long[0, 10], (orders, rule, priority, reference) => new Auctioned(orders, (PriceRule)rule, (Priority)priority, reference));

    private static readonly Gen<Sold> ASale = Gen.Select(
        AnOrder.Array[0, 14], Gen.Long[1, 40], Gen.Long[0, 6], Gen.Int[0, 3], Gen.Int[0, 3], Gen.Int[0, 1], Gen.Int,
        (bids, supply, reserve, limit, ties, under, seed) =>
            new Sold([.. bids.Select(b => b with { Side = Side.Buy, Ticks = b.Ticks + 1, Display = 0 })], supply, reserve, limit * 200_000, (Ties)ties, (Undersubscribed)under, seed));

    [Fact]
    public void A_call_clears_at_the_price_that_no_limit_betters() => ACall.Sample(
        call =>
        {
            var (placed, outputs) = Uncross(Mode.Call, call);
            var uncrossed = Assert.Single(outputs, o => o.Kind == OutputKind.Uncrossed);
            var trades = outputs.Where(o => o.Kind == OutputKind.Trade).ToList();
            NobodyGetsMoreThanAsked(placed, trades, uncrossed.Lots);
            var limits = call.Orders.Where(o => o.Ticks > 0).Select(o => o.Ticks).Distinct().ToList();
            if (limits.Count == 0 && call.Reference > 0) limits = [call.Reference];
            var most = limits.Select(p => Volume(call.Orders, p)).Append(0).Max();
            Assert.Equal(most > 0 && (call.Rule == PriceRule.Volume || Uniform(call) is not null), uncrossed.Priced == 1);
            if (uncrossed.Priced == 0)
            {
                Assert.Empty(trades);
                return;
            }

            var price = uncrossed.Ticks;
            Assert.All(trades, t => Assert.Equal((price, Side.None), (t.Ticks, t.Side)));
            Assert.Equal(most, uncrossed.Lots);
            Assert.Equal(Volume(call.Orders, price), uncrossed.Lots);
            var surplus = Wanted(call.Orders, Side.Buy, price) - Wanted(call.Orders, Side.Sell, price);
            Assert.Equal((Math.Abs(surplus), surplus > 0 ? Side.Buy : surplus < 0 ? Side.Sell : Side.None), (uncrossed.Left, uncrossed.Side));
            if (call.Rule == PriceRule.LastPair)
            {
                Assert.Equal(Uniform(call), price);
                return;
            }

            var best = limits.Where(p => Volume(call.Orders, p) == most).ToList();
            var least = best.Min(p => Math.Abs(Wanted(call.Orders, Side.Buy, p) - Wanted(call.Orders, Side.Sell, p)));
            Assert.True(Math.Abs(surplus) <= least, $"a surplus of {surplus}, where {least} were enough");
        },
        iter: 3_000);

    [Fact]
    public void A_call_serves_the_better_limit_before_the_worse() => ACall.Sample(
        call =>
        {
            var (placed, outputs) = Uncross(Mode.Call, call);
            var got = Got(outputs);
            foreach (var side in (Side[])[Side.Buy, Side.Sell])
            {
                var those = placed.Where(p => p.Asked.Side == side).ToList();
                // Whoever stands behind somebody who did not get all gets nothing, unless the two share a level.
                foreach (var (first, worse) in those.SelectMany(a => those.Select(b => (a, b))).Where(p => Rank(p.a.Asked) < Rank(p.b.Asked)))
                {
                    if (got.GetValueOrDefault(first.Order) < first.Asked.Lots) Assert.Equal(0, got.GetValueOrDefault(worse.Order));
                }

                foreach (var level in those.GroupBy(p => Rank(p.Asked))) SharesItsLevel(call.Priority, [.. level.Select(p => (p.Asked.Lots, got.GetValueOrDefault(p.Order)))]);
            }
        },
        iter: 2_000);

    [Fact]
    public void High_meets_low_pair_by_pair() => ACall.Sample(
        call =>
        {
            call = call with { Orders = [.. call.Orders.Select(o => o with { Ticks = o.Ticks + 1 })] };
            var (placed, outputs) = Uncross(Mode.HighLow, call);
            var trades = outputs.Where(o => o.Kind == OutputKind.Trade).ToList();
            var uncrossed = Assert.Single(outputs, o => o.Kind == OutputKind.Uncrossed);
            NobodyGetsMoreThanAsked(placed, trades, uncrossed.Lots);
            // Lot by lot: the highest buyer's first lot with the lowest seller's first lot, as long as they cross.
            var buyers = OneByOne(call.Orders, Side.Buy).OrderDescending().ToList();
            var sellers = OneByOne(call.Orders, Side.Sell).Order().ToList();
            var pairs = buyers.Zip(sellers).TakeWhile(p => p.First >= p.Second).Select(p => (p.First + p.Second + 1) / 2).ToList();
            Assert.Equal(pairs.Count, uncrossed.Lots);
            Assert.Equal((0, 0L), (uncrossed.Priced, uncrossed.Ticks));
            Assert.Equal(pairs, trades.SelectMany(t => Enumerable.Repeat(t.Ticks, (int)t.Lots)));
        },
        iter: 2_000);

    [Fact]
    public void A_uniform_sale_gives_what_there_is_and_no_cheaper_than_said() => ASale.Sample(
        sale =>
        {
            var (placed, outputs) = Sell(sale);
            var closed = Assert.Single(outputs, o => o.Kind == OutputKind.SaleClosed);
            var trades = outputs.Where(o => o.Kind == OutputKind.Trade).ToList();
            NobodyGetsMoreThanAsked(placed, trades, closed.Lots);
            Assert.Equal(placed.Count, closed.Bids);
            Assert.True(closed.Lots <= sale.Supply);
            Assert.All(trades, t => Assert.Equal((closed.Ticks, 1), (t.Ticks, (int)closed.Priced)));
            Assert.True(closed.Priced == 0 || closed.Ticks >= sale.Reserve);
            var most = sale.LimitMillionths == 0 ? long.MaxValue : sale.Supply * sale.LimitMillionths / 1_000_000;
            var counted = placed.GroupBy(p => Group(p.Asked.Account)).Sum(g => Math.Min(most, g.Sum(p => p.Asked.Lots)));
            var sells = counted >= sale.Supply || sale.Undersubscribed == Undersubscribed.Sell;
            Assert.Equal(sells ? Math.Min(counted, sale.Supply) : 0, closed.Lots);
            Assert.All(trades.GroupBy(t => Group(t.Buyer)), g => Assert.True(g.Sum(t => t.Lots) <= most));
            // Who bids more than the price and is not cut has all of it; who bids less has nothing.
            var got = Got(outputs);
            if (sale.LimitMillionths == 0 && closed.Lots > 0)
            {
                Assert.All(placed.Where(p => p.Asked.Ticks > closed.Ticks), p => Assert.Equal(p.Asked.Lots, got.GetValueOrDefault(p.Order)));
                Assert.All(placed.Where(p => p.Asked.Ticks < closed.Ticks), p => Assert.Equal(0, got.GetValueOrDefault(p.Order)));
            }

            // All is over: nothing stands any more.
            Assert.Equal(placed.Count(p => got.GetValueOrDefault(p.Order) < p.Asked.Lots), outputs.Count(o => o is { Kind: OutputKind.Cancelled, Reason: CancelReason.Close }));
        },
        iter: 3_000);

    /// <summary>The same bids in the same order and the same seed: the same winners.</summary>
    [Fact]
    public void A_draw_can_be_drawn_again() => ASale.Sample(
        sale =>
        {
            var (one, two) = (Sell(sale with { Ties = Ties.Random }).Outputs, Sell(sale with { Ties = Ties.Random }).Outputs);
            Assert.Equal(one, two);
        },
        iter: 500);

    private static (List<(long Order, Asked Asked)> Placed, List<Output> Outputs) Uncross(Mode mode, Auctioned call)
    {
        var scene = new Scene(
            Ask.List(I, flags: CommandFlags.RiskOff, reference: call.Reference) with { Mode = mode },
            Ask.Terms(I) with { PriceRule = call.Rule, Priority = call.Priority });
        return (Placed(scene, call.Orders), [.. scene.Do(Ask.SetPhase(I, Phase.Uncross))]);
    }

    private static (List<(long Order, Asked Asked)> Placed, List<Output> Outputs) Sell(Sold sale)
    {
        var scene = new Scene(Ask.List(I, flags: CommandFlags.RiskOff) with { Mode = Mode.Sealed }, Ask.Group(1, 1), Ask.Group(2, 1));
        scene.Do(Ask.OpenSale(0, I, sale.Reserve, sale.Supply) with
        {
            BidLimitMillionths = sale.LimitMillionths, Ties = sale.Ties, Undersubscribed = sale.Undersubscribed, Seed = sale.Seed,
        });
        return (Placed(scene, sale.Bids.Where(b => b.Ticks >= sale.Reserve)), [.. scene.Do(Ask.SetPhase(I, Phase.Uncross))]);
    }

    private static List<(long Order, Asked Asked)> Placed(Scene scene, IEnumerable<Asked> orders)
    {
        var placed = new List<(long, Asked)>();
        foreach (var asked in orders)
        {
            var place = asked.Ticks == 0 ? Ask.AtMarket(asked.Account, I, asked.Side, asked.Lots, TimeInForce.Day)
                : asked.Side == Side.Buy ? Ask.Buy(asked.Account, I, asked.Ticks, asked.Lots) : Ask.Sell(asked.Account, I, asked.Ticks, asked.Lots);
            placed.Add((scene.Enters(place with { Display = asked.Display }), asked));
        }

        return placed;
    }

    private static void NobodyGetsMoreThanAsked(List<(long Order, Asked Asked)> placed, List<Output> trades, long lots)
    {
        Assert.Equal(lots, trades.Sum(t => t.Lots));
        foreach (var trade in trades)
        {
            // A sale is no order that the test placed.
            Assert.True(trade.Lots > 0);
            Assert.Contains(placed, p => p.Order == trade.BuyOrder && p.Asked.Side == Side.Buy && (p.Asked.Ticks == 0 || p.Asked.Ticks >= trade.Ticks));
            if (placed.Exists(p => p.Order == trade.SellOrder)) Assert.Contains(placed, p => p.Order == trade.SellOrder && p.Asked.Side == Side.Sell && p.Asked.Ticks <= trade.Ticks);
        }

        Assert.All(trades.GroupBy(t => t.BuyOrder), g => Assert.True(g.Sum(t => t.Lots) <= placed.Single(p => p.Order == g.Key).Asked.Lots));
        Assert.All(trades.GroupBy(t => t.SellOrder), g => Assert.True(g.Sum(t => t.Lots) <= placed.Where(p => p.Order == g.Key).Select(p => p.Asked.Lots).DefaultIfEmpty(long.MaxValue).Single()));
    }

    private static Dictionary<long, long> Got(IEnumerable<Output> outputs) =>
        outputs.Where(o => o.Kind == OutputKind.Trade).SelectMany(t => ((long, long)[])[(t.BuyOrder, t.Lots), (t.SellOrder, t.Lots)]).GroupBy(t => t.Item1).ToDictionary(g => g.Key, g => g.Sum(t => t.Item2));

    /// <summary>At most one lot more or less than its part, or in turn.</summary>
    private static void SharesItsLevel(Priority priority, List<(long Wants, long Got)> level)
    {
        var (wanted, got) = (level.Sum(o => o.Wants), level.Sum(o => o.Got));
        if (got == wanted || got == 0) return;
        var left = got;
        foreach (var (wants, has) in level)
        {
            if (priority == Priority.Time) Assert.Equal(Math.Min(wants, left), has);
            else Assert.InRange(has, got * wants / wanted, (got * wants / wanted) + 1);
            left -= has;
        }
    }

    private static long Rank(Asked asked) => asked.Ticks == 0 ? long.MinValue : asked.Side == Side.Buy ? -asked.Ticks : asked.Ticks;

    private static long Wanted(Asked[] orders, Side side, long ticks) =>
        orders.Where(o => o.Side == side && (o.Ticks == 0 || (side == Side.Buy ? o.Ticks >= ticks : o.Ticks <= ticks))).Sum(o => o.Lots);

    private static long Volume(Asked[] orders, long ticks) => Math.Min(Wanted(orders, Side.Buy, ticks), Wanted(orders, Side.Sell, ticks));

    private static IEnumerable<long> OneByOne(Asked[] orders, Side side) => orders.Where(o => o.Side == side).SelectMany(o => Enumerable.Repeat(o.Ticks, (int)o.Lots));

    /// <summary>The mean of the two who get the last lot; 0 stands for an order at the market.</summary>
    private static long? Uniform(Auctioned call)
    {
        var lots = call.Orders.Where(o => o.Ticks > 0).Select(o => o.Ticks).Append(call.Reference).Where(p => p > 0).Select(p => (int)Volume(call.Orders, p)).Append(0).Max();
        if (call.Orders.Any(o => o.Ticks > 0)) lots = call.Orders.Where(o => o.Ticks > 0).Max(o => (int)Volume(call.Orders, o.Ticks));
        if (lots == 0) return null;
        var buyer = OneByOne(call.Orders, Side.Buy).OrderByDescending(t => t == 0 ? long.MaxValue : t).ElementAt(lots - 1);
        var seller = OneByOne(call.Orders, Side.Sell).Order().ElementAt(lots - 1);
        if (buyer == 0 && seller == 0) return call.Reference == 0 ? null : call.Reference;
        return buyer == 0 ? seller : seller == 0 ? buyer : (buyer + seller + 1) / 2;
    }

    private static int Group(int account) => account <= 2 ? 1 : account;
}
