using Trading.Matching.Core;

namespace Trading.Matching.Tests;

public sealed class TakingATradeBack
{
    private readonly Scene scene = new(Ask.List(1, fee: 100_000), Ask.Deposit(1, 1, 10), Ask.Deposit(2, Ask.Money, 55));

    private Output Trades()
    {
        scene.Enters(Ask.Sell(1, 1, 10, 5));
        return scene.Do(Ask.Buy(2, 1, 10, 5))[1];
    }

    [Fact]
    public void Gives_both_legs_and_the_fees_back_once()
    {
        var trade = Trades();
        Assert.Equal((5L, 5L), (trade.BuyFee, trade.SellFee));
        Assert.Equal(OutputKind.Busted, Assert.Single(scene.Do(Ask.Bust(trade))).Kind);
        scene.Holds(1, 1, 10, 0);
        scene.Holds(1, Ask.Money, 0, 0);
        scene.Holds(2, 1, 0, 0);
        scene.Holds(2, Ask.Money, 55, 0);
        scene.Refuses(Ask.Bust(trade), Refusal.TradeBusted);
    }

    [Fact]
    public void Needs_what_both_sides_got_to_be_there_still()
    {
        var trade = Trades();
        scene.Do(Ask.Withdraw(1, Ask.Money, 1));
        scene.Refuses(Ask.Bust(trade), Refusal.InsufficientCash, 45, 44);
        scene.Do(Ask.Withdraw(2, 1, 1));
        scene.Refuses(Ask.Bust(trade), Refusal.InsufficientPosition, 5, 4);
        scene.Refuses(Ask.Bust(trade) with { Trade = 2 }, Refusal.UnknownTrade);
    }

    [Fact]
    public void Below_zero_the_buyer_gives_the_money_back()
    {
        scene.Do(Ask.List(2, flags: CommandFlags.Negative, lower: -20));
        scene.Do(Ask.Deposit(1, 2, 3));
        scene.Do(Ask.Deposit(1, Ask.Money, 6));
        scene.Enters(Ask.Sell(1, 2, -2, 3));
        var trade = scene.Do(Ask.Buy(2, 2, 4, 3))[1];
        Assert.Equal(-6, trade.Amount);
        scene.Holds(2, Ask.Money, 61, 0);
        scene.Do(Ask.Bust(trade));
        scene.Holds(2, Ask.Money, 55, 0);
        scene.Holds(1, Ask.Money, 6, 0);
    }
}
