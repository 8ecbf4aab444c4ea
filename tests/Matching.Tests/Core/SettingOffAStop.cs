using Trading.Matching.Core;

namespace Trading.Matching.Tests;

public sealed class SettingOffAStop
{
    private readonly Scene scene = new(Ask.List(1, upper: 100), Ask.Deposit(1, 1, 100), Ask.Deposit(2, Ask.Money, 50_000), Ask.Deposit(3, Ask.Money, 5_000), Ask.Deposit(3, 1, 50));

    private static IEnumerable<(OutputKind, long)> Told(IEnumerable<Output> outputs) =>
        outputs.Select(o => (o.Kind, o.Kind == OutputKind.Trade ? o.Ticks : o.Order));

    [Fact]
    public void Waits_in_no_book_until_a_trade_reaches_it()
    {
        scene.Enters(Ask.Sell(1, 1, 10, 1));
        scene.Enters(Ask.Sell(1, 1, 12, 5));
        var accepted = scene.Do(Ask.StopLimit(3, 1, Side.Buy, 10, 12, 2))[0];
        Assert.Equal(1, accepted.Waiting);
        Assert.Empty(scene.Bids(1));
        var answer = scene.Do(Ask.Buy(2, 1, 10, 1))[1..];
        Assert.Equal([(OutputKind.Trade, 10), (OutputKind.Triggered, accepted.Order), (OutputKind.Trade, 12)], Told(answer));
    }

    [Fact]
    public void Goes_off_after_the_line_the_lowest_number_first_and_sets_off_others()
    {
        foreach (var ticks in (ReadOnlySpan<long>)[10, 11, 12, 13]) scene.Enters(Ask.Sell(1, 1, ticks, 1));
        var first = scene.Enters(Ask.Stop(3, 1, Side.Buy, 11, 1));
        var joins = scene.Enters(Ask.StopLimit(3, 1, Side.Buy, 12, 20, 1));
        var second = scene.Enters(Ask.Stop(3, 1, Side.Buy, 10, 1));
        // 12 is reached by the first one, so the one that waited for it comes before the second: it is older.
        Assert.Equal(
            [(OutputKind.Trade, 10), (OutputKind.Trade, 11), (OutputKind.Triggered, first), (OutputKind.Trade, 12), (OutputKind.Triggered, joins), (OutputKind.Trade, 13), (OutputKind.Triggered, second), (OutputKind.Cancelled, second)],
            Told(scene.Do(Ask.Buy(2, 1, 11, 2))[1..]));
    }

    [Fact]
    public void Enters_at_once_where_its_condition_holds_already()
    {
        scene.Enters(Ask.Sell(1, 1, 10, 1));
        scene.Do(Ask.Buy(2, 1, 10, 1));
        Assert.Equal([OutputKind.Accepted, OutputKind.Triggered, OutputKind.Cancelled], scene.Do(Ask.Stop(3, 1, Side.Sell, 10, 1)).Select(o => o.Kind));
    }

    [Fact]
    public void A_buy_locks_the_upper_limit_of_its_day_and_pays_no_more_than_that()
    {
        scene.Enters(Ask.Stop(3, 1, Side.Buy, 10, 2));
        scene.Holds(3, Ask.Money, 4_800, 200);
        scene.Do(Ask.Limits(1, 1, 500));
        scene.Enters(Ask.Sell(1, 1, 10, 1));
        scene.Enters(Ask.Sell(1, 1, 100, 1));
        scene.Enters(Ask.Sell(1, 1, 101, 1));
        var answer = scene.Do(Ask.Buy(2, 1, 10, 1));
        Assert.Equal([100L], answer.Where(o => o is { Kind: OutputKind.Trade, Buyer: 3 }).Select(o => o.Ticks));
        Assert.Equal((1L, CancelReason.MarketRemainder), (answer[^1].Lots, answer[^1].Reason));
        scene.Holds(3, Ask.Money, 4_900, 0);
        scene.Do(Ask.Limits(1, 1, long.MaxValue));
        scene.Refuses(Ask.Stop(3, 1, Side.Buy, 200, 1), Refusal.PriceRequired);
    }
}
