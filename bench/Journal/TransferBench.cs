using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Npgsql;
using Trading.Registry;
using Trading.Registry.Contracts;

namespace Trading.Bench.Journal;

/// <summary>Transfers between accounts of the register, beside a transaction that only moves the same two balances.</summary>
internal static class TransferBench
{
    private const int Accounts = 10_000;
    private const int Workers = 16;
    private const long Each = 1_000_000;
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(4);
    private static readonly Actor Clerk = new("bench", "operator");

    public static async Task<Figure> Run(string connectionString, int runs, Action<string> say)
    {
        // A database of its own: ten thousand accounts would slow what else is measured.
        var own = new NpgsqlConnectionStringBuilder(connectionString) { Database = "transfers" }.ConnectionString;
        await using (var server = NpgsqlDataSource.Create(connectionString))
        await using (var create = server.CreateCommand("create database transfers")) await create.ExecuteNonQueryAsync();
        await RegistrySchema.Upgrade(own);
        await using var database = Trading.Matching.Contracts.Database.Open(own);
#pragma warning disable RS0030 // a bench measures by the wall clock
        await using var services = new ServiceCollection().AddSingleton(database).AddSingleton<IClock>(SystemClock.Instance).AddRegistry().BuildServiceProvider();
#pragma warning restore RS0030
        var register = services.GetRequiredService<IRegister>();
        await Fill(database, register);
        say($"settle.transfers: {Workers} workers, {Accounts} accounts");
        var (done, bare, number) = (new List<decimal>(), new List<decimal>(), 0L);
        for (var run = -1; run < runs; run++)
        {
            var two = await PerSecond(async (from, to) =>
            {
                await using var connection = await database.OpenConnectionAsync();
                await using var transaction = await connection.BeginTransactionAsync();
                // In key order, as anybody must.
                foreach (var (account, units) in from < to ? ((int, long)[])[(from, -1), (to, 1)] : [(to, 1), (from, -1)])
                {
                    await using var update = new NpgsqlCommand("update public.bare set available = available + $2 where account = $1", connection, transaction) { Parameters = { new() { Value = account }, new() { Value = units } } };
                    await update.ExecuteNonQueryAsync();
                }

                await transaction.CommitAsync();
            });
            var transfers = await PerSecond(async (from, to) =>
            {
                var operation = Interlocked.Increment(ref number).ToString(System.Globalization.CultureInfo.InvariantCulture);
                var outcome = await register.Transfer(new(from, 1), to, 1, "merger", operation, Clerk, CancellationToken.None);
                if (outcome.Refused is { } refused) throw new InvalidOperationException(refused.ToString());
            });
            if (run < 0) continue;
            bare.Add(two);
            done.Add(transfers);
        }

        // The accounts came by a shortcut; their rights did not.
        var broken = (await services.GetRequiredService<IRegistryVerification>().Verify(CancellationToken.None)).Where(c => c.Check != "registry.catalog").SelectMany(c => c.Broken).ToList();
        if (broken.Count > 0) throw new InvalidOperationException(string.Join('\n', broken));
        return Figure.Of("settle.transfers", "transfers/s", done, "bare two-row update transactions, 16 workers, /s", bare);
    }

    private static async Task<decimal> PerSecond(Func<int, int, Task> move)
    {
        var (done, watch) = (0L, Stopwatch.StartNew());
        await Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => Task.Run(async () =>
        {
            // Seeded by the worker: every run moves between the same accounts.
            for (var state = (uint)worker + 1; watch.Elapsed < Time; Interlocked.Increment(ref done))
            {
                state = unchecked((state * 1_664_525) + 1_013_904_223);
                var from = 1 + (int)((state >> 8) % Accounts);
                await move(from, 1 + ((from + (int)((state >> 4) % (Accounts - 1))) % Accounts));
            }
        })));
        return done / (decimal)watch.Elapsed.TotalSeconds;
    }

    private static async Task Fill(NpgsqlDataSource database, IRegister register)
    {
        await using (var accounts = database.CreateCommand(
                         $"""
                          insert into registry.participants select n, 'firm-' || n, lpad(n::text, 18, '0'), '企业', 'Firm', 1, '320583', 'Taihu' from generate_series(1, {Accounts}) n;
                          insert into registry.instruments (number, symbol, name_zh, name_en, class, unit, unit_decimals, venue_mode) values (1, 'CEA', '碳配额', 'CEA', 1, 'tCO2e', 0, 4);
                          insert into registry.supply (instrument) values (1);
                          create table public.bare (account integer primary key, available bigint not null check (available >= 0));
                          insert into public.bare select n, {Each} from generate_series(1, {Accounts}) n;
                          """)) await accounts.ExecuteNonQueryAsync();
        foreach (var chunk in Enumerable.Range(1, Accounts).Chunk(500))
        {
            var (_, refused) = await register.Instruct([.. chunk.Select(a => new Instruction.IssueRight(new(a, 1), Each, "initial", $"i-{a}"))], Clerk, CancellationToken.None);
            if (refused is not null) throw new InvalidOperationException(refused.ToString());
        }

        await using var analyze = database.CreateCommand("analyze");
        await analyze.ExecuteNonQueryAsync();
    }
}
