using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using NodaTime;
using Trading.Gateway.Certificates;
using Trading.Gateway.Papers;

namespace Trading.Gateway.Tests.Papers;

public sealed partial class PrintingAPaper
{
    public static TheoryData<string> Names => new("trade", "part", "busted", "holding", "statement");

    // Seen to fail with the unit printed as it is registered.
    [Theory, MemberData(nameof(Names))]
    public void Says_nothing_in_the_other_language(string name)
    {
        Assert.All(Make(name, Wording.English).Texts, text => Assert.DoesNotMatch(@"\p{IsCJKUnifiedIdeographs}", text));
        Assert.All(Make(name, Wording.Chinese).Texts.Where(t => t is not (Said.Address or "COD-TAIHU-2026" or "CEA-2025") && !Digest().IsMatch(t)), text => Assert.DoesNotMatch("[a-z]{2}|t/a|t/|CO2", text));
    }

    // Seen to fail with glyphs drawn without their text: 人 and 页 were then copied as the radicals that look like them.
    [Theory, MemberData(nameof(Names))]
    public async Task Can_be_copied_from_in_both_languages(string name)
    {
        foreach (var words in new[] { Wording.Chinese, Wording.English })
        {
            var paper = Make(name, words);
            var text = Blank().Replace(await Said.Text(Said.Print($"{name}-{words.Pick("zh", "en")}", paper)), "");
            // A small figure that the font lacks stands as a plain one.
            Assert.All(paper.Blocks.OfType<Block.Fields>().SelectMany(f => f.Items), item => Assert.Contains(Blank().Replace(item.Name + item.Value, "").Replace('₂', '2'), text, StringComparison.Ordinal));
            Assert.Contains(Blank().Replace(paper.Title, ""), text, StringComparison.Ordinal);
        }
    }

    // Seen to fail with the row lost that begins a page.
    [Fact]
    public async Task Runs_over_to_as_many_pages_as_it_needs_and_loses_no_line()
    {
        const int More = 400;
        var text = await Said.Text(Said.Print("long", StatementPaper.Of(Said.Day(More), Said.Textile, Said.Catalog, Wording.Chinese)));
        var pages = text.TrimEnd('\f', '\n').Split('\f');
        Assert.InRange(pages.Length, 5, 30);
        Assert.All(pages.Index(), page => Assert.Contains($"第 {page.Index + 1} 页，共 {pages.Length} 页", page.Item, StringComparison.Ordinal));
        var lines = Reference().Matches(text).Select(m => m.Value).ToList();
        Assert.Equal(Enumerable.Range(0, More).Select(n => $"R{n:0000}"), lines);
    }

    // Seen to fail with no column for what is being paid out.
    [Fact]
    public void States_a_total_that_is_the_sum_of_what_stands_beside_it()
    {
        var tables = StatementPaper.Of(Said.Day(), Said.Textile, Said.Catalog, Wording.English).Blocks.OfType<Block.Table>().ToList();
        Assert.Equal(2, tables.Count);
        string[] fees = [Wording.English["fee.trading"], Wording.English["fee.settlement"]];
        foreach (var table in tables)
        {
            // The fee is a part of what moved, not a place where it lies.
            var figures = table.Heads.Index().Where(h => h.Item.Number && !fees.Contains(h.Item.Text)).Select(h => h.Index).ToList();
            foreach (var line in table.Lines)
            {
                var cells = figures.ConvertAll(at => decimal.Parse(line.Cells[at], System.Globalization.CultureInfo.InvariantCulture));
                Assert.Equal(cells[^1], cells[..^1].Sum());
            }
        }
    }

    // Seen to fail with the folder that is named passed over.
    [Fact]
    public void Is_refused_where_no_font_has_what_it_says()
    {
        var nowhere = Directory.CreateTempSubdirectory("trading-no-fonts-");
        try
        {
            var press = new Press(new(new ConfigurationBuilder().AddInMemoryCollection([new("Fonts", nowhere.FullName)]).Build()));
            Assert.Equal("FONT_MISSING", Assert.Throws<RefusedException>(() => press.Print(Make("trade", Wording.Chinese))).Refused.Code);
        }
        finally
        {
            nowhere.Delete();
        }

        var strange = Make("trade", Wording.Chinese) with { Title = "证\U000F1234" };
        Assert.Equal(("FONT_MISSING", "\U000F1234"), Assert.Throws<RefusedException>(() => Said.Press.Print(strange)).Refused is var refused ? (refused.Code, refused.Values[0].Value) : default);
    }

    // Seen to fail with the digest taken of the number.
    [Fact]
    public void Carries_the_digest_of_its_facts_and_the_address_that_verifies_it()
    {
        var certificate = Said.OfTrade();
        var square = Make("trade", Wording.Chinese).Blocks.OfType<Block.Square>().Single();
        Assert.Equal(Said.Address, square.Address);
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(certificate.Text))), square.Items[^1].Value.Replace(" ", "", StringComparison.Ordinal));
        Assert.Equal(certificate.Facts, Facts.Read(certificate.Facts.Text()));
    }

    // Seen to fail with U in the alphabet.
    [Fact]
    public void Has_a_number_that_is_written_in_one_way()
    {
        var number = CertificateNumber.Of([.. Enumerable.Range(0, 16).Select(n => (byte)(n * 37 % 256))]);
        Assert.Matches("^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}$", number);
        Assert.True(CertificateNumber.Is(number));
        Assert.All(new[] { number[1..], number.ToLowerInvariant(), number.Replace('-', ' '), number + "-", "", "UUUU-UUUU-UUUU-UUUU" }, wrong => Assert.False(CertificateNumber.Is(wrong)));
    }

    private static Paper Make(string name, Wording words) => name switch
    {
        "trade" => CertificatePaper.Of(Said.OfTrade(), null, words, Said.Address),
        "part" => CertificatePaper.Of(Said.OfTrade("2000"), null, words, Said.Address),
        "busted" => CertificatePaper.Of(Said.OfTrade(), Said.Noon + Duration.FromDays(1), words, Said.Address),
        "holding" => CertificatePaper.Of(Said.OfHolding(), null, words, Said.Address),
        _ => StatementPaper.Of(Said.Day(), Said.Textile, Said.Catalog, words),
    };

    [GeneratedRegex(@"\s+", RegexOptions.None, 1_000)]
    private static partial Regex Blank();

    [GeneratedRegex(@"R\d{4}", RegexOptions.None, 1_000)]
    private static partial Regex Reference();

    [GeneratedRegex("^[0-9a-f ]{71}$", RegexOptions.None, 1_000)]
    private static partial Regex Digest();
}
