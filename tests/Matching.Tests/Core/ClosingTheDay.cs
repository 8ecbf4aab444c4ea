using Trading.Matching.Core;

namespace Trading.Matching.Tests;

public sealed class ClosingTheDay
{
    private readonly Scene scene = new(Ask.List(1), Ask.Deposit(1, 1, 100), Ask.Deposit(2, Ask.Money, 5_000), Ask.StartDay(Ask.Morning + Ask.Day));

    private void Trades(long ticks, long lots)
    {
        scene.Enters(Ask.Sell(1, 1, ticks, lots));
        scene.Do(Ask.Buy(2, 1, ticks, lots));
    }

    [Fact]
    public void The_closing_price_is_the_mean_of_the_days_trades_by_volume()
    {
        // (10 × 1 + 13 × 5) / 6 = 12.5, half up.
        Trades(10, 1);
        Trades(13, 5);
        var closed = scene.Do(Ask.SetPhase(1, Phase.Close))[^1];
        Assert.Equal((OutputKind.Closed, 13L, 6L, 75L), (closed.Kind, closed.Ticks, closed.Lots, closed.Amount));
        Assert.Equal(13, scene.Market.CloseTicks(1));
        Assert.Equal(13, scene.Market.LastTicks(1));
    }

    [Fact]
    public void A_day_without_trades_keeps_the_one_before()
    {
        Assert.Null(scene.Market.CloseTicks(1));
        Trades(10, 1);
        scene.Do(Ask.SetPhase(1, Phase.Close));
        // Closed by hand, the day's end finds nothing left to close; opened again it closes the next day.
        Assert.Equal([OutputKind.DayStarted], scene.Do(Ask.Advance(Ask.Morning + Ask.Day)).Select(o => o.Kind));
        scene.Do(Ask.SetPhase(1, Phase.Continuous));
        var closed = scene.Do(Ask.Advance(Ask.Morning + (2 * Ask.Day)))[0];
        Assert.Equal((OutputKind.Closed, 10L, 0L), (closed.Kind, closed.Ticks, closed.Lots));
    }

    [Fact]
    public void A_name_grows_older_with_its_own_instruments_days()
    {
        scene.Do(Ask.List(2));
        var order = scene.Enters(Ask.Sell(1, 1, 10, 5, id: 77));
        scene.Do(Ask.Cancel(1, order));
        void Close(int instrument)
        {
            scene.Do(Ask.SetPhase(instrument, Phase.Close));
            scene.Do(Ask.SetPhase(instrument, Phase.Continuous));
        }

        Close(2);
        Close(2);
        Close(1);
        Assert.Equal(OutputKind.Repeated, scene.Do(Ask.Sell(1, 1, 10, 5, id: 77))[0].Kind);
        Close(1);
        scene.Enters(Ask.Sell(1, 1, 10, 5, id: 77));
    }
}
