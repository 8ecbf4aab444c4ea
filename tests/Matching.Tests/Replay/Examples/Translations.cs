using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Trading.Matching.Contracts;

namespace Trading.Matching.Tests.Replay.Examples;

/// <summary>
/// From an example to a replay file, and from its events back to what the example expects. Which translation fits is seen by what is given; none
/// knows an example's id, and none knows a rule.
/// </summary>
internal static partial class Translations
{
    /// <summary>Null: nothing that orders and trades could show.</summary>
    public static Play? Run(Example example)
    {
        var play = new Play();
        Action<Example, Play>? translation = example switch
        {
            _ when example.Gives("prev_close", "pct") => Roundings,
            _ when example.Gives("prev_close", "mode") || example.Gives("benchmark") => Band,
            _ when example.Gives("orders", "controller") => Wash,
            _ when example.Gives("orders") && example.Given["orders"] is JsonArray { Count: > 0 } orders && orders[0] is JsonObject => Sizes,
            _ when example.Gives("asks", "take") => Sweep,
            _ when example.Gives("start", "events") => Days,
            _ when example.Gives("order") => Funded,
            _ when example.Gives("sells", "incoming") => Rolling,
            _ when example.Gives("amount", "fee_rate") => Fee,
            _ when example.Gives("trades", "cash", "units") => Delivery,
            _ when example.Gives("available", "parallel") => Race,
            _ when example.Gives("trades") && example.Expect.ContainsKey("amounts") => Amounts,
            _ when example.Gives("price_per_t_a", "remaining_months") => Prorated,
            _ when example.Gives("sells", "buys") => Uncrossing,
            _ when example.Gives("listing", "takers") => Listing,
            _ when example.Gives("start_price", "end", "bids") => Steps,
            _ when example.Gives("supply", "bids") => Sale,
            _ when example.Gives("supply", "limit_pct") => Limited,
            _ when example.Gives("bids") && example.Expect.ContainsKey("guarantee_required") => Guarantee,
            _ => null,
        };
        translation?.Invoke(example, play);
        return translation is null ? null : play;
    }

    private static void Roundings(Example example, Play play)
    {
        var reference = Text(example.Given["prev_close"]);
        var unit = new TradingUnit(Dec(Step(reference)), 1);
        foreach (var (rounding, name) in new[] { (BandRounding.HalfUp, "half_up"), (BandRounding.Inward, "inward") })
        {
            var (lower, upper) = PriceBand.Of(unit.Ticks(Dec(reference))!.Value, Dec(Text(example.Given["pct"])), rounding);
            play.Same(name, Texts(example.Expect[name]).Select(t => Plain(Dec(t))), new[] { lower, upper }.Select(t => Plain(unit.Price(t))));
        }
    }

    private static void Band(Example example, Play play)
    {
        var product = Product.Of(example.Right);
        play.Line("instrument", ("symbol", "X"), ("tick", product.Tick), ("lot", product.Lot), ("risk", "off"), ("reference", Text(example.Given["prev_close"] ?? example.Given["benchmark"])), ("band", product.Band));
        var (lower, upper, tick) = (Dec(Text(example.Expect["lower"])), Dec(Text(example.Expect["upper"])), Dec(product.Tick));
        List<(string Price, string Answer)> asked = [(Plain(lower), "ACCEPT"), (Plain(upper), "ACCEPT"), (Plain(lower - tick), "REJECT_PRICE_BELOW_LIMIT"), (Plain(upper + tick), "REJECT_PRICE_ABOVE_LIMIT")];
        asked.AddRange(Texts(example.Expect["accept"]).Select(p => (p, "ACCEPT")));
        asked.AddRange((example.Expect["reject"] as JsonObject ?? []).Select(r => (r.Key, "REJECT_" + Text(r.Value))));
        var orders = asked.Select((a, i) => play.Order("A", "buy", a.Price, "1", $"o{i}")).ToList();
        for (var i = 0; i < asked.Count; i++) play.Same(asked[i].Price, asked[i].Answer, play.Answer(orders[i]));
        foreach (var other in example.Expect.Where(e => e.Key is not ("lower" or "upper" or "accept" or "reject"))) play.Elsewhere.Add(other.Key);
    }

    /// <summary>What is listed and what is agreed on in blocks are two instruments, each with its own gate.</summary>
    private static void Sizes(Example example, Play play)
    {
        var product = Product.Of(example.Right);
        var least = product.SizeMost is { } most ? Plain(Dec(most) + Dec(product.Lot)) : null;
        play.Line("instrument", ("symbol", "X"), ("tick", product.Tick), ("lot", product.Lot), ("risk", "off"), ("size_max", product.SizeMost));
        play.Line("instrument", ("symbol", "BLOCK"), ("tick", product.Tick), ("lot", product.Lot), ("risk", "off"), ("size_min", least));
        var lines = example.Given["orders"]!.AsArray().Select((o, i) => Text(o!["mode"]) == "listed"
            ? play.Order("A", "buy", "80", Text(o["qty"]), $"o{i}")
            : play.Line("propose", ("account", "A"), ("id", $"o{i}"), ("counterparty", "B"), ("symbol", "BLOCK"), ("side", "buy"), ("price", "80"), ("qty", Text(o["qty"])))).ToList();
        play.Same("results", Texts(example.Expect["results"]), lines.Select(play.Answer));
    }

    private static void Sweep(Example example, Play play)
    {
        var (product, take) = (Product.Of(example.Right), example.Given["take"]!);
        var asks = example.Given["asks"]!.AsArray().Select(a => (Name: Text(a![0]), Price: Text(a[1]), Quantity: Text(a[2]))).ToList();
        play.Line("instrument", ("symbol", "X"), ("tick", product.Tick), ("lot", product.Lot), ("levels", product.Levels));
        foreach (var (name, price, quantity) in asks)
        {
            play.Deposit(name, "X", quantity);
            play.Order(name, "sell", price, quantity);
        }

        play.Deposit("T", "CNY", "1000000000");
        var taken = play.Order("T", Text(take["side"]), Text(take["limit"]), Text(take["qty"]));
        var balances = play.Line("balances");
        var lefts = asks.Select(a => (a.Name, Line: play.Line("cancel", ("account", a.Name), ("id", a.Name)))).ToList();
        var unfilled = play.Line("cancel", ("account", "T"), ("id", "T"));
        play.Same("trades", Trades(example), play.Trades.Select(t => Trade((string)t["seller"]!, (string)t["qty"]!, (string)t["price"]!)));
        play.Same("unfilled", Text(example.Expect["unfilled"]), Left(play, unfilled));
        play.Same("amount", Text(example.Expect["amount"]), Plain(1_000_000_000 - Dec(play.Balance(balances, "T", "CNY")) - Dec(play.Balance(balances, "T", "CNY", "locked"))));
        foreach (var (key, left) in example.Expect.Where(e => e.Key.EndsWith("_left", StringComparison.Ordinal)))
            play.Same(key, Text(left), Left(play, lefts.Single(l => l.Name + "_left" == key).Line));
    }

    private static void Days(Example example, Play play)
    {
        var (product, start, asset) = (Product.Of(example.Right), example.Given["start"]!.AsObject(), example.Right);
        play.Line("instrument", ("symbol", asset), ("tick", product.Tick), ("lot", product.Lot), ("t_plus", product.TPlus));
        play.Deposit("A", "CNY", Text(start["cash"]));
        play.Deposit("A", asset, Text(start[asset.ToLowerInvariant()]));
        List<int> orders = [];
        foreach (var (i, said) in Texts(example.Given["events"]).Index())
        {
            var parts = Happening().Match(said);
            var (side, quantity, price) = (parts.Groups["side"].Value, parts.Groups["qty"].Value, parts.Groups["price"].Value);
            if (parts.Groups["filled"].Success)
            {
                play.Deposit($"other{i}", side == "buy" ? asset : "CNY", side == "buy" ? quantity : "1000000000");
                play.Order($"other{i}", side == "buy" ? "sell" : "buy", price, quantity, symbol: asset);
            }

            orders.Add(play.Order("A", side, price, quantity, $"o{i}", asset));
        }

        var balances = play.Line("balances");
        var sellable = Text(example.Expect["cea_sellable"]);
        var most = Dec(sellable) == 0 ? 0 : play.Order("A", "sell", "1000", sellable, "most", asset);
        var over = play.Order("A", "sell", "1000", "1", "over", asset);
        play.Same("second order", Text(example.Expect["second_order"]), play.Answer(orders[1]));
        play.Same("cash", Text(example.Expect["cash"]), play.Balance(balances, "A", "CNY"));
        play.Same("total", Text(example.Expect["cea_total"]), Plain(Dec(play.Balance(balances, "A", asset)) + Dec(play.Balance(balances, "A", asset, "locked"))));
        if (most > 0) play.Same("sellable", "ACCEPT", play.Answer(most));
        play.Same("not one more", "REJECT_T1_LOCKED", play.Answer(over));
    }

    /// <summary>One order of an account that has so much money, or so much of the right.</summary>
    private static void Funded(Example example, Play play)
    {
        var (product, order) = (Product.Of(example.Right), example.Given["order"]!.AsObject());
        play.Line("instrument", ("symbol", "X"), ("tick", product.Tick), ("lot", product.Lot), ("fee", Maybe(example.Given["fee_rate"])));
        if (Maybe(example.Given["cash"]) is { } cash) play.Deposit("A", "CNY", cash);
        if (Maybe(example.Given["trading_available"]) is { } right) play.Deposit("A", "X", right);
        var asked = play.Order("A", Text(order["side"]), Maybe(order["price"]), Text(order["qty"]));
        var moved = example.Expect.Where(e => e.Key.StartsWith("after_transfer_in_", StringComparison.Ordinal)).Select(e => (Quantity: e.Key.Split('_')[^1], After: e.Value!.AsObject())).ToList();
        var after = moved.Select(m => { play.Deposit("A", "X", m.Quantity); return play.Line("balances"); }).ToList();
        play.Same("order", Text(example.Expect["result"]), play.Answer(asked));
        foreach (var (i, (_, expected)) in moved.Index())
        {
            play.Same("trading_available", Text(expected["trading_available"]), play.Balance(after[i], "A", "X"));
            foreach (var other in expected.Where(e => e.Key != "trading_available")) play.Elsewhere.Add(other.Key);
        }
    }

    private static void Rolling(Example example, Play play)
    {
        var (product, incoming) = (Product.Of(example.Right), example.Given["incoming"]!);
        play.Line("instrument", ("symbol", "X"), ("tick", product.Tick), ("lot", product.Lot));
        var sells = example.Given["sells"]!.AsArray().Select(s => (Name: Text(s![0]), Time: Text(s[1]), Quantity: Text(s[2]), Price: Text(s[3]))).ToList();
        foreach (var (name, time, quantity, price) in sells.OrderBy(s => s.Time, StringComparer.Ordinal))
        {
            play.Deposit(name, "X", quantity);
            play.Order(name, "sell", price, quantity, t: $"2026-03-02T{time}Z");
        }

        var taker = Text(incoming[0]);
        play.Deposit(taker, "CNY", "1000000000");
        play.Order(taker, Text(incoming[2]), Text(incoming[4]), Text(incoming[3]), t: $"2026-03-02T{Text(incoming[1])}Z");
        var balances = play.Line("balances");
        var lefts = sells.Select(s => (s.Name, Line: play.Line("cancel", ("account", s.Name), ("id", s.Name)))).ToList();
        play.Same("trades", Trades(example), play.Trades.Select(t => Trade((string)t["seller"]!, (string)t["qty"]!, (string)t["price"]!)));
        play.Same("amount", Text(example.Expect["amount"]), Plain(1_000_000_000 - Dec(play.Balance(balances, taker, "CNY")) - Dec(play.Balance(balances, taker, "CNY", "locked"))));
        play.Same("left", example.Expect["left"]!.AsObject().Select(l => l.Key + "=" + Plain(Dec(Text(l.Value)))), lefts.Select(l => (l.Name, Left: Left(play, l.Line))).Where(l => l.Left != "0").Select(l => l.Name + "=" + l.Left));
    }

    [GeneratedRegex(@"^(?<side>buy|sell) (?<qty>[0-9.]+) @ (?<price>[0-9.]+)(?<filled> filled)?$", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex Happening();

    private static IEnumerable<string> Trades(Example example) => example.Expect["trades"]!.AsArray().Select(t => Trade(Text(t![0]), Text(t[1]), Text(t[2])));

    private static string Trade(string seller, string quantity, string price) => $"{seller}:{Plain(Dec(quantity))}@{Plain(Dec(price))}";

    private static string Left(Play play, int cancel) => (string?)play.Of(cancel, "cancelled").SingleOrDefault()?["qty"] ?? "0";

    private static string Step(string price) => Plain(new decimal(1, 0, 0, false, Dec(price).Scale));

    private static decimal Dec(string text) => decimal.Parse(text, CultureInfo.InvariantCulture);

    private static string Plain(decimal value) => (value / 1.0000000000000000000000000000m).ToString(CultureInfo.InvariantCulture);

    private static string? Maybe(JsonNode? node) => node is null ? null : Text(node);

    private static string Text(JsonNode? node) => node!.GetValueKind() == System.Text.Json.JsonValueKind.String ? (string)node! : node.ToJsonString();

    private static IEnumerable<string> Texts(JsonNode? node) => (node as JsonArray ?? []).Select(Text);
}
