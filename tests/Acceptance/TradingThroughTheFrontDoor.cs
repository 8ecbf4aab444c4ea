using System.Net;

namespace Trading.Acceptance;

/// <summary>The way of an order, whole, through REST alone.</summary>
[Trait("layer", "acceptance")]
public class TradingThroughTheFrontDoor : IAsyncLifetime
{
    private Exchange exchange = null!;
    private Client textile = null!;
    private Client steel = null!;
    private Client kunshan = null!;

    public async ValueTask InitializeAsync()
    {
        exchange = await Open();
        textile = await Client.SignIn(exchange, "textile");
        steel = await Client.SignIn(exchange, "steel");
        kunshan = await Client.SignIn(exchange, "kunshan");
        Console.WriteLine($"first start to ready: {exchange.StartTook.TotalSeconds:0.0} s");
    }

    internal virtual Task<Exchange> Open() => Exchange.Open();

    public virtual async ValueTask DisposeAsync()
    {
        await exchange.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_final_trade_settles_at_once_and_what_was_bought_is_sold_again()
    {
        var price = (await textile.Get("/api/v1/instruments/CEA-2025")).Word("reference");
        await steel.Earmark("CEA-2025", "500");
        await textile.EarmarkMoney("100000.00");
        await steel.EarmarkMoney("100000.00");
        var (rightsOfSteel, rightsOfTextile) = (await steel.Holding("CEA-2025"), await textile.Holding("CEA-2025"));
        var (moneyOfSteel, moneyOfTextile) = (await steel.Funds(), await textile.Funds());

        var ask = await steel.Order("s-1", "CEA-2025", "sell", price, "100");
        Assert.Equal(HttpStatusCode.Created, ask.Status);
        Assert.Equal("open", ask.Word("status"));
        var bid = await textile.Order("b-1", "CEA-2025", "buy", price, "100");
        Assert.Equal("filled", bid.Word("status"));
        var resale = await textile.Order("s-2", "CEA-2025", "sell", price, "60");
        Assert.Equal("open", resale.Word("status"));
        Assert.Equal("filled", (await steel.Order("b-2", "CEA-2025", "buy", price, "60")).Word("status"));

        var trades = await Client.Eventually(() => textile.Get("/api/v1/account/settlements"), r => r["items"].AsArray().Count == 2, r => r.Text);
        var book = await textile.Get("/api/v1/account/trades");
        Assert.Equal(["tradeNo", "symbol", "side", "orderId", "price", "quantity", "amount", "fee", "tradingFee", "settlementFee", "at", "bustedAt"], book["items"][0]!.AsObject().Select(f => f.Key));
        decimal bought = 0, paid = 0;
        foreach (var trade in trades["items"].AsArray())
        {
            var settled = await textile.Settled(trade!["tradeId"]!.GetValue<string>(), "settled");
            Assert.NotEmpty(settled["timeline"].AsArray());
            var sign = settled.Word("side") == "buy" ? 1 : -1;
            var (amount, fee) = (Number(settled, "amount"), Number(settled, "fee"));
            bought += sign * Number(settled, "quantity");
            paid += (sign * amount) + fee;
        }

        Assert.Equal(40m, bought);
        Assert.Equal(rightsOfTextile["inMarket"] + 40m, (await textile.Holding("CEA-2025"))["inMarket"]);
        Assert.Equal(rightsOfSteel["inMarket"] - 40m, (await steel.Holding("CEA-2025"))["inMarket"]);
        Assert.Equal(moneyOfTextile["total"] - paid, (await textile.Funds())["total"]);
        Assert.True((await steel.Funds())["total"] > moneyOfSteel["total"]);
        await textile.Release("CEA-2025", "40");
        Assert.Equal(rightsOfTextile["available"] + 40m, (await textile.Holding("CEA-2025"))["available"]);
        await Holds();
    }

    [Fact]
    public async Task A_conditional_trade_waits_for_the_buyers_county_which_confirms_one_and_rejects_another()
    {
        const string Cod = "COD-TAIHU-2026";
        var price = (await textile.Get($"/api/v1/instruments/{Cod}")).Word("reference");
        await steel.Earmark(Cod, "3");
        await textile.EarmarkMoney("50000.00");
        var (rightsOfSteel, rightsOfTextile) = (await steel.Holding(Cod), await textile.Holding(Cod));
        var (moneyOfSteel, moneyOfTextile) = (await steel.Funds(), await textile.Funds());
        await steel.Order("c-1", Cod, "sell", price, "2");
        Assert.Equal("filled", (await textile.Order("d-1", Cod, "buy", price, "1.25")).Word("status"));
        Assert.Equal("filled", (await textile.Order("d-2", Cod, "buy", price, "0.75")).Word("status"));

        var asked = await Client.Eventually(() => kunshan.Get("/api/v1/confirmations?status=awaitingConfirmation"), r => r["items"].AsArray().Count == 2, r => r.Text);
        var locked = await Client.Eventually(() => steel.Holding(Cod), h => h["awaitingConfirmation"] == 2m, h => string.Join(' ', h));
        Assert.Equal(rightsOfSteel["total"], locked["total"]);
        Assert.Equal(moneyOfTextile["total"], (await textile.Funds())["total"]);
        var (first, second) = (asked["items"][0]!, asked["items"][1]!);
        Assert.Equal("1.25", first["quantity"]!.GetValue<string>());
        var suqian = await Client.SignIn(exchange, "suqian");
        Assert.Equal(HttpStatusCode.NotFound, (await suqian.Post($"/api/v1/confirmations/{first["id"]}/approve")).Status);
        Assert.Equal(HttpStatusCode.OK, (await kunshan.Post($"/api/v1/confirmations/{first["id"]}/approve")).Status);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await kunshan.Post($"/api/v1/confirmations/{second["id"]}/reject", new { reason = "" })).Status);
        Assert.Equal(HttpStatusCode.OK, (await kunshan.Post($"/api/v1/confirmations/{second["id"]}/reject", new { reason = "总量超出" })).Status);

        var settled = await textile.Settled(first["tradeId"]!.GetValue<string>(), "settled");
        await textile.Settled(second["tradeId"]!.GetValue<string>(), "unwound");
        Assert.Equal(rightsOfSteel["total"] - 1.25m, (await steel.Holding(Cod))["total"]);
        Assert.Equal(rightsOfSteel["inMarket"] - 1.25m, (await steel.Holding(Cod))["inMarket"]);
        Assert.Equal(rightsOfTextile["available"] + 1.25m, (await textile.Holding(Cod))["available"]);
        Assert.Equal(moneyOfTextile["total"] - Number(settled, "amount") - Number(settled, "fee"), (await textile.Funds())["total"]);
        Assert.True((await steel.Funds())["total"] > moneyOfSteel["total"]);
        await Holds();
    }

    private async Task Holds()
    {
        var (exit, said) = await exchange.Verify();
        Assert.True(exit == 0, said);
    }

    private static decimal Number(Reply reply, string name) => decimal.Parse(reply.Word(name), System.Globalization.CultureInfo.InvariantCulture);
}
