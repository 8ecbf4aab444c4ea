using Trading.Matching.Core;
using Trading.Settlement.Contracts;
using static Trading.Settlement.Tests.World;

namespace Trading.Settlement.Tests;

public sealed class FreezingABalance
{
    [Fact]
    public void Takes_what_is_available_first_then_cancels_open_orders_for_the_rest() // REG-FRZ-001
    {
        var world = Holding(available: 8_000, ordered: 2_000);
        var freeze = world.Frozen(Steel, Carbon, 9_000);
        Assert.Equal(8_000, freeze.Taken);
        world.Rest();
        Assert.Equal(9_000, world.Freezes[freeze.Id].Taken);
        Assert.Equal((0L, 1_000L, 9_000L), (world.Holding(Steel, Carbon).Available, world.Holding(Steel, Carbon).Earmarked, world.Holding(Steel, Carbon).Frozen));
        Assert.Equal((1_000L, 0L), world.Market.Balance(Steel, Carbon));
        Assert.Contains(world.Journal[^1].Outputs.ToArray(), o => o is { Kind: OutputKind.Cancelled, Reason: CancelReason.Seizure, Lots: 2_000 });
        world.IsWhole("after the freeze");
    }

    [Fact]
    public void A_second_court_waits_and_takes_effect_when_the_first_lets_go() // REG-FRZ-002
    {
        var world = Holding(available: 8_000, ordered: 2_000);
        var first = world.Frozen(Steel, Carbon, 9_000);
        world.Rest();
        var second = world.Frozen(Steel, Carbon, 5_000);
        world.Rest();
        Assert.Equal(1_000, world.Freezes[second.Id].Taken);
        world.Lift(first.Id);
        Assert.Equal(5_000, world.Freezes[second.Id].Taken);
        world.Rest();
        Assert.Equal((5_000L, 5_000L, 0L), (world.Holding(Steel, Carbon).Frozen, world.Holding(Steel, Carbon).Available, world.Holding(Steel, Carbon).Earmarked));
        // Its claim in the market is gone: what comes back there is free again.
        Assert.Null(world.Move(Steel, TransferKind.EarmarkRight, Carbon, 5_000).Refused);
        world.Rest();
        Assert.Equal((5_000L, 0L), world.Market.Balance(Steel, Carbon));
        world.IsWhole("after the second");
    }

    [Fact]
    public void A_release_already_on_its_way_does_not_escape()
    {
        var world = Holding(available: 0, ordered: 0, free: 10_000);
        Assert.Null(world.Move(Steel, TransferKind.ReleaseRight, Carbon, 10_000).Refused);
        var freeze = world.Frozen(Steel, Carbon, 6_000);
        Assert.Equal(0, freeze.Taken);
        world.Rest();
        Assert.Equal((6_000L, 4_000L), (world.Holding(Steel, Carbon).Frozen, world.Holding(Steel, Carbon).Available));
        Assert.Equal(6_000, world.Freezes[freeze.Id].Taken);
        world.IsWhole("after the release");
    }

    [Fact]
    public void Money_paid_in_later_is_taken_before_it_can_be_used()
    {
        var world = new World();
        world.PayIn(Steel, 100);
        var freeze = world.Frozen(Steel, 0, 500);
        world.PayIn(Steel, 700);
        Assert.Equal((300L, 500L), (world.Fund(Steel).Available, world.Fund(Steel).Frozen));
        Assert.Equal("INSUFFICIENT_CASH", world.Move(Steel, TransferKind.EarmarkMoney, 0, 301).Refused?.Code);
        world.Rest();
        world.Lift(freeze.Id);
        Assert.Equal((800L, 0L), (world.Fund(Steel).Available, world.Fund(Steel).Frozen));
        world.IsWhole("after the lifting");
    }

    [Fact]
    public void Never_reaches_what_is_matched_and_unsettled_but_takes_what_an_unwinding_brings_back() // F26
    {
        var world = SettlingATrade.Ready();
        world.Trade(Sell(Steel, Cod, 7, 100), Buy(Textile, Cod, 7, 60));
        world.Settle();
        var freeze = world.Frozen(Steel, Cod, 100);
        world.Rest();
        Assert.Equal((40L, 60L), (world.Holding(Steel, Cod).Frozen, world.Holding(Steel, Cod).Awaiting));
        Assert.Null(world.Answer("320583", 1, approve: false));
        world.Rest();
        Assert.Equal((100L, 0L), (world.Holding(Steel, Cod).Frozen, world.Holding(Steel, Cod).Awaiting));
        Assert.Equal(100, world.Freezes[freeze.Id].Taken);
        world.IsWhole("after the unwinding");
    }

    [Fact]
    public void A_confirmed_trade_settles_through_a_freeze_of_either_side()
    {
        var world = SettlingATrade.Ready();
        world.Trade(Sell(Steel, Cod, 7, 60), Buy(Textile, Cod, 7, 60));
        world.Settle();
        world.Frozen(Steel, Cod, 100);
        world.Frozen(Textile, 0, 2_000_000);
        world.Rest();
        Assert.Null(world.Answer("320583", 1, approve: true));
        world.Rest();
        Assert.Equal((DeliveryState.Settled, 60L), (world.Deliveries[1].Facts.State, world.Holding(Textile, Cod).Available));
        Assert.Equal(42, world.Fund(Steel).InMarket - 1_000_000);
        world.IsWhole("after the delivery");
    }

    [Fact]
    public void Counts_units_where_the_market_counts_lots_and_keeps_no_more_than_was_ordered()
    {
        var world = new World();
        world.Issue(Steel, Energy, 1_000);
        Assert.Null(world.Move(Steel, TransferKind.EarmarkRight, Energy, 990).Refused);
        world.Rest();
        var freeze = world.Frozen(Steel, Energy, 25); // 10 available; 15 are two lots of 10
        world.Rest();
        Assert.Equal((25L, 5L, 970L), (world.Holding(Steel, Energy).Frozen, world.Holding(Steel, Energy).Available, world.Holding(Steel, Energy).Earmarked));
        Assert.Equal(25, world.Freezes[freeze.Id].Taken);
        world.IsWhole("after the freeze");
    }

    [Fact]
    public void What_the_market_takes_after_the_lifting_is_available_at_once()
    {
        var world = Holding(available: 0, ordered: 0, free: 100);
        var freeze = world.Frozen(Steel, Carbon, 100);
        world.Trade();
        world.Lift(freeze.Id);
        world.Settle();
        Assert.Equal((100L, 0L), (world.Holding(Steel, Carbon).Available, world.Holding(Steel, Carbon).Frozen));
        world.Rest();
        world.IsWhole("after the lifting");
    }

    [Fact]
    public void Whoever_ordered_it_cannot_carry_it_out()
    {
        var world = Holding(available: 100, ordered: 0);
        var freeze = world.Order(Steel, Carbon, 50);
        Assert.Equal("FOUR_EYES", world.CarryOut(freeze.Id, Clerk)?.Code);
        Assert.Equal((FreezeState.Ordered, 0L), (world.Freezes[freeze.Id].State, world.Holding(Steel, Carbon).Frozen));
        Assert.Null(world.CarryOut(freeze.Id));
        Assert.Equal("FREEZE_STATE", world.CarryOut(freeze.Id)?.Code);
    }

    private static World Holding(long available, long ordered, long free = 0)
    {
        var world = new World();
        world.Issue(Steel, Carbon, available + ordered + free);
        if (ordered + free > 0)
        {
            Assert.Null(world.Move(Steel, TransferKind.EarmarkRight, Carbon, ordered + free).Refused);
            world.Rest();
        }

        if (ordered > 0)
        {
            world.Trade(Sell(Steel, Carbon, 100, ordered));
            world.Settle();
        }

        return world;
    }
}
