using Trading.Matching.Core;
using Trading.Settlement.Contracts;
using static Trading.Settlement.Tests.World;

namespace Trading.Settlement.Tests;

public sealed class MovingIntoTheMarket
{
    [Fact]
    public void An_earmark_moves_at_once_and_is_done_when_the_market_has_it()
    {
        var world = new World();
        world.Issue(Steel, Energy, 1_000);
        var (transfer, refused) = world.Move(Steel, TransferKind.EarmarkRight, Energy, 300);
        Assert.Null(refused);
        Assert.Equal((700L, 300L), (world.Holding(Steel, Energy).Available, world.Holding(Steel, Energy).Earmarked));
        Assert.Equal(TransferStatus.Pending, world.Transfers[transfer.Id].Status);
        world.Rest();
        Assert.Equal(TransferStatus.Done, world.Transfers[transfer.Id].Status);
        Assert.Equal((30L, 0L), world.Market.Balance(Steel, Energy));
        world.IsWhole("after the earmark");
    }

    [Fact]
    public void More_than_is_available_is_refused_with_both_values()
    {
        var world = new World();
        world.Issue(Steel, Carbon, 10);
        var right = world.Move(Steel, TransferKind.EarmarkRight, Carbon, 11).Refused!;
        Assert.Equal(("INSUFFICIENT_AVAILABLE", "11", "10"), (right.Code, right.Values[0].Value, right.Values[1].Value));
        world.PayIn(Steel, 99);
        var money = world.Move(Steel, TransferKind.EarmarkMoney, 0, 100).Refused!;
        Assert.Equal(("INSUFFICIENT_CASH", "100", "99"), (money.Code, money.Values[0].Value, money.Values[1].Value));
        Assert.Empty(world.Inbox);
    }

    [Fact]
    public void A_release_moves_nothing_until_the_market_lets_go()
    {
        var world = SettlingATrade.Ready();
        var (right, money) = (world.Move(Steel, TransferKind.ReleaseRight, Carbon, 40).Transfer, world.Move(Steel, TransferKind.ReleaseMoney, 0, 1_000).Transfer);
        Assert.Equal((0L, 100L), (world.Holding(Steel, Carbon).Available, world.Holding(Steel, Carbon).Earmarked));
        world.Rest();
        Assert.Equal((40L, 60L), (world.Holding(Steel, Carbon).Available, world.Holding(Steel, Carbon).Earmarked));
        Assert.Equal((1_000L, 999_000L), (world.Fund(Steel).Available, world.Fund(Steel).InMarket));
        Assert.Equal((TransferStatus.Done, TransferStatus.Done), (world.Transfers[right.Id].Status, world.Transfers[money.Id].Status));
        world.IsWhole("after the release");
    }

    [Fact]
    public void A_release_of_what_orders_hold_is_refused_by_the_market_and_nothing_moves()
    {
        var world = SettlingATrade.Ready();
        world.Trade(Sell(Steel, Carbon, 100, 70));
        var asked = world.Move(Steel, TransferKind.ReleaseRight, Carbon, 31).Transfer;
        world.Rest();
        var transfer = world.Transfers[asked.Id];
        Assert.Equal((TransferStatus.Refused, "INSUFFICIENT_POSITION"), (transfer.Status, transfer.Refused!.Code));
        Assert.Equal(["31", "30"], transfer.Refused.Values.Select(v => v.Value));
        Assert.Equal(100, world.Holding(Steel, Carbon).Earmarked);
        world.IsWhole("after the refusal");
    }

    [Fact]
    public void What_the_market_does_not_take_goes_back_where_it_came_from()
    {
        var world = new World();
        world.Listings = new Dictionary<int, Listing>(world.Listings) { [4] = world.Listings[Carbon] with { Instrument = 4 } };
        world.Issue(Steel, 4, 10);
        var asked = world.Move(Steel, TransferKind.EarmarkRight, 4, 10).Transfer;
        world.Rest();
        Assert.Equal((TransferStatus.Refused, "UNKNOWN_INSTRUMENT"), (world.Transfers[asked.Id].Status, world.Transfers[asked.Id].Refused!.Code));
        Assert.Equal((10L, 0L), (world.Holding(Steel, 4).Available, world.Holding(Steel, 4).Earmarked));
    }

    [Fact]
    public void A_deposit_nobody_asked_for_is_told_and_blocks_its_account()
    {
        var world = new World();
        world.Trade(new Command { Kind = CommandKind.Deposit, Account = Steel, Instrument = 0, Amount = 100, Reference = 77 });
        world.Settle();
        Assert.Contains("transfer 77 is not known", Assert.Single(world.Alerts).Text, StringComparison.Ordinal);
        Assert.Equal(Steel, Assert.Single(world.Inbox).Account);
        Assert.Equal(0, world.Fund(Steel).Total);
    }
}
