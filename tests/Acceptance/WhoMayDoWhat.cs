using System.Net;

namespace Trading.Acceptance;

/// <summary>Regulators order and see the parties; operators carry out.</summary>
[Trait("layer", "acceptance")]
public sealed class WhoMayDoWhat(OneExchange one) : IClassFixture<OneExchange>
{
    private const string Password = "long enough for one who opens users";

    [Fact]
    public async Task A_freeze_is_ordered_by_a_regulator_and_carried_out_by_an_operator()
    {
        var (regulator, operators) = (await Client.SignIn(one.Exchange, "regulator"), await Client.SignIn(one.Exchange, "operator"));
        var asked = new { participant = "power", kind = "judicial", authority = "苏州市中级人民法院", officer = "李法官", document = "(2026)苏执 1 号", amount = "1000.00" };
        Assert.Equal(HttpStatusCode.Forbidden, (await operators.Post("/api/v1/freezes", asked)).Status);
        var ordered = await regulator.Post("/api/v1/freezes", asked);
        Assert.Equal((HttpStatusCode.Created, "ordered"), (ordered.Status, ordered.Word("state")));
        var path = $"/api/v1/freezes/{ordered.Word("id")}";
        Assert.Equal(HttpStatusCode.Forbidden, (await (await Client.SignIn(one.Exchange, "regulator2")).Post(path + "/carry-out")).Status);
        Assert.Equal((400, "UNKNOWN_FIELD"), Said(await operators.Post(path + "/carry-out", new { at = "once" })));
        Assert.Equal("active", (await operators.Post(path + "/carry-out")).Word("state"));
        Assert.Equal(HttpStatusCode.Forbidden, (await operators.Post(path + "/lift", new { document = "x" })).Status);
        Assert.Equal("liftOrdered", (await regulator.Post(path + "/lift", new { document = "x" })).Word("state"));
        Assert.Equal("lifted", (await operators.Post(path + "/carry-out")).Word("state"));
        Assert.Equal((400, "OUT_OF_RANGE"), Said(await regulator.Post("/api/v1/freezes", asked with { document = new string('x', 501) })));
        var none = await regulator.Post("/api/v1/freezes", asked with { amount = "-12.30" });
        Assert.Equal("-12.30", none["values"]["amount"]!.GetValue<string>());
    }

    [Fact]
    public async Task Parties_are_for_regulators()
    {
        Assert.Equal(HttpStatusCode.Forbidden, (await (await Client.SignIn(one.Exchange, "operator")).Get("/api/v1/supervision/trades")).Status);
        Assert.Equal(HttpStatusCode.OK, (await (await Client.SignIn(one.Exchange, "regulator")).Get("/api/v1/supervision/trades")).Status);
        await using var hub = await Hub.Open(one.Exchange, (await Client.SignIn(one.Exchange, "operator")).Token);
        Assert.Contains("\"FORBIDDEN\"", await hub.Stream("FollowSupervision"), StringComparison.Ordinal);
    }

    // Seen to fail with the account of whoever asks passed over on the paper's door and with a participant that is named taken without asking who asks, both at once.
    [Fact]
    public async Task Papers_are_for_whose_they_are_and_for_who_supervises()
    {
        await one.Exchange.Import("users", "name,role,participant,password", $"root,administrator,,{Password}");
        var paper = await Client.SignIn(one.Exchange, "paper");
        var issued = await paper.Post("/api/v1/certificates", new { symbol = "CEA-2025" });
        Assert.True(issued.Status == HttpStatusCode.Created, issued.Text);
        var (number, day) = (issued.Word("number"), issued.Word("issuedAt")[..10]);
        foreach (var (user, mine, named) in new[] { ("paper", 200, 200), ("steel", 404, 403), ("kunshan", 404, 403), ("regulator", 200, 200), ("operator", 200, 200), ("root", 403, 403) })
        {
            var client = user == "root" ? await Client.SignIn(one.Exchange, user, Password) : await Client.SignIn(one.Exchange, user);
            Assert.True(mine == (int)(await client.Get($"/api/v1/certificates/{number}/pdf")).Status, $"{user} and the paper");
            Assert.True(named == (int)(await client.Get($"/api/v1/statements/{day}?participant=paper")).Status, $"{user} and the statement");
            Assert.True(named == (int)(await client.Get($"/api/v1/statements/{day}/export?participant=paper&format=pdf")).Status, $"{user} and the statement on paper");
            Assert.True(named == (int)(await client.Post("/api/v1/certificates", new { participant = "paper", symbol = "CEA-2025", at = issued.Word("asOf") })).Status, $"{user} and the certificate");
            Assert.True((await client.Get($"/api/v1/certificates/{number}")).Status == HttpStatusCode.OK, $"{user} and what anybody may know");
        }

        foreach (var path in new[] { $"/api/v1/certificates/{number}/pdf", $"/api/v1/statements/{day}", $"/api/v1/statements/{day}/export" })
        {
            using var stranger = await one.Exchange.Http.GetAsync(path, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.Unauthorized, stranger.StatusCode);
        }
    }

    [Fact]
    public async Task A_refused_call_of_the_hub_says_the_problem_and_leaves_no_stack()
    {
        await using var stranger = await Hub.Open(one.Exchange, null);
        Assert.Contains("\"UNKNOWN_SYMBOL\"", await stranger.Stream("Follow", "NOPE", 0), StringComparison.Ordinal);
        Assert.Contains("\"FIELD_INVALID\"", await stranger.Stream("FollowAll", new object?[] { new string?[] { null } }), StringComparison.Ordinal);
        Assert.Contains("\"FIELD_INVALID\"", await stranger.Stream("FollowAll", new object?[] { new[] { "1" } }), StringComparison.Ordinal);
        Assert.Contains("\"UNAUTHENTICATED\"", await stranger.Stream("FollowMine", new object?[] { null }), StringComparison.Ordinal);
        Assert.Contains("\"UNAUTHENTICATED\"", await stranger.Invoke("CancelOrder", "1"), StringComparison.Ordinal);
        await using var steel = await Hub.Open(one.Exchange, (await Client.SignIn(one.Exchange, "steel")).Token);
        Assert.Contains("\"NOT_FOUND\"", await steel.Invoke("CancelOrder", "01"), StringComparison.Ordinal);
        Assert.Contains("\"UNKNOWN_FIELD\"", await steel.Invoke("PlaceOrder", new { nonsense = 1 }), StringComparison.Ordinal);
        Assert.Contains("\"FORBIDDEN\"", await steel.Stream("FollowSupervision"), StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", one.Exchange.Said, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", one.Exchange.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Streams_and_connections_have_their_bounds()
    {
        await using var hub = await Hub.Open(one.Exchange, null);
        for (var i = 0; i < 64; i++) await hub.Begin("Follow", "CEA-2025", 0);
        Assert.Contains("\"TOO_MANY_STREAMS\"", await hub.Stream("Follow", "CEA-2025", 0), StringComparison.Ordinal);
        var token = (await Client.SignIn(one.Exchange, "textile")).Token;
        var open = new List<Hub>();
        for (var i = 0; i < 32; i++) open.Add(await Hub.Open(one.Exchange, token));
        await Assert.ThrowsAsync<System.Net.WebSockets.WebSocketException>(() => Hub.Open(one.Exchange, token));
        // Another's are another's, and a place is free again when one leaves.
        await (await Hub.Open(one.Exchange, null)).DisposeAsync();
        await open[0].DisposeAsync();
        await Client.Eventually(
            async () =>
            {
                try
                {
                    await (await Hub.Open(one.Exchange, token)).DisposeAsync();
                    return true;
                }
                catch (System.Net.WebSockets.WebSocketException)
                {
                    return false;
                }
            },
            opened => opened,
            _ => "no place became free");
        foreach (var left in open) await left.DisposeAsync();
    }

    private static (int Status, string Code) Said(Reply reply) => ((int)reply.Status, reply.Word("code"));
}
