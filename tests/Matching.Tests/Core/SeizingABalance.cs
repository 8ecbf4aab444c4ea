using Trading.Matching.Core;

namespace Trading.Matching.Tests;

public sealed class SeizingABalance
{
    private readonly Scene scene = new(Ask.List(1), Ask.Deposit(1, 1, 10), Ask.Deposit(1, Ask.Money, 100), Ask.Deposit(2, Ask.Money, 1_000), Ask.Deposit(2, 1, 10));

    private static IEnumerable<(OutputKind, long, long)> Parts(IEnumerable<Output> outputs) => outputs.Select(o => (o.Kind, o.Reference, o.Amount));

    [Fact]
    public void Takes_what_is_free_and_no_more_than_was_ordered()
    {
        Assert.Equal([(OutputKind.Seized, 7, 60)], Parts(scene.Do(Ask.Seize(1, Ask.Money, 60, 7))));
        scene.Holds(1, Ask.Money, 40, 0);
        Assert.Equal([(OutputKind.SeizureLifted, 7, 0)], Parts(scene.Do(Ask.Lift(1, Ask.Money, 7))));
        scene.Refuses(Ask.Lift(1, Ask.Money, 7), Refusal.UnknownSeizure);
    }

    [Fact]
    public void Cancels_the_newest_orders_first_and_only_as_many_as_it_needs()
    {
        var old = scene.Enters(Ask.Sell(1, 1, 50, 4));
        var newer = scene.Enters(Ask.Sell(1, 1, 60, 4));
        var answer = scene.Do(Ask.Seize(1, 1, 5, 7));
        Assert.Equal([OutputKind.Seized, OutputKind.Cancelled, OutputKind.Seized], answer.Select(o => o.Kind));
        Assert.Equal((2L, newer, CancelReason.Seizure, 3L), (answer[0].Amount, answer[1].Order, answer[1].Reason, answer[2].Amount));
        scene.Holds(1, 1, 1, 4);
        Assert.Equal([(50L, 4L, 1)], scene.Asks(1));
        Assert.True(old < newer);
    }

    [Fact]
    public void Goes_on_claiming_what_comes_free_later()
    {
        scene.Do(Ask.Seize(1, Ask.Money, 150, 7));
        scene.Holds(1, Ask.Money, 0, 0);
        Assert.Equal([(OutputKind.Deposited, 3, 20), (OutputKind.Seized, 7, 20)], Parts(scene.Do(Ask.Deposit(1, Ask.Money, 20, 3))));
        // Proceeds are claimed too: 40 come in, 30 of them are still wanted.
        scene.Enters(Ask.Sell(1, 1, 10, 4));
        var bought = scene.Do(Ask.Buy(2, 1, 10, 4));
        Assert.Equal((OutputKind.Seized, 1, 30L), (bought[^1].Kind, bought[^1].Account, bought[^1].Amount));
        scene.Holds(1, Ask.Money, 10, 0);
    }

    [Fact]
    public void Serves_the_earlier_freeze_first()
    {
        scene.Do(Ask.Seize(1, Ask.Money, 110, 7));
        Assert.Empty(scene.Do(Ask.Seize(1, Ask.Money, 5, 8)));
        Assert.Equal([(OutputKind.Deposited, 0, 12), (OutputKind.Seized, 7, 10), (OutputKind.Seized, 8, 2)], Parts(scene.Do(Ask.Deposit(1, Ask.Money, 12))));
        Assert.Equal([(OutputKind.SeizureLifted, 8, 3)], Parts(scene.Do(Ask.Lift(1, Ask.Money, 8))));
        scene.Do(Ask.Deposit(1, Ask.Money, 9));
        scene.Holds(1, Ask.Money, 9, 0);
    }

    [Fact]
    public void Waits_behind_a_conditional_trade_until_it_comes_back()
    {
        var other = new Scene(Ask.List(1, flags: CommandFlags.Conditional), Ask.Deposit(1, 1, 5), Ask.Deposit(2, Ask.Money, 50));
        other.Enters(Ask.Sell(1, 1, 10, 5));
        var trade = other.Do(Ask.Buy(2, 1, 10, 5))[1].TradeNo;
        Assert.Empty(other.Do(Ask.Seize(2, Ask.Money, 30, 7)));
        other.Holds(2, Ask.Money, 0, 50);
        var unwound = other.Do(Ask.Unwind(trade, 5));
        Assert.Equal((OutputKind.Seized, 30L), (unwound[^1].Kind, unwound[^1].Amount));
        other.Holds(2, Ask.Money, 20, 0);
    }
}
