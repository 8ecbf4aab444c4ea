using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Trading.Matching.Tests.Replay.Examples;

/// <summary>Examples of what trades do to money and rights.</summary>
internal static partial class Translations
{
    private static void Wash(Example example, Play play)
    {
        play.Line("instrument", ("symbol", "X"), ("tick", "0.01"), ("lot", "0.001"), ("risk", "off"));
        foreach (var (account, controller) in example.Given["controller"]!.AsObject()) play.Line("account", ("account", account), ("group", Text(controller)));
        var orders = example.Given["orders"]!.AsArray().Select(o => play.Order(Text(o![0]), Text(o[1]), Text(o[3]), Text(o[2]))).ToList();
        var blocked = !play.Trades.Any() && orders.Any(o => play.Of(o, "cancelled").Any(c => (string)c["reason"]! == "self-trade"));
        play.Same("match", Text(example.Expect["match"]), blocked ? "BLOCKED_SELF_TRADE" : play.Trades.Any() ? "TRADED" : "NOTHING");
        foreach (var other in example.Expect.Where(e => e.Key != "match")) play.Elsewhere.Add(other.Key);
    }

    private static void Fee(Example example, Play play)
    {
        var amount = Text(example.Given["amount"]);
        play.Line("instrument", ("symbol", "X"), ("tick", "0.01"), ("lot", "1"), ("fee", Text(example.Given["fee_rate"])));
        play.Deposit("A", "X", "1");
        play.Deposit("B", "CNY", Plain(Dec(amount) * 2));
        play.Order("A", "sell", amount, "1");
        play.Order("B", "buy", amount, "1");
        var trade = play.Trades.Single();
        play.Same("buyer's fee", Text(example.Expect["fee_each_side"]), (string)trade["buy_fee"]!);
        play.Same("seller's fee", Text(example.Expect["fee_each_side"]), (string)trade["sell_fee"]!);
    }

    /// <summary>Each trade is made by two orders; on an instrument that waits for nobody it is delivered as it is made.</summary>
    private static void Delivery(Example example, Play play)
    {
        play.Line("instrument", ("symbol", "X"), ("tick", "0.01"), ("lot", "0.001"));
        foreach (var (account, cash) in example.Given["cash"]!.AsObject()) play.Deposit(account, "CNY", Text(cash));
        foreach (var (account, units) in example.Given["units"]!.AsObject()) play.Deposit(account, "X", Text(units));
        var trades = example.Given["trades"]!.AsArray();
        var lines = trades.Select(t =>
        {
            play.Order(Text(t![1]), "sell", Text(t[4]), Text(t[3]), Text(t[0]));
            return play.Order(Text(t[2]), "buy", Text(t[4]), Text(t[3]), Text(t[0]));
        }).ToList();
        var balances = play.Line("balances");
        foreach (var (account, cash) in example.Expect["cash"]!.AsObject()) play.Same($"cash of {account}", Text(cash), play.Balance(balances, account, "CNY"));
        foreach (var (account, units) in example.Expect["units"]!.AsObject()) play.Same($"units of {account}", Text(units), play.Balance(balances, account, "X"));
        play.Same("states", Texts(example.Expect["states"]), lines.Select(l => play.Of(l, "trade").Any() ? "SETTLED" : "NOTHING"));
    }

    /// <summary>Of two that come at once one comes first: both ways are played.</summary>
    private static void Race(Example example, Play play)
    {
        var asked = Texts(example.Given["parallel"]).Select(p => Use().Match(p)).Select(m => (What: m.Groups["what"].Value, Quantity: m.Groups["qty"].Value)).ToList();
        var ways = new[] { asked, Enumerable.Reverse(asked).ToList() }.Select((way, w) =>
        {
            var symbol = $"X{w}";
            play.Line("instrument", ("symbol", symbol), ("tick", "0.01"), ("lot", "1"));
            play.Deposit("A", symbol, Text(example.Given["available"]));
            var uses = way.Select((u, i) => u.What == "sell order"
                ? play.Order("A", "sell", "80", u.Quantity, $"{symbol}-{i}", symbol)
                : play.Line("withdraw", ("account", "A"), ("asset", symbol), ("amount", u.Quantity))).ToList();
            return (symbol, uses, balances: play.Line("balances", ("account", "A")));
        }).ToList();
        foreach (var (symbol, uses, balances) in ways)
        {
            var available = play.Balance(balances, "A", symbol);
            play.Same("successes", Text(example.Expect["successes"]), Plain(uses.Count(u => !play.Of(u, "rejected").Any())));
            play.Same("final_available", Text(example.Expect["final_available"]), available);
            play.Same("never_negative", Text(example.Expect["never_negative"]), Dec(available) < 0 ? "false" : "true");
        }
    }

    /// <summary>Rights of several years: money is price × quantity × years.</summary>
    private static void Amounts(Example example, Play play)
    {
        var trades = example.Given["trades"]!.AsArray();
        var balances = trades.Select((t, i) => Paid(play, $"X{i}", Text(t![1]), Text(t[2]), ("num", long.Parse(Text(t[3]), System.Globalization.CultureInfo.InvariantCulture)), ("den", 1))).ToList();
        play.Same("amounts", Texts(example.Expect["amounts"]).Select(a => Plain(Dec(a))), balances.Select((b, i) => play.Balance(b, $"S-X{i}", "CNY")));
    }

    private static void Prorated(Example example, Play play)
    {
        var balances = Paid(play, "X", Text(example.Given["qty_t_per_a"]), Text(example.Given["price_per_t_a"]), ("num", (long)example.Given["remaining_months"]!), ("den", 12));
        play.Same("amount", Text(example.Expect["amount"]), play.Balance(balances, "S-X", "CNY"));
        foreach (var other in example.Expect.Where(e => e.Key != "amount")) play.Elsewhere.Add(other.Key);
    }

    private static int Paid(Play play, string symbol, string quantity, string price, (string, object?) num, (string, object?) den)
    {
        play.Line("instrument", ("symbol", symbol), ("tick", "0.01"), ("lot", "0.001"), num, den);
        play.Deposit("S-" + symbol, symbol, quantity);
        play.Deposit("B-" + symbol, "CNY", "1000000000");
        play.Order("S-" + symbol, "sell", price, quantity, symbol: symbol);
        play.Order("B-" + symbol, "buy", price, quantity, symbol: symbol);
        return play.Line("balances");
    }

    [GeneratedRegex("^(?<what>sell order|transfer-out) (?<qty>[0-9.]+)$", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex Use();
}
