using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Trading.Support;

namespace Trading.Acceptance.Register;

/// <summary>
/// The rule book's examples of rights, quotas, register, credit, law and settlement (examples.jsonl here, or the file that EXAMPLES names), by id and through the public
/// face of a running server. The adapter translates what is given into calls and what comes back into the words of the example; it holds no rule.
/// </summary>
[Trait("layer", "acceptance")]
public sealed partial class WorkedExamples(OneExchange one) : IClassFixture<OneExchange>
{
    private static readonly string[] Prefixes = ["POL-", "ENE-", "REG-", "CRED-", "LAW-", "SET-"];

    [Fact]
    public async Task Pass_by_id()
    {
        var scene = await Scene.Open(one.Exchange);
        var (wrong, passed) = (new List<string>(), 0);
        foreach (var (id, given, expected) in All())
        {
            var got = await Translations.Run(id, given, scene);
            if (Differences(expected, got, "").ToList() is { Count: > 0 } differences) wrong.Add($"{id}: {string.Join("; ", differences)}");
            else passed++;
        }

        Console.WriteLine($"worked examples of the register: {passed} pass, {wrong.Count} wrong");
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    /// <summary>A translation that did not read what is given would go on passing when that changes. On every change a third of the numbers, taken in turn; all of them when asked for.</summary>
    [Fact]
    [Trait("faults", "yes")]
    public async Task Come_out_otherwise_when_a_given_number_is_another()
    {
        var scene = await Scene.Open(one.Exchange);
        var deaf = new List<string>();
        var every = Faults.Rounds(usual: 3, all: 1);
        foreach (var (turn, (id, given, expected)) in All().Index())
        {
            Translations.Shorten(id, given, expected);
            var places = Numbers(given, "").Select(n => n.Path).ToList();
            foreach (var (place, path) in places.Index())
            {
                if ((place + turn) % every != 0 || Translations.WhyNot(id, path) is not null) continue;
                var heard = false;
                foreach (var change in (Func<decimal, decimal>[])[v => v * 2, v => Math.Floor(v / 2), v => v + 1])
                {
                    var other = given.DeepClone().AsObject();
                    var (node, _) = Numbers(other, "").ElementAt(place);
                    node.ReplaceWith(Changed(node, change));
                    if (Differences(expected, await Translations.Run(id, other, scene), "").Any())
                    {
                        heard = true;
                        break;
                    }
                }

                if (!heard) deaf.Add($"{id} {path}");
            }
        }

        Assert.True(deaf.Count == 0, "comes out the same whatever is given: " + string.Join(", ", deaf));
    }

    public static JsonObject GivenOf(string id) => All().First(e => e.Id == id).Given;

    private static IEnumerable<(string Id, JsonObject Given, JsonObject Expected)> All()
    {
        var root = typeof(WorkedExamples).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "Root").Value!;
        var file = Environment.GetEnvironmentVariable("EXAMPLES") is { Length: > 0 } named ? named : Path.Combine(root, "tests/Acceptance/examples.jsonl");
        foreach (var line in File.ReadLines(file).Where(l => l.Length > 0))
        {
            var example = JsonNode.Parse(line)!.AsObject();
            if (example["id"]!.GetValue<string>() is { } id && Prefixes.Any(p => id.StartsWith(p, StringComparison.Ordinal))) yield return (id, example["given"]!.AsObject(), example["expect"]!.AsObject());
        }
    }

    /// <summary>Numbers are compared as numbers, however they are written.</summary>
    private static IEnumerable<string> Differences(JsonNode? expected, JsonNode? got, string path)
    {
        if (expected is JsonObject members)
        {
            foreach (var (name, value) in members)
            {
                foreach (var difference in Differences(value, (got as JsonObject)?[name], path + "." + name)) yield return difference;
            }
        }
        else if (expected is JsonArray items)
        {
            if ((got as JsonArray)?.Count != items.Count) yield return $"{path}: {items.ToJsonString()} is not {got?.ToJsonString() ?? "there"}";
            else
            {
                for (var i = 0; i < items.Count; i++)
                {
                    foreach (var difference in Differences(items[i], got![i], $"{path}[{i}]")) yield return difference;
                }
            }
        }
        else if (Plain(expected) != Plain(got))
        {
            yield return $"{path}: expected {Plain(expected)}, got {Plain(got)}";
        }
    }

    private static string Plain(JsonNode? node)
    {
        var text = node is null ? "nothing" : node.GetValueKind() == JsonValueKind.String ? node.GetValue<string>() : node.ToJsonString();
        return decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) ? (number / 1.000000000000m).ToString(CultureInfo.InvariantCulture) : text;
    }

    private static IEnumerable<(JsonNode Node, string Path)> Numbers(JsonNode node, string path) => node switch
    {
        JsonObject members => members.ToList().Where(m => m.Value is not null).SelectMany(m => Numbers(m.Value!, path + "." + m.Key)),
        JsonArray items => items.ToList().Select((item, i) => (item, i)).Where(i => i.item is not null).SelectMany(i => Numbers(i.item!, $"{path}[{i.i}]")),
        _ when node.GetValueKind() == JsonValueKind.Number || (node.GetValueKind() == JsonValueKind.String && Decimal().IsMatch(node.GetValue<string>())) => [(node, path)],
        _ => [],
    };

    private static JsonNode Changed(JsonNode node, Func<decimal, decimal> change) => node.GetValueKind() == JsonValueKind.Number
        ? JsonValue.Create((long)change(node.GetValue<decimal>()))
        : JsonValue.Create(change(decimal.Parse(node.GetValue<string>(), CultureInfo.InvariantCulture)).ToString(CultureInfo.InvariantCulture));

    [GeneratedRegex(@"^-?[0-9]+(\.[0-9]+)?\z", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex Decimal();
}
