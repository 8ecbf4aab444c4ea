using System.Text.Json.Nodes;

namespace Trading.Matching.Tests.Replay.Examples;

/// <summary>Examples of calls, pairings, listings and sales.</summary>
internal static partial class Translations
{
    /// <summary>A book that gathers and is uncrossed: at one price, or each pair at its own.</summary>
    private static void Uncrossing(Example example, Play play)
    {
        var uniform = example.Expect.ContainsKey("clearing_price");
        play.Line("instrument", ("symbol", "X"), ("tick", "0.01"), ("lot", "0.001"), ("mode", uniform ? "call" : "highlow"), ("priority", "pro-rata"), ("price_rule", uniform ? "last-pair" : null));
        var all = ((string, string)[])[("sells", "sell"), ("buys", "buy")];
        foreach (var (side, name, quantity, price) in all.SelectMany(s => example.Given[s.Item1]!.AsArray().Select(o => (s.Item2, Text(o![0]), Text(o[1]), Text(o[2])))))
        {
            play.Deposit(name, side == "sell" ? "X" : "CNY", side == "sell" ? quantity : "1000000000");
            play.Order(name, side, price, quantity);
        }

        var uncross = play.Line("phase", ("symbol", "X"), ("phase", "uncross"));
        var lefts = all.SelectMany(s => example.Given[s.Item1]!.AsArray()).Select(o => Text(o![0])).Select(n => (Name: n, Line: play.Line("cancel", ("account", n), ("id", n)))).ToList();
        var trades = play.Trades.Select(t => (Buyer: (string)t["buyer"]!, Seller: (string)t["seller"]!, Quantity: Dec((string)t["qty"]!), Price: Dec((string)t["price"]!))).ToList();
        var (volume, amount) = (trades.Sum(t => t.Quantity), trades.Sum(t => t.Quantity * t.Price));
        var cleared = play.Of(uncross, "uncross").Single();
        foreach (var (key, expected) in example.Expect)
        {
            switch (key)
            {
                case "clearing_price": play.Same(key, Text(expected), (string)cleared["price"]!); break;
                case "volume": play.Same(key, Text(expected), (string)cleared["qty"]!); break;
                case "amount": play.Same(key, Text(expected), Plain(amount)); break;
                case "vwap": play.Same(key, Text(expected), Plain(amount / volume)); break;
                case "trades": play.Same(key, expected!.AsArray().Select(t => $"{t![0]}-{t[1]}:{Plain(Dec(Text(t[2])))}@{Plain(Dec(Text(t[3])))}"), trades.Select(t => $"{t.Buyer}-{t.Seller}:{Plain(t.Quantity)}@{Plain(t.Price)}")); break;
                case "sell_fills": Fills(key, expected!, trades.Select(t => (t.Seller, t.Quantity)), play); break;
                case "buy_fills": Fills(key, expected!, trades.Select(t => (t.Buyer, t.Quantity)), play); break;
                case "fills": Fills(key, expected!, trades.SelectMany(t => new[] { (t.Seller, t.Quantity), (t.Buyer, t.Quantity) }).Where(f => expected!.AsObject().ContainsKey(f.Item1)), play); break;
                case "unfilled": Fills(key, expected!, lefts.Select(l => (l.Name, Dec(Left(play, l.Line)))).Where(l => l.Item2 > 0), play); break;
                default: play.Elsewhere.Add(key); break;
            }
        }
    }

    private static void Fills(string what, JsonNode expected, IEnumerable<(string Name, decimal Quantity)> fills, Play play) =>
        play.Same(what, expected.AsObject().Select(f => $"{f.Key}={Plain(Dec(Text(f.Value)))}").Order(StringComparer.Ordinal),
            fills.GroupBy(f => f.Name, StringComparer.Ordinal).Select(f => $"{f.Key}={Plain(f.Sum(q => q.Quantity))}").Order(StringComparer.Ordinal));

    private static void Listing(Example example, Play play)
    {
        play.Line("instrument", ("symbol", "X"), ("tick", "0.01"), ("lot", "0.001"), ("mode", "listing"), ("priority", "pro-rata"));
        play.Deposit("L", "X", Text(example.Given["listing"]));
        play.Line("order", ("account", "L"), ("id", "l"), ("symbol", "X"), ("side", "sell"), ("price", "400"), ("qty", Text(example.Given["listing"])), ("listing", true));
        foreach (var taker in example.Given["takers"]!.AsArray())
        {
            play.Deposit(Text(taker![0]), "CNY", "1000000000");
            play.Line("take", ("account", Text(taker[0])), ("id", "t"), ("symbol", "X"), ("listing", "l"), ("qty", Text(taker[1])));
        }

        play.Line("phase", ("symbol", "X"), ("phase", "uncross"));
        Fills("fills", example.Expect["fills"]!, play.Trades.Select(t => ((string)t["buyer"]!, Dec((string)t["qty"]!))), play);
    }

    /// <summary>Prices rise in steps of whole yuan, of five in a hundred of the start at most (R-POL-10).</summary>
    private static void Steps(Example example, Play play)
    {
        var start = Text(example.Given["start_price"]);
        var most = Plain(decimal.Floor(Dec(start) * 0.05m));
        static string On(string time) => $"2026-03-02T{time}Z";
        play.Line("instrument", ("symbol", "X"), ("tick", "1"), ("lot", "1"), ("mode", "ascending"));
        play.Deposit("S", "X", "1");
        play.Line("auction", ("id", "sale"), ("symbol", "X"), ("seller", "S"), ("supply", "1"), ("reserve", start), ("max_step", most), ("until", On(Text(example.Given["end"]))), ("extend_seconds", (long)example.Given["extend_s"]!));
        var bids = example.Given["bids"]!.AsArray();
        foreach (var bidder in bids.Select(b => Text(b![1])).Distinct(StringComparer.Ordinal)) play.Deposit(bidder, "CNY", "1000000000");
        var lines = bids.Select((b, i) => play.Order(Text(b![1]), "buy", Text(b[2]), "1", $"b{i}", t: On(Text(b[0])))).ToList();
        play.Same("max_step", Text(example.Expect["max_step"]), most);
        play.Same("results", Texts(example.Expect["results"]), lines.Select(play.Answer));
        var end = lines.SelectMany(l => play.Of(l, "extended")).Select(e => (string)e["until"]!).LastOrDefault() ?? On(Text(example.Given["end"]));
        play.Same("new_end", On(Text(example.Expect["new_end"])), end);
    }

    private static void Sale(Example example, Play play)
    {
        var lastly = example.Given["bids"]!.AsArray().Select(b => (Name: Text(b![0]), Quantity: Text(b[1]), Price: Text(b[2]))).ToList();
        var uncross = Sealed(play, Text(example.Given["supply"]), lastly, ("reserve", Maybe(example.Given["reserve"])), ("undersubscribed", Maybe(example.Given["undersubscribed"]) switch { "SELL_AT_RESERVE" => "sell", "CANCEL" => "cancel", _ => null }));
        var result = play.Of(uncross, "auction").Single();
        var awards = result["winners"]!.AsArray().Select(w => (Name: (string)w![1]!, Quantity: Dec((string)w[2]!))).ToList();
        foreach (var (key, expected) in example.Expect)
        {
            switch (key)
            {
                case "clearing_price": play.Same(key, Text(expected), (string)result["price"]!); break;
                case "awards": Fills(key, expected!, awards, play); break;
                case "losers": play.Same(key, Texts(expected), lastly.Select(b => b.Name).Except(awards.Select(a => a.Name), StringComparer.Ordinal)); break;
                case "proceeds": play.Same(key, Text(expected), Plain(Dec((string)result["price"]!) * Dec((string)result["qty"]!))); break;
                case "bid_cover": play.Same(key, Text(expected), Plain(lastly.Sum(b => Dec(b.Quantity)) / Dec(Text(example.Given["supply"])))); break;
                case "unsold": play.Same(key, Text(expected), Plain(Dec(Text(example.Given["supply"])) - Dec((string)result["qty"]!))); break;
                default: play.Elsewhere.Add(key); break;
            }
        }
    }

    /// <summary>What is bid for above a bidder's part is cut: nobody else bids, and it gets no more.</summary>
    private static void Limited(Example example, Play play)
    {
        var part = Plain(Dec(Text(example.Given["limit_pct"])) / 100);
        var uncross = Sealed(play, Text(example.Given["supply"]), [("A", Text(example.Given["bid"]), "80")], ("bid_limit", part));
        play.Same("accepted", Text(example.Expect["accepted"]), (string)play.Of(uncross, "auction").Single()["qty"]!);
        foreach (var other in example.Expect.Where(e => e.Key != "accepted")) play.Elsewhere.Add(other.Key);
    }

    private static int Sealed(Play play, string supply, List<(string Name, string Quantity, string Price)> bids, params ReadOnlySpan<(string, object?)> terms)
    {
        play.Line("instrument", ("symbol", "X"), ("tick", "0.01"), ("lot", "1"), ("mode", "sealed"));
        play.Deposit("S", "X", supply);
        play.Line("auction", [("id", "sale"), ("symbol", "X"), ("seller", "S"), ("supply", supply), .. terms]);
        foreach (var (name, quantity, price) in bids)
        {
            play.Deposit(name, "CNY", "1000000000");
            play.Order(name, "buy", price, quantity);
        }

        return play.Line("phase", ("symbol", "X"), ("phase", "uncross"));
    }

    /// <summary>What a bidder's bids lock together.</summary>
    private static void Guarantee(Example example, Play play)
    {
        play.Line("instrument", ("symbol", "X"), ("tick", "0.01"), ("lot", "1"), ("mode", "sealed"));
        play.Deposit("S", "X", "1000000");
        play.Line("auction", ("id", "sale"), ("symbol", "X"), ("seller", "S"), ("supply", "1000000"));
        play.Deposit("A", "CNY", "1000000000");
        foreach (var (i, bid) in example.Given["bids"]!.AsArray().Index()) play.Order("A", "buy", Text(bid![1]), Text(bid[0]), $"b{i}");
        var balances = play.Line("balances", ("account", "A"));
        play.Same("guarantee", Text(example.Expect["guarantee_required"]), play.Balance(balances, "A", "CNY", "locked"));
    }
}
