using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Reflection;

namespace Trading.Acceptance;

/// <summary>Wrong use is one sentence and exit code 2, and who only looks makes nothing.</summary>
[Trait("layer", "acceptance")]
public sealed class OnTheCommandLine : IDisposable
{
    private static readonly string Root = Path.GetFullPath(typeof(OnTheCommandLine).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "Root").Value!);
    private readonly string folder = Directory.CreateTempSubdirectory("trading-line-").FullName;

    [Theory]
    [InlineData("serve --demo --urls http://127.0.0.1:1/;http://0.0.0.0:2", "0.0.0.0 is not")]
    [InlineData("serve --demo --urls http://loopback:5001", "loopback is not")]
    [InlineData("serve --urls http://127.0.0.1:1;ftp://127.0.0.1:2", "is no http or https address")]
    [InlineData("serve --rabbitmq http://x", "is no amqp address")]
    [InlineData("serve --nonsense", "--nonsense")]
    [InlineData("import funds", "FILE")]
    [InlineData("nonsense", "nonsense")]
    public async Task Wrong_use_is_said_and_ends_with_2(string words, string said)
    {
        var (exit, text) = await Exchange.Run([.. words.Split(' '), .. words.StartsWith("serve", StringComparison.Ordinal) ? (string[])["--data", Path.Combine(folder, "d")] : []]);
        Assert.True((exit, text.Contains(said, StringComparison.Ordinal)) == (2, true), $"{exit}: {text}");
        Assert.DoesNotContain("   at ", text, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(folder, "d")));
    }

    [Fact]
    public async Task Who_only_looks_makes_nothing()
    {
        var nowhere = Path.Combine(folder, "nowhere");
        var file = Path.Combine(folder, "funds.csv");
        await File.WriteAllTextAsync(file, "participant,amount,reference\n", TestContext.Current.CancellationToken);
        foreach (var verb in (string[][])[["verify", "--data", nowhere], ["import", "funds", file, "--dry-run", "--data", nowhere], ["verify", "--data", folder], ["import", "funds", file, "--dry-run", "--data", folder]])
        {
            var (exit, said) = await Exchange.Run(verb);
            Assert.True((exit, said.Contains("there is no store in", StringComparison.Ordinal)) == (2, true), $"{string.Join(' ', verb)}: {exit} {said}");
        }

        Assert.Equal([file], Directory.GetFileSystemEntries(folder));
    }

    [Fact]
    public async Task What_is_in_the_way_is_one_sentence()
    {
        var file = Path.Combine(folder, "a-file");
        await File.WriteAllTextAsync(file, "", TestContext.Current.CancellationToken);
        var (exit, said) = await Exchange.Run("serve", "--data", file, "--urls", "http://127.0.0.1:0");
        Assert.True((exit, said.Contains("is a file", StringComparison.Ordinal)) == (2, true), $"{exit}: {said}");
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        (exit, said) = await Exchange.Run("serve", "--data", Path.Combine(folder, "d"), "--urls", $"http://127.0.0.1:{((IPEndPoint)taken.LocalEndpoint).Port}");
        Assert.True((exit, said.Contains("another program listens on port", StringComparison.Ordinal)) == (2, true), $"{exit}: {said}");
        Assert.DoesNotContain("   at ", said, StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.Combine(folder, "d")));
    }

    [Fact]
    public async Task Paths_are_meant_from_where_one_stands()
    {
        Directory.CreateDirectory(Path.Combine(folder, "here"));
        using var run = Process.Start(new ProcessStartInfo(Path.Combine(Root, "trading"), ["verify", "--data", "here"]) { WorkingDirectory = folder, RedirectStandardError = true, RedirectStandardOutput = true, UseShellExecute = false })!;
        var said = await run.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await run.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains($"there is no store in {Path.Combine(folder, "here")}", said, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
