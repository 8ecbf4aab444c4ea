using System.Reflection;
using System.Text.Json;
using Microsoft.Playwright;

namespace Trading.Browser;

/// <summary>What holds for every page: accessibility, width, weight, and nothing in the wrong language.</summary>
[Trait("layer", "browser")]
public sealed class EveryPage(Desk desk) : IClassFixture<Desk>
{
    private const long FirstLoadBytesMost = 5 * 1024 * 1024;
    private static readonly string Axe = typeof(EveryPage).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "Axe").Value!;
    private static readonly (string? User, string Path)[] Pages =
    [
        (null, "/"), (null, "/trade/CEA-2025"), (null, "/signin"), (null, "/account"), ("textile", "/trade/COD-TAIHU-2026"), ("textile", "/orders"), ("textile", "/account"), ("textile", "/settlements"),
        ("kunshan", "/confirmations"), ("regulator", "/supervision"), ("regulator", "/halts"), ("regulator", "/freezes"), ("operator", "/halts"), ("operator", "/freezes"), ("operator", "/bank"), ("regulator", "/bank"), ("operator", "/alerts"), ("regulator", "/alerts"), ("textile", "/lots"), ("operator", "/lots"), ("regulator", "/lots"), ("textile", "/supervision"), (null, "/verify"), (null, "/verify/0000-0000-0000-0000"),
    ];

    [Theory, InlineData("zh-CN", 1440), InlineData("zh-CN", 390), InlineData("en", 1440), InlineData("en", 390)]
    public async Task Has_no_serious_violation_and_fits_its_width(string language, int width)
    {
        var wrong = new List<string>();
        foreach (var user in Pages.Select(p => p.User).Distinct())
        {
            var page = await desk.Sit(user, "/", language, width);
            await page.Context.AddCookiesAsync([new() { Name = "language", Value = language, Url = desk.Exchange.Address.ToString() }]);
            foreach (var (_, path) in Pages.Where(p => p.User == user))
            {
                await page.GotoAsync(path);
                await page.Locator("h1, .note h2").First.WaitForAsync();
                await page.WaitForTimeoutAsync(700);
                if (Environment.GetEnvironmentVariable("TRADING_SCREENSHOTS") is { Length: > 0 } folder)
                    await page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"{user ?? "anyone"}{path.Replace('/', '_')}-{language}-{width}.png"), FullPage = true });
                if (await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth") is > 0 and var over) wrong.Add($"{path} of {user} is {over} px too wide");
                if (language == "en" && await page.EvaluateAsync<string?>("() => (document.querySelector('main')?.innerText ?? '').match(/[\\u4e00-\\u9fff]+/)?.[0]") is { } chinese) wrong.Add($"{path} of {user} says {chinese}");
                // Run from outside the page's own policy, which allows no script but its own.
                var found = await Violations(page);
                wrong.AddRange(found.Select(v => $"{path} of {user}: {v}"));
            }

            await page.Context.CloseAsync();
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public async Task Comes_light()
    {
        Assert.SkipWhen(Desk.Missing is not null, Desk.Missing ?? "");
        var page = await desk.Sit(null, "/signin");
        var session = await page.Context.NewCDPSessionAsync(page);
        await session.SendAsync("Network.enable");
        long bytes = 0;
        session.Event("Network.loadingFinished").OnEvent += (_, told) => bytes += (long)(told?.GetProperty("encodedDataLength").GetDecimal() ?? 0);
        await page.GotoAsync("/");
        await page.Locator("[data-testid=market-table]").WaitForAsync();
        await page.WaitForTimeoutAsync(1_500);
        Console.WriteLine($"first load: {bytes / 1024m / 1024m:0.00} MB over the network");
        Assert.InRange(bytes, 1, FirstLoadBytesMost);
    }

    private static async Task<List<string>> Violations(IPage page)
    {
        await page.EvaluateAsync(await File.ReadAllTextAsync(Axe));
        var result = await page.EvaluateAsync<JsonElement>("async () => (await axe.run(document, { resultTypes: ['violations'] })).violations.filter(v => v.impact === 'serious' || v.impact === 'critical').map(v => v.id + ' ' + v.nodes.slice(0, 3).map(n => n.target.join(' ') + ' {' + (n.any[0]?.message ?? n.all[0]?.message ?? '') + '}').join('; '))");
        return [.. result.EnumerateArray().Select(v => v.GetString()!)];
    }
}
