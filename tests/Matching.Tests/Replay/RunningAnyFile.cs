using System.Globalization;
using System.Text.Json.Nodes;
using Trading.Matching.Contracts;

namespace Trading.Matching.Tests.Replay;

/// <summary>Files that nobody would write, from a seed: whatever they ask, the events add up. Read from the events alone, so that it holds for any market.</summary>
public sealed class RunningAnyFile
{
    private const int Lines = 1_500;
    private static readonly string[] Rules = ["cancel-newest", "none", "cancel-oldest", "cancel-both", "decrement"];

    // Few ids, prices and accounts on purpose: collisions are where books break. Add the seed of every failure ever found.
    [Theory, InlineData(1), InlineData(2), InlineData(3), InlineData(4), InlineData(5), InlineData(6), InlineData(7), InlineData(8), InlineData(103), InlineData(20_261_125)]
    public void Writes_events_that_add_up(int seed)
    {
        var (lines, whole) = Draw(new Random(seed));
        var (output, malformed) = ReplayFile.Run(string.Join('\n', lines.Select(l => l.ToJsonString())));
        Assert.True(malformed is null, $"seed {seed}: {malformed}");
        Dictionary<string, decimal?> open = new(StringComparer.Ordinal);
        Dictionary<string, decimal> held = new(StringComparer.Ordinal);
        var trades = 0L;
        foreach (var ev in output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonNode.Parse(l)!.AsObject()))
        {
            var said = $"seed {seed}: {ev.ToJsonString()}";
            var name = $"{ev["account"]}/{ev["id"]}";
            switch ((string)ev["ev"]!)
            {
                case "accepted" when !ev.ContainsKey("repeat"):
                    Assert.True(open.GetValueOrDefault(name) is null, said);
                    open[name] = Value(lines[(int)ev["seq"]! - 1], "qty");
                    break;
                case "trade":
                    Assert.True((long)ev["n"]! == ++trades, said);
                    Fill(open, $"{ev["buyer"]}/{ev["buy"]}", Value(ev, "qty"), said);
                    Fill(open, $"{ev["seller"]}/{ev["sell"]}", Value(ev, "qty"), said);
                    break;
                case "replaced":
                    // What of the new total is filled the event does not say: from here on it is only known to have been.
                    Assert.True(open.Remove(name), said);
                    open[$"{ev["account"]}/{ev["new_id"]}"] = null;
                    break;
                case "decremented":
                    Assert.True(open.TryGetValue(name, out var before) && (before is null || before - Value(ev, "qty") == Value(ev, "left")), said);
                    open[name] = Value(ev, "left");
                    break;
                case "cancelled":
                    Assert.True(open.Remove(name, out var left) && (left is null || left == Value(ev, "qty")) && Value(ev, "qty") > 0, said);
                    break;
                case "triggered":
                    Assert.True(open.ContainsKey(name), said);
                    break;
                case "book":
                    Assert.True(ev["bids"]!.AsArray().Concat(ev["asks"]!.AsArray()).All(l => decimal.Parse((string)l![1]!, CultureInfo.InvariantCulture) > 0 && (int)l[2]! > 0), said);
                    break;
                case "balance":
                    Assert.True(Value(ev, "available") >= 0 && Value(ev, "locked") >= 0, said);
                    held[(string)ev["asset"]!] = held.GetValueOrDefault((string)ev["asset"]!) + Value(ev, "available");
                    if (whole.ContainsKey((string)ev["asset"]!)) Assert.True(Value(ev, "locked") == 0, said);
                    break;
            }
        }

        Assert.DoesNotContain(open.Values, left => left is not null);
        Assert.All(whole, w => Assert.Equal(w.Value, held[w.Key]));
        Assert.InRange(trades, 20, long.MaxValue);
    }

    private static void Fill(Dictionary<string, decimal?> open, string order, decimal lots, string said)
    {
        Assert.True(open.TryGetValue(order, out var left) && (left is null || left >= lots), said);
        if (left is null) return;
        if (left == lots) open.Remove(order);
        else open[order] = left - lots;
    }

    /// <returns>The lines, and of each right that none can leave how much there is.</returns>
    private static (List<JsonObject> Lines, Dictionary<string, decimal> Whole) Draw(Random chance)
    {
        List<JsonObject> lines = [];
        Dictionary<string, decimal> whole = new(StringComparer.Ordinal);
        List<(string Account, string Id)> lately = [("a0", "i0")];
        for (var i = 0; i < 5; i++)
        {
            var line = Line("instrument", ("symbol", $"S{i}"), ("tick", "0.5"), ("lot", "0.1"), ("risk", i == 0 ? "off" : "full"), ("stp", Rules[i]));
            if (i == 1) line["negative"] = true;
            else line["fee"] = "0.003";
            if (i is 2) line["conditional"] = true;
            if (i is 3) (line["t_plus"], line["levels"]) = (1, 2);
            if (i is not 0) (line["reference"], line["band"]) = ("20", "0.3");
            lines.Add(line);
            if (i != 2) whole[$"S{i}"] = 1_000;
        }

        for (var a = 0; a < 5; a++)
        {
            lines.Add(Line("deposit", ("account", $"a{a}"), ("asset", "CNY"), ("amount", "5000")));
            for (var i = 0; i < 5; i++) lines.Add(Line("deposit", ("account", $"a{a}"), ("asset", $"S{i}"), ("amount", "200")));
        }

        var time = 0;
        while (lines.Count < Lines)
        {
            var line = Any(chance, lately, time);
            if (chance.Next(3) == 0)
            {
                time += chance.Next(5);
                line["t"] = At(time);
            }

            if ((string)line["op"]! == "order") lately.Add(((string)line["account"]!, (string)line["id"]!));
            if (line.TryGetPropertyValue("new_id", out var id)) lately.Add(((string)line["account"]!, (string)id!));
            lines.Add(line);
            // Said twice now and then; and no phase but continuous lasts.
            if (chance.Next(12) == 0) lines.Add(line.DeepClone().AsObject());
            if ((string)line["op"]! == "phase") lines.Add(Line("phase", ("symbol", (string)line["symbol"]!), ("phase", "continuous")));
        }

        lines.Add(Line("cancel_all"));
        lines.Add(Line("balances"));
        return (lines, whole);
    }

    private static JsonObject Any(Random chance, List<(string Account, string Id)> lately, int time)
    {
        var (account, symbol, id) = ($"a{chance.Next(5)}", $"S{chance.Next(5)}", $"i{chance.Next(2_000)}");
        var (mine, its) = lately[^chance.Next(1, Math.Min(lately.Count, 12) + 1)];
        switch (chance.Next(100))
        {
            case < 55: return Order(chance, account, id, symbol, time);
            case < 75:
                var replace = Line("replace", ("account", mine), ("id", its));
                if (chance.Next(3) == 0) replace["price"] = Price(chance);
                if (chance.Next(3) == 0) replace["qty"] = Quantity(chance, 90);
                if (chance.Next(5) == 0) replace["stop"] = Price(chance);
                if (chance.Next(5) == 0) replace["display"] = Quantity(chance, 30);
                if (chance.Next(5) < 2) replace["new_id"] = id;
                return replace;
            case < 85: return Line("cancel", ("account", mine), ("id", its));
            case 85: return Line("cancel_all", ("account", account));
            case 86: return Line("cancel_all", ("symbol", symbol));
            case < 90: return chance.Next(3) == 0 ? Line("account", ("account", account)) : Line("account", ("account", account), ("group", chance.Next(2) == 0 ? "G" : "H"));
            case < 93:
                var outcome = Line(chance.Next(2) == 0 ? "settle" : "unwind", ("qty", Quantity(chance, 30)));
                outcome["n"] = chance.Next(1, 300);
                return outcome;
            case < 95: return Line("book", ("symbol", symbol));
            case 95: return Line("permit", ("account", account), ("symbol", symbol), ("limit", "300"));
            default: return Line("phase", ("symbol", symbol), ("phase", chance.Next(3) switch { 0 => "halt", 1 => "close", _ => "continuous" }));
        }
    }

    private static JsonObject Order(Random chance, string account, string id, string symbol, int time)
    {
        var order = Line("order", ("account", account), ("id", id), ("symbol", symbol), ("side", chance.Next(2) == 0 ? "buy" : "sell"), ("qty", Quantity(chance, 90)));
        var type = chance.Next(9) switch { 0 => "market", 1 => "stop", 2 => "stop-limit", _ => "limit" };
        order["type"] = type;
        if (type is "limit" or "stop-limit") order["price"] = Price(chance);
        if (type is "stop" or "stop-limit") order["stop"] = Price(chance);
        order["tif"] = chance.Next(6) switch { 0 => "gtc", 1 => "gtd", 2 => "ioc", 3 => "fok", _ => "day" };
        if ((string)order["tif"]! == "gtd") order["until"] = At(time + chance.Next(60));
        switch (chance.Next(20))
        {
            case < 3: order["display"] = Quantity(chance, 30); break;
            case < 5: order["min_qty"] = Quantity(chance, 50); break;
            case 5: order["aon"] = true; break;
            case 6: order["post_only"] = true; break;
        }

        if (chance.Next(5) == 0) order["stp"] = Rules[chance.Next(Rules.Length)];
        return order;
    }

    private static JsonObject Line(string op, params ReadOnlySpan<(string Field, string Value)> fields)
    {
        var line = new JsonObject { ["op"] = op };
        foreach (var (field, value) in fields) line[field] = value;
        return line;
    }

    private static string Price(Random chance) => (20 + (chance.Next(-4, 5) * 0.5m)).ToString(CultureInfo.InvariantCulture);

    private static string Quantity(Random chance, int most) => (chance.Next(1, most + 1) * 0.1m).ToString(CultureInfo.InvariantCulture);

    private static string At(int second) => string.Create(CultureInfo.InvariantCulture, $"2026-03-02T{9 + (second / 3600):00}:{second / 60 % 60:00}:{second % 60:00}Z");

    private static decimal Value(JsonObject of, string member) => decimal.Parse((string)of[member]!, CultureInfo.InvariantCulture);
}
