using System.Diagnostics;
using System.Reflection;
using System.Text.Json.Nodes;

namespace Trading.Acceptance;

/// <summary>What the front page tells people to paste, pasted.</summary>
[Trait("layer", "acceptance")]
public sealed class TheReadme(OneExchange one) : IClassFixture<OneExchange>
{
    private static readonly string Root = typeof(TheReadme).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "Root").Value!;

    [Theory, InlineData("README.md"), InlineData("README.zh-CN.md")]
    public async Task Trades_by_the_lines_that_it_gives(string page)
    {
        var lines = File.ReadLines(Path.Combine(Root, page)).SkipWhile(l => !l.StartsWith("    T=$(curl", StringComparison.Ordinal)).TakeWhile(l => l.StartsWith("    ", StringComparison.Ordinal)).Select(l => l.Trim()).ToList();
        Assert.Equal(5, lines.Count);
        // A person takes a moment before the last one; the transfer takes less.
        lines.Insert(3, "sleep 2");
        var script = string.Join('\n', lines).Replace("http://127.0.0.1:8080", one.Exchange.Address.ToString().TrimEnd('/'), StringComparison.Ordinal).Replace("\"clientOrderId\":\"1\"", $"\"clientOrderId\":\"{page}\"", StringComparison.Ordinal);
        using var bash = Process.Start(new ProcessStartInfo("bash", ["-c", script]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        var said = await bash.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await bash.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Contains("\"transferId\"", said, StringComparison.Ordinal);
        var order = JsonNode.Parse(said[said.LastIndexOf("{\"orderId\"", StringComparison.Ordinal)..])!;
        Assert.Equal("open", order["status"]!.GetValue<string>());
    }
}
