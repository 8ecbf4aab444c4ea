using Trading.Matching.Core;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;
using Trading.Settlement.Ledger;
using static Trading.Settlement.Tests.World;

namespace Trading.Settlement.Tests;

/// <summary>An erroneous final trade goes back when two people say so and the market can, and then once.</summary>
public sealed class TakingATradeBack
{
    // Fails where Busted leaves the fees where they went.
    [Fact]
    public void Brings_right_money_and_fees_to_where_they_came_from()
    {
        var world = Traded();
        var before = (world.Holding(Steel, Carbon).Earmarked, world.Holding(Textile, Carbon).Earmarked, world.Fund(Steel).InMarket, world.Fund(Textile).InMarket, world.Fund(Money.Fees).Available);
        Assert.NotEqual((100L, 0L, 1_000_000L, 1_000_000L, 0L), before);
        var bust = world.AskBust(1).Bust!;
        Assert.Null(world.Approve(bust.Id));
        world.Rest();
        Assert.Equal((100L, 0L, 1_000_000L, 1_000_000L, 0L),
            (world.Holding(Steel, Carbon).Earmarked, world.Holding(Textile, Carbon).Earmarked, world.Fund(Steel).InMarket, world.Fund(Textile).InMarket, world.Fund(Money.Fees).Available));
        Assert.Equal(BustState.Busted, world.Busts[bust.Id].State);
        var delivery = world.Deliveries[1];
        Assert.Equal((DeliveryState.Busted, 30L, 3L), (delivery.Facts.State, delivery.DoneLots, delivery.Version));
        Assert.Equal(("operator2", "typed a price too much"), (delivery.Facts.Timeline[^1].By.User, delivery.Facts.Timeline[^1].Reason));
        Assert.Empty(world.Alerts);
        world.IsWhole("taken back");
    }

    // Fails where DeliveryDecisions.Bust does not look at where the market last spoke.
    [Fact]
    public void Is_booked_once_however_often_it_is_heard()
    {
        var world = Traded();
        Assert.Null(world.Approve(world.AskBust(1).Bust!.Id));
        world.Rest();
        var (entries, version) = (world.Entries.Count, world.Deliveries[1].Version);
        world.Forget();
        world.Settle();
        Assert.Equal((entries, version), (world.Entries.Count, world.Deliveries[1].Version));
        Assert.Empty(world.Alerts);
        world.IsWhole("heard again");
    }

    [Fact]
    public void Needs_two_people_a_reason_and_a_settled_final_trade()
    {
        var world = Traded();
        world.Trade(Sell(Steel, Cod, 7, 20), Buy(Power, Cod, 7, 20));
        world.Settle();
        Assert.Equal("REASON_REQUIRED", world.AskBust(1, " ").Refused?.Code);
        Assert.Equal("UNKNOWN_TRADE", world.AskBust(9).Refused?.Code);
        Assert.Equal("TRADE_NOT_FINAL", world.AskBust(2).Refused?.Code);
        var bust = world.AskBust(1).Bust!;
        Assert.Equal("BUST_STATE", world.AskBust(1, by: Second).Refused?.Code);
        // Fails where Approve does not ask who asked.
        Assert.Equal("FOUR_EYES", world.Approve(bust.Id, Clerk)?.Code);
        Assert.Empty(world.Inbox);
        Assert.Null(world.Approve(bust.Id));
        Assert.Equal("BUST_STATE", world.Approve(bust.Id)?.Code);
        Assert.Equal("BUST_STATE", world.Withdraw(bust.Id)?.Code);
        world.Rest();
        Assert.Equal("TRADE_BUSTED", world.AskBust(1).Refused?.Code);
    }

    // Fails where Approve does not ask for the state.
    [Fact]
    public void That_was_withdrawn_changes_nothing()
    {
        var world = Traded();
        var bust = world.AskBust(1).Bust!;
        Assert.Null(world.Withdraw(bust.Id));
        Assert.Equal("BUST_STATE", world.Approve(bust.Id)?.Code);
        world.Rest();
        Assert.Equal(DeliveryState.Settled, world.Deliveries[1].Facts.State);
        Assert.NotEqual(bust.Id, world.AskBust(1).Bust!.Id);
    }

    // Fails where Refuse does not look at where settlement stood: a refusal that is heard again then ends the next request.
    [Fact]
    public void That_the_market_refuses_ends_with_what_it_compared_and_can_be_asked_again()
    {
        var world = Traded();
        // The buyer has sold some of it on.
        world.Trade(Sell(Textile, Carbon, 10_000, 10), Buy(Power, Carbon, 10_000, 10));
        world.Settle();
        var late = world.AskBust(1).Bust!;
        Assert.Null(world.Approve(late.Id));
        world.Rest();
        Assert.Equal((BustState.Refused, Refusal.InsufficientPosition, 30L, 20L), (world.Busts[late.Id].State, world.Busts[late.Id].Code, world.Busts[late.Id].Needed, world.Busts[late.Id].Had));
        Assert.Equal(DeliveryState.Settled, world.Deliveries[1].Facts.State);
        Assert.Empty(world.Alerts);

        world.Trade(Sell(Power, Carbon, 10_000, 10), Buy(Textile, Carbon, 10_000, 10));
        world.Settle();
        var again = world.AskBust(1).Bust!;
        Assert.Null(world.Approve(again.Id));
        var staged = world.Inbox.Count;
        world.Forget();
        world.Settle();
        Assert.Equal((BustState.Approved, staged), (world.Busts[again.Id].State, world.Inbox.Count));
        world.Rest();
        Assert.Equal((BustState.Busted, BustState.Refused), (world.Busts[again.Id].State, world.Busts[late.Id].State));
        world.IsWhole("at last");
    }

    /// <summary>Trade 1: 30 lots of carbon from steel, who has 100, to textile, who has none, at 100.00 yuan and a thousandth of fee on each side.</summary>
    private static World Traded()
    {
        var world = SettlingATrade.Ready(feeMillionths: 1_000);
        world.Trade(Sell(Steel, Carbon, 10_000, 30), Buy(Textile, Carbon, 10_000, 30));
        world.Settle();
        return world;
    }
}
