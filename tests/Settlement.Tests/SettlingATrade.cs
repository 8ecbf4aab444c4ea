using Trading.Matching.Core;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;
using Trading.Settlement.Ledger;
using static Trading.Settlement.Tests.World;

namespace Trading.Settlement.Tests;

public sealed class SettlingATrade
{
    [Fact]
    public void A_final_trade_books_both_legs_and_both_fees_at_once()
    {
        var world = Ready(feeMillionths: 1_000);
        world.Trade(Sell(Steel, Carbon, 10_000, 30), Buy(Textile, Carbon, 10_000, 30));
        world.Settle();
        Assert.Equal((70L, 30L), (world.Holding(Steel, Carbon).Earmarked, world.Holding(Textile, Carbon).Earmarked));
        // 30 × 100.00 yuan is 300,000 fen; a thousandth of it on each side.
        Assert.Equal(1_000_000 - 300_000 - 300, world.Fund(Textile).InMarket);
        Assert.Equal(1_000_000 + 300_000 - 300, world.Fund(Steel).InMarket);
        Assert.Equal(600, world.Fund(Money.Fees).Available);
        var delivery = world.Deliveries[1];
        Assert.Equal((DeliveryState.Settled, 30L, 2L), (delivery.Facts.State, delivery.DoneLots, delivery.Version));
        Assert.Equal([DeliveryState.Executed, DeliveryState.Settled], delivery.Facts.Timeline.Select(s => s.State));
        world.IsWhole("after the trade");
    }

    [Fact]
    public void What_is_bought_is_sold_again_in_the_same_batch_and_released_after_it()
    {
        var world = Ready();
        world.Trade(Sell(Steel, Carbon, 100, 10), Buy(Textile, Carbon, 100, 10), Sell(Textile, Carbon, 120, 10), Buy(Power, Carbon, 120, 10));
        var (release, refused) = world.Move(Power, TransferKind.ReleaseRight, Carbon, 10);
        Assert.Null(refused);
        world.Rest();
        Assert.Equal((0L, 100L), (world.Holding(Textile, Carbon).Earmarked, world.Holding(Power, Carbon).Earmarked));
        Assert.Equal(10, world.Holding(Power, Carbon).Available);
        Assert.Equal(TransferStatus.Done, world.Transfers[release.Id].Status);
        Assert.Equal(1_000_000 - 1_000 + 1_200, world.Fund(Textile).InMarket);
        Assert.Empty(world.Alerts);
        world.IsWhole("after the release");
    }

    [Fact]
    public void A_conditional_trade_sets_both_legs_aside_and_moves_nothing_else()
    {
        var world = Ready(feeMillionths: 1_000);
        var before = (world.Fund(Steel), world.Fund(Money.Fees));
        Conditional(world);
        Assert.Equal((80L, 20L), (world.Holding(Steel, Cod).Earmarked, world.Holding(Steel, Cod).Awaiting));
        // 20 × 0.001 × 7 yuan = 14 fen; the fee rounds to 0.
        Assert.Equal((1_000_000 - 14L, 14L), (world.Fund(Textile).InMarket, world.Fund(Textile).Awaiting));
        Assert.Equal(before, (world.Fund(Steel), world.Fund(Money.Fees)));
        Assert.Equal((DeliveryState.AwaitingConfirmation, "320583"), (world.Deliveries[1].Facts.State, world.Deliveries[1].Facts.Waiting.Single()));
        world.IsWhole("while it waits");
    }

    [Fact]
    public void Confirmed_it_is_delivered_outside_the_market_and_paid_inside()
    {
        var world = Ready();
        Conditional(world);
        Assert.Null(world.Answer("320583", 1, approve: true));
        world.Rest();
        Assert.Equal((0L, 20L), (world.Holding(Steel, Cod).Awaiting, world.Holding(Textile, Cod).Available));
        Assert.Equal((0L, 1_000_014L), (world.Fund(Textile).Awaiting, world.Fund(Steel).InMarket));
        Assert.Equal([DeliveryState.AwaitingConfirmation, DeliveryState.Confirmed, DeliveryState.Settled], world.Deliveries[1].Facts.Timeline.Select(s => s.State));
        world.IsWhole("after the delivery");
    }

    [Fact]
    public void Rejected_it_comes_back_to_both_sides_to_the_fen()
    {
        var world = Ready(feeMillionths: 50_000);
        var before = (world.Fund(Textile), world.Holding(Steel, Cod) with { Version = 0 }, world.Fund(Money.Fees));
        Conditional(world);
        Assert.NotEqual(before.Item1, world.Fund(Textile));
        Assert.Null(world.Answer("320583", 1, approve: false));
        world.Rest();
        Assert.Equal(before, (world.Fund(Textile), world.Holding(Steel, Cod) with { Version = 0 }, world.Fund(Money.Fees)));
        Assert.Equal((DeliveryState.Unwound, "no capacity"), (world.Deliveries[1].Facts.State, world.Deliveries[1].Facts.Timeline[1].Reason));
        world.IsWhole("after the return");
    }

    [Fact]
    public void Parts_of_it_may_go_either_way_and_sum_to_the_whole()
    {
        var world = Ready(feeMillionths: 70_000);
        Conditional(world, lots: 7, ticks: 333);
        world.Trade(Concluding(CommandKind.Settle, 3), Concluding(CommandKind.Unwind, 2), Concluding(CommandKind.Settle, 2));
        world.Settle();
        Assert.Equal((0L, 5L), (world.Holding(Steel, Cod).Awaiting, world.Holding(Textile, Cod).Available));
        Assert.Equal((7L, DeliveryState.Settled, 0L), (world.Deliveries[1].DoneLots, world.Deliveries[1].Facts.State, world.Fund(Textile).Awaiting));
        world.IsWhole("after three parts");
    }

    [Fact]
    public void A_batch_read_twice_or_late_is_booked_once()
    {
        var world = Ready();
        Conditional(world);
        Assert.Null(world.Answer("320583", 1, approve: true));
        world.Rest();
        var (funds, holdings, entries) = (world.Funds.ToList(), world.Holdings.ToList(), world.Entries.Count);
        world.Settle(world.Journal);
        world.Settle(world.Journal.Reverse());
        Assert.Equal(funds, world.Funds);
        Assert.Equal(holdings, world.Holdings);
        Assert.Equal(entries, world.Entries.Count);
        Assert.Empty(world.Alerts);
    }

    [Fact]
    public void Outputs_heard_again_do_nothing_even_where_the_position_was_lost()
    {
        var world = Ready();
        Conditional(world);
        world.Trade(Concluding(CommandKind.Settle, 5));
        world.Trade(Sell(Steel, Carbon, 100, 10), Buy(Textile, Carbon, 100, 10));
        world.Settle();
        var (funds, entries) = (world.Funds.ToList(), world.Entries.Count);
        world.Forget();
        world.Settle();
        Assert.Equal(funds, world.Funds);
        Assert.Equal(entries, world.Entries.Count);
        Assert.Equal(5, world.Deliveries[1].DoneLots);
        Assert.Empty(world.Alerts);
        world.IsWhole("after a second hearing");
    }

    [Fact]
    public void Nothing_is_settled_past_a_missing_batch()
    {
        var world = Ready();
        world.Trade(Sell(Steel, Carbon, 100, 10));
        world.Trade(Buy(Textile, Carbon, 100, 10));
        Assert.Throws<Matching.Contracts.JournalDamagedException>(() => world.Settle(world.Journal.Skip(world.Journal.Count - 1)));
        Assert.Empty(world.Deliveries);
    }

    [Fact]
    public void A_trade_that_cannot_be_booked_blocks_both_accounts_and_the_others_flow()
    {
        var world = Ready();
        // A hand on the rows: the register no longer knows what the market holds.
        world.Holdings[new(Steel, Carbon)] = world.Holding(Steel, Carbon) with { Earmarked = 5, Available = 95 };
        world.Trade(Sell(Steel, Carbon, 100, 10), Buy(Textile, Carbon, 100, 10), Sell(Power, Energy, 100, 10), Buy(Power, Energy, 90, 1), Sell(Power, Carbon, 200, 5), Buy(Textile, Carbon, 200, 5));
        world.Settle();
        var alert = Assert.Single(world.Alerts);
        Assert.Equal(1, alert.TradeNo);
        Assert.Contains("below zero", alert.Text, StringComparison.Ordinal);
        Assert.Equal([Steel, Textile], world.Inbox.Where(c => c.Kind == CommandKind.BlockAccount).Select(c => c.Account).Order());
        Assert.False(world.Deliveries.ContainsKey(1));
        // Nothing of it moved, and the trade behind it in the same transaction is booked whole.
        Assert.Equal((5L, 95L), (world.Holding(Steel, Carbon).Earmarked, world.Holding(Power, Carbon).Earmarked));
        Assert.Equal(DeliveryState.Settled, world.Deliveries[2].Facts.State);
        Assert.Equal(1_000_000 - 1_000, world.Fund(Textile).InMarket);
        world.Trade();
        Assert.Contains(world.Journal[^1].Outputs.ToArray(), o => o is { Kind: OutputKind.AccountBlocked, Account: Steel });
        Assert.Contains(world.Trade(Sell(Steel, Carbon, 100, 1)).Outputs.ToArray(), o => o.Code == Refusal.AccountBlocked);
    }

    [Fact]
    public void An_answer_the_market_refuses_is_told()
    {
        var world = Ready();
        world.Trade(Concluding(CommandKind.Settle, 1));
        world.Settle();
        Assert.Contains("UnknownTrade", Assert.Single(world.Alerts).Text, StringComparison.Ordinal);
        Assert.Empty(world.Inbox);
    }

    /// <summary>Each firm has 100 of each right (units: 1,000 of energy) and 10,000 yuan in the market.</summary>
    internal static World Ready(int feeMillionths = 0)
    {
        var world = new World(feeMillionths);
        foreach (var account in (int[])[Steel, Textile, Power])
        {
            foreach (var (instrument, units) in ((int, long)[])[(Carbon, 100), (Cod, 100), (Energy, 1_000)])
            {
                if (account == Textile && instrument == Carbon) continue;
                world.Issue(account, instrument, units);
                Assert.Null(world.Move(account, TransferKind.EarmarkRight, instrument, units).Refused);
            }

            world.PayIn(account, 1_000_000);
            Assert.Null(world.Move(account, TransferKind.EarmarkMoney, 0, 1_000_000).Refused);
        }

        world.Rest();
        Assert.All(world.Transfers.Values, t => Assert.Equal(TransferStatus.Done, t.Status));
        world.IsWhole("at the start");
        return world;
    }

    private static void Conditional(World world, long lots = 20, long ticks = 7)
    {
        world.Trade(Sell(Steel, Cod, ticks, lots), Buy(Textile, Cod, ticks, lots));
        world.Settle();
    }

    private static Command Concluding(CommandKind kind, long lots) => new() { Kind = kind, Trade = 1, Lots = lots };
}
