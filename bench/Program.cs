using System.CommandLine;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Trading.Bench;
using Trading.Bench.Core;
using Trading.Bench.Journal;
using Trading.Embedded;

// Each figure beside a baseline of the same run, as a ratio with its spread.
var what = new Argument<string>("WHAT") { Description = "core, journal, settle or all", DefaultValueFactory = _ => "all" };
var runs = new Option<int>("--runs") { Description = "interleaved repetitions after one that warms up", DefaultValueFactory = _ => 5 };
var json = new Option<string?>("--json") { Description = "file for the figures" };
var flow = new Option<string?>("--flow") { Description = "with core: a file of 24-byte records instead of the generated flows" };
var only = new Option<string?>("--only") { Description = "with core: one of the generated flows, A, B or C; with settle: one figure by its name" };
var warm = new Option<int>("--warm") { Description = "with --flow: records that only fill the book" };
what.AcceptOnlyFromAmong("core", "journal", "settle", "all");
var root = new RootCommand("what it does in a second, beside what the obvious would do") { what, runs, json, flow, warm, only };
root.SetAction(async (parsed, stop) =>
{
    var (kind, times, results) = (parsed.GetValue(what)!, parsed.GetValue(runs), new List<Figure>());
    if (kind is "core" or "all")
    {
        results.AddRange(parsed.GetValue(flow) is { } file
            ? CoreBench.Measure("flow", Flow.Read(file, parsed.GetValue(warm)), times, Console.WriteLine)
            : CoreBench.Run(times, parsed.GetValue(only), Console.WriteLine));
    }

    if (kind is "journal" or "settle" or "all")
    {
        var folder = Directory.CreateTempSubdirectory("trading-bench-").FullName;
        try
        {
            await using var postgres = await EmbeddedPostgres.Start(folder, Console.WriteLine, stop);
            bool Wanted(string figure) => kind == "all" || (kind == "settle" && (parsed.GetValue(only) ?? figure) == figure);
            if (Wanted("settle.transfers")) results.Add(await TransferBench.Run(postgres.ConnectionString, times, Console.WriteLine));
            if (Wanted("import.allocations")) results.Add(await ImportBench.Run(postgres.ConnectionString, times, Console.WriteLine));
            await using var market = await BenchMarket.Open(postgres.ConnectionString);
            if (kind is "journal" or "all") results.AddRange(await JournalBench.Journal(market, postgres.ConnectionString, times, Console.WriteLine));
            if (Wanted("settle.dvp")) results.Add(await SettleBench.Dvp(market, times, Console.WriteLine));
            if (Wanted("settle.latency")) results.Add(await SettleBench.Latency(market, postgres.ConnectionString, times, Console.WriteLine));
            if (Wanted("settle.outage")) results.Add(await SettleBench.AfterAnOutage(market, Console.WriteLine));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    foreach (var figure in results) Console.WriteLine(figure);
    if (parsed.GetValue(json) is { } path)
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        await File.WriteAllTextAsync(path, JsonSerializer.Serialize(results, options), stop);
    }
});
return await root.Parse(args).InvokeAsync();
