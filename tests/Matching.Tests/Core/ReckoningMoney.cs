using Trading.Matching.Core;

namespace Trading.Matching.Tests;

public sealed class ReckoningMoney
{
    [Fact]
    public void An_order_costs_its_sum_rounded_once_however_many_fills_it_takes()
    {
        // Half a fen a lot: three fills of one lot cost 0.5, 1.0 and 1.5 fen in all, that is 1, 1 and 2.
        var scene = new Scene(Ask.List(1, 1, 2), Ask.Deposit(1, 1, 3), Ask.Deposit(2, Ask.Money, 2));
        scene.Enters(Ask.Buy(2, 1, 1, 3));
        scene.Holds(2, Ask.Money, 0, 2);
        long[] amounts = [.. Enumerable.Range(0, 3).Select(_ => scene.Do(Ask.Sell(1, 1, 1, 1))[1].Amount)];
        Assert.Equal([1, 0, 1], amounts);
        scene.Holds(1, Ask.Money, 2, 0);
        scene.Holds(2, Ask.Money, 0, 0);
        scene.Holds(2, 1, 3, 0);
    }

    [Fact]
    public void A_fee_is_reckoned_on_the_order_too_and_leaves_the_market()
    {
        // 30 % of 2, 4 and 5 fen: 0.6, 1.2 and 1.5, that is 1, 1 and 2 for either side.
        var scene = new Scene(Ask.List(1, fee: 300_000), Ask.Deposit(1, 1, 3), Ask.Deposit(2, Ask.Money, 8));
        scene.Enters(Ask.Sell(1, 1, 1, 1));
        scene.Enters(Ask.Sell(1, 1, 2, 2));
        var bought = scene.Do(Ask.Buy(2, 1, 2, 3));
        Assert.Equal([(1L, 0L, 0L), (4L, 2L, 1L)], bought.Where(o => o.Kind == OutputKind.Trade).Select(o => (o.Amount, o.BuyFee, o.SellFee)));
        scene.Holds(2, Ask.Money, 1, 0);
        scene.Holds(1, Ask.Money, 4, 0);
    }

    [Fact]
    public void A_limit_buy_locks_its_worst_cost_with_the_fee_and_gets_back_what_it_saved()
    {
        var scene = new Scene(Ask.List(1, fee: 10_000), Ask.Deposit(1, 1, 10), Ask.Deposit(2, Ask.Money, 10_100));
        scene.Enters(Ask.Sell(1, 1, 900, 4));
        var answer = scene.Do(Ask.Buy(2, 1, 1_000, 10));
        Assert.Equal((900L, 4L, 3_600L, 36L), (answer[1].Ticks, answer[1].Lots, answer[1].Amount, answer[1].BuyFee));
        // Six lots are left at 1,000: 6,000 and a fee that brings the order's to 96.
        scene.Holds(2, Ask.Money, 10_100 - 3_636 - 6_060, 6_060);
        scene.Holds(1, Ask.Money, 3_600 - 36, 0);
    }

    [Fact]
    public void An_order_that_the_money_does_not_cover_is_refused_by_one_fen()
    {
        // CEA-FUND-001: 1,000 t at 80.00 need 80,000.00 and there are 79,999.99.
        var scene = new Scene(Ask.List(1), Ask.Deposit(2, Ask.Money, 7_999_999));
        scene.Refuses(Ask.Buy(2, 1, 8_000, 1_000), Refusal.InsufficientCash, 8_000_000, 7_999_999);
        scene.Do(Ask.Deposit(2, Ask.Money, 1));
        scene.Enters(Ask.Buy(2, 1, 8_000, 1_000));
    }

    [Fact]
    public void Rights_that_are_not_in_the_market_cannot_be_sold()
    {
        var scene = new Scene(Ask.List(1), Ask.Permit(1, 1, CommandFlags.MaySell));
        scene.Refuses(Ask.Sell(1, 1, 5, 1), Refusal.InsufficientPosition, 1, 0);
        scene.Do(Ask.Deposit(1, 1, 2));
        scene.Enters(Ask.Sell(1, 1, 5, 1));
        scene.Refuses(Ask.Sell(1, 1, 5, 2), Refusal.InsufficientPosition, 2, 1);
        scene.Refuses(Ask.Withdraw(1, 1, 2, 77), Refusal.InsufficientPosition, 2, 1);
    }

    [Fact]
    public void What_does_not_fit_in_64_bits_is_refused_before_anything_moves()
    {
        var scene = new Scene(Ask.List(1), Ask.Deposit(1, Ask.Money, long.MaxValue - 5));
        scene.Refuses(Ask.Deposit(2, Ask.Money, 6), Refusal.BalanceOverflow, 6, 5);
        scene.Refuses(Ask.Buy(1, 1, long.MaxValue, 2), Refusal.OrderValueTooLarge);
        scene.Refuses(Ask.Buy(1, 1, long.MaxValue, long.MaxValue), Refusal.OrderValueTooLarge);
        scene.Refuses(Ask.Deposit(1, 1, -1), Refusal.AmountNotPositive);
        scene.Refuses(Ask.Withdraw(1, Ask.Money, long.MinValue), Refusal.AmountNotPositive);
        scene.Holds(1, Ask.Money, long.MaxValue - 5, 0);
    }
}
