using System.Net;

namespace Trading.Acceptance;

/// <summary>
/// A trade between counties takes the steps of its procedure: both counties, then the province, which allows a part (R-ENE-06, R-POL-13). Everything through the public
/// face. What breaks it is tried where the steps are decided.
/// </summary>
[Trait("layer", "acceptance")]
public sealed class WalkingTheSteps
{
    private const string Symbol = "ENE2-JS-2030";

    [Fact]
    public async Task Both_counties_then_the_province_which_allows_a_part()
    {
        await using var exchange = await Exchange.Open();
        await exchange.Import("instruments", "symbol,name_zh,name_en,class,indicator,basin,region,unit,unit_decimals,venue_mode,vintage,valid_through", $"{Symbol},用能指标二,Energy quota two,Energy,,,320000,tce,2,Operate,2030,2030-12-31");
        await exchange.Import("listings", "symbol,tick,lot,confirmation,reference,lower,upper,fee", $"{Symbol},0.01,0.01,CountiesThenProvince,150.00,,,0.001");
        await exchange.Import("allocations", "participant,symbol,quantity,reason,operation", $"steel,{Symbol},100,核定,alloc-ene2-steel");
        var (steel, power, kunshan) = (await Client.SignIn(exchange, "steel"), await Client.SignIn(exchange, "power"), await Client.SignIn(exchange, "kunshan"));
        var (suqian, regulator) = (await Client.SignIn(exchange, "suqian"), await Client.SignIn(exchange, "regulator"));
        Assert.Equal("countiesThenProvince", (await Client.Eventually(() => steel.Get($"/api/v1/instruments/{Symbol}"), r => r.Status == HttpStatusCode.OK, r => r.Text)).Word("confirmation"));
        await steel.Earmark(Symbol, "10");
        await power.EarmarkMoney("2000.00");
        Assert.Equal("open", (await steel.Order("s-1", Symbol, "sell", "150.00", "10")).Word("status"));
        Assert.Equal("filled", (await power.Order("b-1", Symbol, "buy", "150.00", "10")).Word("status"));
        var money = (await power.Funds())["total"];

        var id = (await Waiting(kunshan))["id"]!.GetValue<string>();
        Assert.Equal(id, (await Waiting(suqian))["id"]!.GetValue<string>());
        // The province is not asked yet, and the seller's county sees what its cap will be.
        Assert.Equal(HttpStatusCode.NotFound, (await regulator.Post($"/api/v1/confirmations/{id}/approve")).Status);
        var caps = (await kunshan.Get($"/api/v1/confirmations/{id}"))["caps"];
        Assert.Equal(("320583", "10"), (caps["seller"]!["region"]!.GetValue<string>(), caps["seller"]!["after"]!["transferredOut"]!.GetValue<string>()));
        Assert.Equal("0", caps["seller"]!["before"]!["transferredOut"]!.GetValue<string>());
        // One of a batch that is not there keeps the other from nothing.
        var batch = (await kunshan.Post("/api/v1/confirmations/approvals", new { ids = new[] { "999999", id } }))["results"].AsArray();
        Assert.Equal([false, true], batch.Select(r => r!["approved"]!.GetValue<bool>()));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await suqian.Post($"/api/v1/confirmations/{id}/approve", new { quantity = "4" })).Status);
        Assert.Equal(HttpStatusCode.OK, (await suqian.Post($"/api/v1/confirmations/{id}/approve")).Status);
        // The same again is the same answer, not the next step's.
        Assert.Equal(HttpStatusCode.OK, (await suqian.Post($"/api/v1/confirmations/{id}/approve")).Status);

        var second = (await Waiting(regulator))["id"]!.GetValue<string>();
        Assert.Equal(id + ".2", second);
        Assert.Equal(HttpStatusCode.OK, (await regulator.Post($"/api/v1/confirmations/{second}/approve", new { quantity = "4" })).Status);
        var settled = await power.Settled(id, "settled");
        Assert.Equal(("10", "4"), (settled.Word("quantity"), settled.Word("settledQuantity")));
        Assert.Equal(["awaitingConfirmation", "confirmed", "confirmed", "awaitingConfirmation", "confirmed", "settled", "unwound"], settled["timeline"].AsArray().Select(t => t!["state"]!.GetValue<string>()));
        Assert.Equal(["320583", "321302", "320000"], settled["timeline"].AsArray().Select(t => t!["for"]?.GetValue<string>()).OfType<string>());
        Assert.Equal(4m, (await power.Holding(Symbol))["total"]);
        Assert.Equal(96m, (await steel.Holding(Symbol))["total"]);
        Assert.Equal(money - 600.60m, (await power.Funds())["total"]);
        var (exit, said) = await exchange.Verify();
        Assert.True(exit == 0, said);
    }

    private static async Task<System.Text.Json.Nodes.JsonNode> Waiting(Client authority) =>
        (await Client.Eventually(() => authority.Get("/api/v1/confirmations?status=awaitingConfirmation"), r => r["items"].AsArray().Count == 1, r => r.Text))["items"][0]!;
}
