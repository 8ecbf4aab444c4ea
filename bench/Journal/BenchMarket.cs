using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using NodaTime;
using Npgsql;
using Trading.Matching;
using Trading.Matching.Contracts;
using Trading.Matching.Core;
using Trading.Matching.Journal;
using Trading.Registry;
using Trading.Registry.Contracts;
using Trading.Registry.Participants;
using Trading.Settlement;
using Trading.Settlement.Contracts;

namespace Trading.Bench.Journal;

/// <summary>The market, register and settlement that `serve` builds, without the door.</summary>
internal sealed class BenchMarket : IAsyncDisposable
{
    private const int Accounts = 64;
    private const int Instrument = 1;
    private static readonly Actor Clerk = new("bench", "operator");
    private readonly IHost host;
    private readonly NpgsqlDataSource database;
    private long names;

    private BenchMarket(IHost host, NpgsqlDataSource store) => (this.host, database) = (host, store);

    private T The<T>() where T : notnull => host.Services.GetRequiredService<T>();

    public static async Task<BenchMarket> Open(string connectionString)
    {
        MatchingSchema.Upgrade(connectionString);
        await RegistrySchema.Upgrade(connectionString);
        SettlementSchema.Upgrade(connectionString);
        var store = Database.Open(connectionString);
        var builder = Host.CreateEmptyApplicationBuilder(new());
#pragma warning disable RS0030 // a bench measures by the wall clock
        builder.Services.AddSingleton(store).AddSingleton<IClock>(SystemClock.Instance);
#pragma warning restore RS0030
        builder.Services.AddMatching("bench").AddRegistry().AddSettlement(broker: null);
        var market = new BenchMarket(builder.Build(), store);
        await market.host.StartAsync();
        if ((await RuleFiles.Load(market.The<IRules>(), RuleFiles.Demo, CancellationToken.None)).Refused is { } refused) throw new InvalidOperationException(refused.ToString());
        await market.Fill();
        return market;
    }

    /// <summary>Orders that rest, never meet, and are cancelled by the next command: what is measured is each acknowledgement, committed and handed out.</summary>
    public async Task<(decimal PerSecond, List<long> Latencies)> Orders(int callers, TimeSpan time)
    {
        var entry = The<IOrderEntry>();
        var all = new List<long>[callers];
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            var latencies = all[caller] = [];
            var resting = 0L;
            while (watch.Elapsed < time)
            {
                var account = 1 + (caller % Accounts);
                var began = Stopwatch.GetTimestamp();
                var answer = await entry.Submit(resting == 0 ? Order(account, Side.Buy, 1_000, 1) : new() { Kind = CommandKind.Cancel, Account = account, Order = resting }, null, CancellationToken.None);
                latencies.Add(Stopwatch.GetTimestamp() - began);
                resting = resting == 0 ? answer.Outputs[0].Order : 0;
            }
        })));
        return (all.Sum(l => l.Count) / (decimal)watch.Elapsed.TotalSeconds, [.. all.SelectMany(l => l)]);
    }

    /// <summary>The whole journal lived again, every output compared; and the same rows only read.</summary>
    public async Task<(decimal PerSecond, decimal Read)> Relive()
    {
        var journal = The<PostgresJournal>();
        var (last, read) = (await journal.LastSequence(CancellationToken.None), 0L);
        var watch = Stopwatch.StartNew();
        await using (var command = database.CreateCommand("select commands, outputs, texts from matching.batches order by first_sequence"))
        await using (var rows = await command.ExecuteReaderAsync())
        {
            while (await rows.ReadAsync()) read += rows.GetFieldValue<byte[]>(0).Length + rows.GetFieldValue<byte[]>(1).Length + rows.GetFieldValue<byte[]>(2).Length;
        }

        var reading = last / (decimal)watch.Elapsed.TotalSeconds;
        watch.Restart();
        var reliving = Reliving.FromTheBeginning();
        while (await reliving.Some(journal, 1_024, CancellationToken.None)) { }
        return (reliving.Standing.LastSequence / (decimal)watch.Elapsed.TotalSeconds, reading);
    }

    public NpgsqlDataSource Store => database;

    /// <summary>So many final trades, made as fast as the market answers.</summary>
    public async Task Trades(int trades)
    {
        var (entry, left) = (The<IOrderEntry>(), trades);
        await Task.WhenAll(Enumerable.Range(0, 512).Select(caller => Task.Run(async () =>
        {
            while (Interlocked.Decrement(ref left) >= 0) await Trade(entry, caller % (Accounts / 2));
        })));
    }

    /// <summary>Trades at an even pace: how long each waited from its answer until it was settled, in milliseconds, sorted.</summary>
    public async Task<List<decimal>> Evenly(int perSecond, TimeSpan time)
    {
        const int Callers = 10;
        var (entry, settler, waiting, waited) = (The<IOrderEntry>(), The<Settler>(), new ConcurrentQueue<(long Sequence, long At)>(), new List<decimal>());
        using var over = new CancellationTokenSource();
        var watching = Task.Run(async () =>
        {
            while (!over.IsCancellationRequested || !waiting.IsEmpty)
            {
                var reached = settler.Reached;
                while (waiting.TryPeek(out var first) && first.Sequence <= reached && waiting.TryDequeue(out first)) waited.Add((Stopwatch.GetTimestamp() - first.At) * 1_000m / Stopwatch.Frequency);
                await Task.Delay(1);
            }
        });
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            for (var n = caller; TimeSpan.FromSeconds((double)n / perSecond) is var due && due < time; n += Callers)
            {
                if (due - watch.Elapsed is { Ticks: > 0 } early) await Task.Delay(early);
                var answer = await Trade(entry, caller);
                waiting.Enqueue((answer.Sequence, Stopwatch.GetTimestamp()));
            }
        })));
        await over.CancelAsync();
        await watching;
        waited.Sort();
        return waited;
    }

    public Task StopSettling() => Loop.StopAsync(CancellationToken.None);

    public Task StartSettling() => Loop.StartAsync(CancellationToken.None);

    /// <summary>Until nothing waits that is in the journal now.</summary>
    /// <param name="say">How far it is, every five seconds.</param>
    public async Task Settled(Action<string>? say = null)
    {
        var (settler, goal, told) = (The<Settler>(), await The<IJournal>().LastSequence(CancellationToken.None), Stopwatch.StartNew());
        while (settler.Reached < goal)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5));
            if (told.Elapsed < TimeSpan.FromSeconds(5)) continue;
            say?.Invoke($"  {settler.Reached} of {goal}");
            told.Restart();
        }
    }

    private SettlerLoop Loop => The<IEnumerable<IHostedService>>().OfType<SettlerLoop>().Single();

    /// <summary>One sells to whoever buys: all at one price, so that every buyer finds a seller.</summary>
    private async Task<Answer> Trade(IOrderEntry entry, int pair)
    {
        await entry.Submit(Order((2 * pair) + 1, Side.Sell, 5_000, 1), null, CancellationToken.None);
        return await entry.Submit(Order((2 * pair) + 2, Side.Buy, 5_000, 1), null, CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync();
        host.Dispose();
        await database.DisposeAsync();
    }

    private Command Order(int account, Side side, long ticks, long lots) => new()
    {
        Kind = CommandKind.Place, Account = account, Instrument = Instrument, Side = side, Ticks = ticks, Lots = lots, TimeInForce = TimeInForce.Gtc,
        ClientHigh = 1, ClientLow = (ulong)Interlocked.Increment(ref names),
    };

    private async Task Fill()
    {
        var register = The<IRegister>();
        for (var account = 1; account <= Accounts; account++)
        {
            var body = $"91320583MA{account:00}AAAAAXXX"[..17];
            await register.Register(new Application($"firm-{account}", body + CreditCode.CheckCharacter(body), "企业", "Firm", ParticipantKind.Enterprise, "320583", "Taihu"), Clerk, CancellationToken.None);
        }

        await register.Register(new Product("CEA", "碳配额", "CEA", RightClass.Carbon, null, null, null, "tCO2e", 0, VenueMode.Simulate, "2025", null), Clerk, CancellationToken.None);
        await The<IListings>().List(new(Instrument, new(0.01m, 1), null, null, null, null, 500, 1), Clerk, CancellationToken.None);
        for (var account = 1; account <= Accounts; account++)
        {
            await register.Issue(new(account, Instrument), 1_000_000, "initial", $"i-{account}", Clerk, CancellationToken.None);
            await The<IFunds>().PayIn(account, 100_000_000_000, $"p-{account}", Clerk, CancellationToken.None);
            await The<ICustody>().Move(account, TransferKind.EarmarkRight, Instrument, 1_000_000, null, Clerk, CancellationToken.None);
            var money = (await The<ICustody>().Move(account, TransferKind.EarmarkMoney, 0, 100_000_000_000, null, Clerk, CancellationToken.None)).Value!;
            while ((await The<ICustody>().Transfer(account, money.Id, CancellationToken.None))!.Status == TransferStatus.Pending) await Task.Delay(TimeSpan.FromMilliseconds(5));
        }
    }
}
