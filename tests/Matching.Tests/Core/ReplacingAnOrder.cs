using Trading.Matching.Core;

namespace Trading.Matching.Tests;

public sealed class ReplacingAnOrder
{
    private readonly Scene scene = new(Ask.List(1, fee: 10_000), Ask.Deposit(1, 1, 100), Ask.Deposit(2, 1, 100), Ask.Deposit(3, Ask.Money, 5_050));

    private long FirstToTrade(long ticks) => scene.Do(Ask.Buy(3, 1, ticks, 1)).Single(o => o.Kind == OutputKind.Trade).SellOrder;

    [Fact]
    public void Keeps_its_place_when_it_only_shrinks()
    {
        var first = scene.Enters(Ask.Sell(1, 1, 10, 5));
        scene.Enters(Ask.Sell(2, 1, 10, 5));
        Assert.Equal((OutputKind.Replaced, 3L), scene.Do(Ask.Replace(1, first, 10, 3)).Select(o => (o.Kind, o.Lots)).Single());
        Assert.Equal(first, FirstToTrade(10));
        scene.Holds(1, 1, 97, 2);
    }

    [Theory, InlineData(10, 6), InlineData(9, 5), InlineData(11, 4)]
    public void Goes_to_the_end_when_it_grows_or_moves(long ticks, long lots)
    {
        var first = scene.Enters(Ask.Sell(1, 1, 10, 5));
        var second = scene.Enters(Ask.Sell(2, 1, ticks, 5));
        scene.Do(Ask.Replace(1, first, ticks, lots));
        Assert.Equal([(ticks, 5 + lots, 2)], scene.Asks(1));
        Assert.Equal(second, FirstToTrade(ticks));
    }

    [Fact]
    public void That_crosses_trades_at_the_resting_price_and_is_the_aggressor()
    {
        var ask = scene.Enters(Ask.Sell(1, 1, 10, 5));
        var bid = scene.Enters(Ask.Buy(3, 1, 8, 5));
        var answer = scene.Do(Ask.Replace(3, bid, 12, 7));
        Assert.Equal([OutputKind.Replaced, OutputKind.Trade], answer.Select(o => o.Kind));
        Assert.Equal((ask, bid, 10L, 5L, Side.Buy), (answer[1].SellOrder, answer[1].BuyOrder, answer[1].Ticks, answer[1].Lots, answer[1].Side));
        Assert.Equal([(12L, 2L, 1)], scene.Bids(1));
        // 50 paid and a fee of 1 (0.5 rounded up); 24 more can follow, and a fee of 0.74 in all, which is paid already.
        scene.Holds(3, Ask.Money, 5_050 - 51 - 24, 24);
    }

    [Fact]
    public void Counts_what_is_filled_already()
    {
        var bid = scene.Enters(Ask.Buy(3, 1, 10, 5));
        scene.Do(Ask.Sell(1, 1, 10, 3));
        scene.Do(Ask.Replace(3, bid, 10, 4));
        Assert.Equal([(10L, 1L, 1)], scene.Bids(1));
        var answer = Assert.Single(scene.Do(Ask.Replace(3, bid, 10, 3)));
        Assert.Equal((OutputKind.Cancelled, 1L, CancelReason.User), (answer.Kind, answer.Lots, answer.Reason));
        scene.Refuses(Ask.Replace(3, bid, 10, 9), Refusal.UnknownOrder);
    }

    [Fact]
    public void Refused_changes_nothing()
    {
        var bid = scene.Enters(Ask.Buy(3, 1, 10, 5));
        var before = scene.Market.Balance(3, Ask.Money);
        scene.Refuses(Ask.Replace(3, bid, 1_010, 5), Refusal.InsufficientCash, 5_101 - 51, 4_999);
        scene.Refuses(Ask.Replace(1, bid, 10, 4), Refusal.UnknownOrder);
        scene.Refuses(Ask.Replace(3, bid, 0, 4), Refusal.PriceNotPositive);
        scene.Refuses(Ask.Replace(3, bid, 10, 0), Refusal.QtyNotPositive);
        Assert.Equal(before, scene.Market.Balance(3, Ask.Money));
        Assert.Equal([(10L, 5L, 1)], scene.Bids(1));
    }

    [Fact]
    public void What_is_left_out_stays_and_its_end_can_move_without_its_place()
    {
        var first = scene.Enters(Ask.Sell(1, 1, 10, 5) with { TimeInForce = TimeInForce.Gtd, UntilMicros = Ask.Morning + Ask.Hour });
        scene.Enters(Ask.Sell(2, 1, 10, 5));
        scene.Do(Ask.Replace(1, first, 0, 0) with { Changes = Changes.Until, UntilMicros = Ask.Morning + Ask.Day });
        Assert.Equal(Ask.Morning + Ask.Day, scene.Market.NextDueMicros);
        Assert.Equal(first, FirstToTrade(10));
        scene.Do(Ask.Replace(1, first, 0, 3) with { Changes = Changes.Lots });
        Assert.Equal([(10L, 7L, 2)], scene.Asks(1));
    }

    [Fact]
    public void Under_a_new_name_is_asked_once_and_forgets_the_old_one()
    {
        var order = scene.Enters(Ask.Sell(1, 1, 10, 5, id: 7));
        var renames = Ask.Replace(1, order, 10, 4) with { ClientHigh = 8, ClientLow = ~8UL };
        Assert.Equal(OutputKind.Replaced, scene.Do(renames)[0].Kind);
        Assert.Equal(OutputKind.Repeated, scene.Do(renames)[0].Kind);
        scene.Refuses(Ask.CancelById(1, 7), Refusal.UnknownOrder);
        scene.Refuses(Ask.Sell(1, 1, 10, 4, id: 7), Refusal.ClientOrderIdReused);
        Assert.Equal(order, scene.Do(Ask.CancelById(1, 8))[0].Order);
    }
}
