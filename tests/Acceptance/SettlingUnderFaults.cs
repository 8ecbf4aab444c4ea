using System.Diagnostics;
using Npgsql;
using Trading.Support.Between;
using Trading.Support;

namespace Trading.Acceptance;

/// <summary>
/// Settlement while its PostgreSQL is in trouble: trades go on, a reader samples the books as everybody sees them, and in the end each trade is settled once and `verify` finds nothing.
/// </summary>
[Trait("layer", "acceptance")]
[Trait("faults", "yes")]
public sealed class SettlingUnderFaults : Experiment
{
    /// <summary>F12; of the postmaster itself, KillNine.</summary>
    /// <remarks>Failed when the settler committed rights before money: after the first backend was killed it could go no further.</remarks>
    [Fact]
    public async Task A_backend_killed_while_it_settles_shows_nobody_half_a_trade()
    {
        const int Seed = 20_261_128;
        var (rounds, chance) = (Faults.Rounds(usual: 4, all: 50), new Random(Seed));
        await using var exchange = await Exchange.Open("--postgres", Database);
        await using var reader = Reader.Begin(Database);
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
        var (armed, cuts) = (0, 0);
        await using var proxy = Proxy.To(Port, () => new PostgresLine { Asks = CutTheAnswer });
        await using var exchange = await Exchange.Open("--postgres", Through(proxy));
        await using var reader = Reader.Begin(Database);
        var restarts = 0;
        for (var done = 0; Volatile.Read(ref cuts) < rounds; done++)
        {
            Assert.True(done < rounds * 3, $"only {cuts} answers were cut off");
            await using var load = await Load.Begin(exchange, $"c{done}");
            for (var n = 0; n < 5 && Volatile.Read(ref cuts) < rounds; n++)
            {
                Volatile.Write(ref armed, 1);
                await Task.Delay(TimeSpan.FromMilliseconds(300));
            }

            await load.End();
            restarts += await Up(exchange);
        }

        await Whole(exchange, reader, $"F18: {cuts} answers to a COMMIT cut off, {restarts} restarts of the server");

        ValueTask CutTheAnswer(PostgresLine line, Asked asked)
        {
            if (asked.Sql != "COMMIT" || Interlocked.CompareExchange(ref armed, 0, 1) != 1) return ValueTask.CompletedTask;
            // Nothing comes back from here on; but the server has time to commit: what is cut is the answer, not the request.
            line.Mute();
            Interlocked.Increment(ref cuts);
            _ = Task.Delay(TimeSpan.FromMilliseconds(100)).ContinueWith(_ => line.Cut(), TaskScheduler.Default);
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>F22: somebody's session holds the money's table, statements time out, connections are few. The market goes on; the books wait and catch up.</summary>
    [Fact]
    public async Task A_lock_a_timeout_and_few_connections_delay_the_books_and_nothing_else()
    {
        var held = TimeSpan.FromSeconds(Faults.Rounds(usual: 4, all: 30));
        await Execute($"alter database {Name} set statement_timeout = '1s'");
        await Execute($"alter database {Name} connection limit 40");
        await using var exchange = await Exchange.Open("--postgres", Database);
        await using var reader = Reader.Begin(Database);
        await using var load = await Load.Begin(exchange, "f22");
        await Task.Delay(TimeSpan.FromSeconds(1));
        int before, within;
        await using (var hand = new NpgsqlConnection(Database))
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
        await Execute($"alter database {Name} reset statement_timeout");
        await Execute($"alter database {Name} connection limit -1");
        await Whole(exchange, reader, $"F22: money locked for {held.TotalSeconds:0} s with a statement timeout of 1 s, {within} trades meanwhile");
    }

    /// <summary>F19: one event in twenty is slow on its way in, so that later ones are there before it. Whoever follows the log skips none.</summary>
    /// <remarks>Failed when serial numbers were followed by the log's own sequence, from the last that was read.</remarks>
    [Fact]
    public async Task Events_that_arrive_out_of_order_are_skipped_by_nobody()
    {
        const string Late = "select count(*) from (select xmin::text::bigint x, max(xmin::text::bigint) over (order by seq_id rows between unbounded preceding and 1 preceding) before from events.mt_events where seq_id > {0}) e where x < before";
        var moving = TimeSpan.FromSeconds(Faults.Rounds(usual: 12, all: 60));
        await using var exchange = await Exchange.Open("--postgres", Database);
        await using var reader = Reader.Begin(Database);
        var first = await Scalar("select max(seq_id) from events.mt_events");
        await Execute("create function events.dawdle() returns trigger language plpgsql as 'begin if random() < 0.05 then perform pg_sleep(0.3); end if; return new; end'");
        await Execute("create trigger dawdle before insert on events.mt_events for each row execute function events.dawdle()");
        await using var load = await Load.Begin(exchange, "f19", conditional: true);
        using var over = new CancellationTokenSource(moving);
        await Task.WhenAll(((string[])["steel", "textile", "power", "paper", "chemical", "cement", "power", "paper"]).Select(firm => Appends(exchange, firm, over.Token)));
        await load.End();
        await Execute("drop trigger dawdle on events.mt_events");
        await Client.Eventually(() => Scalar("select count(*) from registry.holdings h left join registry.serials_followed f using (account, instrument) where h.version <> coalesce(f.version, 0)"), left => left == 0, left => $"the events of {left} holdings are not followed");
        var (events, late) = (await Scalar($"select count(*) from events.mt_events where seq_id > {first}"), await Scalar(string.Format(System.Globalization.CultureInfo.InvariantCulture, Late, first)));
        Assert.True(late > 0, "all arrived in order: nothing was tried");
        await Whole(exchange, reader, $"F19: {events} events, {late} of them later than ones that follow, skipped 0");
    }

    /// <summary>Moves what others trade into the market and out of it, again and again: each is an event of the register.</summary>
    private static async Task Appends(Exchange exchange, string firm, CancellationToken over)
    {
        var client = await Client.SignIn(exchange, firm);
        if ((await client.Holding(Load.Symbol)).GetValueOrDefault("available") < 10) return;
        while (!over.IsCancellationRequested)
        {
            await client.Post("/api/v1/account/earmarks", new { symbol = Load.Symbol, quantity = "1" });
            await client.Post("/api/v1/account/releases", new { symbol = Load.Symbol, quantity = "1" });
        }
    }

    private async Task<int?> Backend(Random chance)
    {
        await using var connection = new NpgsqlConnection(Database);
        await connection.OpenAsync();
        await using var select = new NpgsqlCommand("select pid from pg_stat_activity where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid() order by state = 'active' desc, pid", connection);
        var pids = new List<int>();
        await using var rows = await select.ExecuteReaderAsync();
        while (await rows.ReadAsync()) pids.Add(rows.GetInt32(0));
        return pids.Count == 0 ? null : pids[chance.Next(Math.Min(pids.Count, 4))];
    }
}
