using System.Diagnostics;
using Npgsql;

namespace Trading.Bench.Journal;

/// <summary>What PostgreSQL itself does here and now: one row of an order's bytes, one commit, by so many callers.</summary>
internal static class BareInserts
{
    public static async Task<decimal> PerSecond(string connectionString, int callers, TimeSpan time)
    {
        await using var database = NpgsqlDataSource.Create(connectionString);
        await using (var make = database.CreateCommand("create table if not exists public.baseline (id bigint generated always as identity primary key, bytes bytea)")) await make.ExecuteNonQueryAsync();
        var (done, bytes) = (0L, new byte[64 + 112]);
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(async () =>
        {
            while (watch.Elapsed < time)
            {
                await using var insert = database.CreateCommand("insert into public.baseline (bytes) values ($1)");
                insert.Parameters.Add(new() { Value = bytes });
                await insert.ExecuteNonQueryAsync();
                Interlocked.Increment(ref done);
            }
        })));
        return done / (decimal)watch.Elapsed.TotalSeconds;
    }
}
