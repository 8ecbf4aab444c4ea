using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Trading.Matching.Contracts;
using Trading.Matching.Core;

namespace Trading.Gateway.Bots;

/// <summary>One instrument's crowd at work: looks at the public book, lets <see cref="Crowd"/> decide, and does what was wished through the public API.</summary>
internal sealed class BotFloor(HttpClient http, JsonNode instrument, IReadOnlyList<BotClient> members, int seed)
{
    private const int StepsAMinute = 30;
    /// <summary>The first steps come close together, so that charts are not empty.</summary>
    private const int WarmSteps = 30;
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(20);

    private readonly Random chance = new(seed);
    private readonly List<Quote> quotes = [];
    private readonly Dictionary<int, TimeSpan> resting = [];
    private readonly System.Diagnostics.Stopwatch clock = System.Diagnostics.Stopwatch.StartNew();
    private readonly string symbol = instrument["symbol"]!.GetValue<string>();
    private readonly TradingUnit unit = new(Number(instrument["tick"]), Number(instrument["lot"]));
    private long number;

    public async Task Trade(CancellationToken stop)
    {
        var home = unit.Ticks(Number(instrument["reference"])) ?? 1;
        var (lower, upper) = (Limit("lowerLimit", Math.Max(1, home / 2)), Limit("upperLimit", home * 2));
        // A lot is worth what it is worth: a usual order is about eight thousand yuan.
        var lots = Math.Max(1, (long)(8_000m / Math.Max(0.01m, Number(instrument["reference"]) * unit.Lot)));
        var habits = new Habits(Math.Max(1, members.Count / 2), members.Count, Math.Max(1, home / 1_500), lots, lower, upper);
        var mood = Mood.Of(home, chance);
        var prepared = false;
        for (var step = 0; !stop.IsCancellationRequested; step++)
        {
            try
            {
                if (!prepared) await Prepare(stop);
                prepared = true;
                if (await Look(stop) is { } seen)
                {
                    foreach (var wish in Crowd.Decide(mood, habits, seen, quotes, chance)) await Do(wish, stop);
                }

                mood = mood.Next(home, lower, upper, chance);
                var pause = 60_000 / StepsAMinute;
                await Task.Delay(step < WarmSteps ? 250 + chance.Next(250) : pause + chance.Next(pause), stop);
            }
            catch (Exception busy) when (busy is BusyException or HttpRequestException or TaskCanceledException && !stop.IsCancellationRequested)
            {
                await Task.Delay(Rest, stop);
            }
        }
    }

    /// <summary>Half of what everyone has goes into the market; the rest stays with its owner.</summary>
    private async Task Prepare(CancellationToken stop)
    {
        foreach (var member in members)
        {
            await TopUp(member, stop);
        }
    }

    private async Task TopUp(BotClient member, CancellationToken stop)
    {
        var holdings = await member.Get("/api/v1/account/holdings", stop);
        foreach (var holding in holdings?["items"]?.AsArray() ?? [])
        {
            if (holding?["symbol"]?.GetValue<string>() != symbol) continue;
            var half = unit.Quantity((unit.Lots(Number(holding["available"])) ?? 0) / 2);
            if (half > 0) await member.Send(HttpMethod.Post, "/api/v1/account/earmarks", new { symbol, quantity = Json.Text(half) }, stop);
        }

        // One purse for every instrument: each floor moves a little of it.
        if ((await member.Get("/api/v1/account/funds", stop))?["available"] is { } free && decimal.Round(Number(free) / 6, 2, MidpointRounding.ToZero) is > 100 and var part)
            await member.Send(HttpMethod.Post, "/api/v1/account/funds/earmarks", new { amount = Json.Text(part) }, stop);
    }

    private async Task<Seen?> Look(CancellationToken stop)
    {
        using var answer = await http.GetAsync(new Uri($"/api/v1/instruments/{symbol}/book?depth=20", UriKind.Relative), stop);
        if ((int)answer.StatusCode >= 500) throw new BusyException(answer.StatusCode);
        if (!answer.IsSuccessStatusCode) return null;
        var book = JsonNode.Parse(await answer.Content.ReadAsStringAsync(stop))!;
        return book["phase"]?.GetValue<string>() == "continuous" ? new(Levels(book["bids"]), Levels(book["asks"])) : null;
    }

    private List<(long Ticks, long Lots)> Levels(JsonNode? levels) => [.. levels!.AsArray().Select(l => (unit.Ticks(Number(l![0])) ?? 0, unit.Lots(Number(l[1])) ?? 0))];

    private async Task Do(Wish wish, CancellationToken stop)
    {
        switch (wish)
        {
            case Wish.Withdraw { Quote: var quote }:
                quotes.Remove(quote);
                await members[quote.Trader].Send(HttpMethod.Delete, "/api/v1/orders/" + quote.OrderId, null, stop);
                break;
            case Wish.Order order when !(resting.TryGetValue(order.Trader, out var until) && until > clock.Elapsed):
                await Place(order, stop);
                break;
        }
    }

    private async Task Place(Wish.Order order, CancellationToken stop)
    {
        var member = members[order.Trader];
        var (status, body) = await member.Send(HttpMethod.Post, "/api/v1/orders", new
        {
            clientOrderId = string.Create(CultureInfo.InvariantCulture, $"bot-{clock.ElapsedTicks:x}-{++number}"), symbol, side = order.Side == Side.Buy ? "buy" : "sell", type = "limit",
            price = Json.Text(unit.Price(order.Ticks)), quantity = Json.Text(unit.Quantity(order.Lots)), timeInForce = order.AtOnce ? "ioc" : "day",
        }, stop);
        if (status != HttpStatusCode.Created || body is null) return;
        switch (body["status"]?.GetValue<string>())
        {
            case "open" or "partiallyFilled":
                quotes.Add(new(body["orderId"]!.GetValue<string>(), order.Trader, order.Side, order.Ticks));
                break;
            case "refused":
                // Out of money or of the right: more is brought, and the member rests meanwhile. Anything else: it rests.
                resting[order.Trader] = clock.Elapsed + Rest;
                if (body["code"]?.GetValue<string>() is "INSUFFICIENT_CASH" or "INSUFFICIENT_POSITION") await TopUp(member, stop);
                break;
        }
    }

    private long Limit(string name, long otherwise) => instrument[name] is { } limit ? unit.Ticks(Number(limit)) ?? otherwise : otherwise;

    private static decimal Number(JsonNode? text) => text is null ? 0 : decimal.Parse(text.GetValue<string>(), CultureInfo.InvariantCulture);
}
