using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using NodaTime;
using Npgsql;
using Trading.Matching.Contracts;
using Trading.Matching.Core;
using Trading.Support;

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
        await using (var first = await Host.Start(database))
        {
            await first.Stage(List(1), Deposit(1, 1, 100), Deposit(2, 0, 1_000_000));
            await first.Until(m => m.Blotter.Book(1, 5, Stop), book => book.Phase == Phase.Continuous);
            placed = await first.Entry.Submit(Place(1, Side.Sell, 500, 40), "s-1", Stop);
            var bought = await first.Entry.Submit(Place(2, Side.Buy, 510, 15), "b-1", Stop);
            Assert.Contains(bought.Outputs, o => o.Kind == OutputKind.Trade && o is { Ticks: 500, Lots: 15, Amount: 7_500 });
        }

        await using var second = await Host.Start(database);
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
        await using (var host = await Host.Start(database))
        {
            await host.Stage(List(1));
            await host.Until(m => m.Blotter.Book(1, 5, Stop), b => b.Phase == Phase.Continuous);
            await host.Stage(Deposit(1, 1, 100));
            await host.Entry.Submit(Place(9, Side.Sell, 1, 1), null, Stop);
        }

        await Execute(database, "update matching.batches set outputs = set_byte(outputs, 64, get_byte(outputs, 64) # 1) where first_sequence = 2");
        await using var reader = NpgsqlDataSource.Create(database);
        var checks = await new Verification(reader).Verify(Stop);
        Assert.Contains(checks.Single(c => c.Check == "market.chain").Broken, b => b.Contains("first_sequence=2", StringComparison.Ordinal));
        await using var refused = await Host.Start(database, waits: false);
        await refused.Ended;
        Assert.False(refused.State.Leads);
    }

    [Fact]
    public async Task A_deposed_leader_writes_nothing_more()
    {
        var database = await Fresh();
        await using var host = await Host.Start(database);
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
        var first = await Host.Start(database);
        await using var second = await Host.Start(database, waits: false);
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
        await using var host = await Host.Start(database);
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

    private static Command List(int instrument) => new()
    {
        Kind = CommandKind.ListInstrument, Instrument = instrument, Phase = Phase.Continuous, Num = 1, Den = 1, LowerTicks = 1, UpperTicks = long.MaxValue,
    };

    private static Command Deposit(int account, int asset, long amount) => new() { Kind = CommandKind.Deposit, Account = account, Instrument = asset, Amount = amount };

    private static Command Place(int account, Side side, long ticks, long lots) =>
        new() { Kind = CommandKind.Place, Account = account, Instrument = 1, Side = side, Ticks = ticks, Lots = lots, TimeInForce = TimeInForce.Gtc };

    private static async Task<string> Fresh()
    {
        var database = await (await PostgresServer.Shared()).CreateDatabase("keeper");
        MatchingSchema.Upgrade(database);
        return database;
    }

    private static async Task Execute(string database, string sql)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand(sql);
        Assert.Equal(1, await command.ExecuteNonQueryAsync(Stop));
    }

    private sealed class Host : IAsyncDisposable
    {
        private static int hosts;
        private readonly IHost host;
        private readonly NpgsqlDataSource database;

        private Host(IHost host, NpgsqlDataSource database) => (this.host, this.database) = (host, database);

        public IOrderEntry Entry => host.Services.GetRequiredService<IOrderEntry>();
        public IMarketState State => host.Services.GetRequiredService<IMarketState>();
        public IBlotter Blotter => host.Services.GetRequiredService<IBlotter>();

        public Task Ended
        {
            get
            {
                var ended = new TaskCompletionSource();
                host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(() => ended.TrySetResult());
                return ended.Task.WaitAsync(TimeSpan.FromSeconds(20), Stop);
            }
        }

        public static async Task<Host> Start(string connection, bool waits = true)
        {
            var opened = NpgsqlDataSource.Create(connection);
            var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new());
            builder.Services.AddSingleton(opened);
            builder.Services.AddSingleton<IClock>(new NodaTime.Testing.FakeClock(Instant.FromUtc(2026, 3, 2, 1, 30), Duration.FromMilliseconds(1)));
            builder.Services.AddMatching($"test {Interlocked.Increment(ref hosts)}");
            var started = new Host(builder.Build(), opened);
            await started.host.StartAsync(Stop);
            if (waits) await started.Leads();
            return started;
        }

        public Task Leads() => Until(_ => Task.FromResult(State.Leads), leads => leads);

        public async Task<T> Until<T>(Func<Host, Task<T>> look, Func<T, bool> there)
        {
            for (var tries = 0; ; tries++)
            {
                var seen = await look(this);
                if (there(seen)) return seen;
                Assert.True(tries < 400, $"still {seen}");
                await Task.Delay(TimeSpan.FromMilliseconds(25), Stop);
            }
        }

        public async Task Stage(params Command[] commands)
        {
            var inbox = host.Services.GetRequiredService<IMarketInbox>();
            await using var connection = await database.OpenConnectionAsync(Stop);
            await using var transaction = await connection.BeginTransactionAsync(Stop);
            await inbox.Stage(connection, transaction, commands, Stop);
            await transaction.CommitAsync(Stop);
            inbox.Wake();
        }

        public Task<IReadOnlyList<Verified>> Verify() => host.Services.GetRequiredService<IMatchingVerification>().Verify(Stop);

        public async ValueTask DisposeAsync()
        {
            await host.StopAsync(CancellationToken.None);
            host.Dispose();
            await database.DisposeAsync();
        }
    }
}
