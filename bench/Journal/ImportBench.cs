using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using MiniExcelLibs;
using Npgsql;
using NpgsqlTypes;

namespace Trading.Bench.Journal;

/// <summary>A workbook of allocations given to the command that people use, from its start to its end, beside a bare COPY of the same rows.</summary>
internal static class ImportBench
{
    private const int Rows = 20_000;
    private const int Accounts = 2_000;
    private static readonly string[] Symbols = ["CEA-2025", "COD-TAIHU-2026", "NH3N-TAIHU-2026", "TN-TAIHU-2026"];
    private static readonly string Server = typeof(ImportBench).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "Server").Value!;

    private sealed record Line(string Participant, string Symbol, decimal Quantity, string Reason, string Operation);

    public static async Task<Figure> Run(string connectionString, int runs, Action<string> say)
    {
        // A database of its own: two thousand accounts would slow what else is measured.
        var own = new NpgsqlConnectionStringBuilder(connectionString) { Database = "imports" }.ConnectionString;
        await using (var server = NpgsqlDataSource.Create(connectionString))
        await using (var create = server.CreateCommand("create database imports")) await create.ExecuteNonQueryAsync();
        await using var database = NpgsqlDataSource.Create(own);
        var folder = Directory.CreateTempSubdirectory("trading-import-").FullName;
        try
        {
            await Import("rules", Path.Combine(Path.GetDirectoryName(Server)!, "rules"), own);
            await using (var fill = database.CreateCommand(
                             $"""
                              insert into registry.participants select n, 'firm-' || n, lpad(n::text, 18, '0'), '企业', 'Firm', 1, '320583', 'Taihu' from generate_series(1, {Accounts}) n;
                              create table public.bare (participant text, symbol text, quantity numeric, reason text, operation text);
                              """)) await fill.ExecuteNonQueryAsync();
            await Import("instruments", Path.Combine(Path.GetDirectoryName(Server)!, "demo", "instruments.csv"), own);
            say($"import.allocations: {Rows} rows of {Accounts} participants from a workbook");
            var (done, bare, seconds) = (new List<decimal>(), new List<decimal>(), new List<decimal>());
            for (var run = -1; run < runs; run++)
            {
                // Other operations and another plan each time; else all of it was heard before.
                var lines = Enumerable.Range(0, Rows).Select(n => new Line($"firm-{1 + (n % Accounts)}", Symbols[n / Accounts % Symbols.Length], 1 + (n % 97), "initial allocation", $"run{run}-{n}")).ToList();
                var file = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"plan-{run}.xlsx"));
                await MiniExcel.SaveAsAsync(file, lines.Select(l => new { participant = l.Participant, symbol = l.Symbol, quantity = l.Quantity, reason = l.Reason, operation = l.Operation }));
                var copied = await Copy(database, lines);
                var watch = Stopwatch.StartNew();
                await Import("allocations", file, own);
                var took = (decimal)watch.Elapsed.TotalSeconds;
                if (run < 0) continue;
                bare.Add(copied);
                done.Add(Rows / took);
                seconds.Add(took);
            }

            await using var count = database.CreateCommand("select count(*) from registry.allocations");
            if ((long)(await count.ExecuteScalarAsync())! != (runs + 1) * (long)Rows) throw new InvalidOperationException("not every row was given once");
            return Figure.Of("import.allocations", "rows/s", done, "bare COPY of the same rows, rows/s", bare).With("seconds", seconds);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<decimal> Copy(NpgsqlDataSource database, List<Line> lines)
    {
        var watch = Stopwatch.StartNew();
        await using var connection = await database.OpenConnectionAsync();
        await using (var copy = await connection.BeginBinaryImportAsync("copy public.bare from stdin (format binary)"))
        {
            foreach (var line in lines)
            {
                await copy.StartRowAsync();
                await copy.WriteAsync(line.Participant);
                await copy.WriteAsync(line.Symbol);
                await copy.WriteAsync(line.Quantity, NpgsqlDbType.Numeric);
                await copy.WriteAsync(line.Reason);
                await copy.WriteAsync(line.Operation);
            }

            await copy.CompleteAsync();
        }

        return lines.Count / (decimal)watch.Elapsed.TotalSeconds;
    }

    private static async Task Import(string kind, string file, string connectionString)
    {
        using var command = Process.Start(new ProcessStartInfo("dotnet", [Server, "import", kind, file, "--postgres", connectionString]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        var (said, wrong) = (command.StandardOutput.ReadToEndAsync(), command.StandardError.ReadToEndAsync());
        await command.WaitForExitAsync();
        if (command.ExitCode != 0) throw new InvalidOperationException($"import {kind} ended with {command.ExitCode}: {await said}{await wrong}");
    }
}
