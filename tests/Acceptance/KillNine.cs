using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Trading.Support;

namespace Trading.Acceptance;

/// <summary>
/// Many times kill -9, of the server, of PostgreSQL and of both, with orders in flight. This process writes down every acknowledgement it
/// hears; after the last start each must be there with its content, every trade settled once, and `verify` must find nothing.
/// </summary>
[Trait("layer", "acceptance")]
[Trait("faults", "yes")]
public sealed class KillNine
{
    private static readonly int Rounds = Faults.Rounds(usual: 9, all: 100);
    private const string Symbol = "CEA-2025";
    private static readonly string[] Traders = ["steel", "textile", "power"];

    private sealed record Acknowledged(string User, string ClientId, string OrderId, long Sequence, string Side, string Price, string Quantity);

    [Fact]
    public async Task Loses_nothing_that_was_acknowledged_and_settles_each_trade_once()
    {
        const int Seed = 20_261_124;
        var chance = new Random(Seed);
        var acknowledged = new ConcurrentBag<Acknowledged>();
        var (unknown, refused, orders) = (0, 0, 0);
        await using var exchange = await Exchange.Open();
        var clients = await SignIn(exchange);
        var price = decimal.Parse((await clients["steel"].Get($"/api/v1/instruments/{Symbol}")).Word("reference"), CultureInfo.InvariantCulture);
        foreach (var (_, client) in clients)
        {
            await client.Earmark(Symbol, "1000");
            await client.EarmarkMoney("100000.00");
        }

        for (var round = 1; round <= Rounds; round++)
        {
            using var over = new CancellationTokenSource();
            var flows = clients.Select((c, i) => Trade(c.Key, c.Value, round, Seed + (round * 10) + i, over.Token)).ToArray();
            await Task.Delay(TimeSpan.FromMilliseconds(300 + chance.Next(700)));
            var what = (round % 3) switch { 0 => "both", 1 => "server", _ => "postgres" };
            if (what != "server") exchange.KillPostgres();
            if (what == "postgres") await exchange.WaitForExit(TimeSpan.FromSeconds(30));
            else exchange.KillServer();
            await over.CancelAsync();
            await Task.WhenAll(flows);
            await exchange.StartAndStartAgain();
            clients = await SignIn(exchange);
            Console.WriteLine($"round {round,2} kill -9 {what,-8} acknowledged {acknowledged.Count,5}  unknown {unknown,3}  back after {exchange.StartTook.TotalSeconds:0.0} s");
        }

        var missing = new List<string>();
        foreach (var ack in acknowledged)
        {
            var there = await clients[ack.User].Get($"/api/v1/orders/{ack.OrderId}");
            if (there.Status != HttpStatusCode.OK || there["sequence"].GetValue<long>() != ack.Sequence || there.Word("clientOrderId") != ack.ClientId
                || there.Word("side") != ack.Side || Number(there.Word("price")) != Number(ack.Price) || Number(there.Word("quantity")) != Number(ack.Quantity))
                missing.Add($"{ack}: {there.Text}");
        }

        var settled = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (_, client) in clients)
        {
            var path = "/api/v1/account/settlements?limit=500";
            while (path.Length > 0)
            {
                var page = await client.Get(path);
                foreach (var trade in page["items"].AsArray()) settled[trade!["tradeId"]!.GetValue<string>()] = settled.GetValueOrDefault(trade["tradeId"]!.GetValue<string>()) + 1;
                path = page.Body!["next"] is JsonValue next ? $"/api/v1/account/settlements?limit=500&after={Uri.EscapeDataString(next.GetValue<string>())}" : "";
            }
        }

        var (exit, said) = await exchange.Verify();
        Console.WriteLine($"kill -9: {Rounds} rounds, seed {Seed}, {orders} orders sent, {acknowledged.Count} acknowledged, {refused} refused by the market, {unknown} of unknown outcome, " +
                          $"{missing.Count} missing, {settled.Count} trades settled, verify {exit}");
        Assert.Empty(missing);
        Assert.True(acknowledged.Count > Rounds * 10, "too little was in flight to show anything");
        Assert.NotEmpty(settled);
        Assert.All(settled.Values, seen => Assert.Equal(2, seen));
        Assert.True(exit == 0, said);

        async Task Trade(string user, Client client, int round, int seed, CancellationToken over)
        {
            var dice = new Random(seed);
            for (var n = 0; !over.IsCancellationRequested; n++)
            {
                var side = dice.Next(2) == 0 ? "buy" : "sell";
                var at = (price + (dice.Next(-3, 4) * 0.01m)).ToString(CultureInfo.InvariantCulture);
                var quantity = dice.Next(1, 6).ToString(CultureInfo.InvariantCulture);
                var id = $"k{round}-{n}";
                Interlocked.Increment(ref orders);
                try
                {
                    var reply = await client.Order(id, Symbol, side, at, quantity);
                    if (reply.Status != HttpStatusCode.Created) Interlocked.Increment(ref unknown);
                    else if (reply.Word("status") == "refused") Interlocked.Increment(ref refused);
                    else acknowledged.Add(new(user, id, reply.Word("orderId"), reply["sequence"].GetValue<long>(), side, at, quantity));
                }
                catch (Exception cut) when (cut is HttpRequestException or TaskCanceledException or IOException)
                {
                    Interlocked.Increment(ref unknown);
                    return;
                }
            }
        }
    }

    private static async Task<Dictionary<string, Client>> SignIn(Exchange exchange)
    {
        var clients = new Dictionary<string, Client>(StringComparer.Ordinal);
        foreach (var user in Traders) clients[user] = await Client.SignIn(exchange, user);
        return clients;
    }

    private static decimal Number(string text) => decimal.Parse(text, CultureInfo.InvariantCulture);
}
