using Trading.Matching.Core;

namespace Trading.Matching.Tests;

public sealed class AskingForALeast
{
    private readonly Scene scene = new(Ask.List(1), Ask.Deposit(1, 1, 100), Ask.Deposit(2, 1, 100), Ask.Deposit(3, Ask.Money, 50_000), Ask.Deposit(1, Ask.Money, 50_000));

    private List<(long, long)> Sold(Command taker) => [.. scene.Do(taker).Where(o => o.Kind == OutputKind.Trade).Select(o => (o.SellOrder, o.Lots))];

    [Fact]
    public void One_that_would_get_less_trades_nothing_and_the_book_stands_locked()
    {
        scene.Enters(Ask.Sell(1, 1, 10, 4));
        Assert.Single(scene.Do(Ask.Buy(3, 1, 11, 9) with { MinLots = 5 }));
        Assert.Equal([(11L, 9L, 1)], scene.Bids(1));
        Assert.Equal([(10L, 4L, 1)], scene.Asks(1));
        Assert.Equal(CancelReason.Ioc, scene.Do(Ask.Buy(3, 1, 11, 9, TimeInForce.Ioc) with { MinLots = 5 })[^1].Reason);
        Assert.Equal(4, scene.Do(Ask.Buy(3, 1, 11, 9) with { MinLots = 4 })[1].Lots);
    }

    [Fact]
    public void Resting_it_is_passed_over_and_keeps_its_place()
    {
        var least = scene.Enters(Ask.Sell(1, 1, 10, 6) with { MinLots = 4 });
        var plain = scene.Enters(Ask.Sell(2, 1, 10, 3));
        Assert.Equal([(plain, 2)], Sold(Ask.Buy(3, 1, 10, 2)));
        Assert.Equal([(least, 4)], Sold(Ask.Buy(3, 1, 10, 4)));
        // Two lots are left of it, and they are least enough now.
        Assert.Equal([(plain, 1)], Sold(Ask.Buy(3, 1, 10, 1)));
        Assert.Equal([(least, 2)], Sold(Ask.Buy(3, 1, 10, 2)));
    }

    [Fact]
    public void All_or_none_is_filled_by_one_taker_and_never_by_two()
    {
        var whole = scene.Enters(Ask.Sell(1, 1, 10, 5) with { MinLots = 5 });
        Assert.Empty(Sold(Ask.Buy(3, 1, 10, 3)));
        Assert.Empty(Sold(Ask.Buy(3, 1, 10, 3)));
        Assert.Equal([(whole, 5)], Sold(Ask.Buy(3, 1, 10, 5)));
    }

    [Fact]
    public void All_or_none_stays_so_when_it_is_replaced_even_after_its_own_group_took_some()
    {
        var whole = scene.Enters(Ask.Sell(1, 1, 10, 5) with { MinLots = 5 });
        scene.Do(Ask.Buy(1, 1, 10, 2) with { SelfTrade = SelfTrade.Decrement });
        scene.Do(Ask.Replace(1, whole, 10, 8));
        Assert.Empty(Sold(Ask.Buy(3, 1, 10, 7)));
        Assert.Equal([(whole, 8)], Sold(Ask.Buy(3, 1, 10, 8)));
    }
}
