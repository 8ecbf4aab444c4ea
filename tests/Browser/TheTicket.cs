using Microsoft.Playwright;
using Trading.Acceptance;
using static Microsoft.Playwright.Assertions;

namespace Trading.Browser;

/// <summary>Orders that are more than a price for a day: written by hand, refused before they leave, read back from the list, replaced.</summary>
[Trait("layer", "browser")]
public sealed class TheTicket(Desk desk) : IClassFixture<Desk>
{
    private const string Symbol = "CEA-2025";

    /// <summary>Seen to fail, each for its own order, when the page left out the shown quantity, wrote the end in UTC, and listed no stop price; and when a replacement forgot the stop.</summary>
    [Fact]
    public async Task Sends_an_iceberg_a_stop_and_an_order_until_a_time_and_the_list_says_so()
    {
        var page = await Sit("40000.00");
        const string End = "2030-06-28 15:00";

        await page.Id("ticket-more").ClickAsync();
        await page.Id("ticket-condition").SelectOptionAsync("iceberg");
        await page.Id("ticket-part").FillAsync("20");
        await page.Order("buy", "75.00", "100");
        await Send(page, "open");

        await page.Id("ticket-time").SelectOptionAsync("gtd");
        await page.Id("ticket-until").FillAsync(End);
        await page.Order("buy", "74.00", "10");
        await Send(page, "open");

        await page.Id("ticket-type").SelectOptionAsync("stop");
        await page.Id("ticket-stop").FillAsync("88.00");
        await page.Id("ticket-quantity").FillAsync("5");
        await page.Id("ticket-review").ClickAsync();
        await Send(page, "waiting");

        await page.GotoAsync("/orders");
        var rows = page.Locator("[data-testid=orders-table] tbody tr");
        await Expect(rows).ToHaveCountAsync(3);
        var said = await rows.AllInnerTextsAsync();
        List<string> wrong = [];
        if (!said[0].Contains("触发价 88.00", StringComparison.Ordinal) || !said[0].Contains("待触发", StringComparison.Ordinal)) wrong.Add("the stop reads " + said[0]);
        if (!said[1].Contains("至 " + End, StringComparison.Ordinal)) wrong.Add("the order until a time reads " + said[1]);
        if (!said[2].Contains("每次显示 20", StringComparison.Ordinal)) wrong.Add("the iceberg reads " + said[2]);
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));

        // A stop has no limit to replace, and what is left out stays.
        await rows.Nth(0).GetByRole(AriaRole.Button).First.ClickAsync();
        await Expect(page.Id("replace-stop")).ToHaveValueAsync("88.00");
        await page.Id("replace-stop").FillAsync("89.00");
        await page.Id("replace-ok").ClickAsync();
        await Expect(rows.Nth(0)).ToContainTextAsync("触发价 89.00");
        await page.Id("cancel-all").ClickAsync();
        await page.Id("reason-ok").ClickAsync();
        await Expect(rows).ToHaveCountAsync(0);
    }

    /// <summary>Seen to fail when nothing asked what goes together, and when the tip of an iceberg could be the whole.</summary>
    [Fact]
    public async Task Refuses_what_cannot_go_together_before_it_is_sent()
    {
        var page = await Sit("10000.00");
        List<string> wrong = [];
        async Task Say(string refusal)
        {
            await page.Id("ticket-review").ClickAsync();
            await page.Locator("[data-testid=ticket-refusal], .review").First.WaitForAsync();
            var said = await page.Id("ticket-refusal").CountAsync() == 0 ? "nothing" : await page.Id("ticket-refusal").Text();
            if (!said.Contains(refusal, StringComparison.Ordinal)) wrong.Add($"instead of {refusal}: {said}");
            if (await page.Locator(".review").CountAsync() > 0) await page.Keyboard.PressAsync("Escape");
        }

        await page.Id("ticket-price").FillAsync("75.00");
        await page.Id("ticket-quantity").FillAsync("10");
        await page.Id("ticket-more").ClickAsync();
        await page.Id("ticket-condition").SelectOptionAsync("iceberg");
        await page.Id("ticket-part").FillAsync("10");
        await Say("显示数量须小于委托数量");
        await page.Id("ticket-part").FillAsync("5");
        await page.Id("ticket-time").SelectOptionAsync("ioc");
        await Say("冰山仅用于能挂单的");
        await page.Id("ticket-condition").SelectOptionAsync("none");
        await page.Id("ticket-time").SelectOptionAsync("day");
        await page.Id("ticket-postonly").CheckAsync();
        await page.Id("ticket-type").SelectOptionAsync("market");
        await Say("只挂单仅用于能挂单的限价委托");
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    /// <summary>The ticket of somebody with so much money in the market, opened and live.</summary>
    private async Task<IPage> Sit(string money)
    {
        Assert.SkipWhen(Desk.Missing is not null, Desk.Missing ?? "");
        await (await Client.SignIn(desk.Exchange, "textile")).EarmarkMoney(money);
        var page = await desk.Sit("textile", "/trade/" + Symbol);
        await Expect(page.Id("connection-state")).ToHaveAttributeAsync("data-state", "live");
        return page;
    }

    private static async Task Send(IPage page, string status)
    {
        await page.Id("ticket-submit").ClickAsync();
        await Expect(page.Id("ticket-answer")).ToHaveAttributeAsync("data-status", status);
    }
}
