namespace Trading.Acceptance;

[Trait("layer", "acceptance")]
public sealed class BotsOnAFullStore
{
    [Fact]
    public async Task Trade_again_after_a_restart()
    {
        await using var exchange = await Exchange.Open("--bots");
        await Trading(exchange);
        await exchange.Stop();
        await exchange.Start();
        await Trading(exchange);
        Assert.DoesNotContain("The bots rest", exchange.Said, StringComparison.Ordinal);
    }

    private static async Task Trading(Exchange exchange)
    {
        var steel = await Client.SignIn(exchange, "steel");
        async Task<long> Sequence() => (await steel.Get("/api/v1/instruments/CEA-2025/book"))["sequence"].GetValue<long>();
        var before = await Sequence();
        for (var tries = 0; tries < 6; tries++)
        {
            try
            {
                await Client.Eventually(Sequence, now => now > before, now => $"still at {now}: {exchange.Said}");
                return;
            }
            catch (TimeoutException) when (tries < 5)
            {
                // Some dozens of bots sign in first.
            }
        }
    }
}
