using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Trading.Matching.Tests.Replay.Examples;

/// <summary>The rule book's examples (tests/Acceptance/examples.jsonl, or the file that EXAMPLES names) as markets in a file, by id.</summary>
public sealed partial class ExamplesOfTheRules(ITestOutputHelper said)
{
    [Fact]
    public void Pass_by_id()
    {
        var played = Example.All().Select(e => (e.Id, Play: Translations.Run(e))).ToList();
        var (others, ours) = (played.Where(p => p.Play is null).ToList(), played.Where(p => p.Play is not null).Select(p => (p.Id, Play: p.Play!)).ToList());
        foreach (var (id, play) in ours)
        {
            var elsewhere = play.Elsewhere.Count > 0 ? $"; elsewhere: {string.Join(", ", play.Elsewhere)}" : "";
            said.WriteLine($"{id,-14} {(play.Wrong.Count > 0 ? "WRONG " + string.Join("; ", play.Wrong) : $"{play.Compared} compared")}{elsewhere}");
        }

        said.WriteLine($"{ours.Count(p => p.Play is { Compared: > 0, Wrong.Count: 0 })} pass, {ours.Count(p => p.Play.Wrong.Count > 0)} wrong, {others.Count} are no orders");
        Assert.All(ours, p => Assert.True(p.Play.Compared > 0, $"{p.Id}: nothing was compared"));
        Assert.DoesNotContain(ours, p => p.Play.Wrong.Count > 0);
    }

    /// <summary>A translation that did not read what is given would go on passing when that changes.</summary>
    [Fact]
    public void Fail_when_a_given_number_is_another()
    {
        foreach (var example in Example.All())
        {
            if (Translations.Run(example) is not { Compared: > 0 }) continue;
            var places = Numbers(example.Given).Count();
            Assert.True(Enumerable.Range(0, places).Any(place => Differs(example, place)), $"{example.Id} passes whatever is given");
        }
    }

    private static bool Differs(Example example, int place)
    {
        var given = example.Given.DeepClone().AsObject();
        var (node, raised) = Numbers(given).ElementAt(place);
        node.ReplaceWith(raised);
        return Translations.Run(example with { Given = given }) is { Wrong.Count: > 0 };
    }

    /// <summary>Every number that is given, and the next one after it.</summary>
    private static IEnumerable<(JsonNode Node, JsonNode Raised)> Numbers(JsonNode node) => node switch
    {
        JsonObject members => members.ToList().Where(m => m.Value is not null).SelectMany(m => Numbers(m.Value!)),
        JsonArray items => items.ToList().Where(i => i is not null).SelectMany(i => Numbers(i!)),
        _ when node.GetValueKind() == System.Text.Json.JsonValueKind.Number => [(node, JsonValue.Create((long)node + 1))],
        _ when node.GetValueKind() == System.Text.Json.JsonValueKind.String && Decimal().IsMatch((string)node!) => [(node, JsonValue.Create(Decimal().Replace((string)node!, Raise, 1)))],
        _ => [],
    };

    private static string Raise(Match number)
    {
        var value = decimal.Parse(number.Value, CultureInfo.InvariantCulture);
        return (value + new decimal(1, 0, 0, false, value.Scale)).ToString(CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"(?<![A-Za-z0-9:.])[0-9]+(\.[0-9]+)?(?![0-9:A-Za-z])", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex Decimal();
}
