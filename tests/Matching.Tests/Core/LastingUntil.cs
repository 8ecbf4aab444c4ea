using Trading.Matching.Core;

namespace Trading.Matching.Tests;

public sealed class LastingUntil
{
    private const long Noon = Ask.Morning + Ask.Hour;
    private readonly Scene scene = new(Ask.List(1), Ask.List(2), Ask.Deposit(1, 1, 100), Ask.Deposit(1, 2, 100), Ask.Deposit(2, Ask.Money, 5_000));

    private static Command Until(Command place, long until) => place with { TimeInForce = TimeInForce.Gtd, UntilMicros = until };

    [Fact]
    public void An_instant_an_order_is_gone_at_it_and_not_before()
    {
        var order = scene.Enters(Until(Ask.Sell(1, 1, 10, 1), Noon));
        Assert.Equal(Noon, scene.Market.NextDueMicros);
        Assert.Empty(scene.Do(Ask.Advance(Noon - 1)));
        var gone = Assert.Single(scene.Do(Ask.Advance(Noon)));
        Assert.Equal((order, CancelReason.Expired), (gone.Order, gone.Reason));
        Assert.Equal(CancelReason.Expired, scene.Do(Until(Ask.Sell(1, 1, 10, 1), Noon) with { AtMicros = Noon })[1].Reason);
        Assert.Equal(long.MaxValue, scene.Market.NextDueMicros);
    }

    [Fact]
    public void They_go_by_instant_then_by_number_before_anything_else_is_heard()
    {
        var late = scene.Enters(Until(Ask.Sell(1, 1, 10, 1), Noon + 1));
        var first = scene.Enters(Until(Ask.Sell(1, 2, 10, 1), Noon));
        var second = scene.Enters(Until(Ask.Sell(1, 1, 10, 1), Noon));
        var answer = scene.Do(Ask.Buy(2, 1, 10, 1) with { AtMicros = Noon + 5 });
        Assert.Equal([first, second, late], answer[..3].Select(o => o.Order));
        Assert.Equal(OutputKind.Accepted, Assert.Single(answer[3..]).Kind);
    }

    [Fact]
    public void What_rests_after_it_ended_another_such_order_ends_too()
    {
        scene.Enters(Until(Ask.Sell(1, 1, 10, 1), Noon + Ask.Hour));
        var rests = scene.Enters(Until(Ask.Buy(2, 1, 10, 3), Noon));
        Assert.Equal(Noon, scene.Market.NextDueMicros);
        Assert.Equal((rests, 2L), scene.Do(Ask.Advance(Noon)).Select(o => (o.Order, o.Lots)).Single());
    }

    [Fact]
    public void Slept_through_they_go_between_the_days_that_ended()
    {
        scene.Do(Ask.StartDay(Noon));
        var order = scene.Enters(Until(Ask.Sell(1, 1, 10, 1), Noon + Ask.Day + 1));
        var answer = scene.Do(Ask.Advance(Noon + (5 * Ask.Day)));
        Assert.Equal(
            [(OutputKind.DayStarted, Noon + (2 * Ask.Day)), (OutputKind.Cancelled, 0), (OutputKind.DayStarted, Noon + (6 * Ask.Day))],
            answer.Where(o => o.Kind != OutputKind.Closed).Select(o => (o.Kind, o.DayEndsMicros)));
        Assert.Contains(answer, o => o.Order == order);
    }

    [Fact]
    public void An_instrument_ends_with_all_its_orders()
    {
        scene.Do(Ask.Terms(1) with { UntilMicros = Noon });
        scene.Enters(Ask.Sell(1, 1, 10, 1, TimeInForce.Gtc));
        scene.Enters(Ask.Sell(1, 2, 10, 1, TimeInForce.Gtc));
        var answer = scene.Do(Ask.Advance(Noon));
        Assert.Equal([OutputKind.Cancelled, OutputKind.PhaseChanged, OutputKind.Closed], answer.Select(o => o.Kind));
        Assert.Equal((CancelReason.Expired, Phase.Close), (answer[0].Reason, scene.Market.PhaseOf(1)));
        Assert.Single(scene.Asks(2));
    }

    [Fact]
    public void A_timer_that_is_not_armed_again_takes_all_orders_of_its_account()
    {
        scene.Enters(Ask.Sell(1, 1, 10, 1, TimeInForce.Gtc));
        scene.Enters(Ask.Stop(1, 2, Side.Sell, 5, 1, TimeInForce.Gtc));
        scene.Enters(Ask.Buy(2, 1, 5, 1));
        scene.Do(Ask.Arm(1, Noon));
        scene.Do(Ask.Arm(1, Noon + 10));
        Assert.Empty(scene.Do(Ask.Advance(Noon)));
        var answer = scene.Do(Ask.Advance(Noon + 10));
        Assert.Equal([OutputKind.TimerArmed, OutputKind.Cancelled, OutputKind.Cancelled], answer.Select(o => o.Kind));
        Assert.All(answer[1..], o => Assert.Equal((1, CancelReason.DeadMan), (o.Account, o.Reason)));
        Assert.Equal(long.MaxValue, scene.Market.NextDueMicros);
        scene.Refuses(Ask.Arm(1, Noon) with { AtMicros = Noon }, Refusal.UntilNotAllowed);
    }

    [Fact]
    public void A_connection_that_is_lost_takes_them_at_once()
    {
        scene.Enters(Ask.Sell(1, 1, 10, 1, TimeInForce.Gtc));
        Assert.Equal(CancelReason.Disconnect, Assert.Single(scene.Do(Ask.Disconnect(1))).Reason);
    }
}
