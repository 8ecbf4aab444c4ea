using Npgsql;
using Trading.Registry.Contracts;

namespace Trading.Gateway.Import;

/// <summary>Loads deploy/demo into an empty store, by the importer that everyone uses; does nothing to a full one.</summary>
internal sealed partial class DemoProvince(Importer importer, NpgsqlDataSource database, Readiness readiness, IHostApplicationLifetime host, ILogger<DemoProvince> log) : BackgroundService
{
    private const string Mark = "demo";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            // A store of an earlier version lacks the rules that came since; those it has are not touched.
            var (_, wrong) = await importer.Import(Importer.Rules, RuleFiles.Demo, dryRun: false, Console.WriteLine, stoppingToken);
            if (wrong.Count > 0) throw new InvalidOperationException($"demo rules: {wrong[0]}");
            if (!await Marked(stoppingToken)) await Load(stoppingToken);
            Console.WriteLine($"trading: demo users {string.Join(", ", File.ReadLines(FileOf("users")).Skip(1).Select(row => row.Split(',')[0]))} (password: demo)");
            readiness.DemoIsLoaded();
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopping; the next start loads what is missing.
        }
        catch (Exception failed)
        {
            Failed(log, failed, failed.Message);
            Environment.ExitCode = 1;
            host.StopApplication();
        }
    }

    private async Task Load(CancellationToken stop)
    {
        foreach (var kind in Importer.Kinds)
        {
            var (_, errors) = await importer.Import(kind, FileOf(kind), dryRun: false, Console.WriteLine, stop, demoUsers: true);
            if (errors.Count > 0) throw new InvalidOperationException($"demo {kind}: {errors[0]}");
        }

        await using var mark = database.CreateCommand("insert into gateway.marks values ($1) on conflict do nothing");
        mark.Parameters.Add(new() { Value = Mark });
        await mark.ExecuteNonQueryAsync(stop);
    }

    private static string FileOf(string kind) => Path.Combine(AppContext.BaseDirectory, "demo", $"{kind}.csv");

    private async Task<bool> Marked(CancellationToken stop)
    {
        await using var find = database.CreateCommand("select 1 from gateway.marks where name = $1");
        find.Parameters.Add(new() { Value = Mark });
        return await find.ExecuteScalarAsync(stop) is not null;
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "The demo province could not be loaded: {Reason}")]
    private static partial void Failed(ILogger log, Exception failed, string reason);
}
