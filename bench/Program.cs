using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Trading.Bench;
using Trading.Embedded;

// trading bench [--runs N] [--json FILE]: each figure beside a baseline of the same run, as a ratio with its spread.
var runs = args.Contains("--runs", StringComparer.Ordinal) ? int.Parse(args[Array.IndexOf(args, "--runs") + 1], CultureInfo.InvariantCulture) : 5;
var json = args.Contains("--json", StringComparer.Ordinal) ? args[Array.IndexOf(args, "--json") + 1] : null;
var folder = Directory.CreateTempSubdirectory("trading-bench-").FullName;
var results = new List<Figure>();
try
{
    await using var postgres = await EmbeddedPostgres.Start(folder, Console.WriteLine, CancellationToken.None);
    await using var market = await BenchMarket.Open(postgres.ConnectionString);
    foreach (var (name, callers, seconds) in ((string, int, int)[])[("journal.one", 1, 3), ("journal.many", 64, 3)])
    {
        var (rates, p50, p99, bases) = (new List<decimal>(), new List<decimal>(), new List<decimal>(), new List<decimal>());
        for (var run = 0; run < runs; run++)
        {
            bases.Add(await Baseline.InsertsPerSecond(postgres.ConnectionString, callers, TimeSpan.FromSeconds(seconds)));
            var (rate, latencies) = await market.Orders(callers, TimeSpan.FromSeconds(seconds));
            rates.Add(rate);
            latencies.Sort();
            p50.Add(Milliseconds(latencies[latencies.Count / 2]));
            p99.Add(Milliseconds(latencies[(int)(latencies.Count * 0.99)]));
        }

        results.Add(Figure.Of($"{name}.acknowledged", "orders/s", rates, "bare inserts of the same bytes, same callers, inserts/s", bases));
        results.Add(Figure.Of($"{name}.p50", "ms", p50, null, null));
        results.Add(Figure.Of($"{name}.p99", "ms", p99, null, null));
    }

    var (settled, inserts) = (new List<decimal>(), new List<decimal>());
    for (var run = 0; run < runs; run++)
    {
        inserts.Add(await Baseline.InsertsPerSecond(postgres.ConnectionString, 1, TimeSpan.FromSeconds(2)));
        settled.Add(await market.Settle(2_000));
    }

    results.Add(Figure.Of("settle.dvp", "settlements/s", settled, "bare inserts, one caller, inserts/s", inserts));
}
finally
{
    Directory.Delete(folder, recursive: true);
}

foreach (var figure in results) Console.WriteLine(figure);
if (json is not null) await File.WriteAllTextAsync(json, JsonSerializer.Serialize(results, new JsonSerializerOptions(JsonSerializerDefaults.Web) { WriteIndented = true }));

static decimal Milliseconds(long ticks) => decimal.Round(ticks * 1_000m / Stopwatch.Frequency, 3);
