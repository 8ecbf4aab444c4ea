using System.Globalization;
using System.Net;

namespace Trading.Acceptance.Register;

/// <summary>What the register keeps back, hands over and tells of the past, by the doors that people use; the rules of it are shown where they are decided.</summary>
[Trait("layer", "acceptance")]
public sealed class ThroughTheDoors(OneExchange one) : IClassFixture<OneExchange>
{
    private const string Cod = "COD-TAIHU-2026";

    [Fact]
    public async Task Holds_debits_and_leases()
    {
        var scene = await Scene.Open(one.Exchange);
        var (holder, lessee) = (await scene.Participant("320583"), await scene.Participant("320583"));
        var user = await scene.User(holder, "enterprise");
        await scene.Allocate(Cod, holder, "10");
        var before = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        await scene.Approved(await scene.Operator.Post("/api/v1/holds", new { participant = holder, symbol = Cod, quantity = "2", document = "示例" }));
        var hold = (await user.Get("/api/v1/account/holds"))["items"]!.AsArray().Single()!;
        Assert.Equal(("administrative", "2"), (hold["reason"]!.GetValue<string>(), hold["standing"]!.GetValue<string>()));
        Assert.Equal(("8", "2"), (await scene.Held(holder, Cod, "available"), await scene.Held(holder, Cod, "held")));
        Assert.Equal("10", (await scene.Regulator.Get($"/api/v1/holdings?participant={holder}&at={before}"))["items"]![0]!["available"]!.GetValue<string>());
        var refused = await user.Post("/api/v1/account/surrenders", new { symbol = Cod, quantity = "9", reason = "2025", operation = "s" });
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "INSUFFICIENT_AVAILABLE", "9", "8"), (refused.Status, refused.Word("code"), refused["values"]["needed"]!.GetValue<string>(), refused["values"]["available"]!.GetValue<string>()));
        await scene.Approved(await scene.Operator.Post("/api/v1/holds/lift", new { participant = holder, reference = hold["reference"]!.GetValue<string>(), document = "示例" }));
        Assert.Empty((await scene.Regulator.Get($"/api/v1/holds?participant={holder}"))["items"].AsArray());
        var through = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime.AddDays(30)).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        await scene.Approved(await scene.Operator.Post("/api/v1/leases", new { symbol = Cod, from = holder, to = lessee, quantity = "4", through, document = "示例" }));
        Assert.Equal(("6", "4", "lease"), (await scene.Held(holder, Cod), await scene.Held(lessee, Cod, "held"), (await scene.Regulator.Get($"/api/v1/holds?participant={lessee}&reason=lease"))["items"]![0]!["reason"]!.GetValue<string>()));
        Assert.Equal(through, (await user.Get("/api/v1/account/leases"))["items"]![0]!["through"]!.GetValue<string>());
        Assert.Equal(HttpStatusCode.Forbidden, (await user.Get("/api/v1/holds")).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await user.Post("/api/v1/corrections", new { plan = "x", document = "x" })).Status);
    }

    [Fact]
    public async Task Transfer_orders_and_the_life_of_a_number()
    {
        var scene = await Scene.Open(one.Exchange);
        var (symbol, giver, taker) = (await scene.Product(), await scene.Participant("320583"), await scene.Participant("320583"));
        var (user, other) = (await scene.User(giver, "enterprise"), await scene.User(taker, "enterprise"));
        await scene.Allocate(symbol, giver, "1");
        var asked = new { symbol, to = taker, quantity = "0.4", reason = "并购", operation = "o-1" };
        var ordered = await user.Post("/api/v1/account/hand-overs", asked);
        Assert.Equal((HttpStatusCode.Accepted, "awaitingApproval"), (ordered.Status, ordered.Word("state")));
        Assert.Equal(ordered.Word("id"), (await user.Post("/api/v1/account/hand-overs", asked)).Word("id"));
        Assert.Equal(HttpStatusCode.NotFound, (await other.Post($"/api/v1/account/hand-overs/{ordered.Word("id")}/cancel")).Status);
        Assert.Equal("delayed", (await scene.Regulator.Post($"/api/v1/hand-overs/{ordered.Word("id")}/approve")).Word("state"));
        Assert.Equal("transfer", (await user.Get("/api/v1/account/holds"))["items"]![0]!["reason"]!.GetValue<string>());
        Assert.Equal("cancelled", (await user.Post($"/api/v1/account/hand-overs/{ordered.Word("id")}/cancel")).Word("state"));
        Assert.Equal(HttpStatusCode.Created, (await user.Post("/api/v1/account/trusted-accounts", new { participant = taker })).Status);
        Assert.Equal(taker, (await user.Get("/api/v1/account/trusted-accounts"))["items"]![0]!["participant"]!.GetValue<string>());
        Assert.Equal(HttpStatusCode.NoContent, (await user.Delete($"/api/v1/account/trusted-accounts/{taker}")).Status);
        await scene.Approved(await scene.Operator.Post("/api/v1/transfers", new { symbol, from = giver, to = taker, quantity = "0.4", operation = "t-1", serials = "301-700", document = "示例" }));
        Assert.Equal("SERIALS_NOT_HELD", (await scene.Operator.Post("/api/v1/transfers", new { symbol, from = giver, to = taker, quantity = "0.4", operation = "t-2", serials = "1-300", document = "示例" })).Word("code"));
        Assert.Equal(["1", "701"], (await user.Get($"/api/v1/account/serials?symbol={symbol}"))["items"].AsArray().Select(b => b!["first"]!.GetValue<string>()));
        // Everyone sees from where to where; between whom, an authority.
        var (trace, seen) = (await other.Get($"/api/v1/instruments/{symbol}/serials/500"), await scene.Regulator.Get($"/api/v1/instruments/{symbol}/serials/500"));
        Assert.Equal(["issued", "transferredIn"], trace["items"].AsArray().Select(m => m!["how"]!.GetValue<string>()));
        Assert.Equal((null, giver), (trace["items"]![1]!["from"]!["participant"]?.GetValue<string>(), seen["items"]![1]!["from"]!["participant"]!.GetValue<string>()));
        Assert.Equal(HttpStatusCode.NotFound, (await other.Get($"/api/v1/instruments/{symbol}/serials/1001")).Status);
    }

    [Fact]
    public async Task Pledges_are_taken_realised_and_released_by_the_pledgee()
    {
        var scene = await Scene.Open(one.Exchange);
        var (holder, bank, buyer) = (await scene.Participant("320583"), await scene.Participant("320583"), await scene.Participant("320583"));
        var (user, banker) = (await scene.User(holder, "enterprise"), await scene.User(bank, "enterprise"));
        await scene.Allocate(Cod, holder, "8");
        await scene.Pay(buyer, "90000.00");
        var asked = await user.Post("/api/v1/account/pledges", new { symbol = Cod, quantity = "5", pledgee = bank, contract = "c", value = "10000", registration = "z" });
        Assert.Equal(asked.Word("id"), (await banker.Get("/api/v1/account/proposals?state=proposed"))["items"]![0]!["id"]!.GetValue<string>());
        Assert.Equal(HttpStatusCode.NotFound, (await user.Post($"/api/v1/account/proposals/{asked.Word("id")}/approve")).Status);
        Assert.Equal("approved", (await banker.Post($"/api/v1/account/proposals/{asked.Word("id")}/approve")).Word("state"));
        var pledge = $"/api/v1/account/pledges/{asked.Word("id")}";
        Assert.Equal("FORBIDDEN", (await user.Post($"{pledge}/realise", new { buyer, quantity = "2", price = "9000", document = "逾期" })).Word("code"));
        Assert.Equal("PRICE_BELOW_LIMIT", (await banker.Post($"{pledge}/realise", new { buyer, quantity = "2", price = "1", document = "逾期" })).Word("code"));
        await scene.Approved(await banker.Post($"{pledge}/realise", new { buyer, quantity = "2", price = "9000", document = "逾期" }));
        Assert.Equal(("2", "18000.00"), (await scene.Held(buyer, Cod), (await banker.Get("/api/v1/account/funds")).Word("available")));
        var release = await banker.Post($"{pledge}/release", new { quantity = "3", document = "结清" });
        Assert.Equal("approved", (await scene.Operator.Post($"/api/v1/proposals/{release.Word("id")}/approve")).Word("state"));
        Assert.Equal(("6", "0"), (await scene.Held(holder, Cod, "available"), await scene.Held(holder, Cod, "pledged")));
        Assert.Empty((await scene.Regulator.Get($"/api/v1/pledges?participant={holder}"))["items"].AsArray());
    }
}
