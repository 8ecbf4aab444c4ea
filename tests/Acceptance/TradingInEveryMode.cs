using System.Net;
using System.Text.Json.Nodes;
using Trading.Acceptance.Register;

namespace Trading.Acceptance;

/// <summary>Each way of trading by REST alone, from what is offered to what is settled.</summary>
[Trait("layer", "acceptance")]
public sealed class TradingInEveryMode(OneExchange one) : IClassFixture<OneExchange>
{
    private sealed record Side(string Id, Client User);

    /// <remarks>Failed when a call's orders met as they came, and when what was halted resumed as a continuous market.</remarks>
    [Fact]
    public async Task A_call_gathers_and_is_uncrossed_at_one_price()
    {
        var scene = await Scene.Open(one.Exchange);
        var symbol = await scene.Traded("0", "call");
        var (seller, first, second) = (await Seller(scene, symbol, "100"), await Buyer(scene), await Buyer(scene));
        Assert.Equal("open", (await seller.User.Order("s", symbol, "sell", "80.00", "100")).Word("status"));
        Assert.Equal("open", (await first.User.Order("b", symbol, "buy", "84.00", "60")).Word("status"));
        Assert.Equal("open", (await second.User.Order("b", symbol, "buy", "82.00", "70")).Word("status"));
        var book = await first.User.Get($"/api/v1/instruments/{symbol}/book");
        Assert.Equal(("call", "84.00"), (book.Word("phase"), Money(book["bids"]![0]![0]!)));
        Assert.Equal(HttpStatusCode.Forbidden, (await seller.User.Post($"/api/v1/instruments/{symbol}/phase", new { phase = "uncross" })).Status);
        var halt = await scene.Regulator.Post("/api/v1/halts", new { symbol, reason = "示例" });
        await Client.Eventually(() => scene.Operator.Get($"/api/v1/instruments/{symbol}"), i => i.Word("phase") == "halt", i => i.Text);
        Assert.Equal("HALT_STATE", (await scene.Operator.Post($"/api/v1/instruments/{symbol}/phase", new { phase = "uncross" })).Word("code"));
        await scene.Regulator.Post($"/api/v1/halts/{halt.Word("id")}/resume", new { reason = "示例" });
        await scene.Operator.Post($"/api/v1/halts/{halt.Word("id")}/carry-out");
        await Client.Eventually(() => scene.Operator.Get($"/api/v1/instruments/{symbol}"), i => i.Word("phase") == "call", i => i.Text);
        var uncrossed = await scene.Operator.Post($"/api/v1/instruments/{symbol}/phase", new { phase = "uncross" });
        Assert.Equal(("call", "82", "100"), (uncrossed.Word("phase"), uncrossed.Word("price"), uncrossed.Word("quantity")));
        await Gets(first, symbol, "60");
        await Gets(second, symbol, "40");
        await Settled(seller, 2);
    }

    /// <remarks>Failed when a pair traded at the seller's price.</remarks>
    [Fact]
    public async Task High_low_matching_trades_each_pair_at_its_mean()
    {
        var scene = await Scene.Open(one.Exchange);
        var symbol = await scene.Traded("0", "highLow");
        var (seller, buyer) = (await Seller(scene, symbol, "100"), await Buyer(scene));
        await seller.User.Order("s", symbol, "sell", "80.00", "100");
        await buyer.User.Order("b", symbol, "buy", "84.00", "60");
        await scene.Operator.Post($"/api/v1/instruments/{symbol}/phase", new { phase = "uncross" });
        await Gets(buyer, symbol, "60");
        Assert.Equal("82", (await buyer.User.Get($"/api/v1/instruments/{symbol}/trades"))["items"]![0]!["price"]!.GetValue<string>());
    }

    /// <remarks>Failed when the public book showed the bids.</remarks>
    [Fact]
    public async Task A_sealed_sale_hides_its_bids_and_has_one_price()
    {
        var scene = await Scene.Open(one.Exchange);
        var symbol = await scene.Traded("0", "sealed");
        var (seller, high, low) = (await Seller(scene, symbol, "100"), await Buyer(scene), await Buyer(scene));
        var asked = new { symbol, seller = seller.Id, quantity = "100", reserve = "75.00", operation = "sale-" + symbol, ties = "random", seed = "20261128" };
        Assert.Equal(HttpStatusCode.Forbidden, (await seller.User.Post("/api/v1/auctions", asked)).Status);
        var sale = await scene.Operator.Post("/api/v1/auctions", asked);
        Assert.True(sale.Status == HttpStatusCode.Created, sale.Text);
        Assert.Equal(("open", sale.Word("id")), (sale.Word("state"), (await scene.Operator.Post("/api/v1/auctions", asked)).Word("id")));
        var bids = $"/api/v1/auctions/{sale.Word("id")}/bids";
        var below = await high.User.Post(bids, new { clientOrderId = "x", price = "74.99", quantity = "1" });
        Assert.Equal(("refused", "PRICE_BELOW_RESERVE", "75", "74.99"), (below.Word("status"), below.Word("code"), below["values"].AsObject()["needed"]!.GetValue<string>(), below["values"].AsObject()["had"]!.GetValue<string>()));
        Assert.Equal("open", (await high.User.Post(bids, new { clientOrderId = "b", price = "90.00", quantity = "60" })).Word("status"));
        Assert.Equal("open", (await low.User.Post(bids, new { clientOrderId = "b", price = "80.00", quantity = "60" })).Word("status"));
        Assert.Empty((await low.User.Get($"/api/v1/instruments/{symbol}/book"))["bids"].AsArray());
        Assert.Equal(HttpStatusCode.NotFound, (await low.User.Get($"/api/v1/auctions/{sale.Word("id")}/result")).Status);
        Assert.Equal("closed", (await scene.Operator.Post($"/api/v1/auctions/{sale.Word("id")}/close")).Word("state"));
        var result = await low.User.Get($"/api/v1/auctions/{sale.Word("id")}/result");
        Assert.Equal(("80", "100", 2), (result.Word("price"), result.Word("quantity"), result["bids"].GetValue<int>()));
        Assert.Equal(["60", "40"], result["awards"].AsArray().Select(a => a!["quantity"]!.GetValue<string>()));
        Assert.Equal("20261128", result.Word("seed"));
        await Gets(high, symbol, "60");
        await Gets(low, symbol, "40");
        Assert.Equal("SALE_NOT_OPEN", (await low.User.Post(bids, new { clientOrderId = "late", price = "80.00", quantity = "1" })).Word("code"));
    }

    /// <remarks>Failed when a bid of any step was taken.</remarks>
    [Fact]
    public async Task An_ascending_auction_rises_in_steps_and_the_best_bid_wins()
    {
        var scene = await Scene.Open(one.Exchange);
        var symbol = await scene.Traded("0", "ascending");
        var (seller, first, second) = (await Seller(scene, symbol, "10"), await Buyer(scene), await Buyer(scene));
        var sale = await scene.Operator.Post("/api/v1/auctions", new { symbol, seller = seller.Id, quantity = "10", reserve = "100.00", increment = "1.00", maxStep = "5.00", operation = "sale-" + symbol });
        var bids = $"/api/v1/auctions/{sale.Word("id")}/bids";
        Assert.Equal("open", (await first.User.Post(bids, new { clientOrderId = "1", price = "104.00" })).Word("status"));
        Assert.Equal("STEP_BELOW_MIN", (await second.User.Post(bids, new { clientOrderId = "1", price = "104.50" })).Word("code"));
        Assert.Equal("STEP_GT_MAX", (await second.User.Post(bids, new { clientOrderId = "2", price = "109.01" })).Word("code"));
        Assert.Equal("open", (await second.User.Post(bids, new { clientOrderId = "3", price = "109.00" })).Word("status"));
        Assert.Equal("109", (await first.User.Get($"/api/v1/auctions/{sale.Word("id")}")).Word("leading"));
        var beaten = (await first.User.Get("/api/v1/orders/by-client-id/1"));
        Assert.Equal(("cancelled", "outbid"), (beaten.Word("status"), beaten.Word("reason")));
        Assert.Equal("BID_BINDING", (await second.User.Delete("/api/v1/orders/" + (await second.User.Get("/api/v1/orders/by-client-id/3")).Word("orderId"))).Word("code"));
        await scene.Operator.Post($"/api/v1/auctions/{sale.Word("id")}/close");
        await Gets(second, symbol, "10");
        await Settled(seller, 1);
    }

    /// <remarks>Failed when a taker got the best listing whichever it chose.</remarks>
    [Fact]
    public async Task A_listing_stands_and_is_taken_by_choice()
    {
        var scene = await Scene.Open(one.Exchange);
        var symbol = await scene.Traded("0", "listing");
        var (cheap, dear, taker) = (await Seller(scene, symbol, "10"), await Seller(scene, symbol, "10"), await Buyer(scene));
        foreach (var (side, price) in new[] { (cheap, "80.00"), (dear, "81.00") })
            Assert.Equal("open", (await side.User.Post("/api/v1/orders", new { clientOrderId = "l", symbol, side = "sell", price, quantity = "10", listing = true })).Word("status"));
        var board = (await taker.User.Get($"/api/v1/instruments/{symbol}/listings"))["sells"].AsArray();
        Assert.Equal([(cheap.Id, "80"), (dear.Id, "81")], board.Select(l => (l!["by"]!["id"]!.GetValue<string>(), l["price"]!.GetValue<string>())));
        var taken = await taker.User.Post($"/api/v1/instruments/{symbol}/takes", new { clientOrderId = "t", listing = board[1]!["listing"]!.GetValue<string>(), quantity = "4" });
        Assert.Equal(("filled", "81"), (taken.Word("status"), taken.Word("averagePrice")));
        Assert.Equal(taken.Word("orderId"), (await taker.User.Post($"/api/v1/instruments/{symbol}/takes", new { clientOrderId = "t", listing = board[1]!["listing"]!.GetValue<string>(), quantity = "4" })).Word("orderId"));
        Assert.Equal("MODE_NOT_AVAILABLE", (await taker.User.Get("/api/v1/instruments/CEA-2025/listings")).Word("code"));
        await Gets(taker, symbol, "4");
        await Settled(dear, 1);
    }

    /// <remarks>Failed when whoever proposed could accept, when a counter-offer left the first proposal open, and when a proposal that ended was looked for among the orders.</remarks>
    [Fact]
    public async Task A_negotiated_trade_is_proposed_answered_and_accepted()
    {
        var scene = await Scene.Open(one.Exchange);
        var symbol = await scene.Traded("0");
        var (seller, buyer) = (await Seller(scene, symbol, "100"), await Buyer(scene));
        var offer = await seller.User.Post("/api/v1/negotiations", new { clientOrderId = "n", counterparty = buyer.Id, symbol, side = "sell", price = "80.00", quantity = "100" });
        Assert.True(offer.Status == HttpStatusCode.Created, offer.Text);
        Assert.Equal("UNKNOWN_PROPOSAL", (await seller.User.Post($"/api/v1/negotiations/{offer.Word("id")}/accept")).Word("code"));
        var counter = await buyer.User.Post($"/api/v1/negotiations/{offer.Word("id")}/counter", new { clientOrderId = "c", price = "78.00" });
        Assert.Equal(("buy", "78", "100", "open"), (counter.Word("side"), counter.Word("price"), counter.Word("quantity"), counter.Word("state")));
        Assert.Equal("declined", (await seller.User.Get($"/api/v1/negotiations/{offer.Word("id")}")).Word("state"));
        var agreed = await seller.User.Post($"/api/v1/negotiations/{counter.Word("id")}/accept");
        Assert.Equal("agreed", agreed.Word("state"));
        await Gets(buyer, symbol, "100");
        await Settled(seller, 1);
        var instrument = await buyer.User.Get($"/api/v1/instruments/{symbol}");
        Assert.Null(instrument.Body!["last"]);
        Assert.Equal(HttpStatusCode.NotFound, (await (await Client.SignIn(one.Exchange, "steel")).Get($"/api/v1/negotiations/{counter.Word("id")}")).Status);
        var (exit, said) = await one.Exchange.Verify();
        Assert.True(exit == 0, said);
    }

    private static string Money(JsonNode price) => decimal.Parse(price.GetValue<string>(), System.Globalization.CultureInfo.InvariantCulture).ToString("0.00", System.Globalization.CultureInfo.InvariantCulture);

    private static async Task<Side> Seller(Scene scene, string symbol, string quantity)
    {
        var id = await scene.Participant("320583");
        await scene.Allocate(symbol, id, quantity);
        var user = await scene.User(id, "enterprise");
        await user.Earmark(symbol, quantity);
        return new(id, user);
    }

    private static async Task<Side> Buyer(Scene scene)
    {
        var id = await scene.Participant("320583");
        var user = await scene.User(id, "enterprise");
        await scene.Pay(id, "100000.00");
        await user.EarmarkMoney("90000.00");
        return new(id, user);
    }

    /// <summary>It is the buyer's in the register.</summary>
    private static Task Gets(Side buyer, string symbol, string quantity) =>
        Client.Eventually(() => buyer.User.Holding(symbol), h => h["total"] == decimal.Parse(quantity, System.Globalization.CultureInfo.InvariantCulture), h => $"{symbol}: {string.Join(' ', h)}");

    private static async Task Settled(Side side, int trades) => await Client.Eventually(
        async () => (await side.User.Get("/api/v1/account/settlements"))["items"].AsArray(), all => all.Count == trades && all.All(s => s!["state"]!.GetValue<string>() == "settled"), all => all.ToJsonString());
}
