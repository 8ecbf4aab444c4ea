using System.Diagnostics;
using System.Reflection;

namespace Trading.Acceptance;

/// <summary>The verb `replay` from outside: two files or two pipes, a status, and no database.</summary>
[Trait("layer", "acceptance")]
public sealed class ReplayingAFile : IDisposable
{
    private const string Market = """
        {"op":"instrument","symbol":"COD-TAIHU-2026","tick":"1","lot":"0.001","risk":"off"}
        {"op":"order","account":"A","id":"s1","symbol":"COD-TAIHU-2026","side":"sell","price":"4500","qty":"2"}
        {"op":"order","account":"B","id":"b1","symbol":"COD-TAIHU-2026","side":"buy","price":"4600","qty":"1.5"}

        """;

    private const string Events = """
        {"seq":2,"ev":"accepted","id":"s1","symbol":"COD-TAIHU-2026","account":"A"}
        {"seq":3,"ev":"accepted","id":"b1","symbol":"COD-TAIHU-2026","account":"B"}
        {"seq":3,"ev":"trade","n":1,"symbol":"COD-TAIHU-2026","price":"4500","qty":"1.5","buy":"b1","sell":"s1","buyer":"B","seller":"A","aggressor":"buy"}

        """;

    private readonly string folder = Directory.CreateTempSubdirectory("replay").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task From_a_file_to_a_file()
    {
        var (market, events) = (Path.Combine(folder, "market.jsonl"), Path.Combine(folder, "events.jsonl"));
        await File.WriteAllTextAsync(market, Market, TestContext.Current.CancellationToken);
        Assert.Equal((0, "", ""), await Run(null, "--in", market, "--out", events));
        Assert.Equal(Events, await File.ReadAllTextAsync(events, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task From_a_pipe_to_a_pipe_under_another_culture_and_zone() => Assert.Equal((0, Events, ""), await Run(Market, "--in", "-", "--out", "-"));

    [Fact]
    public async Task Ends_with_2_at_a_malformed_line_and_says_where() =>
        Assert.Equal((2, Events, "trading: standard input: line 4, column 7: unknown op\n"), await Run(Market + "{\"op\":\"buy\"}\n" + Market, "--in", "-", "--out", "-"));

    [Fact]
    public async Task Ends_with_2_where_there_is_no_such_file_or_both_are_one()
    {
        var missing = Path.Combine(folder, "missing.jsonl");
        var (status, _, error) = await Run(null, "--in", missing, "--out", "-");
        Assert.Equal(2, status);
        Assert.Contains(missing, error, StringComparison.Ordinal);
        Assert.Equal((2, "", "trading: --in and --out are the same file\n"), await Run(null, "--in", missing, "--out", missing));
    }

    private static async Task<(int Status, string Output, string Error)> Run(string? input, params string[] arguments)
    {
        var server = typeof(ReplayingAFile).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "Server").Value!;
        var start = new ProcessStartInfo("dotnet", [server, "replay", .. arguments]) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        (start.Environment["LANG"], start.Environment["LC_ALL"], start.Environment["TZ"]) = ("tr_TR.UTF-8", "tr_TR.UTF-8", "Asia/Kathmandu");
        using var replay = Process.Start(start)!;
        if (input is not null) await replay.StandardInput.WriteAsync(input);
        replay.StandardInput.Close();
        var (output, error) = (replay.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), replay.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        await replay.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (replay.ExitCode, await output, await error);
    }
}
