using Trading.Matching.Core;

namespace Trading.Matching.Tests;

public sealed class HoldingWhatWasBoughtLately
{
    private readonly Scene scene = new(
        Ask.List(1), Ask.Deposit(1, 1, 100), Ask.Deposit(2, Ask.Money, 5_000), Ask.Deposit(2, 1, 3), Ask.StartDay(Ask.Morning + Ask.Day));

    private void Buys(long lots)
    {
        scene.Enters(Ask.Sell(1, 1, 10, lots));
        scene.Do(Ask.Buy(2, 1, 10, lots));
    }

    [Fact]
    public void Until_the_close_it_can_be_neither_sold_nor_taken_out()
    {
        scene.Do(Ask.Terms(1) with { TPlus = 1 });
        Buys(5);
        scene.Refuses(Ask.Sell(2, 1, 20, 4), Refusal.T1Locked, 4, 3);
        scene.Refuses(Ask.Withdraw(2, 1, 4), Refusal.T1Locked, 4, 3);
        scene.Enters(Ask.Sell(2, 1, 20, 3));
        scene.Do(Ask.SetPhase(1, Phase.Close));
        scene.Do(Ask.SetPhase(1, Phase.Continuous));
        scene.Enters(Ask.Sell(2, 1, 20, 8));
    }

    [Fact]
    public void A_freeze_takes_the_longest_held_first()
    {
        scene.Do(Ask.Terms(1) with { TPlus = 2 });
        Buys(5);
        scene.Do(Ask.Advance(Ask.Morning + Ask.Day));
        Buys(4);
        // 3 old lots, and 5 and 4 bought: 6 are taken, 2 and 4 are left.
        scene.Do(Ask.Seize(2, 1, 6, 1));
        scene.Refuses(Ask.Sell(2, 1, 20, 1), Refusal.T1Locked, 1, 0);
        scene.Do(Ask.Advance(Ask.Morning + (2 * Ask.Day)));
        scene.Refuses(Ask.Sell(2, 1, 20, 3), Refusal.T1Locked, 3, 2);
        scene.Do(Ask.Advance(Ask.Morning + (3 * Ask.Day)));
        scene.Enters(Ask.Sell(2, 1, 20, 6));
    }
}
