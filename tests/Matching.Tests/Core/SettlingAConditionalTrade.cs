using Trading.Matching.Core;

namespace Trading.Matching.Tests;

public sealed class SettlingAConditionalTrade
{
    private readonly Scene scene = new(
        Ask.List(1, 1, 3, 100_000, CommandFlags.Conditional), Ask.Deposit(1, 1, 10), Ask.Deposit(2, Ask.Money, 20));

    /// <summary>7 lots at 5 ticks: 35 / 3 fen, that is 12; a fee of 1.2, that is 1, on either side.</summary>
    private long Trade()
    {
        scene.Enters(Ask.Sell(1, 1, 5, 7));
        var trade = scene.Do(Ask.Buy(2, 1, 6, 7))[1];
        Assert.Equal((12L, 1L, 1L, (byte)1), (trade.Amount, trade.BuyFee, trade.SellFee, trade.Pending));
        return trade.TradeNo;
    }

    [Fact]
    public void Both_legs_stay_locked_until_someone_speaks()
    {
        Trade();
        scene.Holds(1, 1, 3, 7);
        scene.Holds(1, Ask.Money, 0, 0);
        scene.Holds(2, Ask.Money, 7, 13);
        scene.Holds(2, 1, 0, 0);
        scene.Refuses(Ask.Withdraw(2, Ask.Money, 8), Refusal.InsufficientCash, 8, 7);
    }

    [Fact]
    public void Settled_pays_the_seller_and_takes_the_right_out_of_the_market()
    {
        var trade = Trade();
        var settled = Assert.Single(scene.Do(Ask.Settle(trade, 7)));
        Assert.Equal((OutputKind.Settled, 7L, 12L, 1L, 1L, 2, 1), (settled.Kind, settled.Lots, settled.Amount, settled.BuyFee, settled.SellFee, settled.Buyer, settled.Seller));
        scene.Holds(1, 1, 3, 0);
        scene.Holds(1, Ask.Money, 11, 0);
        scene.Holds(2, Ask.Money, 7, 0);
        scene.Holds(2, 1, 0, 0);
        scene.Refuses(Ask.Settle(trade, 1), Refusal.UnknownTrade);
    }

    [Fact]
    public void Unwound_gives_both_sides_back_what_they_brought()
    {
        var trade = Trade();
        Assert.Equal(OutputKind.Unwound, Assert.Single(scene.Do(Ask.Unwind(trade, 7))).Kind);
        scene.Holds(1, 1, 10, 0);
        scene.Holds(1, Ask.Money, 0, 0);
        scene.Holds(2, Ask.Money, 20, 0);
    }

    [Fact]
    public void Comes_in_parts_that_together_are_the_whole_to_the_fen()
    {
        var trade = Trade();
        // 12 fen over 7 lots: 1.71, 5.14, 12, that is 2, then 3, then 7; the fee of 1 falls where half of it is reached.
        Output[] parts = [scene.Do(Ask.Settle(trade, 1))[0], scene.Do(Ask.Unwind(trade, 2))[0], scene.Do(Ask.Settle(trade, 4))[0]];
        Assert.Equal([(2L, 0L), (3L, 0L), (7L, 1L)], parts.Select(p => (p.Amount, p.BuyFee)));
        Assert.Equal([0L, 0, 1], parts.Select(p => p.SellFee));
        scene.Holds(2, Ask.Money, 7 + 3, 0);
        scene.Holds(1, Ask.Money, 2 + 6, 0);
        scene.Holds(1, 1, 3 + 2, 0);
    }

    [Fact]
    public void Refuses_more_than_is_left_and_what_was_never_pending()
    {
        var trade = Trade();
        scene.Do(Ask.Settle(trade, 3));
        scene.Refuses(Ask.Settle(trade, 5), Refusal.QtyAboveTrade, 5, 4);
        scene.Refuses(Ask.Unwind(trade, 0), Refusal.QtyNotPositive);
        scene.Refuses(Ask.Unwind(trade + 1, 1), Refusal.UnknownTrade);
        scene.Refuses(Ask.Settle(-1, 1), Refusal.UnknownTrade);
    }

    [Fact]
    public void Counts_for_the_buyers_position_limit_while_it_is_open()
    {
        scene.Do(Ask.Permit(2, 1, CommandFlags.MayBuy, 8));
        var trade = Trade();
        scene.Refuses(Ask.Buy(2, 1, 1, 2), Refusal.PositionLimit, 9, 8);
        scene.Do(Ask.Unwind(trade, 7));
        scene.Enters(Ask.Buy(2, 1, 1, 2));
    }
}
