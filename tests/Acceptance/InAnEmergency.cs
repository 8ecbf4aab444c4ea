using System.Net;

namespace Trading.Acceptance;

/// <summary>How participants and authorities stop what goes wrong, through the front door.</summary>
[Trait("layer", "acceptance")]
public sealed class InAnEmergency(OneExchange one) : IClassFixture<OneExchange>
{
    private const string Cea = "CEA-2025";

    // Fails where the endpoint answers before the market has carried it out, and where OrderOfAccount does not stop the account.
    [Fact]
    public async Task An_account_is_stopped_by_its_owner_and_by_an_authority()
    {
        var (power, regulator, operators) = (await Client.SignIn(one.Exchange, "power"), await Client.SignIn(one.Exchange, "regulator"), await Client.SignIn(one.Exchange, "operator"));
        await power.Earmark(Cea, "10");
        var price = (await power.Get($"/api/v1/instruments/{Cea}")).Word("upperLimit");
        var order = await power.Order("k-1", Cea, "sell", price, "5");
        Assert.Equal("open", order.Word("status"));
        Assert.Equal((400, "FIELD_MISSING"), Said(await power.Post("/api/v1/account/kill-switch", new { })));
        Assert.Equal(HttpStatusCode.Forbidden, (await regulator.Post("/api/v1/account/kill-switch", new { on = true })).Status);

        var on = await power.Post("/api/v1/account/kill-switch", new { on = true });
        Assert.Equal((HttpStatusCode.OK, "done", "power"), (on.Status, on.Word("status"), on.Word("by")));
        var gone = await power.Get($"/api/v1/orders/{order.Word("orderId")}");
        Assert.Equal(("cancelled", "blocked"), (gone.Word("status"), gone.Word("reason")));
        Assert.Equal("ACCOUNT_BLOCKED", (await power.Order("k-2", Cea, "sell", price, "1")).Word("code"));

        Assert.Equal((400, "FIELD_MISSING"), Said(await regulator.Post("/api/v1/halts", new { reason = "x" })));
        var halt = await regulator.Post("/api/v1/halts", new { participant = "power", reason = "异常交易" });
        Assert.Equal((HttpStatusCode.Created, "halted", "power"), (halt.Status, halt.Word("state"), halt.Word("participant")));
        Assert.Equal((409, "BLOCKED_BY_AUTHORITY"), Said(await power.Post("/api/v1/account/kill-switch", new { on = false })));
        var path = $"/api/v1/halts/{halt.Word("id")}";
        Assert.Equal("resumeOrdered", (await regulator.Post(path + "/resume", new { reason = "已查清" })).Word("state"));
        Assert.Equal((422, "FOUR_EYES"), Said(await regulator.Post(path + "/carry-out")));
        Assert.Equal("resumed", (await operators.Post(path + "/carry-out")).Word("state"));
        Assert.Equal("ACCOUNT_BLOCKED", (await power.Order("k-3", Cea, "sell", price, "1")).Word("code"));
        Assert.Equal("done", (await power.Post("/api/v1/account/kill-switch", new { on = false })).Word("status"));
        Assert.Equal("open", (await power.Order("k-4", Cea, "sell", price, "1")).Word("status"));
        Assert.False((await power.Get("/api/v1/account/kill-switch"))["on"].GetValue<bool>());
        await power.Delete("/api/v1/orders");
    }

    // Fails where OnDisconnectedAsync does nothing, and where the library's own setting of the hub's sockets stands: a silent client is then waited for.
    [Fact]
    public async Task Orders_leave_when_nobody_is_heard_of()
    {
        var steel = await Client.SignIn(one.Exchange, "steel");
        await steel.Earmark(Cea, "10");
        var price = (await steel.Get($"/api/v1/instruments/{Cea}")).Word("upperLimit");
        Assert.Equal((400, "OUT_OF_RANGE"), Said(await steel.Post("/api/v1/account/cancel-timer", new { seconds = 86_401 })));
        Assert.Equal((400, "OUT_OF_RANGE"), Said(await steel.Post("/api/v1/account/cancel-timer", new { seconds = -1 })));
        var order = (await steel.Order("t-1", Cea, "sell", price, "1")).Word("orderId");
        Assert.NotEmpty((await steel.Post("/api/v1/account/cancel-timer", new { seconds = 3_600 })).Word("until"));
        Assert.Null((await steel.Post("/api/v1/account/cancel-timer", new { seconds = 0 })).Body!["until"]);
        Assert.Equal(HttpStatusCode.OK, (await steel.Post("/api/v1/account/cancel-timer", new { seconds = 1 })).Status);
        await Gone(steel, order, "dead-man");

        order = (await steel.Order("t-2", Cea, "sell", price, "1")).Word("orderId");
        await using (var hub = await Hub.Open(one.Exchange, null)) Assert.Contains("\"UNAUTHENTICATED\"", await hub.Invoke("CancelOnDisconnect", true), StringComparison.Ordinal);
        await using (var hub = await Hub.Open(one.Exchange, steel.Token))
        {
            Assert.Contains("\"on\":true", await hub.Invoke("CancelOnDisconnect", true), StringComparison.Ordinal);
            Assert.Contains("\"on\":false", await hub.Invoke("CancelOnDisconnect", false), StringComparison.Ordinal);
        }

        await Task.Delay(1_500);
        Assert.Equal("open", (await steel.Get("/api/v1/orders/" + order)).Word("status"));
        await using (var hub = await Hub.Open(one.Exchange, steel.Token)) Assert.Contains("\"on\":true", await hub.Invoke("CancelOnDisconnect", true), StringComparison.Ordinal);
        await Gone(steel, order, "disconnect");

        // The line stands, and nobody speaks on it.
        order = (await steel.Order("t-3", Cea, "sell", price, "1")).Word("orderId");
        await using var silent = await Hub.Open(one.Exchange, steel.Token, silent: true);
        Assert.Contains("\"on\":true", await silent.Invoke("CancelOnDisconnect", true), StringComparison.Ordinal);
        await Task.Delay(TimeSpan.FromSeconds(25));
        Assert.Equal("open", (await steel.Get("/api/v1/orders/" + order)).Word("status"));
        await Task.Delay(TimeSpan.FromSeconds(20));
        await Gone(steel, order, "disconnect");
    }

    // Fails where the public tape or one's own settlement does not show it, where one person is enough, and where the market's refusal does not end the request.
    [Fact]
    public async Task An_erroneous_trade_is_taken_back_by_two()
    {
        const string Symbol = "CEA-2025";
        var (paper, cement) = (await Client.SignIn(one.Exchange, "paper"), await Client.SignIn(one.Exchange, "cement"));
        var (regulator, operators) = (await Client.SignIn(one.Exchange, "regulator"), await Client.SignIn(one.Exchange, "operator"));
        var price = (await paper.Get($"/api/v1/instruments/{Symbol}")).Word("reference");
        await cement.Earmark(Symbol, "20");
        await paper.EarmarkMoney("10000.00");
        var (rights, money, theirs) = (await paper.Holding(Symbol), await paper.Funds(), await cement.Funds());
        Assert.Equal("open", (await cement.Order("e-1", Symbol, "sell", price, "10")).Word("status"));
        Assert.Equal("filled", (await paper.Order("e-2", Symbol, "buy", price, "10")).Word("status"));
        var trades = await Client.Eventually(() => paper.Get("/api/v1/account/settlements"), r => r["items"].AsArray().Count == 1, r => r.Text);
        var trade = trades["items"][0]!["tradeId"]!.GetValue<string>();
        await paper.Settled(trade, "settled");

        Assert.Equal(HttpStatusCode.Forbidden, (await paper.Post("/api/v1/busts", new { tradeNo = trade, reason = "x" })).Status);
        Assert.Equal((422, "UNKNOWN_TRADE"), Said(await regulator.Post("/api/v1/busts", new { tradeNo = "999999999", reason = "x" })));
        // The buyer has laid it into the book again: the market cannot take it back, and says what it found.
        var resale = (await paper.Order("e-3", Symbol, "sell", (await paper.Get($"/api/v1/instruments/{Symbol}")).Word("upperLimit"), "10")).Word("orderId");
        var (vain, free) = (await regulator.Post("/api/v1/busts", new { tradeNo = trade, reason = "错价申报" }), rights["inMarket"]);
        Assert.Equal((HttpStatusCode.Created, "asked"), (vain.Status, vain.Word("state")));
        Assert.Equal(HttpStatusCode.Forbidden, (await regulator.Post($"/api/v1/busts/{vain.Word("id")}/approve")).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await operators.Post("/api/v1/busts", new { tradeNo = trade, reason = "x" })).Status);
        Assert.Equal("approved", (await operators.Post($"/api/v1/busts/{vain.Word("id")}/approve")).Word("state"));
        var ended = await Client.Eventually(() => operators.Get($"/api/v1/busts/{vain.Word("id")}"), r => r.Word("state") != "approved", r => r.Text);
        Assert.Equal(("refused", "INSUFFICIENT_POSITION", "10"), (ended.Word("state"), ended.Word("code"), ended["values"]["needed"]!.GetValue<string>()));
        Assert.Equal(free.ToString(System.Globalization.CultureInfo.InvariantCulture), ended["values"]["had"]!.GetValue<string>());
        await paper.Delete("/api/v1/orders/" + resale);

        await using var hub = await Hub.Open(one.Exchange, null);
        var bust = await regulator.Post("/api/v1/busts", new { tradeNo = trade, reason = "错价申报" });
        Assert.Equal((409, "BUST_STATE"), Said(await regulator.Post("/api/v1/busts", new { tradeNo = trade, reason = "again" })));
        var tape = hub.Stream("FollowAll", new object?[] { Array.Empty<string>() });
        Assert.Equal("approved", (await operators.Post($"/api/v1/busts/{bust.Word("id")}/approve")).Word("state"));
        var back = await paper.Settled(trade, "busted");
        Assert.Contains("\"type\":\"bust\"", await tape, StringComparison.Ordinal);
        Assert.Equal("错价申报", back["timeline"].AsArray()[^1]!["reason"]!.GetValue<string>());
        Assert.Equal("operator", back["timeline"].AsArray()[^1]!["by"]!.GetValue<string>());
        Assert.Equal((rights["total"], money["total"], theirs["total"]), ((await paper.Holding(Symbol))["total"], (await paper.Funds())["total"], (await cement.Funds())["total"]));
        var shown = (await paper.Get($"/api/v1/instruments/{Symbol}/trades?limit=500"))["items"].AsArray().Single(t => t!["tradeNo"]!.GetValue<string>() == trade)!;
        Assert.NotNull(shown["bustedAt"]);
        Assert.Equal((409, "TRADE_BUSTED"), Said(await regulator.Post("/api/v1/busts", new { tradeNo = trade, reason = "x" })));
        var (exit, said) = await one.Exchange.Verify();
        Assert.True(exit == 0, said);
    }

    private static async Task Gone(Client client, string order, string reason)
    {
        var gone = await Client.Eventually(() => client.Get("/api/v1/orders/" + order), r => r.Word("status") != "open", r => $"{reason}: {r.Text}");
        Assert.Equal(("cancelled", reason), (gone.Word("status"), gone.Word("reason")));
    }

    private static (int Status, string Code) Said(Reply reply) => ((int)reply.Status, reply.Word("code"));
}
