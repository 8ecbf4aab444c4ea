using Trading.Matching.Core;

namespace Trading.Matching.Tests;

public sealed class ChangingTheFee
{
    private readonly Scene scene = new(Ask.List(1, fee: 10_000), Ask.Deposit(1, 1, 100), Ask.Deposit(2, Ask.Money, 10_100), Ask.Deposit(3, Ask.Money, 10_400));

    /// <remarks>Seen failing where a fill was reckoned at the fee of the day: the buyer paid more than was locked for it, and the market was no longer whole.</remarks>
    [Fact]
    public void A_buy_that_rests_pays_the_fee_of_its_entry_and_its_lock_covers_it()
    {
        // All the money there is stands behind the order: 10,000 and one per cent.
        scene.Enters(Ask.Buy(2, 1, 1_000, 10, TimeInForce.Gtc));
        Assert.Equal((OutputKind.FeeSet, 1, 40_000L), Of(Assert.Single(scene.Do(Ask.Fee(1, 40_000)))));
        scene.Holds(2, Ask.Money, 0, 10_100);
        var trade = scene.Do(Ask.Sell(1, 1, 1_000, 4))[1];
        Assert.Equal((4_000L, 40L, 160L), (trade.Amount, trade.BuyFee, trade.SellFee));
        scene.Holds(2, Ask.Money, 0, 6_060);
        Assert.Equal(60L, scene.Do(Ask.Sell(1, 1, 1_000, 6))[1].BuyFee);
        scene.Holds(2, Ask.Money, 0, 0);
        scene.Holds(1, Ask.Money, 10_000 - 400, 0);
    }

    /// <remarks>Seen failing where the fee that entering orders pay was not changed.</remarks>
    [Fact]
    public void An_order_that_enters_after_it_pays_the_new_one()
    {
        scene.Do(Ask.Fee(1, 40_000));
        scene.Refuses(Ask.Buy(2, 1, 1_000, 10), Refusal.InsufficientCash, 10_400, 10_100);
        scene.Enters(Ask.Buy(3, 1, 1_000, 10));
        scene.Holds(3, Ask.Money, 0, 10_400);
        Assert.Equal(400L, scene.Do(Ask.Sell(1, 1, 1_000, 10))[1].BuyFee);
    }

    /// <remarks>Seen failing where what a lower fee gave back was reckoned over fills of before: the fee of a fill went below zero.</remarks>
    [Fact]
    public void Fills_of_one_order_on_both_sides_of_it_add_up_to_one_fee()
    {
        var sells = scene.Enters(Ask.Sell(1, 1, 1_000, 10, TimeInForce.Gtc));
        Assert.Equal((50L, 50L), Fees(scene.Do(Ask.Buy(2, 1, 1_000, 5))[1]));
        scene.Do(Ask.Fee(1, 0));
        Assert.Equal((0L, 50L), Fees(scene.Do(Ask.Buy(3, 1, 1_000, 5))[1]));
        Assert.Equal(0, scene.Market.OpenOrders);
        Assert.True(sells > 0);
    }

    /// <remarks>Seen failing where a replacement was reckoned at the fee of the day.</remarks>
    [Fact]
    public void A_replaced_order_is_the_same_order()
    {
        var order = scene.Enters(Ask.Buy(2, 1, 1_000, 5, TimeInForce.Gtc));
        scene.Do(Ask.Fee(1, 40_000));
        Assert.Equal(OutputKind.Replaced, scene.Do(Ask.Replace(2, order, 1_000, 10))[0].Kind);
        scene.Holds(2, Ask.Money, 0, 10_100);
    }

    /// <remarks>Seen failing where earlier fees were not written into a snapshot.</remarks>
    [Fact]
    public void A_snapshot_knows_under_which_fee_an_order_entered()
    {
        scene.Enters(Ask.Buy(2, 1, 1_000, 4, TimeInForce.Gtc));
        scene.Do(Ask.Fee(1, 20_000));
        scene.Enters(Ask.Buy(3, 1, 1_000, 4, TimeInForce.Gtc));
        scene.Do(Ask.Fee(1, 30_000));
        var (copy, outputs) = (Market.Restore(scene.Market.Snapshot(), new MarketOptions()), new OutputBuffer());
        Assert.Empty(copy.Broken());
        copy.Apply(Ask.Sell(1, 1, 1_000, 8), outputs);
        Assert.Equal([(40L, 120L), (80L, 120L)], outputs.Written.ToArray().Where(o => o.Kind == OutputKind.Trade).Select(Fees));
    }

    /// <remarks>Seen failing where a fee that no open order entered under was kept.</remarks>
    [Fact]
    public void Fees_that_nobody_entered_under_leave_no_trace()
    {
        var (untouched, same) = (new Scene(Ask.List(1, fee: 10_000)), new Scene(Ask.List(1, fee: 10_000)));
        for (var fee = 0; fee < 10; fee++) same.Do(Ask.Fee(1, fee));
        same.Do(Ask.Fee(1, 10_000));
        Assert.Equal(untouched.Market.Snapshot().Length, same.Market.Snapshot().Length);
    }

    /// <remarks>Seen failing where a fee above the whole amount was taken.</remarks>
    [Fact]
    public void What_cannot_be_a_fee_is_refused()
    {
        scene.Refuses(Ask.Fee(1, 1_000_001), Refusal.InstrumentTermsInvalid);
        scene.Refuses(Ask.Fee(1, -1), Refusal.InstrumentTermsInvalid);
        scene.Refuses(Ask.Fee(2, 1), Refusal.UnknownInstrument);
        var below = new Scene(Ask.List(1, flags: CommandFlags.Negative, lower: -5));
        below.Refuses(Ask.Fee(1, 1), Refusal.InstrumentTermsInvalid);
        Assert.Equal(OutputKind.FeeSet, below.Do(Ask.Fee(1, 0))[0].Kind);
    }

    private static (OutputKind, int, long) Of(Output o) => (o.Kind, o.Instrument, o.Amount);

    private static (long Buy, long Sell) Fees(Output o) => (o.BuyFee, o.SellFee);
}
