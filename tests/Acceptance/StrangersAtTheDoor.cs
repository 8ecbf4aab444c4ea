using System.Collections.Concurrent;
using System.Globalization;
using System.Net;

namespace Trading.Acceptance;

/// <summary>Who is not let in must not stop those who are.</summary>
[Trait("layer", "acceptance")]
public sealed class StrangersAtTheDoor
{
    private const int Strangers = 200;

    [Fact]
    public async Task Cost_no_order_and_not_the_lease()
    {
        await using var exchange = await Exchange.Open();
        var stop = TestContext.Current.CancellationToken;
        var steel = await Client.SignIn(exchange, "steel");
        // More than can be sold one by one while the strangers knock: what is asked is whether orders are taken, not whether rights suffice.
        await steel.Earmark("CEA-2025", "50000");
        var acknowledged = new List<string>();
        using var over = new CancellationTokenSource();
        var trading = Task.Run(
            async () =>
            {
                for (var n = 0; !over.IsCancellationRequested || n < 10; n++)
                {
                    var order = await steel.Order($"busy-{n}", "CEA-2025", "sell", "90.00", "1");
                    Assert.True((order.Status, order.Word("status")) == (HttpStatusCode.Created, "open"), $"order {n}: {order.Body}");
                    acknowledged.Add(order.Word("orderId"));
                }
            },
            stop);
        var answers = new ConcurrentBag<(HttpStatusCode Status, TimeSpan? Again)>();
        for (var wave = 0; wave < 3; wave++)
        {
            await Task.WhenAll(Enumerable.Range(0, Strangers).Select(async i =>
            {
                // Names that are not there, one that is, and what every limiter by address believes.
                var name = i % 10 == 0 ? "textile" : $"nobody-{i}";
                using var request = new HttpRequestMessage(HttpMethod.Post, "/connect/token")
                {
                    Content = new FormUrlEncodedContent(new Dictionary<string, string>(StringComparer.Ordinal) { ["grant_type"] = "password", ["username"] = name, ["password"] = "guess" }),
                };
                request.Headers.Add("X-Forwarded-For", $"10.0.0.{i % 250}");
                using var answer = await exchange.Http.SendAsync(request, stop);
                answers.Add((answer.StatusCode, answer.Headers.RetryAfter?.Delta));
            }));
        }

        await over.CancelAsync();
        await trading;
        Console.WriteLine($"strangers: {string.Join(", ", answers.GroupBy(a => a.Status).Select(g => string.Create(CultureInfo.InvariantCulture, $"{g.Count()} × {(int)g.Key}")))}; {acknowledged.Count} orders meanwhile");
        Assert.Equal(3 * Strangers, answers.Count);
        Assert.All(answers, a => Assert.True(a.Status is HttpStatusCode.BadRequest or HttpStatusCode.Unauthorized or HttpStatusCode.TooManyRequests, a.Status.ToString()));
        Assert.Contains(answers, a => a.Status == HttpStatusCode.TooManyRequests);
        Assert.All(answers.Where(a => a.Status == HttpStatusCode.TooManyRequests), a => Assert.NotNull(a.Again));
        Assert.False(exchange.HasExited, exchange.Said);
        Assert.Equal(HttpStatusCode.OK, (await exchange.Http.GetAsync("/health/ready", stop)).StatusCode);
        foreach (var id in acknowledged) Assert.Equal("open", (await steel.Get($"/api/v1/orders/{id}")).Word("status"));
        Assert.DoesNotContain("lease", exchange.Said, StringComparison.OrdinalIgnoreCase);
        // And who has a key is let in again at once.
        Assert.NotEmpty((await Client.SignIn(exchange, "power")).Token);
    }
}
