using Trading.Matching.Core;

namespace Trading.Matching.Tests;

public sealed class RunningTheDay
{
    private readonly Scene scene = new(
        Ask.List(1), Ask.List(2), Ask.Deposit(1, 1, 10), Ask.Deposit(1, 2, 10), Ask.Deposit(2, Ask.Money, 100), Ask.StartDay(Ask.Morning + Ask.Hour, Ask.Day));

    [Fact]
    public void Its_end_cancels_day_orders_in_the_order_they_came_and_leaves_the_others()
    {
        var first = scene.Enters(Ask.Sell(1, 2, 10, 5));
        scene.Enters(Ask.Sell(1, 1, 10, 5, TimeInForce.Gtc));
        var second = scene.Enters(Ask.Buy(2, 1, 3, 1));
        Assert.Empty(scene.Do(Ask.Advance(Ask.Morning + Ask.Hour - 1)));
        var answer = scene.Do(Ask.Advance(Ask.Morning + Ask.Hour));
        Assert.Equal([first, second], answer.Where(o => o.Kind == OutputKind.Cancelled).Select(o => o.Order));
        Assert.All(answer[..2], o => Assert.Equal(CancelReason.Close, o.Reason));
        Assert.Equal([(OutputKind.Closed, 1), (OutputKind.Closed, 2)], answer[2..4].Select(o => (o.Kind, o.Instrument)));
        Assert.Equal((OutputKind.DayStarted, Ask.Morning + Ask.Hour + Ask.Day), (answer[4].Kind, answer[4].DayEndsMicros));
        Assert.Equal(Ask.Morning + Ask.Hour + Ask.Day, scene.Market.NextDueMicros);
        Assert.Single(scene.Asks(1));
    }

    [Fact]
    public void Days_slept_through_end_all_at_once()
    {
        var answer = scene.Do(Ask.Advance(Ask.Morning + (9 * Ask.Day)));
        Assert.Equal(Ask.Morning + Ask.Hour + (9 * Ask.Day), Assert.Single(answer, o => o.Kind == OutputKind.DayStarted).DayEndsMicros);
    }

    [Fact]
    public void The_end_of_time_is_no_trouble()
    {
        Assert.Equal(long.MaxValue, scene.Do(Ask.Advance(long.MaxValue))[^1].DayEndsMicros);
        scene.Do(Ask.Advance(long.MaxValue));
        Assert.Equal(long.MaxValue, scene.Market.NextDueMicros);
        var fresh = new Scene();
        Assert.Empty(fresh.Do(Ask.Advance(long.MaxValue)));
        Assert.Empty(fresh.Do(Ask.Advance(long.MinValue)));
    }

    [Fact]
    public void A_day_that_is_over_or_has_no_length_is_refused()
    {
        scene.Refuses(Ask.StartDay(Ask.Morning), Refusal.DayInvalid);
        scene.Refuses(Ask.StartDay(Ask.Morning + 1, 0), Refusal.DayInvalid);
        Assert.Equal(Ask.Morning + Ask.Hour, scene.Market.NextDueMicros);
    }

    [Fact]
    public void A_halt_refuses_orders_and_replacements_and_takes_cancels()
    {
        var order = scene.Enters(Ask.Sell(1, 1, 10, 5));
        scene.Do(Ask.SetPhase(1, Phase.Halt));
        Assert.Equal(Phase.Halt, scene.Market.PhaseOf(1));
        scene.Refuses(Ask.Buy(2, 1, 10, 1), Refusal.InstrumentNotOpen, (long)Phase.Continuous, (long)Phase.Halt);
        scene.Refuses(Ask.Replace(1, order, 10, 4), Refusal.InstrumentNotOpen);
        scene.Enters(Ask.Sell(1, 2, 10, 5));
        Assert.Equal([(10L, 5L, 1)], scene.Asks(1));
        Assert.Equal(CancelReason.User, scene.Do(Ask.Cancel(1, order))[0].Reason);
        scene.Do(Ask.SetPhase(1, Phase.Continuous));
        scene.Enters(Ask.Buy(2, 1, 10, 1));
    }

    [Fact]
    public void The_close_cancels_the_day_orders_of_its_instrument_alone()
    {
        var day = scene.Enters(Ask.Sell(1, 1, 10, 5));
        scene.Enters(Ask.Sell(1, 1, 10, 5, TimeInForce.Gtc));
        scene.Enters(Ask.Sell(1, 2, 10, 5));
        var answer = scene.Do(Ask.SetPhase(1, Phase.Close));
        Assert.Equal([OutputKind.PhaseChanged, OutputKind.Cancelled, OutputKind.Closed], answer.Select(o => o.Kind));
        Assert.Equal(day, answer[1].Order);
        Assert.Single(scene.Asks(1));
        Assert.Single(scene.Asks(2));
        scene.Refuses(Ask.SetPhase(1, Phase.None), Refusal.UnknownPhase);
        scene.Refuses(Ask.SetPhase(3, Phase.Halt), Refusal.UnknownInstrument);
    }

    [Fact]
    public void Cancelling_all_takes_one_side_of_one_instrument_or_everything()
    {
        scene.Enters(Ask.Sell(1, 1, 10, 1));
        scene.Enters(Ask.Sell(1, 2, 10, 1));
        scene.Do(Ask.Deposit(1, Ask.Money, 10));
        scene.Enters(Ask.Buy(1, 1, 1, 1));
        Assert.Equal((1, Side.Buy), scene.Do(Ask.CancelAll(1, 1, Side.Buy)).Select(o => (o.Instrument, o.Side)).Single());
        Assert.Equal([1, 2], scene.Do(Ask.CancelAll(1)).Select(o => o.Instrument));
        Assert.Empty(scene.Do(Ask.CancelAll(1)));
        scene.Refuses(Ask.CancelAll(1, 9), Refusal.UnknownInstrument);
        Assert.Empty(scene.Do(Ask.CancelAll(77)));
        scene.Refuses(Ask.CancelAll(-1), Refusal.UnknownAccount);
    }

    [Fact]
    public void An_instrument_is_listed_once_and_on_sound_terms()
    {
        scene.Refuses(Ask.List(1, 2, 3), Refusal.InstrumentExists);
        scene.Refuses(Ask.List(0), Refusal.InstrumentTermsInvalid);
        scene.Refuses(Ask.List(3, 0), Refusal.InstrumentTermsInvalid);
        scene.Refuses(Ask.List(3, 1, -1), Refusal.InstrumentTermsInvalid);
        scene.Refuses(Ask.List(3, fee: -1), Refusal.InstrumentTermsInvalid);
        scene.Refuses(Ask.List(3, fee: 1_000_001), Refusal.InstrumentTermsInvalid);
        scene.Refuses(Ask.List(3, lower: 5, upper: 4), Refusal.InstrumentTermsInvalid);
        scene.Refuses(Ask.Limits(1, 0, 4), Refusal.InstrumentTermsInvalid);
        var listed = scene.Do(Ask.List(3, lower: 4, upper: 5));
        Assert.Equal([OutputKind.Listed, OutputKind.PhaseChanged], listed.Select(o => o.Kind));
        Assert.Equal((4L, 5L, Phase.Continuous), (listed[0].LowerTicks, listed[0].UpperTicks, listed[1].Phase));
    }
}
