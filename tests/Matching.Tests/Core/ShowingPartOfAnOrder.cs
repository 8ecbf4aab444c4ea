using Trading.Matching.Core;

namespace Trading.Matching.Tests;

public sealed class ShowingPartOfAnOrder
{
    private readonly Scene scene = new(Ask.List(1, upper: 1_000), Ask.Deposit(1, 1, 100), Ask.Deposit(2, 1, 100), Ask.Deposit(3, Ask.Money, 50_000));

    private IEnumerable<(long, long)> Sold(long lots, long ticks = 10) =>
        scene.Do(Ask.Buy(3, 1, ticks, lots)).Where(o => o.Kind == OutputKind.Trade).Select(o => (o.SellOrder, o.Lots));

    [Fact]
    public void Each_tip_that_is_eaten_is_followed_by_one_at_the_end_of_the_queue()
    {
        var iceberg = scene.Enters(Ask.Sell(1, 1, 10, 10) with { Display = 3 });
        var plain = scene.Enters(Ask.Sell(2, 1, 10, 4));
        Assert.Equal([(10L, 7L, 2)], scene.Asks(1));
        Assert.Equal([(iceberg, 3), (plain, 1)], Sold(4));
        Assert.Equal([(10L, 6L, 2)], scene.Asks(1));
        Assert.Equal([(plain, 3), (iceberg, 3), (iceberg, 3), (iceberg, 1)], Sold(11));
    }

    [Fact]
    public void A_taker_trades_all_of_it_and_then_shows_no_more_than_is_left()
    {
        scene.Enters(Ask.Buy(3, 1, 10, 8));
        Assert.Equal(8, scene.Do(Ask.Sell(1, 1, 10, 10) with { Display = 4 }).Single(o => o.Kind == OutputKind.Trade).Lots);
        Assert.Equal([(10L, 2L, 1)], scene.Asks(1));
    }

    [Fact]
    public void What_is_hidden_counts_for_a_fok()
    {
        scene.Enters(Ask.Sell(1, 1, 10, 10) with { Display = 3 });
        Assert.Equal(CancelReason.Fok, scene.Do(Ask.Buy(3, 1, 10, 11, TimeInForce.Fok))[^1].Reason);
        Assert.Equal(10, scene.Do(Ask.Buy(3, 1, 10, 10, TimeInForce.Fok)).Where(o => o.Kind == OutputKind.Trade).Sum(o => o.Lots));
    }

    [Fact]
    public void A_larger_tip_waits_for_its_turn_and_showing_all_of_it_costs_the_place()
    {
        var iceberg = scene.Enters(Ask.Sell(1, 1, 10, 10) with { Display = 2 });
        var plain = scene.Enters(Ask.Sell(2, 1, 10, 4));
        scene.Do(Ask.Replace(1, iceberg, 0, 0) with { Changes = Changes.Display, Display = 5 });
        Assert.Equal([(10L, 6L, 2)], scene.Asks(1));
        Assert.Equal([(iceberg, 1)], Sold(1));
        scene.Do(Ask.Replace(1, iceberg, 0, 0) with { Changes = Changes.Display });
        Assert.Equal([(10L, 13L, 2)], scene.Asks(1));
        Assert.Equal([(plain, 4), (iceberg, 1)], Sold(5));
    }

    [Fact]
    public void Goes_with_nothing_that_never_rests_and_not_in_crumbs()
    {
        scene.Refuses(Ask.Sell(1, 1, 10, 5, TimeInForce.Ioc) with { Display = 1 }, Refusal.DisplayNotAllowed);
        scene.Refuses(Ask.AtMarket(1, 1, Side.Sell, 5) with { Display = 1 }, Refusal.DisplayNotAllowed);
        scene.Refuses(Ask.Sell(1, 1, 10, 5) with { Display = 1, MinLots = 2 }, Refusal.DisplayNotAllowed);
        scene.Refuses(Ask.Sell(1, 1, 10, 5) with { Display = 5 }, Refusal.DisplayNotAllowed, 4, 5);
        scene.Refuses(Ask.Sell(1, 1, 10, 2_001) with { Display = 2 }, Refusal.DisplayNotAllowed, 3, 2);
    }
}
