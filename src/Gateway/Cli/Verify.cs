using System.Diagnostics;
using NodaTime;
using Npgsql;
using Trading.Matching;
using Trading.Matching.Contracts;
using Trading.Registry;
using Trading.Settlement;
using Trading.Surveillance.Audit;

namespace Trading.Gateway.Cli;

internal static class Verify
{
    public static async Task<int> Run(string data, string? postgres, CancellationToken stop)
    {
        await using var store = await Store.Open(data, postgres, besideAServer: true, stop);
        await store.Expect(stop);
        await using var database = Matching.Contracts.Database.Open(store.ConnectionString);
        await using var services = new ServiceCollection()
            .AddLogging()
            .AddSingleton(database)
            .AddSingleton<IClock>(SystemTime.Clock)
            .AddMatchingReading("verify")
            .AddRegistry()
            .AddSettlementCore()
            .AddSingleton<Auditor>()
            .BuildServiceProvider();
        var watch = Stopwatch.StartNew();
        using var progress = new Timer(_ => Console.WriteLine($"trading: verifying … {watch.Elapsed.TotalSeconds:0} s"), null, 2_000, 5_000);
        var checks = await services.GetRequiredService<Auditor>().Verify(stop);
        foreach (var check in checks)
        {
            Console.WriteLine($"{(check.Broken.Count == 0 ? "holds " : "BROKEN")}  {check.Check,-28} {check.Examined,10} examined{(check.Told is null ? "" : $"  {check.Told}")}");
            foreach (var row in check.Broken) Console.WriteLine($"        {row}");
        }

        var broken = checks.Count(c => c.Broken.Count > 0);
        Console.WriteLine(broken == 0 ? $"all {checks.Count} checks hold" : $"{broken} of {checks.Count} checks are broken");
        return broken == 0 ? 0 : 1;
    }
}
