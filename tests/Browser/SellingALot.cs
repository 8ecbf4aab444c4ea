using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Trading.Browser;

/// <summary>R-SET-04 as people do it: one puts up a lot, one registers, two people award it, and it is paid.</summary>
[Trait("layer", "browser")]
public sealed class SellingALot(Desk desk) : IClassFixture<Desk>
{
    [Fact]
    public async Task It_is_put_up_registered_for_awarded_by_two_people_and_paid()
    {
        Assert.SkipWhen(Desk.Missing is not null, Desk.Missing ?? "");
        var seller = await desk.Sit("textile", "/lots");
        await seller.Id("offer-symbol").SelectOptionAsync("COD-TAIHU-2026");
        await seller.Id("offer-quantity").FillAsync("1");
        await seller.Id("offer-price").FillAsync("4500");
        await seller.Id("offer").ClickAsync();
        await Sure(seller, "4,500.00");
        await Expect(seller.Id("withdraw")).ToBeVisibleAsync();

        var bidder = await desk.Sit("steel", "/lots");
        await bidder.Id("register").ClickAsync();
        // A fifth of what the lot comes to, and half of that for good credit: said before it is taken.
        await Sure(bidder, "450.00");
        await Expect(bidder.Locator("[data-testid=deposits-table] tr[data-state=held]")).ToBeVisibleAsync();
        await Expect(bidder.Id("register")).ToHaveCountAsync(0);
        // Somebody laid down a deposit: the lot is not withdrawn any more, and the page says why in its own language.
        await seller.Id("withdraw").ClickAsync();
        await seller.Id("reason-ok").ClickAsync();
        await Expect(seller.Locator(".mud-snackbar").Last).ToContainTextAsync("已有单位缴纳保证金");

        var operates = await desk.Sit("operator", "/lots");
        await operates.Id("award").ClickAsync();
        await Expect(operates.Id("award-winner").Locator("option")).ToHaveCountAsync(2);
        await operates.Id("award-winner").SelectOptionAsync("steel");
        await operates.Id("award-price").FillAsync("4600");
        await operates.Id("award-document").FillAsync("竞价结果单");
        await operates.Id("award-ok").ClickAsync();
        await Expect(operates.Id("awards-table")).ToContainTextAsync("4,600.00");
        await Expect(operates.Id("award-approve")).ToHaveCountAsync(0);

        var confirms = await desk.Sit("regulator", "/lots", "en");
        await confirms.Id("award-approve").ClickAsync();
        await Sure(confirms, "Kunshan Huxin Steel");
        await Expect(confirms.Locator(".mud-snackbar").Last).ToContainTextAsync("goes to Kunshan Huxin Steel");

        await bidder.Id("pay").ClickAsync();
        await Sure(bidder, "4,150.00");
        await Expect(bidder.Locator("[data-testid=deposits-table] tr[data-state=applied]")).ToBeVisibleAsync();
        await seller.Id("lots-over").ClickAsync();
        await Expect(seller.Locator("[data-testid=lots-table] tr[data-state=settled]")).ToContainTextAsync("昆山沪新钢铁有限公司");
    }

    /// <summary>Answers a question that says so.</summary>
    private static async Task Sure(IPage page, string said)
    {
        await Expect(page.Locator(".mud-dialog")).ToContainTextAsync(said);
        await page.Id("reason-ok").ClickAsync();
    }
}
