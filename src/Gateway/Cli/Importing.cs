using NodaTime;
using Npgsql;
using Trading.Embedded;
using Trading.Gateway.Identity;
using Trading.Gateway.Import;
using Trading.Matching;
using Trading.Registry;
using Trading.Settlement;

namespace Trading.Gateway.Cli;

internal static class Importing
{
    public static async Task<int> Run(string kind, string file, bool dryRun, string data, string? postgres, CancellationToken stop)
    {
        string[] kinds = [Importer.Rules, .. Importer.Kinds, Importer.Readings];
        if (!kinds.Contains(kind, StringComparer.Ordinal)) throw new UsageException($"'{kind}' cannot be imported; one of {string.Join(", ", kinds)} can");
        if (kind != Importer.Rules && !File.Exists(file)) throw new UsageException($"there is no file {file}");
        if (!dryRun && postgres is null && !EmbeddedPostgres.Holds(data)) Folder.Make(data);
        await using var store = await Store.Open(data, postgres, besideAServer: dryRun || EmbeddedPostgres.Holds(data), stop);
        if (dryRun) await store.Expect(stop);
        else await store.Upgrade();
        await using var database = Matching.Contracts.Database.Open(store.ConnectionString);
        await using var services = new ServiceCollection()
            .AddLogging()
            .AddSingleton(database)
            .AddSingleton<IClock>(SystemTime.Clock)
            .AddMatchingReading("import")
            .AddRegistry()
            .AddSettlementCore()
            .AddSingleton<PasswordDesk>()
            .AddSingleton<Users>()
            .AddSingleton<Importer>()
            .BuildServiceProvider();
        var before = await Count(database, kind, stop);
        var (rows, errors) = await services.GetRequiredService<Importer>().Import(kind, file, dryRun, said => Console.WriteLine($"trading: {said}"), stop);
        foreach (var error in errors.Take(Sheet.ErrorsMost)) await Console.Error.WriteLineAsync($"{file}: {error}");
        Console.WriteLine(errors.Count > 0 ? $"trading: {(errors.Count < Sheet.ErrorsMost ? $"{errors.Count} errors" : $"the first {Sheet.ErrorsMost} errors")} in {rows} rows" : dryRun ? $"trading: {rows} rows of {kind} are good; nothing was changed" : $"trading: {rows} rows of {kind} are in{(before is { } had && await Count(database, kind, stop) is { } has ? $", {has - had} of them new" : "")}");
        return errors.Count == 0 ? 0 : 1;
    }

    /// <summary>Of what a row makes one of its own; null: of what takes the place of what was. Beside a running server its rows are counted with ours.</summary>
    private static async Task<long?> Count(NpgsqlDataSource database, string kind, CancellationToken stop)
    {
        var select = kind switch
        {
            "participants" => "select count(*) from registry.participants",
            "instruments" => "select count(*) from registry.instruments",
            "allocations" => "select count(*) from registry.allocations",
            "listings" => "select count(*) from settlement.listings",
            "funds" => "select count(*) from settlement.payments",
            "users" => "select count(*) from gateway.users",
            Importer.Readings => "select count(*) from registry.readings",
            _ => null,
        };
        if (select is null) return null;
        await using var count = database.CreateCommand(select);
        return (long)(await count.ExecuteScalarAsync(stop))!;
    }
}
