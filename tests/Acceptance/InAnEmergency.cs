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
        Assert.Equal((422, "SAME_PERSON"), Said(await regulator.Post(path + "/carry-out")));
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

    private static async Task Gone(Client client, string order, string reason)
    {
        var gone = await Client.Eventually(() => client.Get("/api/v1/orders/" + order), r => r.Word("status") != "open", r => $"{reason}: {r.Text}");
        Assert.Equal(("cancelled", reason), (gone.Word("status"), gone.Word("reason")));
    }

    private static (int Status, string Code) Said(Reply reply) => ((int)reply.Status, reply.Word("code"));
}
