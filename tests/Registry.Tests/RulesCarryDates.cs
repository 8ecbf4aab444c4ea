using System.Text.Json;
using NodaTime;
using Trading.Registry.Contracts;
using Trading.Registry.Policies.Common;
using Trading.Registry.Policies.Pollutant;
using Trading.Registry.Rules;

namespace Trading.Registry.Tests;

/// <summary>A command is judged by the version in force at its instant.</summary>
public sealed class RulesCarryDates
{
    private static readonly Instant Monday = Instant.FromUtc(2026, 3, 2, 0, 0);
    private static readonly Instant Tuesday = Monday + Duration.FromDays(1);

    // Fails where At takes the last version, or one that takes effect later.
    [Fact]
    public void Yesterdays_command_is_judged_by_yesterdays_figure()
    {
        var book = new RuleBook([Tariff(1, Monday, 11_000), Tariff(2, Tuesday, 12_000)]);
        Assert.Equal("RULE_MISSING", Fee(book, Monday - Duration.FromSeconds(1)).Refused?.Code);
        Assert.Equal(13_750_000, Fee(book, Monday).Value![0].Fen);
        Assert.Equal(13_750_000, Fee(book, Tuesday - Duration.Epsilon).Value![0].Fen);
        Assert.Equal(15_000_000, Fee(book, Tuesday).Value![0].Fen);
    }

    [Fact]
    public void A_change_takes_effect_from_its_approval_or_later_and_never_before()
    {
        var book = new RuleBook([Tariff(1, Monday, 11_000)]);
        Assert.Equal(Tuesday, ChangeRule.Decide(book, Asked(null), "文号", Tuesday).Events[0].EffectiveFrom);
        Assert.Equal("RULE_RETROACTIVE", ChangeRule.Decide(book, Asked(Monday), "文号", Tuesday).Refused?.Code);
    }

    // Fails where a version planned for the end of time refuses every later one.
    [Fact]
    public void A_version_that_is_not_yet_in_force_gives_way_to_a_later_one()
    {
        var never = Instant.FromUtc(9999, 12, 31, 0, 0);
        var planned = new RuleBook([Tariff(1, Monday, 11_000), Tariff(2, never, 99_000)]);
        var changed = ChangeRule.Decide(planned, Asked(null), "文号", Tuesday).Events[0];
        Assert.Equal((3, Tuesday), (changed.Version, changed.EffectiveFrom));
        Assert.Equal(3, ChangeRule.Decide(planned, Asked(never), "文号", Tuesday).Events[0].Version);
        var book = new RuleBook([.. planned.Versions("pollutant/tariffs"), Tariff(3, Tuesday, 12_000)]);
        Assert.Equal([1, 3, 3], ((Instant[])[Monday, Tuesday, never]).Select(at => book.At("pollutant/tariffs", at)!.Version));
    }

    // Fails with null let into a list.
    [Theory]
    [InlineData("""{"prices":[null]}""", "$.prices[0]")]
    [InlineData("""{"prices":[{"basin":"Taihu","indicator":"TP","sectors":["paper",null],"yuanPerTonneYear":"1"}]}""", "$.prices[0].sectors[1]")]
    [InlineData("""{"prices":[{"basin":"Taihu","indicator":"TP","sectors":["paper"],"yuanPerTonneYear":"\ud800"}]}""", "$.prices[0].yuanPerTonneYear")]
    [InlineData("""{"prices":[{"basin":"Taihu","indicator":"TP","sectors":["paper"],"yuanPerTonneYear":"x"}]}""", "$.prices[0].yuanPerTonneYear")]
    [InlineData("""{"prices":[],"more":1}""", "$.more")]
    [InlineData("""{}""", "$.prices")]
    public void A_content_is_refused_by_its_path_and_by_no_word_of_the_machine(string content, string path)
    {
        var refused = ChangeRule.Decide(RuleBook.Empty, new("pollutant/tariffs", null, JsonDocument.Parse(content).RootElement), "文号", Tuesday).Refused!;
        Assert.Equal(("FIELD_INVALID", $"path={path}"), (refused.Code, string.Join(' ', refused.Values.Select(v => $"{v.Key}={v.Value}"))));
    }

    [Theory]
    [InlineData("""{"prices":[{"basin":"Taihu","indicator":"TP","sectors":["paper"],"yuanPerTonneYear":"0"}]}""", "FIELD_INVALID")]
    [InlineData("""{"prices":[{"basin":"Taihu","indicator":"TP","sectors":["paper"],"yuanPerTonneYear":"1","more":1}]}""", "FIELD_INVALID")]
    [InlineData("""{"prices":[{"basin":"Taihu","indicator":"TP","sectors":["paper","paper"],"yuanPerTonneYear":"1"}]}""", "FIELD_INVALID")]
    [InlineData("""{}""", "FIELD_INVALID")]
    public void A_content_that_cannot_be_is_refused(string content, string code) =>
        Assert.Equal(code, ChangeRule.Decide(RuleBook.Empty, new("pollutant/tariffs", null, JsonDocument.Parse(content).RootElement), "文号", Tuesday).Refused?.Code);

    [Fact]
    public void Working_days_count_from_the_day_after_and_know_holidays_and_make_up_days()
    {
        // 2026: Friday is a holiday, Saturday is worked for it.
        var calendar = new WorkingCalendar([new(2026, 5, 1)], [new(2026, 5, 9)]);
        Assert.Equal(new(2026, 5, 4), calendar.Last(new(2026, 4, 30), 1));
        Assert.Equal(new(2026, 5, 9), calendar.Last(new(2026, 5, 7), 2));
        Assert.Equal(new(2026, 5, 11), calendar.Last(new(2026, 5, 9), 1));
    }

    private static RuleVersion Tariff(int version, Instant from, decimal price) =>
        new("pollutant/tariffs", version, from, new Tariffs([new("Taihu", "NH3-N", ["textileDyeing"], price)]), "{}", "文号", new("a", "operator"), new("b", "regulator"), from);

    private static Outcome<IReadOnlyList<PaidUse>> Fee(RuleBook book, Instant at)
    {
        var terms = new RuleVersion("pollutant/terms", 1, Instant.MinValue, new PermitTerms(5, 60, 12), "{}", "文号", new("a", "operator"), new("b", "regulator"), Monday);
        return Quotes.PaidUse("Taihu", "textileDyeing", 5, [("NH3-N", 2.5m)], new(book.Versions("pollutant/tariffs").Append(terms)), at);
    }

    private static RuleChange Asked(Instant? from) =>
        new("pollutant/tariffs", from, JsonDocument.Parse("""{"prices":[{"basin":"Taihu","indicator":"NH3-N","sectors":["textileDyeing"],"yuanPerTonneYear":"12000"}]}""").RootElement);
}
