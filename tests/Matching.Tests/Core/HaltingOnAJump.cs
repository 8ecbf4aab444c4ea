using Trading.Matching.Core;

namespace Trading.Matching.Tests;

public sealed class HaltingOnAJump
{
    private const long Minute = Ask.Hour / 60;

    /// <summary>A trade more than a tenth away from the last one (100) halts for five minutes.</summary>
    private readonly Scene scene = new(
        Ask.List(1, reference: 100), Ask.Terms(1) with { VolatilityMillionths = 100_000, HaltMicros = 5 * Minute }, Ask.Deposit(1, 1, 100), Ask.Deposit(2, Ask.Money, 50_000), Ask.Deposit(3, Ask.Money, 50_000));

    [Fact]
    public void Trades_up_to_the_corridors_edge_and_then_the_rest_leaves_and_trading_stops_for_a_while()
    {
        scene.Enters(Ask.Sell(1, 1, 110, 1));
        scene.Enters(Ask.Sell(1, 1, 111, 1));
        var answer = scene.Do(Ask.Buy(2, 1, 120, 2));
        Assert.Equal([OutputKind.Accepted, OutputKind.Trade, OutputKind.Cancelled, OutputKind.PhaseChanged], answer.Select(o => o.Kind));
        Assert.Equal((1L, CancelReason.Volatility, Phase.Halt), (answer[2].Lots, answer[2].Reason, answer[3].Phase));
        Assert.Equal(Ask.Morning + (5 * Minute), scene.Market.NextDueMicros);
        scene.Refuses(Ask.Buy(2, 1, 111, 1), Refusal.InstrumentNotOpen);
        // The corridor lies about the last price now.
        answer = scene.Do(Ask.Buy(2, 1, 120, 1) with { AtMicros = Ask.Morning + (5 * Minute) });
        Assert.Equal([OutputKind.PhaseChanged, OutputKind.Accepted, OutputKind.Trade], answer.Select(o => o.Kind));
    }

    [Fact]
    public void Stops_that_were_not_heard_yet_wait_and_go_off_when_it_goes_on()
    {
        scene.Enters(Ask.Sell(1, 1, 110, 1));
        scene.Enters(Ask.Sell(1, 1, 120, 5));
        var first = scene.Enters(Ask.StopLimit(3, 1, Side.Buy, 110, 130, 1));
        var second = scene.Enters(Ask.StopLimit(3, 1, Side.Buy, 105, 130, 1));
        var answer = scene.Do(Ask.Buy(2, 1, 110, 1));
        Assert.Equal([OutputKind.Accepted, OutputKind.Trade, OutputKind.Triggered, OutputKind.Cancelled, OutputKind.PhaseChanged], answer.Select(o => o.Kind));
        Assert.Equal((first, CancelReason.Volatility), (answer[3].Order, answer[3].Reason));
        answer = scene.Do(Ask.Advance(Ask.Morning + (5 * Minute)));
        Assert.Equal([(OutputKind.PhaseChanged, 0), (OutputKind.Triggered, second), (OutputKind.Trade, second)], answer.Select(o => (o.Kind, o.Order)));
    }

    [Fact]
    public void Somebody_may_end_it_earlier_and_its_own_end_is_then_no_more()
    {
        scene.Enters(Ask.Sell(1, 1, 120, 5));
        scene.Do(Ask.Buy(2, 1, 120, 1));
        scene.Do(Ask.SetPhase(1, Phase.Continuous));
        Assert.Equal(long.MaxValue, scene.Market.NextDueMicros);
    }

    [Fact]
    public void A_fok_that_cannot_be_filled_inside_halts_nothing()
    {
        scene.Enters(Ask.Sell(1, 1, 120, 5));
        Assert.Equal(CancelReason.Fok, scene.Do(Ask.Buy(2, 1, 120, 1, TimeInForce.Fok))[^1].Reason);
    }
}
