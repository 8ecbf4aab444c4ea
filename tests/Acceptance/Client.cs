using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Trading.Acceptance;

internal sealed record Reply(HttpStatusCode Status, JsonNode? Body, string Text)
{
    public JsonNode this[string name] => Body?[name] ?? throw new InvalidOperationException($"no '{name}' in {(int)Status} {Text}");

    public string Word(string name) => this[name].GetValue<string>();
}

/// <summary>One signed-in user of the public API. Knows addresses and words of API.md, and no rule.</summary>
internal sealed class Client(HttpClient http, string token)
{
    public const string Password = "demo";

    public string Token { get; } = token;

    public static async Task<Client> SignIn(Exchange exchange, string user, string password = Password)
    {
        using var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["grant_type"] = "password", ["username"] = user, ["password"] = password });
        using var answer = await exchange.Http.PostAsync("/connect/token", form);
        var text = await answer.Content.ReadAsStringAsync();
        if (!answer.IsSuccessStatusCode) throw new InvalidOperationException($"{user} could not sign in: {(int)answer.StatusCode} {text}");
        return new(exchange.Http, JsonNode.Parse(text)!["access_token"]!.GetValue<string>());
    }

    public Task<Reply> Get(string path) => Send(HttpMethod.Get, path, null);

    public Task<Reply> Post(string path, object? body = null) => Send(HttpMethod.Post, path, body);

    public Task<Reply> Delete(string path) => Send(HttpMethod.Delete, path, null);

    public async Task<Reply> Send(HttpMethod method, string path, object? body)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        if (body is not null) request.Content = body as HttpContent ?? JsonContent.Create(body);
        using var answer = await http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        JsonNode? json = null;
        if (answer.Content.Headers.ContentType?.MediaType?.EndsWith("json", StringComparison.Ordinal) == true && text.Length > 0) json = JsonNode.Parse(text);
        return new(answer.StatusCode, json, text);
    }

    public Task<Reply> Order(string id, string symbol, string side, string price, string quantity, string timeInForce = "day") =>
        Post("/api/v1/orders", new { clientOrderId = id, symbol, side, type = "limit", price, quantity, timeInForce });

    public async Task Earmark(string symbol, string quantity) => await Transferred(await Post("/api/v1/account/earmarks", new { symbol, quantity }));

    public async Task EarmarkMoney(string amount) => await Transferred(await Post("/api/v1/account/funds/earmarks", new { amount }));

    public async Task Release(string symbol, string quantity) => await Transferred(await Post("/api/v1/account/releases", new { symbol, quantity }));

    public async Task<Dictionary<string, decimal>> Holding(string symbol)
    {
        var all = await Get("/api/v1/account/holdings");
        var row = all["items"].AsArray().FirstOrDefault(h => h!["symbol"]!.GetValue<string>() == symbol);
        return Numbers(row, "total", "available", "inMarket", "pledged", "frozen", "awaitingConfirmation");
    }

    public async Task<Dictionary<string, decimal>> Funds() => Numbers((await Get("/api/v1/account/funds")).Body, "total", "available", "inMarket");

    /// <summary>Waits for a state that follows from the journal by itself.</summary>
    public static async Task<T> Eventually<T>(Func<Task<T>> look, Func<T, bool> there, Func<T, string> otherwise)
    {
        var watch = System.Diagnostics.Stopwatch.StartNew();
        while (true)
        {
            var seen = await look();
            if (there(seen)) return seen;
            if (watch.Elapsed > TimeSpan.FromSeconds(20)) throw new TimeoutException(otherwise(seen));
            await Task.Delay(TimeSpan.FromMilliseconds(50));
        }
    }

    public Task<Reply> Settled(string tradeId, string state) =>
        Eventually(() => Get($"/api/v1/account/settlements/{tradeId}"), r => r.Status == HttpStatusCode.OK && r.Word("state") == state, r => $"trade {tradeId} is not {state}: {r.Text}");

    private async Task Transferred(Reply reply)
    {
        if (reply.Status != HttpStatusCode.Accepted) throw new InvalidOperationException($"transfer: {(int)reply.Status} {reply.Text}");
        var id = reply.Word("transferId");
        var done = await Eventually(() => Get($"/api/v1/account/transfers/{id}"), r => r.Word("status") != "pending", r => $"transfer {id} still waits: {r.Text}");
        if (done.Word("status") != "done") throw new InvalidOperationException($"transfer {id}: {done.Text}");
    }

    private static Dictionary<string, decimal> Numbers(JsonNode? row, params string[] names) =>
        names.ToDictionary(n => n, n => row?[n] is { } value ? decimal.Parse(value.GetValue<string>(), System.Globalization.CultureInfo.InvariantCulture) : 0m, StringComparer.Ordinal);
}
