using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Trading.Acceptance;

/// <summary>Tokens that were good once, or are not ours: signed again with the server's own key, so that only the change is judged.</summary>
[Trait("layer", "acceptance")]
public sealed class Tokens(OneExchange one) : IClassFixture<OneExchange>
{
    [Fact]
    public async Task Signed_again_unchanged_are_taken() => Assert.Equal(HttpStatusCode.OK, await Use(await Changed(_ => { }, sign: true)));

    [Fact]
    public async Task Past_their_time_are_refused() => Assert.Equal(HttpStatusCode.Unauthorized, await Use(await Changed(claims =>
    {
        claims["iat"] = 1_700_000_000;
        claims["exp"] = 1_700_003_600;
    }, sign: true)));

    [Fact]
    public async Task With_an_edited_role_are_refused() => Assert.Equal(HttpStatusCode.Unauthorized, await Use(await Changed(claims => claims["role"] = "regulator", sign: false)));

    private async Task<string> Changed(Action<JsonNode> change, bool sign)
    {
        var parts = (await Client.SignIn(one.Exchange, "steel")).Token.Split('.');
        var claims = JsonNode.Parse(Base64Url.DecodeFromChars(parts[1]))!;
        change(claims);
        var unsigned = $"{parts[0]}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims.ToJsonString()))}";
        if (!sign) return $"{unsigned}.{parts[2]}";
        using var key = ECDsa.Create();
        key.ImportFromPem(await File.ReadAllTextAsync(Path.Combine(one.Exchange.Folder, "signing.pem"), TestContext.Current.CancellationToken));
        return $"{unsigned}.{Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(unsigned), HashAlgorithmName.SHA256))}";
    }

    private async Task<HttpStatusCode> Use(string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/account/funds") { Headers = { Authorization = new("Bearer", token) } };
        using var answer = await one.Exchange.Http.SendAsync(request, TestContext.Current.CancellationToken);
        return answer.StatusCode;
    }
}
