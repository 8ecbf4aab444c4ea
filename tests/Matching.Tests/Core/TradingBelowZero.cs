using Trading.Matching.Core;

namespace Trading.Matching.Tests;

public sealed class TradingBelowZero
{
    private readonly Scene scene = new(
        Ask.List(1, 1, 2, flags: CommandFlags.Negative, lower: -10, upper: 10), Ask.Deposit(1, 1, 100), Ask.Deposit(1, Ask.Money, 20), Ask.Deposit(2, Ask.Money, 20), Ask.Deposit(3, Ask.Money, 20));

    [Fact]
    public void The_seller_pays_and_locks_what_he_may_have_to()
    {
        scene.Refuses(Ask.Sell(1, 1, -10, 5), Refusal.InsufficientCash, 25, 20);
        scene.Enters(Ask.Sell(1, 1, -10, 4));
        scene.Holds(1, Ask.Money, 0, 20);
        Assert.Equal(-10, scene.Do(Ask.Buy(2, 1, 10, 2))[1].Amount);
        scene.Holds(1, Ask.Money, 0, 10);
        scene.Holds(2, Ask.Money, 30, 0);
    }

    [Fact]
    public void He_never_pays_more_than_that_whatever_his_buyers_sums_round_to()
    {
        // Half a fen a lot: both buyers have half a fen from before, and would round it to one with his.
        var bid = scene.Enters(Ask.Buy(2, 1, -1, 2));
        scene.Do(Ask.Sell(1, 1, -1, 1));
        scene.Do(Ask.Replace(2, bid, -2, 2));
        scene.Enters(Ask.Buy(3, 1, -1, 2));
        scene.Do(Ask.Sell(1, 1, -1, 1));
        scene.Do(Ask.Replace(2, bid, -1, 2));
        scene.Do(Ask.Withdraw(1, Ask.Money, 19));
        var answer = scene.Do(Ask.Sell(1, 1, -1, 2));
        Assert.Equal([0L, -1], answer.Where(o => o.Kind == OutputKind.Trade).Select(o => o.Amount));
        scene.Holds(1, Ask.Money, 0, 0);
    }

    [Fact]
    public void A_stop_of_a_seller_locks_the_lower_limit()
    {
        scene.Enters(Ask.Stop(1, 1, Side.Sell, -3, 2));
        scene.Holds(1, Ask.Money, 10, 10);
        scene.Do(Ask.Limits(1, long.MinValue, 10));
        scene.Refuses(Ask.Stop(1, 1, Side.Sell, -3, 1), Refusal.PriceRequired);
    }

    [Fact]
    public void Such_an_instrument_has_no_fee_and_waits_for_no_authority()
    {
        scene.Refuses(Ask.List(2, fee: 1, flags: CommandFlags.Negative, lower: -1), Refusal.InstrumentTermsInvalid);
        scene.Refuses(Ask.List(2, flags: CommandFlags.Negative | CommandFlags.Conditional, lower: -1), Refusal.InstrumentTermsInvalid);
        scene.Refuses(Ask.List(2, lower: -1), Refusal.InstrumentTermsInvalid);
    }
}
