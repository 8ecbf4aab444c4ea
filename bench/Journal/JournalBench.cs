using System.Diagnostics;

namespace Trading.Bench.Journal;

/// <summary>Orders that are acknowledged and durable, beside what PostgreSQL itself does in the same run.</summary>
internal static class JournalBench
{
    public static async Task<List<Figure>> Journal(BenchMarket market, string connectionString, int runs, Action<string> say)
    {
        var results = new List<Figure>();
        foreach (var (name, callers, seconds) in ((string, int, int)[])[("journal.one", 1, 3), ("journal.many", 4_096, 3)])
        {
            say($"{name}: {callers} callers");
            var (rates, p50, p99, bases, single) = (new List<decimal>(), new List<decimal>(), new List<decimal>(), new List<decimal>(), new List<decimal>());
            for (var run = -1; run < runs; run++)
            {
                var (inserts, median) = await BareInserts.Measure(connectionString, Math.Min(callers, 16), TimeSpan.FromSeconds(seconds));
                var (rate, latencies) = await market.Orders(callers, TimeSpan.FromSeconds(seconds));
                if (run < 0) continue;
                bases.Add(inserts);
                single.Add(median);
                rates.Add(rate);
                latencies.Sort();
                p50.Add(Milliseconds(latencies[latencies.Count / 2]));
                p99.Add(Milliseconds(latencies[(int)(latencies.Count * 0.99m)]));
            }

            results.Add((callers == 1
                ? Figure.Of(name, "ms", p50, "commit of a bare single-row insert, the median too", single)
                : Figure.Of(name, "acknowledged/s", rates, "bare inserts, 16 callers, inserts/s", bases)).With("p99", p99));
        }

        say("journal.replay: all of that lived again");
        var (relived, read) = (new List<decimal>(), new List<decimal>());
        for (var run = -1; run < Math.Min(runs, 3); run++)
        {
            var (perSecond, reading) = await market.Relive();
            if (run < 0) continue;
            relived.Add(perSecond);
            read.Add(reading);
        }

        results.Add(Figure.Of("journal.replay", "commands/s", relived, "reading the same rows, commands/s", read));
        return results;
    }

    private static decimal Milliseconds(long ticks) => decimal.Round(ticks * 1_000m / Stopwatch.Frequency, 3);
}
