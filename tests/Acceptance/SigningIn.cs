using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Trading.Acceptance;

/// <summary>The ways in: by cookie for the page, by code with PKCE for programs, by an issuer that is not this server.</summary>
[Trait("layer", "acceptance")]
public sealed partial class SigningIn(SigningIn.AnExchange shared) : IClassFixture<SigningIn.AnExchange>
{
    private const string Verifier = "a-verifier-that-is-long-enough-for-rfc-7636-to-be-content";
    private const string Back = "http://127.0.0.1:49152/back";

    [Fact]
    public async Task By_cookie_is_out_of_reach_of_scripts_and_of_other_sites()
    {
        using var browser = new Browser(shared.Exchange.Address);
        var signedIn = await browser.SignIn("textile", "demo", "/orders");
        Assert.Equal((HttpStatusCode.Redirect, "/orders"), (signedIn.StatusCode, signedIn.Headers.Location?.ToString()));
        var cookie = signedIn.Headers.GetValues("Set-Cookie").Single(c => c.StartsWith("trading.session=", StringComparison.Ordinal));
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);
        var session = await browser.Session();
        Assert.Equal("textile", session["user"]!["name"]!.GetValue<string>());

        // The cookie alone reads and changes nothing; our own page's token changes; another's does not.
        Assert.Equal(HttpStatusCode.OK, (await browser.Http.GetAsync("/api/v1/account/funds")).StatusCode);
        Assert.Equal("ANTIFORGERY_TOKEN_INVALID", await Code(await browser.Earmark(null)));
        Assert.Equal("ANTIFORGERY_TOKEN_INVALID", await Code(await browser.Earmark("CfDJ8" + new string('x', 100))));
        var token = session["antiforgery"]!["token"]!.GetValue<string>();
        Assert.Equal(HttpStatusCode.Accepted, (await browser.Earmark(token)).StatusCode);
        using var other = new Browser(shared.Exchange.Address);
        await other.SignIn("steel", "demo");
        Assert.Equal("ANTIFORGERY_TOKEN_INVALID", await Code(await other.Earmark(token)));

        // A socket from another site is not opened for the cookie.
        using var foreign = new HttpRequestMessage(HttpMethod.Post, "/hubs/market/negotiate?negotiateVersion=1");
        foreign.Headers.Add("Origin", "https://elsewhere.example");
        Assert.Equal("ORIGIN_FORBIDDEN", await Code(await browser.Http.SendAsync(foreign)));

        using var out1 = new HttpRequestMessage(HttpMethod.Post, "/signout");
        out1.Headers.Add("X-CSRF-TOKEN", token);
        Assert.Equal(HttpStatusCode.NoContent, (await browser.Http.SendAsync(out1)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.Http.GetAsync("/api/v1/account/funds")).StatusCode);
    }

    [Fact]
    public async Task Is_locked_after_eight_failures_even_for_who_knows_the_password()
    {
        using var browser = new Browser(shared.Exchange.Address);
        for (var i = 0; i < 8; i++) Assert.Equal(HttpStatusCode.Unauthorized, (await browser.SignIn("suqian", "guess" + i)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.SignIn("suqian", "demo")).StatusCode);
        await Assert.ThrowsAsync<InvalidOperationException>(() => Client.SignIn(shared.Exchange, "suqian"));
    }

    [Fact]
    public async Task Leads_nowhere_but_home()
    {
        foreach (var elsewhere in (string[])["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "javascript:alert(1)"])
        {
            using var browser = new Browser(shared.Exchange.Address);
            Assert.Equal("/", (await browser.SignIn("steel", "demo", elsewhere)).Headers.Location?.ToString());
        }
    }

    [Fact]
    public async Task By_code_with_pkce_gives_a_token_once()
    {
        using var browser = new Browser(shared.Exchange.Address);
        var asked = await browser.Http.GetAsync(Authorize(Back));
        Assert.StartsWith("/signin?returnUrl=", asked.Headers.Location!.ToString(), StringComparison.Ordinal);
        await browser.SignIn("steel", "demo");
        async Task<string> NewCode() => Parameter((await browser.Http.GetAsync(Authorize(Back))).Headers.Location!, "code");
        var code = await NewCode();
        var first = await Redeem(code, Verifier);
        Assert.True(first.IsSuccessStatusCode, await first.Content.ReadAsStringAsync());
        var token = (await first.Content.ReadFromJsonAsync<JsonNode>())!["access_token"]!.GetValue<string>();
        using var orders = new HttpRequestMessage(HttpMethod.Get, "/api/v1/orders");
        orders.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        Assert.Equal(HttpStatusCode.OK, (await shared.Exchange.Http.SendAsync(orders)).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await Redeem(code, Verifier)).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await Redeem(await NewCode(), Verifier + "x")).StatusCode);
        // A challenge that is the verifier itself hides nothing.
        foreach (var plain in (string[])["code_challenge_method=plain", "x=y"])
            Assert.Equal(HttpStatusCode.BadRequest, (await browser.Http.GetAsync(Authorize(Back).Replace("code_challenge_method=S256", plain, StringComparison.Ordinal))).StatusCode);
        // Nobody else's address is answered.
        Assert.Equal(HttpStatusCode.BadRequest, (await browser.Http.GetAsync(Authorize("https://elsewhere.example/back"))).StatusCode);
    }

    [Fact]
    public async Task By_an_issuer_that_is_not_this_server()
    {
        await using var ours = await Exchange.OpenWith(new() { ["Oidc__Authority"] = shared.Exchange.Address.ToString(), ["Oidc__ClientId"] = "native" });
        using var here = new Browser(ours.Address);
        using var there = new Browser(shared.Exchange.Address);
        // Our server sends the person to the issuer; the issuer signs them in and sends them back with a code.
        var away = (await here.Http.GetAsync("/signin?returnUrl=/orders")).Headers.Location!;
        Assert.Equal(shared.Exchange.Address.Authority, away.Authority);
        await there.SignIn("textile", "demo");
        var back = (await there.Http.GetAsync(away)).Headers.Location!;
        Assert.Equal(ours.Address.Authority, back.Authority);
        var signedIn = await here.Http.GetAsync(back);
        Assert.Equal((HttpStatusCode.Redirect, "/orders"), (signedIn.StatusCode, signedIn.Headers.Location?.ToString()));
        Assert.Equal("textile", (await here.Session())["user"]!["name"]!.GetValue<string>());
        // Its tokens open our doors too, with our roles; our own issuer is not there.
        var issued = await Client.SignIn(shared.Exchange, "textile");
        using var orders = new HttpRequestMessage(HttpMethod.Get, "/api/v1/orders");
        orders.Headers.Authorization = new AuthenticationHeaderValue("Bearer", issued.Token);
        Assert.Equal(HttpStatusCode.OK, (await ours.Http.SendAsync(orders)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await ours.Http.PostAsync("/connect/token", null)).StatusCode);
    }

    private static string Authorize(string back) => "/connect/authorize?client_id=native&response_type=code&scope=openid&state=s&redirect_uri=" + Uri.EscapeDataString(back)
        + "&code_challenge_method=S256&code_challenge=" + Convert.ToBase64String(SHA256.HashData(Encoding.ASCII.GetBytes(Verifier))).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    private Task<HttpResponseMessage> Redeem(string code, string verifier) => shared.Exchange.Http.PostAsync("/connect/token", new FormUrlEncodedContent(new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["grant_type"] = "authorization_code", ["client_id"] = "native", ["code"] = code, ["redirect_uri"] = Back, ["code_verifier"] = verifier,
    }));

    private static string Parameter(Uri location, string name) => location.Query.TrimStart('?').Split('&').Select(p => p.Split('=', 2)).First(p => p[0] == name)[1] is var value ? Uri.UnescapeDataString(value) : "";

    private static async Task<string?> Code(HttpResponseMessage answer) => (await answer.Content.ReadFromJsonAsync<JsonNode>())?["code"]?.GetValue<string>();

    /// <summary>What a browser keeps between requests, without following where it is sent.</summary>
    private sealed partial class Browser : IDisposable
    {
        public Browser(Uri address) => Http = new(new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = new() }) { BaseAddress = address, Timeout = TimeSpan.FromSeconds(20) };

        public HttpClient Http { get; }

        public async Task<HttpResponseMessage> SignIn(string name, string password, string returnUrl = "/")
        {
            var form = await Http.GetStringAsync("/signin");
            return await Http.PostAsync("/signin", new FormUrlEncodedContent(new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["name"] = name, ["password"] = password, ["returnUrl"] = returnUrl, [Hidden().Match(form).Groups["name"].Value] = Hidden().Match(form).Groups["value"].Value,
            }));
        }

        public async Task<JsonNode> Session() => (await Http.GetFromJsonAsync<JsonNode>("/api/v1/session"))!;

        public Task<HttpResponseMessage> Earmark(string? token)
        {
            var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/account/funds/earmarks") { Content = JsonContent.Create(new { amount = "1.00" }) };
            if (token is not null) request.Headers.Add("X-CSRF-TOKEN", token);
            return Http.SendAsync(request);
        }

        public void Dispose() => Http.Dispose();

        [GeneratedRegex("""<input type="hidden" name="(?<name>__[^"]+)" value="(?<value>[^"]+)">""", RegexOptions.ExplicitCapture, 1_000)]
        private static partial Regex Hidden();
    }

    public sealed class AnExchange : IAsyncLifetime
    {
        internal Exchange Exchange { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Exchange = await Exchange.Open();

        public ValueTask DisposeAsync() => Exchange.DisposeAsync();
    }
}
