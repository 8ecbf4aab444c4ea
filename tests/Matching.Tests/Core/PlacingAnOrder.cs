using Trading.Matching.Core;

namespace Trading.Matching.Tests;

public sealed class PlacingAnOrder
{
    private static Scene Market(CommandFlags flags = CommandFlags.None) => new(
        Ask.List(1, flags: flags, lower: 1, upper: 1_000),
        Ask.Deposit(1, 1, 100), Ask.Deposit(2, 1, 100), Ask.Deposit(1, Ask.Money, 50_000), Ask.Deposit(2, Ask.Money, 50_000), Ask.Deposit(3, Ask.Money, 50_000));

    [Fact]
    public void Trades_at_the_best_resting_price_first_come_first()
    {
        var scene = Market();
        var dear = scene.Enters(Ask.Sell(1, 1, 11, 5));
        var first = scene.Enters(Ask.Sell(2, 1, 10, 5));
        var second = scene.Enters(Ask.Sell(1, 1, 10, 5));
        var answer = scene.Do(Ask.Buy(3, 1, 11, 12));
        Assert.Equal(
            [(first, 10L, 5L), (second, 10L, 5L), (dear, 11L, 2L)],
            answer.Where(o => o.Kind == OutputKind.Trade).Select(o => (o.SellOrder, o.Ticks, o.Lots)));
        Assert.All(answer.Where(o => o.Kind == OutputKind.Trade), o => Assert.Equal((Side.Buy, 3), (o.Side, o.Buyer)));
        Assert.Equal([1L, 2, 3], answer.Where(o => o.Kind == OutputKind.Trade).Select(o => o.TradeNo));
        Assert.Equal([(11L, 3L, 1)], scene.Asks(1));
        Assert.Equal(11, scene.Market.LastTicks(1));
    }

    [Fact]
    public void Shows_levels_best_first_with_their_lots_and_orders()
    {
        var scene = Market();
        foreach (var (ticks, lots) in (ReadOnlySpan<(long, long)>)[(7, 1), (9, 2), (8, 3), (9, 4)]) scene.Enters(Ask.Buy(1, 1, ticks, lots));
        Assert.Equal([(9L, 6L, 2), (8L, 3L, 1), (7L, 1L, 1)], scene.Bids(1));
    }

    [Fact]
    public void Cancels_the_rest_at_once_where_it_is_ioc()
    {
        var scene = Market();
        scene.Enters(Ask.Sell(1, 1, 10, 5));
        var answer = scene.Do(Ask.Buy(3, 1, 10, 8, TimeInForce.Ioc));
        Assert.Equal([OutputKind.Accepted, OutputKind.Trade, OutputKind.Cancelled], answer.Select(o => o.Kind));
        Assert.Equal((3L, CancelReason.Ioc), (answer[2].Lots, answer[2].Reason));
        scene.Holds(3, Ask.Money, 49_950, 0);
    }

    [Fact]
    public void Fills_whole_or_not_at_all_where_it_is_fok()
    {
        var scene = Market();
        scene.Enters(Ask.Sell(1, 1, 10, 5));
        scene.Enters(Ask.Sell(2, 1, 12, 5));
        var short_ = scene.Do(Ask.Buy(3, 1, 11, 6, TimeInForce.Fok));
        Assert.Equal([OutputKind.Accepted, OutputKind.Cancelled], short_.Select(o => o.Kind));
        Assert.Equal((6L, CancelReason.Fok), (short_[1].Lots, short_[1].Reason));
        Assert.Equal([(10L, 5L, 1), (12L, 5L, 1)], scene.Asks(1));
        var whole = scene.Do(Ask.Buy(3, 1, 12, 6, TimeInForce.Fok));
        Assert.Equal(6, whole.Where(o => o.Kind == OutputKind.Trade).Sum(o => o.Lots));
    }

    [Fact]
    public void Counts_nothing_behind_its_own_order_for_a_fok()
    {
        var scene = Market();
        scene.Enters(Ask.Sell(1, 1, 10, 5));
        scene.Enters(Ask.Sell(2, 1, 10, 5));
        scene.Enters(Ask.Sell(1, 1, 10, 5));
        Assert.Equal(CancelReason.Fok, scene.Do(Ask.Buy(2, 1, 10, 6, TimeInForce.Fok))[^1].Reason);
        Assert.Equal([(10L, 15L, 3)], scene.Asks(1));
    }

    [Fact]
    public void Never_trades_with_itself_and_keeps_the_fills_before()
    {
        var scene = Market();
        scene.Enters(Ask.Sell(1, 1, 10, 2));
        var own = scene.Enters(Ask.Sell(2, 1, 10, 2));
        var answer = scene.Do(Ask.Buy(2, 1, 10, 4));
        Assert.Equal([OutputKind.Accepted, OutputKind.Trade, OutputKind.Cancelled], answer.Select(o => o.Kind));
        Assert.Equal((2L, CancelReason.SelfTrade), (answer[2].Lots, answer[2].Reason));
        Assert.NotEqual(own, answer[2].Order);
        Assert.Equal([(10L, 2L, 1)], scene.Asks(1));
    }

    [Fact]
    public void At_the_market_takes_what_is_there_and_leaves()
    {
        var scene = Market();
        scene.Enters(Ask.Buy(3, 1, 10, 2));
        scene.Enters(Ask.Buy(3, 1, 8, 2));
        var answer = scene.Do(Ask.AtMarket(1, 1, Side.Sell, 5));
        Assert.Equal([10L, 8L], answer.Where(o => o.Kind == OutputKind.Trade).Select(o => o.Ticks));
        Assert.Equal((1L, CancelReason.MarketRemainder), (answer[^1].Lots, answer[^1].Reason));
        Assert.Equal(CancelReason.MarketRemainder, scene.Do(Ask.AtMarket(3, 1, Side.Buy, 1))[^1].Reason);
    }

    [Fact]
    public void At_the_market_needs_the_money_for_what_the_book_now_costs()
    {
        var scene = new Scene(Ask.List(1, fee: 100_000), Ask.Deposit(1, 1, 10), Ask.Deposit(3, Ask.Money, 32));
        scene.Enters(Ask.Sell(1, 1, 10, 1));
        scene.Enters(Ask.Sell(1, 1, 20, 1));
        scene.Refuses(Ask.AtMarket(3, 1, Side.Buy, 2), Refusal.InsufficientCash, 33, 32);
        scene.Do(Ask.Deposit(3, Ask.Money, 1));
        Assert.Equal(2, scene.Do(Ask.AtMarket(3, 1, Side.Buy, 2)).Count(o => o.Kind == OutputKind.Trade));
        scene.Holds(3, Ask.Money, 0, 0);
    }

    [Fact]
    public void Refuses_what_is_not_an_order_and_says_what_was_wanted()
    {
        var scene = Market();
        scene.Refuses(Ask.Buy(1, 1, 10, 0), Refusal.QtyNotPositive, 1, 0);
        scene.Refuses(Ask.Buy(1, 1, 10, -3), Refusal.QtyNotPositive, 1, -3);
        scene.Refuses(Ask.Buy(1, 1, 0, 1), Refusal.PriceNotPositive, 1, 0);
        scene.Refuses(Ask.AtMarket(1, 1, Side.Buy, 1) with { Ticks = 4 }, Refusal.PriceNotAllowed, 0, 4);
        scene.Refuses(Ask.Buy(1, 7, 10, 1), Refusal.UnknownInstrument);
        scene.Refuses(Ask.Buy(0, 1, 10, 1), Refusal.UnknownAccount);
        scene.Refuses(Ask.Buy(99, 1, 10, 1), Refusal.InsufficientCash, 10, 0);
        scene.Refuses(Ask.Buy(1, 1, 10, 1) with { Side = (Side)9 }, Refusal.TypeNotAllowed);
        scene.Refuses(Ask.Buy(1, 1, 10, 1) with { Type = (OrderType)200 }, Refusal.TypeNotAllowed);
        scene.Refuses(Ask.Buy(1, 1, 10, 1, (TimeInForce)5), Refusal.TypeNotAllowed);
        scene.Refuses(Ask.Buy(1, 1, 10, 1) with { Version = 1 }, Refusal.UnknownCommand);
        scene.Refuses(Ask.Of((CommandKind)250), Refusal.UnknownCommand);
    }

    [Fact]
    public void Keeps_to_the_days_price_limits_both_included()
    {
        // CEA-BAND-001: 67.17 and 82.09 are taken, one tick beyond is not.
        var scene = new Scene(Ask.List(1, lower: 6_717, upper: 8_209), Ask.Deposit(1, Ask.Money, 1_000_000));
        scene.Enters(Ask.Buy(1, 1, 6_717, 1));
        scene.Enters(Ask.Buy(1, 1, 8_209, 1));
        scene.Refuses(Ask.Buy(1, 1, 6_716, 1), Refusal.PriceBelowLimit, 6_717, 6_716);
        scene.Refuses(Ask.Buy(1, 1, 8_210, 1), Refusal.PriceAboveLimit, 8_209, 8_210);
        scene.Do(Ask.Limits(1, 7_000, 9_000));
        scene.Enters(Ask.Buy(1, 1, 8_210, 1));
        Assert.Equal(3, scene.Bids(1).Count);
    }

    [Fact]
    public void That_only_rests_leaves_where_it_would_cross()
    {
        var scene = Market();
        scene.Enters(Ask.Sell(1, 1, 10, 5));
        var crossing = scene.Do(Ask.Buy(3, 1, 10, 8) with { Flags = CommandFlags.PostOnly });
        Assert.Equal((8L, CancelReason.PostOnly), (crossing[1].Lots, crossing[1].Reason));
        scene.Enters(Ask.Buy(3, 1, 9, 8) with { Flags = CommandFlags.PostOnly });
        Assert.Equal([(9L, 8L, 1)], scene.Bids(1));
        scene.Refuses(Ask.Buy(3, 1, 9, 8, TimeInForce.Ioc) with { Flags = CommandFlags.PostOnly }, Refusal.PostOnlyNotAllowed);
        scene.Refuses(Ask.Stop(3, 1, Side.Buy, 9, 8) with { Flags = CommandFlags.PostOnly }, Refusal.PostOnlyNotAllowed);
    }

    [Fact]
    public void Reaches_no_further_than_the_best_levels_and_is_of_a_size_that_is_allowed()
    {
        var scene = Market();
        scene.Do(Ask.Terms(1) with { Levels = 2, LotsLeast = 2, LotsMost = 9, ValueMost = 100 });
        foreach (var ticks in (ReadOnlySpan<long>)[10, 11, 12]) scene.Enters(Ask.Sell(1, 1, ticks, 2));
        var answer = scene.Do(Ask.Buy(3, 1, 12, 6));
        Assert.Equal([10L, 11], answer.Where(o => o.Kind == OutputKind.Trade).Select(o => o.Ticks));
        Assert.Equal((2L, CancelReason.Ioc), (answer[^1].Lots, answer[^1].Reason));
        scene.Refuses(Ask.Buy(3, 1, 12, 1), Refusal.QtyTooSmall, 2, 1);
        scene.Refuses(Ask.Buy(3, 1, 12, 10), Refusal.QtyTooLarge, 9, 10);
        scene.Refuses(Ask.Buy(3, 1, 12, 9), Refusal.OrderValueAboveLimit, 100, 108);
    }

    [Fact]
    public void Locks_nothing_where_there_is_no_risk()
    {
        var scene = Market();
        scene.Do(Ask.List(2, flags: CommandFlags.RiskOff));
        scene.Enters(Ask.Sell(1, 2, 10, 500));
        Assert.Equal(500, scene.Do(Ask.Buy(3, 2, 1_000_000, 500))[1].Lots);
        scene.Holds(3, Ask.Money, 50_000, 0);
        scene.Holds(3, 2, 0, 0);
    }
}
