using System.Diagnostics;
using System.Globalization;
using System.Net;
using Npgsql;
using Trading.Embedded;
using Trading.Support;

namespace Trading.Acceptance;

/// <summary>
/// Settlement while its PostgreSQL is in trouble: trades go on, a reader samples the books as everybody sees them, and in the end each trade is settled once and `verify` finds nothing.
/// </summary>
[Trait("layer", "acceptance")]
[Trait("faults", "yes")]
public sealed class SettlingUnderFaults : IAsyncLifetime
{
    private const string Symbol = "CEA-2025";
    private static readonly TimeSpan SettledWithin = TimeSpan.FromSeconds(60);
    private readonly string folder = Directory.CreateTempSubdirectory("trading-faults-").FullName;
    private EmbeddedPostgres postgres = null!;
    private string database = null!;

    public async ValueTask InitializeAsync()
    {
        postgres = await EmbeddedPostgres.Start(folder, _ => { }, CancellationToken.None);
        database = postgres.ConnectionString;
    }

    public async ValueTask DisposeAsync()
    {
        await postgres.Abandon();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>F12; of the postmaster itself, KillNine.</summary>
    /// <remarks>Failed when the settler committed rights before money: after the first backend was killed it could go no further.</remarks>
    [Fact]
    public async Task A_backend_killed_while_it_settles_shows_nobody_half_a_trade()
    {
        const int Seed = 20_261_128;
        var (rounds, chance) = (Faults.Rounds(usual: 4, all: 50), new Random(Seed));
        await using var exchange = await Exchange.Open("--postgres", database);
        await using var reader = Reader.Begin(database);
        var restarts = 0;
        for (var round = 1; round <= rounds; round++)
        {
            await using var load = await Load.Begin(exchange, $"r{round}");
            await Task.Delay(TimeSpan.FromMilliseconds(300 + chance.Next(700)));
            if (await Backend(chance) is { } pid) using (var victim = Process.GetProcessById(pid)) victim.Kill();
            await Task.Delay(TimeSpan.FromMilliseconds(500));
            await load.End();
            restarts += await Up(exchange);
            Console.WriteLine($"round {round,2} kill -9 of a backend: {load.Traded,4} trades, {load.Unknown,3} of unknown outcome, the reader looked {reader.Looks} times");
        }

        await Whole(exchange, reader, $"F12: {rounds} rounds, seed {Seed}, {restarts} restarts of the server");
    }

    /// <summary>F18: the answer to a COMMIT is lost, and what was done is found out and never done again blindly.</summary>
    /// <remarks>Failed when the settler committed rights before money: the reader saw trades with one leg.</remarks>
    [Fact]
    public async Task An_answer_lost_after_a_commit_is_neither_lost_nor_done_twice()
    {
        var rounds = Faults.Rounds(usual: 20, all: 200);
        var behind = new NpgsqlConnectionStringBuilder(database);
        await using var proxy = CuttingProxy.To(behind.Port);
        await using var exchange = await Exchange.Open("--postgres", new NpgsqlConnectionStringBuilder(database) { Port = proxy.Port }.ConnectionString);
        await using var reader = Reader.Begin(database);
        var restarts = 0;
        for (var done = 0; proxy.Cuts < rounds; done++)
        {
            Assert.True(done < rounds * 3, $"only {proxy.Cuts} answers were cut off");
            await using var load = await Load.Begin(exchange, $"c{done}");
            for (var n = 0; n < 5 && proxy.Cuts < rounds; n++)
            {
                proxy.Arm();
                await Task.Delay(TimeSpan.FromMilliseconds(300));
            }

            await load.End();
            restarts += await Up(exchange);
        }

        await Whole(exchange, reader, $"F18: {proxy.Cuts} answers to a COMMIT cut off, {restarts} restarts of the server");
    }

    /// <summary>F22: somebody's session holds the money's table, statements time out, connections are few. The market goes on; the books wait and catch up.</summary>
    [Fact]
    public async Task A_lock_a_timeout_and_few_connections_delay_the_books_and_nothing_else()
    {
        var held = TimeSpan.FromSeconds(Faults.Rounds(usual: 4, all: 30));
        await Execute("alter database " + new NpgsqlConnectionStringBuilder(database).Database + " set statement_timeout = '1s'");
        await Execute("alter database " + new NpgsqlConnectionStringBuilder(database).Database + " connection limit 40");
        await using var exchange = await Exchange.Open("--postgres", database);
        await using var reader = Reader.Begin(database);
        await using var load = await Load.Begin(exchange, "f22");
        await Task.Delay(TimeSpan.FromSeconds(1));
        int before, within;
        await using (var hand = new NpgsqlConnection(database))
        {
            await hand.OpenAsync();
            await using var transaction = await hand.BeginTransactionAsync();
            await using (var holds = new NpgsqlCommand("lock table settlement.fund_accounts in exclusive mode", hand, transaction)) await holds.ExecuteNonQueryAsync();
            before = load.Traded;
            await Task.Delay(held);
            within = load.Traded - before;
        }

        await load.End();
        Assert.True(within > 10, $"only {within} trades while the lock was held: the market waited for the books");
        await Up(exchange);
        await Execute("alter database " + new NpgsqlConnectionStringBuilder(database).Database + " reset statement_timeout");
        await Execute("alter database " + new NpgsqlConnectionStringBuilder(database).Database + " connection limit -1");
        await Whole(exchange, reader, $"F22: money locked for {held.TotalSeconds:0} s with a statement timeout of 1 s, {within} trades meanwhile");
    }

    private async Task Whole(Exchange exchange, Reader reader, string what)
    {
        var watch = Stopwatch.StartNew();
        while (await Scalar("select (select count(*) from matching.trades t where not exists (select 1 from settlement.deliveries d where d.trade_no = t.trade_no))") is > 0 and var unsettled)
        {
            Assert.True(watch.Elapsed < SettledWithin, $"{unsettled} trades are unsettled after {watch.Elapsed.TotalSeconds:0} s\n{exchange.Said}");
            await Task.Delay(100);
        }

        var (looks, half) = await reader.End();
        var trades = await Scalar("select count(*) from settlement.deliveries");
        await exchange.Stop();
        var (exit, said) = await Exchange.Run("verify", "--postgres", database);
        Console.WriteLine($"{what}: {trades} trades, each settled once within {watch.Elapsed.TotalSeconds:0.0} s of the end, half trades seen {half.Count} in {looks} looks, verify {exit}");
        Assert.Empty(half);
        Assert.True(exit == 0, said);
        Assert.True(trades > 20 && looks > 20, "too little was in flight to show anything");
    }

    /// <returns>1: it had ended, as it may, and was started again.</returns>
    private static async Task<int> Up(Exchange exchange)
    {
        // A server that is about to end has a moment for it.
        await Task.Delay(TimeSpan.FromSeconds(1));
        if (!exchange.HasExited)
        {
            try
            {
                await exchange.Leads();
                return 0;
            }
            catch (InvalidOperationException) when (exchange.HasExited)
            {
                // It ended while we looked.
            }
        }

        await exchange.StartAndStartAgain();
        return 1;
    }

    private async Task<int?> Backend(Random chance)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        await using var select = new NpgsqlCommand("select pid from pg_stat_activity where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid() order by state = 'active' desc, pid", connection);
        var pids = new List<int>();
        await using var rows = await select.ExecuteReaderAsync();
        while (await rows.ReadAsync()) pids.Add(rows.GetInt32(0));
        return pids.Count == 0 ? null : pids[chance.Next(Math.Min(pids.Count, 4))];
    }

    private async Task<long> Scalar(string sql)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        await using var select = new NpgsqlCommand(sql, connection) { CommandTimeout = 60 };
        return (long)(await select.ExecuteScalarAsync())!;
    }

    private async Task Execute(string sql)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Two who trade with each other without a pause.</summary>
    private sealed class Load : IAsyncDisposable
    {
        private readonly CancellationTokenSource over = new();
        private Task[] flows = [];
        private int traded;
        private int unknown;

        public int Traded => Volatile.Read(ref traded);

        public int Unknown => Volatile.Read(ref unknown);

        public static async Task<Load> Begin(Exchange exchange, string name)
        {
            var (steel, textile) = (await Client.SignIn(exchange, "steel"), await Client.SignIn(exchange, "textile"));
            var price = (await steel.Get($"/api/v1/instruments/{Symbol}")).Word("reference");
            var held = new List<decimal>();
            foreach (var client in (Client[])[steel, textile])
            {
                // What a killed server left open would meet its owner's next order.
                await client.Delete($"/api/v1/orders?symbol={Symbol}");
                if ((await client.Funds())["inMarket"] < 100_000) await client.EarmarkMoney("500000.00");
                held.Add((await client.Holding(Symbol)).GetValueOrDefault("inMarket"));
            }

            if (held.Sum() < 1_000) await steel.Earmark(Symbol, "5000");
            // Whoever has more sells: it goes back and forth.
            var (seller, buyer) = held[1] > held[0] ? (textile, steel) : (steel, textile);
            var load = new Load();
            load.flows = [.. Enumerable.Range(0, 2).Select(flow => Task.Run(() => load.Trade(seller, buyer, price, $"{name}-{flow}")))];
            return load;
        }

        public async Task End()
        {
            await over.CancelAsync();
            await Task.WhenAll(flows);
        }

        private async Task Trade(Client seller, Client buyer, string price, string name)
        {
            for (var n = 0; !over.IsCancellationRequested; n++)
            {
                try
                {
                    var sold = await seller.Order($"{name}-s{n}", Symbol, "sell", price, "1");
                    var bought = await buyer.Order($"{name}-b{n}", Symbol, "buy", price, "1");
                    if (bought.Status == HttpStatusCode.Created && bought.Word("status") == "filled") Interlocked.Increment(ref traded);
                    else if (sold.Status != HttpStatusCode.Created || bought.Status != HttpStatusCode.Created) Interlocked.Increment(ref unknown);
                }
                catch (Exception cut) when (cut is HttpRequestException or TaskCanceledException or IOException)
                {
                    Interlocked.Increment(ref unknown);
                    await Task.Delay(50, CancellationToken.None);
                }
            }
        }

        public async ValueTask DisposeAsync()
        {
            await End();
            over.Dispose();
        }
    }

    /// <summary>Looks at the books as any reader may, in one snapshot, again and again: all rights of the instrument are there, all money sums to zero, and each trade has both its legs of both.</summary>
    private sealed class Reader : IAsyncDisposable
    {
        private const string Look =
            """
            select
              (select coalesce(sum(available + in_market + awaiting + frozen + paying_out), 0)::bigint from settlement.fund_accounts) money,
              (select issued - surrendered - cancelled - retired - expired - reversed - (select sum(available + earmarked + pledged + frozen + awaiting + held)::bigint from registry.holdings h where h.instrument = s.instrument)
               from registry.supply s join registry.instruments i on i.number = s.instrument where i.symbol = $1) rights,
              (select count(*) from (select * from settlement.deliveries order by trade_no desc limit 20) d
               where (select count(distinct account) from settlement.postings p where p.entry like 'trade/' || d.trade_no || '/%' and p.account in (d.buyer, d.seller)) <> 2
                  or (select count(*) from events.mt_events e where e.type in ('right_sold', 'right_bought') and e.stream_id in ('holding/' || d.buyer || '/' || d.instrument, 'holding/' || d.seller || '/' || d.instrument)
                      and e.version > (select version from registry.holdings h where h.account = d.buyer and h.instrument = d.instrument) - 4000 and (e.data ->> 'trade')::bigint = d.trade_no) <> 2)
              + (select count(*) from (select (data ->> 'trade')::bigint trade from events.mt_events where type in ('right_sold', 'right_bought') order by seq_id desc limit 20) e
                 where not exists (select 1 from settlement.postings p where p.entry like 'trade/' || e.trade || '/%') or not exists (select 1 from settlement.deliveries d where d.trade_no = e.trade)) legs
            """;

        private readonly CancellationTokenSource over = new();
        private readonly List<string> half = [];
        private Task looking = Task.CompletedTask;

        public int Looks { get; private set; }

        public static Reader Begin(string database)
        {
            var reader = new Reader();
            reader.looking = Task.Run(() => reader.Watch(database));
            return reader;
        }

        public async Task<(int Looks, IReadOnlyList<string> Half)> End()
        {
            await over.CancelAsync();
            await looking;
            return (Looks, half);
        }

        private async Task Watch(string database)
        {
            while (!over.IsCancellationRequested)
            {
                try
                {
                    await using var connection = new NpgsqlConnection(database);
                    await connection.OpenAsync();
                    while (!over.IsCancellationRequested)
                    {
                        await using var select = new NpgsqlCommand(Look, connection) { Parameters = { new() { Value = Symbol } } };
                        await using var row = await select.ExecuteReaderAsync();
                        await row.ReadAsync();
                        var (money, rights, legs) = (row.GetInt64(0), row.GetInt64(1), row.GetInt64(2));
                        if (money != 0 || rights != 0 || legs != 0) half.Add(string.Create(CultureInfo.InvariantCulture, $"money {money}, rights {rights}, trades with a leg missing {legs}"));
                        Looks++;
                        await row.DisposeAsync();
                        await Task.Delay(20);
                    }
                }
                catch (Exception gone) when (gone is NpgsqlException or IOException or InvalidOperationException)
                {
                    // PostgreSQL is being killed: look again when it is back.
                    await Task.Delay(100);
                }
            }
        }

        public async ValueTask DisposeAsync()
        {
            await End();
            over.Dispose();
        }
    }
}
