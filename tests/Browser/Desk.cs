using Microsoft.Playwright;
using Trading.Acceptance;

namespace Trading.Browser;

/// <summary>Debian's Chromium, and people in it: each with cookies of their own.</summary>
public sealed class Desk : IAsyncLifetime
{
    private const string Chromium = "/usr/bin/chromium";
    private static readonly string[] Flags =
        ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

    private IPlaywright? playwright;
    private IBrowser? browser;

    public static string? Missing => !File.Exists(Chromium) ? "Chromium is not installed on this machine (apt: chromium)" : null;

    internal Exchange Exchange { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        if (Missing is not null) return;
        Exchange = await Exchange.Open();
        // How long a page takes to load on a busy machine is not what these tests ask.
        Assertions.SetDefaultExpectTimeout(60_000);
        playwright = await Playwright.CreateAsync();
        browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = Chromium, Args = Flags });
    }

    /// <summary>A page of somebody's own; signed in where a user is named.</summary>
    internal async Task<IPage> Sit(string? user, string path = "/", string language = "zh-CN", int width = 1440)
    {
        Assert.SkipWhen(Missing is not null, Missing ?? "");
        var context = await browser!.NewContextAsync(new() { BaseURL = Exchange.Address.ToString(), ViewportSize = new() { Width = width, Height = width > 800 ? 950 : 844 }, Locale = language });
        await context.AddInitScriptAsync($"localStorage.setItem('language', '{language}')");
        var page = await context.NewPageAsync();
        page.SetDefaultTimeout(120_000);
        if (user is not null) await SignIn(page, user, "demo", path);
        else await page.GotoAsync(path);
        return page;
    }

    internal static async Task SignIn(IPage page, string user, string password, string path = "/")
    {
        await page.GotoAsync("/signin?returnUrl=" + Uri.EscapeDataString(path));
        await page.FillAsync("[name=name]", user);
        await page.FillAsync("[name=password]", password);
        await page.ClickAsync("form button");
    }

    public async ValueTask DisposeAsync()
    {
        if (browser is not null) await browser.DisposeAsync();
        playwright?.Dispose();
        if (Exchange is not null) await Exchange.DisposeAsync();
    }
}

/// <summary>Words that browser tests share.</summary>
internal static class Reading
{
    public static ILocator Id(this IPage page, string id) => page.GetByTestId(id);

    public static async Task<string> Text(this ILocator there) => (await there.InnerTextAsync()).Trim();

    public static async Task Order(this IPage page, string side, string price, string quantity)
    {
        await page.Id("ticket-side-" + side).ClickAsync();
        await page.Id("ticket-price").FillAsync(price);
        await page.Id("ticket-quantity").FillAsync(quantity);
        await page.Id("ticket-review").ClickAsync();
        await page.Id("ticket-submit").WaitForAsync();
    }
}
