using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Trading.Matching.Contracts;

namespace Trading.Matching.Tests.Replay;

/// <summary>Each rule at its edge is a file with what it writes, byte for byte; docs/matching.md shows the same files.</summary>
public sealed partial class RunningAFile
{
    public static TheoryData<string> Names => [.. Repository.Names];

    public static TheoryData<string, string> Elsewhere => new()
    {
        { "tr-TR", "Europe/Istanbul" }, { "zh-CN", "Asia/Shanghai" }, { "ar", "America/St_Johns" }, { "de-DE", "Pacific/Apia" }, { "fa-IR", "Asia/Tehran" },
    };

    [Fact]
    public void Writes_what_the_format_shows()
    {
        const string Market = """
            {"op":"instrument","symbol":"COD-TAIHU-2026","tick":"1","lot":"0.001","risk":"off"}
            {"op":"order","account":"A","id":"s1","symbol":"COD-TAIHU-2026","side":"sell","price":"4500","qty":"2"}
            {"op":"order","account":"B","id":"b1","symbol":"COD-TAIHU-2026","side":"buy","price":"4600","qty":"1.5"}
            """;
        const string Events = """
            {"seq":2,"ev":"accepted","id":"s1","symbol":"COD-TAIHU-2026","account":"A"}
            {"seq":3,"ev":"accepted","id":"b1","symbol":"COD-TAIHU-2026","account":"B"}
            {"seq":3,"ev":"trade","n":1,"symbol":"COD-TAIHU-2026","price":"4500","qty":"1.5","buy":"b1","sell":"s1","buyer":"B","seller":"A","aggressor":"buy"}

            """;
        Assert.Equal((Events, null), ReplayFile.Run(Market));
    }

    [Theory, MemberData(nameof(Names))]
    public void Writes_what_its_rule_says(string name) => Assert.Equal((Repository.Out(name), null), ReplayFile.Run(Repository.In(name)));

    [Theory, MemberData(nameof(Elsewhere))]
    public void Writes_the_same_bytes_everywhere(string culture, string zone)
    {
        var (before, here) = (CultureInfo.CurrentCulture, Environment.GetEnvironmentVariable("TZ"));
        try
        {
            CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo(culture);
            Environment.SetEnvironmentVariable("TZ", zone);
            TimeZoneInfo.ClearCachedData();
            foreach (var name in Repository.Names) Assert.Equal((Repository.Out(name), null), ReplayFile.Run(Repository.In(name)));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
            Environment.SetEnvironmentVariable("TZ", here);
            TimeZoneInfo.ClearCachedData();
        }
    }

    /// <summary>A market is one line after another, however they arrive.</summary>
    [Theory, InlineData(1), InlineData(7), InlineData(1 << 20)]
    public void Reads_the_same_however_the_bytes_arrive(int atOnce)
    {
        foreach (var name in Repository.Names)
        {
            using var output = new MemoryStream();
            using var input = new Trickle(Encoding.UTF8.GetBytes(Repository.In(name).TrimEnd('\n').Replace("\n", "\r\n", StringComparison.Ordinal)), atOnce);
            Assert.Null(ReplayFile.Run(input, output));
            Assert.Equal(Repository.Out(name), Encoding.UTF8.GetString(output.ToArray()));
        }
    }

    [Fact]
    public void Takes_a_line_longer_than_its_buffer()
    {
        var name = new string('长', 200_000);
        var (output, malformed) = ReplayFile.Run($$"""{"op":"book","symbol":"{{name}}"}""" + "\n" + """{"op":"book","symbol":"X"}""");
        Assert.Null(malformed);
        Assert.Contains(name, output, StringComparison.Ordinal);
        Assert.Equal(2, output.Count(c => c == '\n'));
    }

    [Fact]
    public void Keeps_what_came_before_a_malformed_line()
    {
        var (output, malformed) = ReplayFile.Run(Repository.In("the-format") + "{\"op\":\"book\"}\n" + Repository.In("the-format"));
        Assert.Equal((Repository.Out("the-format"), new MalformedLine(4, 13, "book needs the field symbol")), (output, malformed));
    }

    [Theory]
    [InlineData("", 1, "not JSON: The input does not contain any JSON tokens. Expected the input to start with a valid JSON token, when isFinalBlock is true")]
    [InlineData("[]", 1, "a line is one JSON object")]
    [InlineData("""{"op":"book","symbol":"X"} {}""", 28, "not JSON")]
    [InlineData("""{"op":"book","symbol":"X",}""", 27, "not JSON")]
    [InlineData("""{"op":"book","symbol":'X'}""", 23, "not JSON")]
    [InlineData("""{"op":"book","symbol":"X\ud800"}""", 23, "not JSON: an escape that is no character")]
    [InlineData("""{"op":"buy"}""", 7, "unknown op")]
    [InlineData("""{"op":1}""", 7, "unknown op")]
    [InlineData("""{"symbol":"X"}""", 14, "the field op is missing")]
    [InlineData("""{"op":"book","symbol":"X","deep":1}""", 27, "unknown field deep")]
    [InlineData("""{"op":"book","symbol":"水","depth":1,"Depth":1}""", 37, "unknown field Depth")]
    [InlineData("""{"op":"book","symbol":"X","symbol":"X"}""", 27, "the field symbol stands twice")]
    [InlineData("""{"op":"book","symbol":"X","price":"1"}""", 35, "book has no field price")]
    [InlineData("""{"op":"cancel","account":"A"}""", 29, "cancel needs the field id")]
    [InlineData("""{"op":"book","symbol":5}""", 23, "symbol is a string")]
    [InlineData("""{"op":"book","symbol":null}""", 23, "symbol is a string, a number or a boolean")]
    [InlineData("""{"op":"book","symbol":["X"]}""", 23, "symbol is a string, a number or a boolean")]
    [InlineData("""{"op":"book","symbol":"X","depth":"1"}""", 35, "depth is an integer")]
    [InlineData("""{"op":"book","symbol":"X","depth":1.0}""", 35, "depth is an integer")]
    [InlineData("""{"op":"book","symbol":"X","depth":1e1}""", 35, "depth is an integer")]
    [InlineData("""{"op":"deposit","account":"A","asset":"CNY","amount":5}""", 54, "amount is a decimal string")]
    [InlineData("""{"op":"deposit","account":"A","asset":"CNY","amount":"+5"}""", 54, "amount is a decimal string")]
    [InlineData("""{"op":"deposit","account":"A","asset":"CNY","amount":"5."}""", 54, "amount is a decimal string")]
    [InlineData("""{"op":"deposit","account":"A","asset":"CNY","amount":".5"}""", 54, "amount is a decimal string")]
    [InlineData("""{"op":"deposit","account":"A","asset":"CNY","amount":"1e3"}""", 54, "amount is a decimal string")]
    [InlineData("""{"op":"deposit","account":"A","asset":"CNY","amount":"1,000"}""", 54, "amount is a decimal string")]
    [InlineData("""{"op":"deposit","account":"A","asset":"CNY","amount":"٥"}""", 54, "amount is a decimal string")]
    [InlineData("""{"op":"deposit","account":"A","asset":"CNY","amount":" 5"}""", 54, "amount is a decimal string")]
    [InlineData("""{"op":"phase","symbol":"X","phase":"open"}""", 36, "phase is one of: continuous, halt, close, call, uncross")]
    [InlineData("""{"op":"instrument","symbol":"X","tick":"1","lot":"1","negative":"true"}""", 65, "negative is true or false")]
    [InlineData("""{"op":"instrument","symbol":"X","tick":"1","lot":"1","num":1.5}""", 60, "num is an integer")]
    [InlineData("""{"op":"book","symbol":"X","t":"2026-02-29T09:00:00Z"}""", 31, "t is an ISO instant")]
    [InlineData("""{"op":"book","symbol":"X","t":"2026-03-02T09:00:00"}""", 31, "t is an ISO instant")]
    [InlineData("""{"op":"book","symbol":"X","t":"2026-03-02 09:00:00Z"}""", 31, "t is an ISO instant")]
    [InlineData("""{"op":"book","symbol":"X","t":"2026-03-02T24:00:00Z"}""", 31, "t is an ISO instant")]
    [InlineData("""{"op":"book","symbol":"X","t":"2026-03-02T07:59:59.999999Z"}""", 31, "time runs backwards")]
    [InlineData("""{"op":"book","symbol":"X","t":"2026-03-02T15:59:59+08:00"}""", 31, "time runs backwards")]
    public void Names_the_line_and_the_column_of_what_is_malformed(string line, int column, string what)
    {
        var (output, malformed) = ReplayFile.Run("""{"op":"book","symbol":"X","t":"2026-03-02T08:00:00Z"}""" + "\n" + line + "\n");
        Assert.NotNull(malformed);
        Assert.Equal((2L, column), (malformed.Line, malformed.Column));
        Assert.StartsWith(what, malformed.What, StringComparison.Ordinal);
        Assert.Single(output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void Names_the_first_byte_that_is_not_utf8()
    {
        using var input = new MemoryStream([.. "{\"op\":\"book\",\"symbol\":\"水"u8, 0xC3, (byte)'"', (byte)'}']);
        using var output = new MemoryStream();
        Assert.Equal(new MalformedLine(1, 25, "not UTF-8"), ReplayFile.Run(input, output));
    }

    [Fact]
    public void Is_what_the_page_of_the_rules_shows()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs/matching.md"));
        var shown = Block().Matches(page).Select(b => (Name: b.Groups["name"].Value, Side: b.Groups["side"].Value, Text: b.Groups["text"].Value)).ToList();
        Assert.Equal(Repository.Names.Order(StringComparer.Ordinal), shown.Where(b => b.Side == "in").Select(b => b.Name).Order(StringComparer.Ordinal));
        Assert.Equal(Repository.Names.Order(StringComparer.Ordinal), shown.Where(b => b.Side == "out").Select(b => b.Name).Order(StringComparer.Ordinal));
        Assert.All(shown, b => Assert.Equal(b.Side == "in" ? Repository.In(b.Name) : Repository.Out(b.Name), b.Text));
    }

    [GeneratedRegex(@"^```jsonl (?<side>in|out) (?<name>[a-z-]+)\n(?<text>.*?)^```$", RegexOptions.ExplicitCapture | RegexOptions.Multiline | RegexOptions.Singleline, 10_000)]
    private static partial Regex Block();

    private sealed class Trickle(byte[] bytes, int atOnce) : MemoryStream(bytes)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, atOnce));
    }
}
