using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using NodaTime;
using Npgsql;
using Trading.Matching.Contracts;
using Trading.Matching.Core;
using Trading.Support;

namespace Trading.Matching.Tests.Keeper;

/// <summary>A process that keeps a market, but for the process: leader, follower and blotter on a real PostgreSQL.</summary>
internal sealed class MarketHost : IAsyncDisposable
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;
    private static int hosts;
    private readonly IHost host;
    private readonly NpgsqlDataSource database;

    private MarketHost(IHost host, NpgsqlDataSource database) => (this.host, this.database) = (host, database);

    public static Command List(int instrument) => new()
    {
        Kind = CommandKind.ListInstrument, Instrument = instrument, Phase = Phase.Continuous, Num = 1, Den = 1, LowerTicks = 1, UpperTicks = long.MaxValue,
    };

    public static Command Deposit(int account, int asset, long amount) => new() { Kind = CommandKind.Deposit, Account = account, Instrument = asset, Amount = amount };

    public static Command Place(int account, Side side, long ticks, long lots) =>
        new() { Kind = CommandKind.Place, Account = account, Instrument = 1, Side = side, Ticks = ticks, Lots = lots, TimeInForce = TimeInForce.Gtc };

    public static async Task<string> Fresh()
    {
        var connection = await (await PostgresServer.Shared()).CreateDatabase("keeper");
        MatchingSchema.Upgrade(connection);
        return connection;
    }

    public static async Task Execute(string connection, string sql)
    {
        await using var source = NpgsqlDataSource.Create(connection);
        await using var command = source.CreateCommand(sql);
        Assert.Equal(1, await command.ExecuteNonQueryAsync(Stop));
    }

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

    /// <summary>Starts again what stopped before it led, as a supervisor does: on a disk that stalls for longer than a lease lasts the market is right to stop.</summary>
    public static async Task<MarketHost> Start(string connection, bool waits = true, SnapshotPace? pace = null)
    {
        for (var tries = 1; ; tries++)
        {
            var started = await Begin(connection, pace);
            if (!waits || await started.LedBeforeItStopped()) return started;
            await started.DisposeAsync();
            Assert.True(tries < 3, "the market stopped before it led, three times");
            Console.WriteLine("the market stopped before it led, and is started again");
        }
    }

    private static async Task<MarketHost> Begin(string connection, SnapshotPace? pace)
    {
        var opened = NpgsqlDataSource.Create(connection);
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new());
        builder.Services.AddSingleton(opened);
        builder.Services.AddSingleton<IClock>(new NodaTime.Testing.FakeClock(Instant.FromUtc(2026, 3, 2, 1, 30), Duration.FromMilliseconds(1)));
        builder.Services.AddMatching($"test {Interlocked.Increment(ref hosts)}");
        if (pace is not null) builder.Services.AddSingleton(pace);
        var started = new MarketHost(builder.Build(), opened);
        await started.host.StartAsync(Stop);
        return started;
    }

    public Task Leads() => Until(_ => Task.FromResult(State.Leads), leads => leads);

    private async Task<bool> LedBeforeItStopped()
    {
        var stopping = host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        await Until(_ => Task.FromResult(State.Leads || stopping.IsCancellationRequested), over => over);
        return State.Leads;
    }

    public async Task<T> Until<T>(Func<MarketHost, Task<T>> look, Func<T, bool> there)
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
