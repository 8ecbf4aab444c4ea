using Trading.Settlement.Contracts;
using static Trading.Settlement.Tests.Postgres.House;

namespace Trading.Settlement.Tests.Postgres;

/// <summary>Settler, bus, desks and upkeep by themselves.</summary>
[Trait("layer", "integration")]
public sealed class TheWholeHouse
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Lays_a_trade_on_its_desk_tells_both_sides_and_settles_it_on_the_answer()
    {
        await using var house = await Open(whole: true);
        var trade = await house.Trade(Cod, 3, 40);
        var waiting = await Until(() => house.Confirmations.Queue("320583", DeliveryState.AwaitingConfirmation, 0, 10, Stop), q => q.Count > 0);
        Assert.Equal(trade, Assert.Single(waiting).TradeNo);
        Assert.Empty(await house.Confirmations.Queue("321302", null, 0, 10, Stop));
        Assert.Empty(await house.Confirmations.Queue("320583", null, trade, 10, Stop));
        Got(await house.Confirmations.Answer("320583", trade, true, null, County, Stop));
        await Until(() => house.Settlements.Settlement(Textile, trade, Stop), s => s!.State == DeliveryState.Settled);
        await Until(() => house.Scalar<long>("select count(*) from settlement.notices where state = 4"), n => n == 2);
        Assert.True(house.The<ISettlerState>().Settles);
        Assert.Empty(await house.Broken());
    }

    [Fact]
    public async Task Tells_again_what_the_bus_lost()
    {
        await using var house = await Open(whole: true);
        var trade = await house.Trade(Cod, 3, 40);
        await Until(() => house.Scalar<long>("select count(*) from settlement.deliveries where announced = version"), n => n == 1);
        // As if nothing had ever come out of the broker.
        await house.Execute("delete from settlement.desk");
        await house.Execute("delete from settlement.notices");
        await house.Execute("update settlement.deliveries set announced = 0");
        await Until(() => house.Confirmations.Queue("320583", null, 0, 10, Stop), q => q.Count == 1 && q[0].TradeNo == trade);
        await Until(() => house.Scalar<long>("select count(*) from settlement.notices"), n => n == 2);
        await Until(() => house.Scalar<long>("select count(*) from settlement.deliveries where announced = version"), n => n == 1);
    }

    [Fact]
    public async Task Settles_on_after_its_connections_were_cut_and_its_epoch_was_raised()
    {
        await using var house = await Open(whole: true);
        await house.Execute("update matching.epoch set epoch = epoch + 1 where role = 'settler'");
        await house.Scalar<long>("select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and query like '%settlement.%'");
        var trade = await house.Trade(Carbon, 1_000, 30);
        await Until(() => house.Settlements.Settlement(Textile, trade, Stop), s => s?.State == DeliveryState.Settled);
        Assert.Empty(await house.Broken());
    }
}
