using System.Reflection;
using System.Text.RegularExpressions;

namespace Trading.Tidy;

/// <summary>What analyzers do not see.</summary>
public sealed partial class TheSource
{
    private static readonly string Root = Path.GetFullPath(typeof(TheSource).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "Root").Value!);

    public static TheoryData<string> Counted => new("src/Matching", "src/Registry", "src/Settlement", "src/Surveillance");

    [Theory, MemberData(nameof(Counted))]
    public void Has_no_floating_point_where_value_is_counted(string folder) => Assert.DoesNotContain(Lines(folder), line => Floating().IsMatch(line.Text));

    [Fact]
    public void Has_no_floating_point_on_the_page_either() =>
        Assert.DoesNotContain(Directory.EnumerateFiles(Path.Combine(Root, "src/Web"), "*.razor", SearchOption.AllDirectories).Concat(Files("src/Web")).SelectMany(File.ReadLines).Where(line => !line.TrimStart().StartsWith("//", StringComparison.Ordinal)), line => Floating().IsMatch(line));

    [Fact]
    public void Has_no_file_longer_than_a_person_reads() =>
        Assert.All(Files("src").Concat(Files("tests")), file => Assert.InRange(File.ReadLines(file).Count(), 0, 450));

    [Fact]
    public void Speaks_only_codes_that_the_page_has()
    {
        var spoken = Lines("src").SelectMany(l => Code().Matches(l.Text).Select(m => (Code: m.Groups["code"].Value, l.File))).ToList();
        Assert.NotEmpty(spoken);
        Assert.DoesNotContain(spoken, s => !Gateway.CodeBook.Entries.ContainsKey(s.Code));
    }

    [Fact]
    public void Has_a_row_for_each_refusal_of_the_market() =>
        Assert.All(Enum.GetValues<Matching.Core.Refusal>().Where(r => r != Matching.Core.Refusal.None), r => Assert.True(Gateway.CodeBook.Entries.ContainsKey(Matching.Contracts.MarketCodes.Of(r)), r.ToString()));

    [Fact]
    public void Says_every_code_in_chinese_and_in_english() => Assert.All(Gateway.CodeBook.Entries.Values, e =>
    {
        Assert.Matches(@"\p{IsCJKUnifiedIdeographs}", e.Zh);
        Assert.Matches("^[ -~]+$", e.En);
        Assert.InRange(e.Status, 200, 599);
    });

    [Fact]
    public void Names_in_the_glossary_exist()
    {
        var source = string.Join('\n', Files("src").Select(File.ReadAllText));
        var names = File.ReadLines(Path.Combine(Root, "docs/glossary.md")).Where(l => l.StartsWith("| ", StringComparison.Ordinal)).Skip(1)
            .SelectMany(l => Name().Matches(l.Split('|')[3]).Select(m => m.Groups["name"].Value));
        Assert.DoesNotContain(names, n => !source.Contains(n, StringComparison.Ordinal));
    }

    [Fact]
    public void Says_every_text_of_the_page_in_both_languages()
    {
        var (zh, en) = (Texts("zh-CN"), Texts("en"));
        Assert.Equal(zh.Keys.Order(StringComparer.Ordinal), en.Keys.Order(StringComparer.Ordinal));
        Assert.All(en, text => Assert.DoesNotMatch(@"\p{IsCJKUnifiedIdeographs}", text.Value));
        Assert.All(zh.Where(t => t.Value.Length > 12), text => Assert.Matches(@"\p{IsCJKUnifiedIdeographs}", text.Value));
        // A place for a value in one language is a place in the other.
        Assert.All(zh, text => Assert.Equal(Places().Matches(text.Value).Select(m => m.Value).Order(StringComparer.Ordinal), Places().Matches(en[text.Key]).Select(m => m.Value).Order(StringComparer.Ordinal)));
        var page = string.Join('\n', Directory.EnumerateFiles(Path.Combine(Root, "src/Web"), "*.razor", SearchOption.AllDirectories).Concat(Files("src/Web")).Select(File.ReadAllText));
        Assert.All(Asked().Matches(page).Select(m => m.Groups["key"].Value).Distinct(StringComparer.Ordinal), key => Assert.True(zh.ContainsKey(key), key));
    }

    // Fails where a reason has no text on the page, or no row in docs/codes.md.
    [Fact]
    public void Says_why_an_order_left_in_both_languages()
    {
        var (zh, en, codes) = (Texts("zh-CN"), Texts("en"), File.ReadAllText(Path.Combine(Root, "docs/codes.md")));
        Assert.All(Enum.GetValues<Matching.Core.CancelReason>().Where(r => r != Matching.Core.CancelReason.None).Select(Gateway.Orders.OrderDesk.Word), word =>
        {
            Assert.True(zh.ContainsKey("reason." + word) && en.ContainsKey("reason." + word), word);
            Assert.Contains($"\n| {word} | ", codes, StringComparison.Ordinal);
        });
    }

    private static Dictionary<string, string> Texts(string language) =>
        System.Text.Json.JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllText(Path.Combine(Root, "src/Web/Resources", language + ".json")))!;

    private sealed record Line(string File, int Number, string Text)
    {
        public override string ToString() => $"{File}:{Number}: {Text.Trim()}";
    }

    private static IEnumerable<string> Files(string folder) => Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
        .Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal));

    private static IEnumerable<Line> Lines(string folder) =>
        Files(folder).SelectMany(f => File.ReadLines(f).Select((text, i) => new Line(Path.GetRelativePath(Root, f), i + 1, text))).Where(l => !l.Text.TrimStart().StartsWith("//", StringComparison.Ordinal));

    [GeneratedRegex(@"\b(double|float|Half)\b", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex Floating();

    [GeneratedRegex(@"(Because|No|Problem|Wrong)\((""[a-zA-Z]+"", )?""(?<code>[A-Z][A-Z0-9]*(_[A-Z0-9]+)*)""", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex Code();

    [GeneratedRegex(@"\{[0-9]\}", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex Places();

    [GeneratedRegex(@"\b[Ww](ords)?\[""(?<key>[a-zA-Z.]*[a-zA-Z])""[\],]", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex Asked();

    [GeneratedRegex("`(?<name>[A-Za-z]+)`", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex Name();
}
