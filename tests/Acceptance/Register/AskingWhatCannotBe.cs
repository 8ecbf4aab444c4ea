using System.Text;
using System.Text.Json.Nodes;

namespace Trading.Acceptance.Register;

/// <summary>What no book can hold, and what nobody can mean, is refused where it is asked: with its code, and never as a fault of ours.</summary>
[Trait("layer", "acceptance")]
public sealed class AskingWhatCannotBe(OneExchange one) : IClassFixture<OneExchange>
{
    private const string Much = "999999999999999999999999999";

    [Theory]
    [InlineData("operator", "/transfers", """{"symbol":"CEA-2025","from":"steel","to":"power","quantity":"@","operation":"o","document":"d"}""", "OUT_OF_RANGE")]
    [InlineData("operator", "/transfers", """{"symbol":"COD-TAIHU-2026","from":"steel","to":"power","quantity":"@","operation":"o","document":"d"}""", "OUT_OF_RANGE")]
    [InlineData("operator", "/transfers", """{"symbol":"CEA-2025","from":"steel","to":"steel","quantity":"1","operation":"o","document":"d"}""", "SAME_ACCOUNT")]
    [InlineData("operator", "/holds", """{"participant":"steel","symbol":"COD-TAIHU-2026","quantity":"@","document":"d"}""", "OUT_OF_RANGE")]
    [InlineData("operator", "/compliance-debits", """{"participant":"steel","symbol":"COD-TAIHU-2026","quantity":"@","obligation":"x","document":"d"}""", "OUT_OF_RANGE")]
    [InlineData("operator", "/allocations", """{"plan":"p","symbol":"COD-TAIHU-2026","document":"d","lines":[{"participant":"textile","quantity":"@","basis":"free","years":"1"}]}""", "OUT_OF_RANGE")]
    [InlineData("operator", "/allocations", """{"plan":"p","symbol":"COD-TAIHU-2026","document":"d","lines":[null]}""", "FIELD_INVALID", "$.lines[0]")]
    [InlineData("operator", "/allocations", """{"plan":"","symbol":"COD-TAIHU-2026","document":"d","lines":[]}""", "OUT_OF_RANGE", "plan")]
    [InlineData("operator", "/corrections", """{"allocation":"1","shouldBe":"@","document":"d"}""", "OUT_OF_RANGE")]
    [InlineData("operator", "/corrections", """{"allocation":"1","shouldBe":"-1","document":"d"}""", "QTY_NOT_POSITIVE")]
    [InlineData("operator", "/allocations/1/buy-back", """{"quantity":"@","document":"d"}""", "OUT_OF_RANGE")]
    [InlineData("operator", "/allocations/1/buy-back", """{"quantity":"-0.5","document":"d"}""", "QTY_NOT_POSITIVE")]
    [InlineData("operator", "/leases", """{"symbol":"COD-TAIHU-2026","from":"textile","to":"paper","quantity":"@","through":"2030-01-01","document":"d"}""", "OUT_OF_RANGE")]
    [InlineData("textile", "/account/pledges", """{"symbol":"COD-TAIHU-2026","quantity":"@","pledgee":"power","contract":"c","value":"1","registration":"r"}""", "OUT_OF_RANGE")]
    [InlineData("operator", "/releases", """{"reserve":"steel","symbol":"COD-TAIHU-2026","quantity":"@","price":"1","document":"d"}""", "OUT_OF_RANGE")]
    [InlineData("operator", "/releases", """{"reserve":"steel","symbol":"COD-TAIHU-2026","quantity":"1","price":"@","document":"d"}""", "OUT_OF_RANGE")]
    [InlineData("operator", "/caps", """{"region":"320583","indicator":"COD","year":"2026","limit":"@","document":"d"}""", "OUT_OF_RANGE")]
    [InlineData("operator", "/caps", """{"region":"320583","indicator":"CODD","year":"2026","limit":"1","document":"d"}""", "FIELD_INVALID", "indicator")]
    [InlineData("operator", "/caps", """{"region":"320500","indicator":"COD","year":"2026","limit":"1","document":"d"}""", "FIELD_INVALID")]
    [InlineData("operator", "/usage", """{"participant":"textile","indicator":"COD","source":"s","readings":[null]}""", "FIELD_INVALID", "$.readings[0]")]
    [InlineData("operator", "/usage", """{"participant":"textile","indicator":"COD","source":"s","readings":[{"hour":"2026-01-01T00:00:00Z","quantity":"922337203685477.5807"}]}""", "OUT_OF_RANGE")]
    [InlineData("operator", "/usage", """{"participant":"textile","indicator":"COD","source":"s","readings":[{"hour":"0001-01-01T00:00:00Z","quantity":"1"}]}""", "OUT_OF_RANGE")]
    [InlineData("operator", "/usage", """{"participant":"textile","indicator":"COD","source":"s","readings":[{"hour":"1999-01-01T00:00:00Z","quantity":"1"}]}""", "OUT_OF_RANGE")]
    [InlineData("operator", "/usage", """{"participant":"textile","indicator":"CODD","source":"s","readings":[{"hour":"2026-01-01T00:00:00Z","quantity":"1"}]}""", "FIELD_INVALID", "indicator")]
    [InlineData("operator", "/usage", """{"participant":"textile","indicator":"COD","source":"","readings":[{"hour":"2026-01-01T00:00:00Z","quantity":"1"}]}""", "FIELD_MISSING", "source")]
    [InlineData("operator", "/rules/pollutant/tariffs/versions", """{"legalReference":"l","content":{"prices":[null]}}""", "FIELD_INVALID", "$.content.prices[0]")]
    [InlineData("operator", "/rules/common/shortfall/versions", """{"legalReference":"l","content":{"yuanPerUnit":"\ud800"}}""", "FIELD_INVALID", "$.content.yuanPerUnit")]
    [InlineData("operator", "/quotes/transfer", """{"seller":"textile","quantity":"1","price":"1","at":"9999-12-31T23:59:59Z"}""", "OUT_OF_RANGE")]
    [InlineData("operator", "/quotes/paid-use", """{"basin":"Taihu","sector":"paper","years":"1","quantities":[null]}""", "FIELD_INVALID", "$.quantities[0]")]
    [InlineData("operator", "/quotes/energy-use", """{"gross":"1","parts":[null]}""", "FIELD_INVALID", "$.parts[0]")]
    [InlineData("operator", "/holds", """{"participant":"steel\u0007","symbol":"x","quantity":"1","document":"d"}""", "TEXT_INVALID", "$.participant")]
    public async Task Is_refused_with_its_code_and_path(string user, string path, string body, string code, string? at = null)
    {
        var answer = await Send(user, HttpMethod.Post, path, body.Replace("@", Much, StringComparison.Ordinal));
        Assert.Equal(code, answer.Word("code"));
        if (at is not null) Assert.Equal(at, answer["values"]["path"]?.GetValue<string>());
    }

    [Theory]
    [InlineData("/caps?indicator=COD&at=-0001-01-01T00:00:00Z", "OUT_OF_RANGE")]
    [InlineData("/holdings?participant=steel&at=-0001-01-01T00:00:00Z", "OUT_OF_RANGE")]
    [InlineData("/participants/steel?at=-0001-01-01T00:00:00Z", "OUT_OF_RANGE")]
    [InlineData("/holdings", "FIELD_MISSING", "participant")]
    [InlineData("/pledges?participant=nosuch", "UNKNOWN_ACCOUNT")]
    public async Task Is_refused_when_it_is_read_too(string path, string code, string? at = null)
    {
        var answer = await Send("regulator", HttpMethod.Get, path, null);
        Assert.Equal(code, answer.Word("code"));
        if (at is not null) Assert.Equal(at, answer["values"]["path"]?.GetValue<string>());
    }

    [Fact]
    public async Task Behind_the_last_reading_there_is_none() =>
        Assert.Empty((await Send("regulator", HttpMethod.Get, "/usage?participant=textile&indicator=COD&after=99999999999999", null))["items"].AsArray());

    [Fact]
    public async Task What_was_compared_is_said_in_the_unit_of_the_right()
    {
        var most = await Send("operator", HttpMethod.Post, "/quotes/energy-use", """{"gross":"1.5","parts":[{"kind":"x","quantity":"2.25"}]}""");
        Assert.Equal(("1.5", "2.25"), (most["values"]["gross"]!.GetValue<string>(), most["values"]["part"]!.GetValue<string>()));
        var allocation = (await Send("operator", HttpMethod.Get, "/allocations?participant=textile&limit=500", null))["items"].AsArray().First(a => a!["symbol"]!.GetValue<string>() == "COD-TAIHU-2026")!;
        var back = await Send("operator", HttpMethod.Post, $"/allocations/{allocation["id"]}/buy-back", """{"quantity":"12345678.5","document":"d"}""");
        Assert.Equal(("ALLOCATION_STANDING", "12345678.5", allocation["standing"]!.GetValue<string>()), (back.Word("code"), back["values"]["quantity"]!.GetValue<string>(), back["values"]["standing"]!.GetValue<string>()));
    }

    private async Task<Reply> Send(string user, HttpMethod method, string path, string? body)
    {
        using var request = new HttpRequestMessage(method, "/api/v1" + path);
        request.Headers.Authorization = new("Bearer", (await Client.SignIn(one.Exchange, user)).Token);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await one.Exchange.Http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return new(answer.StatusCode, JsonNode.Parse(text), text);
    }
}
