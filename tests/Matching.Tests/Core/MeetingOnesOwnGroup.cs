using Trading.Matching.Core;

namespace Trading.Matching.Tests;

public sealed class MeetingOnesOwnGroup
{
    private readonly Scene scene = new(
        Ask.List(1), Ask.Group(1, 7), Ask.Group(3, 7), Ask.Deposit(1, 1, 100), Ask.Deposit(2, 1, 100), Ask.Deposit(3, Ask.Money, 50_000));

    /// <summary>2 lots of another, 3 of one's own group, 4 of another, all at 10; then a bid for 7.</summary>
    private List<(OutputKind, int, long)> Buys(SelfTrade rule, TimeInForce until = TimeInForce.Day)
    {
        scene.Enters(Ask.Sell(2, 1, 10, 2));
        scene.Enters(Ask.Sell(1, 1, 10, 3));
        scene.Enters(Ask.Sell(2, 1, 10, 4));
        return [.. scene.Do(Ask.Buy(3, 1, 10, 7, until) with { SelfTrade = rule })[1..].Select(o => (o.Kind, o.Kind == OutputKind.Trade ? o.Seller : o.Account, o.Lots))];
    }

    [Fact]
    public void The_newest_leaves_with_what_it_had_not_got() =>
        Assert.Equal([(OutputKind.Trade, 2, 2), (OutputKind.Cancelled, 3, 5)], Buys(SelfTrade.CancelNewest));

    [Fact]
    public void The_oldest_leaves_and_the_walk_goes_on() =>
        Assert.Equal([(OutputKind.Trade, 2, 2), (OutputKind.Cancelled, 1, 3), (OutputKind.Trade, 2, 4)], Buys(SelfTrade.CancelOldest));

    [Fact]
    public void Both_leave() =>
        Assert.Equal([(OutputKind.Trade, 2, 2), (OutputKind.Cancelled, 1, 3), (OutputKind.Cancelled, 3, 5)], Buys(SelfTrade.CancelBoth));

    [Fact]
    public void Both_lose_the_smaller_of_the_two_the_resting_one_first() =>
        Assert.Equal([(OutputKind.Trade, 2, 2), (OutputKind.Cancelled, 1, 3), (OutputKind.Decremented, 3, 3), (OutputKind.Trade, 2, 2)], Buys(SelfTrade.Decrement));

    [Fact]
    public void Nothing_happens_where_there_is_no_rule() =>
        Assert.Equal([(OutputKind.Trade, 2, 2), (OutputKind.Trade, 1, 3), (OutputKind.Trade, 2, 2)], Buys(SelfTrade.None));

    [Fact]
    public void A_fok_counts_only_what_the_rule_lets_it_have()
    {
        Assert.Equal([(OutputKind.Cancelled, 3, 7)], Buys(SelfTrade.Decrement, TimeInForce.Fok));
        Assert.Equal([(10L, 9L, 3)], scene.Asks(1));
    }

    [Fact]
    public void Hidden_lots_are_lost_too_and_the_instruments_rule_holds_where_the_order_says_none()
    {
        scene.Do(Ask.Terms(1) with { SelfTrade = SelfTrade.Decrement });
        scene.Enters(Ask.Sell(1, 1, 10, 9) with { Display = 2 });
        var answer = scene.Do(Ask.Buy(3, 1, 10, 8))[1..];
        Assert.Equal([(OutputKind.Decremented, 1L, 8L), (OutputKind.Cancelled, 0L, 8L)], answer.Select(o => (o.Kind, o.Left, o.Lots)));
        Assert.Equal([(10L, 1L, 1)], scene.Asks(1));
        scene.Do(Ask.Group(3, 0));
        Assert.Equal(OutputKind.Trade, scene.Do(Ask.Buy(3, 1, 10, 1))[1].Kind);
    }
}
