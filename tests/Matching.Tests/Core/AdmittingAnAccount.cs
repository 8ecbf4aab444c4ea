using Trading.Matching.Core;

namespace Trading.Matching.Tests;

public sealed class AdmittingAnAccount
{
    [Fact]
    public void Nobody_trades_a_guarded_instrument_without_a_permit()
    {
        var scene = new Scene(Ask.List(1, flags: CommandFlags.PermitNeeded), Ask.Deposit(1, 1, 10), Ask.Deposit(1, Ask.Money, 100));
        scene.Refuses(Ask.Buy(1, 1, 1, 1), Refusal.NotPermitted);
        scene.Do(Ask.Permit(1, 1, CommandFlags.MaySell));
        scene.Refuses(Ask.Buy(1, 1, 1, 1), Refusal.NotPermitted);
        scene.Enters(Ask.Sell(1, 1, 5, 1));
        scene.Do(Ask.Permit(1, 1, CommandFlags.None));
        scene.Refuses(Ask.Sell(1, 1, 5, 1), Refusal.NotPermitted);
    }

    [Fact]
    public void An_open_instrument_asks_only_those_who_have_a_permit()
    {
        var scene = new Scene(Ask.List(1), Ask.Deposit(1, Ask.Money, 100), Ask.Deposit(2, Ask.Money, 100), Ask.Permit(2, 1, CommandFlags.MaySell));
        scene.Enters(Ask.Buy(1, 1, 1, 1));
        scene.Refuses(Ask.Buy(2, 1, 1, 1), Refusal.NotPermitted);
    }

    [Fact]
    public void A_position_limit_counts_holdings_open_buys_and_this_order()
    {
        var scene = new Scene(Ask.List(1), Ask.Deposit(1, 1, 4), Ask.Deposit(1, Ask.Money, 100), Ask.Permit(1, 1, CommandFlags.MayBuy | CommandFlags.MaySell, 10));
        scene.Enters(Ask.Sell(1, 1, 9, 2));
        var bid = scene.Enters(Ask.Buy(1, 1, 1, 5));
        scene.Refuses(Ask.Buy(1, 1, 1, 2), Refusal.PositionLimit, 11, 10);
        scene.Refuses(Ask.Replace(1, bid, 2, 7), Refusal.PositionLimit, 11, 10);
        scene.Enters(Ask.Buy(1, 1, 1, 1));
    }

    [Fact]
    public void A_blocked_account_loses_its_orders_and_can_neither_trade_nor_withdraw()
    {
        var scene = new Scene(Ask.List(1), Ask.Deposit(1, 1, 4), Ask.Deposit(1, Ask.Money, 100));
        scene.Enters(Ask.Sell(1, 1, 9, 2));
        scene.Enters(Ask.Buy(1, 1, 1, 5));
        var answer = scene.Do(Ask.Block(1));
        Assert.Equal([OutputKind.AccountBlocked, OutputKind.Cancelled, OutputKind.Cancelled], answer.Select(o => o.Kind));
        Assert.All(answer[1..], o => Assert.Equal(CancelReason.Blocked, o.Reason));
        scene.Refuses(Ask.Buy(1, 1, 1, 1), Refusal.AccountBlocked);
        scene.Refuses(Ask.Withdraw(1, Ask.Money, 1), Refusal.AccountBlocked);
        scene.Do(Ask.Deposit(1, Ask.Money, 1));
        scene.Do(Ask.Block(1, blocked: false));
        scene.Do(Ask.Withdraw(1, Ask.Money, 101));
        scene.Holds(1, Ask.Money, 0, 0);
    }
}
