using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Trading.Matching.Contracts;

namespace Trading.Matching.Tests.Replay.Examples;

/// <summary>An example of the rule book, as its file has it.</summary>
internal sealed record Example(string Id, string Right, JsonObject Given, JsonObject Expect)
{
    public static string File => Environment.GetEnvironmentVariable("EXAMPLES") is { Length: > 0 } named ? named : Path.Combine(Repository.Root, "tests/Acceptance/examples.jsonl");

    public static IReadOnlyList<Example> All() =>
        [.. System.IO.File.ReadLines(File).Where(l => l.Length > 0).Select(l => JsonNode.Parse(l)!.AsObject())
            .Select(e => new Example((string)e["id"]!, (string?)e["right"] ?? "ANY", e["given"]!.AsObject(), e["expect"]!.AsObject()))];

    public bool Gives(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (!Given.ContainsKey(name)) return false;
        }

        return true;
    }
}

/// <summary>A replay file in the making, what came of it, and what was compared.</summary>
internal sealed class Play
{
    private readonly List<string> lines = [];
    private List<JsonObject>? told;

    public List<string> Wrong { get; } = [];

    /// <summary>What the example expects of other parts of the house.</summary>
    public SortedSet<string> Elsewhere { get; } = new(StringComparer.Ordinal);

    public int Compared { get; private set; }

    /// <returns>The line's number.</returns>
    public int Line(string op, params ReadOnlySpan<(string Field, object? Value)> fields)
    {
        Assert.Null(told);
        var line = new JsonObject { ["op"] = op };
        foreach (var (field, value) in fields)
        {
            if (value is not null) line[field] = JsonValue.Create(value);
        }

        lines.Add(line.ToJsonString());
        return lines.Count;
    }

    public int Order(string account, string side, string? price, string quantity, string? id = null, string symbol = "X", string? t = null) =>
        Line("order", ("account", account), ("id", id ?? account), ("symbol", symbol), ("side", side), ("type", price is null ? "market" : null), ("price", price), ("qty", quantity), ("t", t));

    public int Deposit(string account, string asset, string amount) => decimal.Parse(amount, CultureInfo.InvariantCulture) == 0 ? 0 : Line("deposit", ("account", account), ("asset", asset), ("amount", amount));

    public IEnumerable<JsonObject> Of(int line, string? ev = null) => Told().Where(e => (int)e["seq"]! == line && (ev is null || (string)e["ev"]! == ev));

    public IEnumerable<JsonObject> Trades => Told().Where(e => (string)e["ev"]! == "trade");

    /// <summary>ACCEPT, or the code of the refusal.</summary>
    public string Answer(int line)
    {
        var first = Of(line).First(e => (string)e["ev"]! is "accepted" or "rejected");
        return (string)first["ev"]! == "accepted" ? "ACCEPT" : "REJECT_" + (string)first["code"]!;
    }

    public string Balance(int line, string account, string asset, string which = "available") =>
        (string?)Of(line, "balance").SingleOrDefault(b => (string)b["account"]! == account && (string)b["asset"]! == asset)?[which] ?? "0";

    /// <summary>Decimals are compared as numbers.</summary>
    public void Same(string what, string expected, string actual)
    {
        Compared++;
        if (Number(expected) is { } e && Number(actual) is { } a ? e != a : expected != actual) Wrong.Add($"{what}: expected {expected}, was {actual}");
    }

    public void Same(string what, IEnumerable<string> expected, IEnumerable<string> actual) => Same(what, string.Join(' ', expected), string.Join(' ', actual));

    private List<JsonObject> Told()
    {
        if (told is not null) return told;
        var (output, malformed) = ReplayFile.Run(string.Join('\n', lines));
        Assert.Null(malformed);
        told = [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonNode.Parse(l)!.AsObject())];
        return told;
    }

    private static decimal? Number(string text) => decimal.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : null;
}

/// <summary>What RULEBOOK.md sets as an instrument's parameters where the example does not give them.</summary>
internal sealed record Product(string Tick, string Lot, string? Band = null, int? Levels = null, string? SizeMost = null, int? TPlus = null)
{
    public static Product Of(string right) => right switch
    {
        "CEA" => new("0.01", "1", "0.10", 5, "99999", 1),
        "POWER" => new("0.01", "0.001", "0.20"),
        _ => new("0.01", "0.001"),
    };
}
