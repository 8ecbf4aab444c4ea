using System.Net;
using System.Text.RegularExpressions;

namespace Trading.Acceptance;

/// <summary>Without a demo there is nobody yet: one link, once good, makes who makes the others.</summary>
[Trait("layer", "acceptance")]
public sealed partial class TheFirstStart
{
    [Fact]
    public async Task Prints_a_link_that_makes_the_first_administrator_once()
    {
        await using var exchange = await Exchange.OpenEmpty();
        var stop = TestContext.Current.CancellationToken;
        var link = await Client.Eventually(() => Task.FromResult(Link().Match(exchange.Said)), m => m.Success, _ => exchange.Said);
        var path = new Uri(link.Value).AbsolutePath;
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>(StringComparer.Ordinal) { ["name"] = "chief", ["password"] = "a long enough one" });
        Assert.Equal(HttpStatusCode.OK, (await exchange.Http.GetAsync(path, stop)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await exchange.Http.PostAsync(path, form, stop)).StatusCode);
        using var again = new FormUrlEncodedContent(new Dictionary<string, string>(StringComparer.Ordinal) { ["name"] = "other", ["password"] = "a long enough one" });
        Assert.Equal(HttpStatusCode.NotFound, (await exchange.Http.PostAsync(path, again, stop)).StatusCode);
        var chief = await Client.SignIn(exchange, "chief", "a long enough one");
        Assert.Equal(HttpStatusCode.Created, (await chief.Post("/api/v1/users", new { name = "watch", role = "regulator", password = "another long one" })).Status);
        var watch = await Client.SignIn(exchange, "watch", "another long one");
        Assert.Equal(HttpStatusCode.OK, (await watch.Get("/api/v1/freezes")).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await watch.Post("/api/v1/users", new { name = "x", role = "regulator", password = "another long one" })).Status);
    }

    [GeneratedRegex("http://[^ ]+/setup/[0-9a-f]+", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex Link();
}
