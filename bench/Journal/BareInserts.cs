using System.Diagnostics;
using Npgsql;

namespace Trading.Bench.Journal;

/// <summary>What PostgreSQL itself does here and now: one row of an order's bytes, one commit, by so many callers.</summary>
internal static class BareInserts
{
    /// <summary>How many a second, and how long the one in the middle took, in milliseconds.</summary>
    public static async Task<(decimal PerSecond, decimal Median)> Measure(string connectionString, int callers, TimeSpan time)
    {
        await using var database = NpgsqlDataSource.Create(connectionString);
        await using (var make = database.CreateCommand("create table if not exists public.baseline (id bigint generated always as identity primary key, bytes bytea)")) await make.ExecuteNonQueryAsync();
        var (all, bytes) = (new List<long>[callers], new byte[64 + 112]);
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            var latencies = all[caller] = [];
            while (watch.Elapsed < time)
            {
                var began = Stopwatch.GetTimestamp();
                await using var insert = database.CreateCommand("insert into public.baseline (bytes) values ($1)");
                insert.Parameters.Add(new() { Value = bytes });
                await insert.ExecuteNonQueryAsync();
                latencies.Add(Stopwatch.GetTimestamp() - began);
            }
        })));
        var (seconds, sorted) = ((decimal)watch.Elapsed.TotalSeconds, all.SelectMany(l => l).Order().ToList());
        return (sorted.Count / seconds, sorted[sorted.Count / 2] * 1_000m / Stopwatch.Frequency);
    }
}
