using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using NodaTime;
using Npgsql;
using Trading.Matching.Contracts;
using Trading.Matching.Core;
using static Trading.Matching.Tests.Keeper.MarketHost;

namespace Trading.Matching.Tests.Keeper;

/// <summary>The leader, the journal and the blotter on a real PostgreSQL.</summary>
[Trait("layer", "integration")]
public sealed class KeepingAJournal
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Answers_are_there_after_a_restart_and_the_tables_say_the_same()
    {
        var database = await Fresh();
        Answer placed;
        await using (var first = await MarketHost.Start(database))
        {
            await first.Stage(List(1), Deposit(1, 1, 100), Deposit(2, 0, 1_000_000));
            await first.Until(m => m.Blotter.Book(1, 5, Stop), book => book.Phase == Phase.Continuous);
            placed = await first.Entry.Submit(Place(1, Side.Sell, 500, 40), "s-1", Stop);
            var bought = await first.Entry.Submit(Place(2, Side.Buy, 510, 15), "b-1", Stop);
            Assert.Contains(bought.Outputs, o => o.Kind == OutputKind.Trade && o is { Ticks: 500, Lots: 15, Amount: 7_500 });
        }

        await using var second = await MarketHost.Start(database);
        var row = await second.Blotter.OrderByClientId(1, "s-1", Stop);
        Assert.Equal((placed.Sequence, 15L, OrderStatus.PartiallyFilled), (row!.Sequence, row.FilledLots, row.Status));
        var book = await second.Blotter.Book(1, 5, Stop);
        Assert.Equal([new PriceLevel(500, 25, 1)], book.Asks);
        var cancelled = await second.Entry.Submit(new() { Kind = CommandKind.Cancel, Account = 1, Order = row.Number }, null, Stop);
        Assert.Equal((OutputKind.Cancelled, 25L), (cancelled.Outputs[0].Kind, cancelled.Outputs[0].Lots));
        Assert.All(await second.Verify(), check => Assert.Empty(check.Broken));
    }

    [Fact]
    public async Task One_changed_byte_of_a_batch_is_found_and_nothing_is_built_on_it()
    {
        var database = await Fresh();
        await using (var host = await MarketHost.Start(database))
        {
            await host.Stage(List(1));
            await host.Until(m => m.Blotter.Book(1, 5, Stop), b => b.Phase == Phase.Continuous);
            await host.Stage(Deposit(1, 1, 100));
            await host.Entry.Submit(Place(9, Side.Sell, 1, 1), null, Stop);
        }

        await Execute(database, "update matching.batches set outputs = set_byte(outputs, 6, get_byte(outputs, 6) # 1) where first_sequence = 2");
        await using var reader = NpgsqlDataSource.Create(database);
        var checks = await new Verification(reader).Verify(Stop);
        Assert.Contains(checks.Single(c => c.Check == "market.chain").Broken, b => b.Contains("first_sequence=2", StringComparison.Ordinal));
        await using var refused = await MarketHost.Start(database, waits: false);
        await refused.Ended;
        Assert.False(refused.State.Leads);
    }

    [Fact]
    public async Task A_deposed_leader_writes_nothing_more()
    {
        var database = await Fresh();
        await using var host = await MarketHost.Start(database);
        await host.Stage(List(1));
        await host.Until(m => m.Blotter.Book(1, 5, Stop), b => b.Phase == Phase.Continuous);
        await Execute(database, "update matching.epoch set epoch = epoch + 1 where role = 'market'");
        await Assert.ThrowsAsync<MarketUnavailableException>(async () => await host.Entry.Submit(Place(1, Side.Sell, 1, 1), null, Stop));
        await host.Ended;
    }

    [Fact]
    public async Task A_second_host_waits_and_leads_when_the_first_is_gone()
    {
        var database = await Fresh();
        var first = await MarketHost.Start(database);
        await using var second = await MarketHost.Start(database, waits: false);
        await first.Stage(List(1));
        await first.Until(m => m.Blotter.Book(1, 5, Stop), b => b.Phase == Phase.Continuous);
        Assert.False(second.State.Leads);
        await first.DisposeAsync();
        await second.Leads();
        var refused = await second.Entry.Submit(Place(3, Side.Sell, 1, 1), null, Stop);
        Assert.Equal(OutputKind.Rejected, refused.Outputs[0].Kind);
    }

    [Fact]
    public async Task Leads_and_writes_on_while_every_thread_of_the_pool_is_busy()
    {
        var database = await Fresh();
        await using var host = await MarketHost.Start(database);
        await host.Stage(List(1));
        await host.Until(m => m.Blotter.Book(1, 5, Stop), b => b.Phase == Phase.Continuous);
        await using var looking = new NpgsqlConnection(database);
        await looking.OpenAsync(Stop);
        // More than the pool has or makes in that time, for longer than the lease lasts.
        using var over = new CancellationTokenSource(TimeSpan.FromSeconds(4));
        for (var i = 0; i < 400; i++) ThreadPool.UnsafeQueueUserWorkItem(_ => over.Token.WaitHandle.WaitOne(), null);
        var (written, holds) = (false, false);
        await OwnThread.Run("a caller", () =>
        {
            _ = host.Entry.Submit(Place(9, Side.Sell, 1, 1), null, CancellationToken.None).AsTask();
            using var count = new NpgsqlCommand("select count(*) from matching.batches where first_sequence > 1", looking);
            while (!(written = count.ExecuteScalar() is > 0L) && !over.Token.WaitHandle.WaitOne(20)) { }
            over.Token.WaitHandle.WaitOne();
            // Asked here: what the pool has to say of it comes later.
            using var held = new NpgsqlCommand("select lasts_until > clock_timestamp() from matching.lease where role = 'market'", looking);
            holds = held.ExecuteScalar() is true;
        });
        Assert.True(written, "the order waited for the pool");
        Assert.True(holds, "the lease waited for the pool");
        Assert.True(host.State.Leads);
    }
}
