using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Trading.Acceptance;

public sealed class OneExchange : IAsyncLifetime
{
    internal Exchange Exchange { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Exchange = await Exchange.Open();

    public ValueTask DisposeAsync() => Exchange.DisposeAsync();
}

/// <summary>Whatever comes in: a problem with a stable code and the values, nothing changed, never a 500.</summary>
[Trait("layer", "acceptance")]
public sealed class BadInput(OneExchange one) : IClassFixture<OneExchange>
{
    private const string Good = """{"clientOrderId":"x","symbol":"CEA-2025","side":"buy","type":"limit","price":"80.00","quantity":"1","timeInForce":"day"}""";

    [Theory]
    [InlineData("", 400, "MALFORMED_JSON")]
    [InlineData("{", 400, "MALFORMED_JSON")]
    [InlineData("""{"clientOrderId":""", 400, "MALFORMED_JSON")]
    [InlineData("""{"clientOrderId":"x","symbol":"CEA-2025",""", 400, "MALFORMED_JSON")]
    [InlineData("null", 400, "MALFORMED_JSON")]
    [InlineData("[]", 400, "MALFORMED_JSON")]
    [InlineData("""{"clientOrderId":"x"}""", 400, "FIELD_MISSING")]
    [InlineData("""{"clientOrderId":"x","clientOrderId":"y","symbol":"CEA-2025","side":"buy","quantity":"1","price":"1"}""", 400, "FIELD_INVALID")]
    [InlineData("""{"ownerId":1,"clientOrderId":"x","symbol":"CEA-2025","side":"buy","price":"80.00","quantity":"1"}""", 400, "UNKNOWN_FIELD")]
    [InlineData("""{"clientOrderId":"x","symbol":"CEA-2025","side":"buy","price":80.00,"quantity":"1"}""", 400, "FIELD_INVALID")]
    [InlineData("""{"clientOrderId":"x","symbol":"CEA-2025","side":"buy","price":"80.00","quantity":1}""", 400, "FIELD_INVALID")]
    [InlineData("""{"clientOrderId":null,"symbol":"CEA-2025","side":"buy","price":"80.00","quantity":"1"}""", 400, "FIELD_INVALID")]
    [InlineData("""{"clientOrderId":"x","symbol":"NOPE","side":"buy","price":"80.00","quantity":"1"}""", 404, "UNKNOWN_SYMBOL")]
    [InlineData("""{"clientOrderId":"x","symbol":"CEA-2025","side":"up","price":"80.00","quantity":"1"}""", 400, "FIELD_INVALID")]
    [InlineData("""{"clientOrderId":"x","symbol":"CEA-2025","side":"buy","price":"80.001","quantity":"1"}""", 400, "TOO_MANY_DECIMALS")]
    [InlineData("""{"clientOrderId":"x","symbol":"CEA-2025","side":"buy","price":"80.00","quantity":"1.5"}""", 400, "TOO_MANY_DECIMALS")]
    [InlineData("""{"clientOrderId":"x","symbol":"CEA-2025","side":"buy","price":"1e5","quantity":"1"}""", 400, "NOT_A_DECIMAL")]
    [InlineData("""{"clientOrderId":"x","symbol":"CEA-2025","side":"buy","price":"NaN","quantity":"1"}""", 400, "NOT_A_DECIMAL")]
    [InlineData("""{"clientOrderId":"x","symbol":"CEA-2025","side":"buy","price":" 80.00","quantity":"1"}""", 400, "NOT_A_DECIMAL")]
    [InlineData("""{"clientOrderId":"x","symbol":"CEA-2025","side":"buy","price":"80.00","quantity":"99999999999999999999999999"}""", 400, "OUT_OF_RANGE")]
    [InlineData("""{"clientOrderId":"x","symbol":"CEA-2025","side":"buy","price":"80.00","quantity":"9999999999999999999999999999999999999999"}""", 400, "OUT_OF_RANGE")]
    [InlineData("""{"clientOrderId":"","symbol":"CEA-2025","side":"buy","price":"80.00","quantity":"1"}""", 400, "CLIENT_ORDER_ID_INVALID")]
    [InlineData("""{"clientOrderId":"a\u0000b","symbol":"CEA-2025","side":"buy","price":"80.00","quantity":"1"}""", 400, "TEXT_INVALID")]
    [InlineData("""{"clientOrderId":"x","symbol":"CEA\u0007","side":"buy","price":"80.00","quantity":"1"}""", 400, "TEXT_INVALID")]
    [InlineData("""{"client\u0000OrderId":"x","symbol":"CEA-2025","side":"buy","price":"80.00","quantity":"1"}""", 400, "TEXT_INVALID")]
    [InlineData("""{"clientOrderId":"a b","symbol":"CEA-2025","side":"buy","price":"80.00","quantity":"1"}""", 400, "CLIENT_ORDER_ID_INVALID")]
    [InlineData("""{"clientOrderId":"a\u200bb","symbol":"CEA-2025","side":"buy","price":"80.00","quantity":"1"}""", 400, "CLIENT_ORDER_ID_INVALID")]
    [InlineData("""{"clientOrderId":"\ud800","symbol":"CEA-2025","side":"buy","price":"80.00","quantity":"1"}""", 400, "FIELD_INVALID")]
    public async Task Is_a_problem_with_its_code(string body, int status, string code)
    {
        var answer = await Send("/api/v1/orders", body);
        Assert.Equal((status, code), ((int)answer.Status, answer.Word("code")));
        Assert.StartsWith("application/problem+json", answer.ContentType, StringComparison.Ordinal);
        Assert.NotNull(answer["title"]);
        Assert.NotNull(answer["values"]);
    }

    [Theory]
    [InlineData("""{"clientOrderId":"n-1","symbol":"CEA-2025","side":"buy","price":"-80.00","quantity":"1"}""", "PRICE_NOT_POSITIVE")]
    [InlineData("""{"clientOrderId":"n-2","symbol":"CEA-2025","side":"buy","price":"80.00","quantity":"-1"}""", "QTY_NOT_POSITIVE")]
    [InlineData("""{"clientOrderId":"n-3","symbol":"CEA-2025","side":"buy","price":"90.18","quantity":"1"}""", "PRICE_ABOVE_LIMIT")]
    [InlineData("""{"clientOrderId":"n-4","symbol":"CEA-2025","side":"sell","price":"80.00","quantity":"9000000000000"}""", "INSUFFICIENT_POSITION")]
    [InlineData("""{"clientOrderId":"n-5","symbol":"CEA-2025","side":"buy","price":"80.00","quantity":"9000000000000"}""", "INSUFFICIENT_CASH")]
    [InlineData("""{"clientOrderId":"n-6","symbol":"CEA-2025","side":"buy","price":"80.00","quantity":"9000000000000000000"}""", "ORDER_VALUE_TOO_LARGE")]
    public async Task That_is_well_formed_is_answered_by_the_market(string body, string code)
    {
        var answer = await Send("/api/v1/orders", body, "power");
        Assert.Equal((201, "refused", code), ((int)answer.Status, answer.Word("status"), answer.Word("code")));
        Assert.NotNull(answer["values"]["needed"]);
    }

    [Fact]
    public async Task Of_every_shape_finds_its_problem()
    {
        var exchange = one.Exchange;
        await Expect(HttpMethod.Get, "/api/v1/orders", null, 401, "UNAUTHENTICATED", user: null);
        await Expect(HttpMethod.Get, "/api/v1/nowhere", null, 404, "NOT_FOUND");
        await Expect(HttpMethod.Put, "/api/v1/orders", null, 405, "METHOD_NOT_ALLOWED");
        await Expect(HttpMethod.Post, "/api/v1/orders", new StringContent(Good, Encoding.UTF8, "text/plain"), 415, "MEDIA_TYPE_NOT_SUPPORTED");
        await Expect(HttpMethod.Post, "/api/v1/orders", new StringContent(new string('[', 5_000), Encoding.UTF8, "application/json"), 400, "MALFORMED_JSON");
        await Expect(HttpMethod.Post, "/api/v1/orders", new StringContent(new string(' ', 100_000), Encoding.UTF8, "application/json"), 413, "BODY_TOO_LARGE");
        // More than the wire holds at once: a server that hangs up in the middle of it breaks the sender's pipe.
        await Expect(HttpMethod.Post, "/api/v1/orders", new StringContent(new string(' ', 12_000_000), Encoding.UTF8, "application/json"), 413, "BODY_TOO_LARGE");
        await Expect(HttpMethod.Get, "/api/v1/orders?limit=0", null, 400, "OUT_OF_RANGE");
        await Expect(HttpMethod.Get, "/api/v1/orders?after=x", null, 400, "CURSOR_INVALID");
        await Expect(HttpMethod.Get, "/api/v1/orders?status=odd", null, 400, "FIELD_INVALID");
        await Expect(HttpMethod.Get, "/api/v1/orders/99999999999999999999", null, 404, "NOT_FOUND");
        await Expect(HttpMethod.Get, "/api/v1/orders?stauts=open", null, 400, "UNKNOWN_FIELD");
        await Expect(HttpMethod.Get, "/api/v1/account/settlements?state=settled", null, 400, "UNKNOWN_FIELD");
        await Expect(HttpMethod.Get, "/api/v1/account/settlements?status=odd", null, 400, "FIELD_INVALID");
        await Expect(HttpMethod.Get, "/api/v1/orders?symbol=CEA%00", null, 400, "TEXT_INVALID");
        await Expect(HttpMethod.Get, "/api/v1/instruments/CEA%01-2025", null, 400, "TEXT_INVALID");
        await Expect(HttpMethod.Get, "/api/v1/orders/by-client-id/a%07b", null, 400, "TEXT_INVALID");
        await Expect(HttpMethod.Post, "/connect/token", Form("steel\0"), 400, "MALFORMED_REQUEST", user: null);
        await Expect(HttpMethod.Post, "/signin", Form("\u0001"), 400, "TEXT_INVALID", user: null);
        await Expect(HttpMethod.Post, "/setup/00", Form("a\u0007b"), 400, "TEXT_INVALID", user: null);
        await Expect(HttpMethod.Post, "/api/v1/confirmations/1/approve", new StringContent("""{"hurry":true}""", Encoding.UTF8, "application/json"), 400, "UNKNOWN_FIELD", "kunshan");
        await Expect(HttpMethod.Post, "/api/v1/confirmations/999999/approve", null, 404, "NOT_FOUND", "kunshan");
        await Expect(HttpMethod.Post, "/api/v1/confirmations/1/reject", new StringContent($$"""{"reason":"{{new string('x', 501)}}"}""", Encoding.UTF8, "application/json"), 400, "OUT_OF_RANGE", "kunshan");
        await Expect(HttpMethod.Get, "/api/v1/confirmations", null, 403, "FORBIDDEN");
        await Expect(HttpMethod.Post, "/api/v1/users", new StringContent("{}", Encoding.UTF8, "application/json"), 403, "FORBIDDEN", "operator");
        await Expect(HttpMethod.Post, "/api/v1/freezes", new StringContent("{}", Encoding.UTF8, "application/json"), 403, "FORBIDDEN");
        var expired = new AuthenticationHeaderValue("Bearer", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJzdGVlbCJ9.");
        using var forged = new HttpRequestMessage(HttpMethod.Get, "/api/v1/orders") { Headers = { Authorization = expired } };
        using var refused = await exchange.Http.SendAsync(forged, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        // A token in an address opens no door of REST.
        var token = (await Client.SignIn(exchange, "steel")).Token;
        Assert.Equal(HttpStatusCode.Unauthorized, (await exchange.Http.GetAsync("/api/v1/orders?access_token=" + token, TestContext.Current.CancellationToken)).StatusCode);
        using var elsewhere = new HttpRequestMessage(HttpMethod.Get, "/api/v1/instruments") { Headers = { Host = "rebound.example" } };
        Assert.Equal("HOST_UNKNOWN", (await Send(elsewhere, null)).Word("code"));
        var wrong = await Assert.ThrowsAsync<InvalidOperationException>(() => Client.SignIn(exchange, "steel", "not it"));
        Assert.Contains("400", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_another_is_answered_like_what_is_missing()
    {
        var (steel, textile) = (await Client.SignIn(one.Exchange, "steel"), await Client.SignIn(one.Exchange, "textile"));
        await steel.Earmark("CEA-2025", "1");
        var order = await steel.Order("mine", "CEA-2025", "sell", "90.00", "1");
        var id = order.Word("orderId");
        Assert.Equal(HttpStatusCode.OK, (await steel.Get($"/api/v1/orders/{id}")).Status);
        foreach (var (method, path) in ((HttpMethod, string)[])[(HttpMethod.Get, "/api/v1/orders/{0}"), (HttpMethod.Delete, "/api/v1/orders/{0}"), (HttpMethod.Get, "/api/v1/account/transfers/{0}"), (HttpMethod.Get, "/api/v1/account/settlements/{0}")])
        {
            var (foreign, missing) = (await textile.Send(method, path.Replace("{0}", id, StringComparison.Ordinal), null), await textile.Send(method, path.Replace("{0}", "987654321", StringComparison.Ordinal), null));
            Assert.Equal((HttpStatusCode.NotFound, missing.Text), (foreign.Status, foreign.Text));
        }

        Assert.Equal("open", (await steel.Get($"/api/v1/orders/{id}")).Word("status"));
    }

    [Fact]
    public async Task Given_twice_is_answered_as_the_first_and_with_other_content_refused()
    {
        var steel = await Client.SignIn(one.Exchange, "steel");
        await steel.Earmark("CEA-2025", "5");
        var first = await steel.Order("twice", "CEA-2025", "sell", "89.00", "2");
        var again = await steel.Order("twice", "CEA-2025", "sell", "89.00", "2");
        Assert.Equal((first.Status, first.Text), (again.Status, again.Text));
        var other = await steel.Order("twice", "CEA-2025", "sell", "89.00", "3");
        Assert.Equal((422, "CLIENT_ORDER_ID_REUSED"), ((int)other.Status, other.Word("code")));
        Assert.Equal(first.Word("orderId"), (await steel.Get("/api/v1/orders/by-client-id/twice")).Word("orderId"));
        Assert.Equal(HttpStatusCode.NotFound, (await steel.Get($"/api/v1/orders/0{first.Word("orderId")}")).Status);
        var slashed = await steel.Order("a/b%2F", "CEA-2025", "sell", "89.00", "1");
        Assert.Equal(slashed.Word("orderId"), (await steel.Get("/api/v1/orders/by-client-id/" + Uri.EscapeDataString("a/b%2F"))).Word("orderId"));
        var replaced = await steel.Post($"/api/v1/orders/{first.Word("orderId")}/replace", new { price = "89.50", quantity = "1" });
        Assert.Equal((200, "89.5", "1"), ((int)replaced.Status, replaced.Word("price"), replaced.Word("quantity")));
        var cancelled = await steel.Delete($"/api/v1/orders/{first.Word("orderId")}");
        Assert.Equal("cancelled", cancelled.Word("status"));
        var gone = await steel.Delete($"/api/v1/orders/{first.Word("orderId")}");
        Assert.Equal((409, "UNKNOWN_ORDER"), ((int)gone.Status, gone.Word("code")));
    }

    [Fact]
    public async Task In_a_file_is_named_by_line_and_column_and_nothing_is_read_in()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "participant,amount,reference\nsteel,1.005,a\nnobody,abc,b\nsteel,1.00\n", TestContext.Current.CancellationToken);
        var (exit, said) = await Exchange.Run("import", "funds", file, "--data", one.Exchange.Folder);
        File.Delete(file);
        Assert.Equal(1, exit);
        Assert.Contains("line 2, column amount: TOO_MANY_DECIMALS", said, StringComparison.Ordinal);
        Assert.Contains("line 3, column participant: UNKNOWN_ACCOUNT", said, StringComparison.Ordinal);
        Assert.Contains("line 3, column amount: NOT_A_DECIMAL", said, StringComparison.Ordinal);
        Assert.Contains("line 4", said, StringComparison.Ordinal);
        var (verified, what) = await one.Exchange.Verify();
        Assert.True(verified == 0, what);
    }

    [Fact]
    public async Task To_a_second_server_on_the_same_data_is_one_clear_sentence()
    {
        var (exit, said) = await Exchange.Run("serve", "--data", one.Exchange.Folder, "--urls", "http://127.0.0.1:0");
        Assert.Equal(2, exit);
        Assert.Contains("another server already runs on the data", said, StringComparison.Ordinal);
        var (abroad, why) = await Exchange.Run("serve", "--data", one.Exchange.Folder, "--urls", "http://0.0.0.0:9", "--demo");
        Assert.Equal(2, abroad);
        Assert.Contains("loopback", why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Has_its_title_in_the_readers_language_and_openapi_is_3_1()
    {
        var steel = await Client.SignIn(one.Exchange, "steel");
        Assert.Equal("未找到", (await steel.Get("/api/v1/orders/1234567")).Word("title"));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/orders") { Headers = { AcceptLanguage = { new("en") } } };
        using var english = await one.Exchange.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Contains("not signed in", await english.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        var openApi = JsonNode.Parse(await one.Exchange.Http.GetStringAsync("/openapi/v1.json", TestContext.Current.CancellationToken))!;
        Assert.StartsWith("3.1", openApi["openapi"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.NotNull(openApi["paths"]!["/api/v1/orders"]);
    }

    private static FormUrlEncodedContent Form(string name) => new(new Dictionary<string, string>(StringComparer.Ordinal) { ["grant_type"] = "password", ["username"] = name, ["name"] = name, ["password"] = "demo" });

    private async Task Expect(HttpMethod method, string path, HttpContent? content, int status, string code, string? user = "steel")
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        var answer = await Send(request, user);
        Assert.True((status, code) == ((int)answer.Status, answer.Body?["code"]?.GetValue<string>()), $"{method} {path}: {(int)answer.Status} {answer.Text}");
    }

    private async Task<Answer> Send(string path, string body, string user = "steel")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        return await Send(request, user);
    }

    private async Task<Answer> Send(HttpRequestMessage request, string? user)
    {
        if (user is not null) request.Headers.Authorization = new("Bearer", (await Client.SignIn(one.Exchange, user)).Token);
        using var answer = await one.Exchange.Http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return new(answer.StatusCode, text.StartsWith('{') ? JsonNode.Parse(text) : null, text, answer.Content.Headers.ContentType?.ToString() ?? "");
    }

    private sealed record Answer(HttpStatusCode Status, JsonNode? Body, string Text, string ContentType)
    {
        public JsonNode this[string name] => Body?[name] ?? throw new InvalidOperationException($"no '{name}' in {(int)Status} {Text}");

        public string Word(string name) => this[name].GetValue<string>();
    }
}
