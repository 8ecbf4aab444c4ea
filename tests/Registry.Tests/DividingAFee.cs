using System.Text.Json;
using NodaTime;
using Trading.Registry.Contracts;
using Trading.Registry.Policies.Common;
using Trading.Registry.Rules;

namespace Trading.Registry.Tests;

/// <summary>R-SET-05: trading fee and settlement fee, by a tariff with a date.</summary>
public sealed class DividingAFee
{
    private static readonly Instant Monday = Instant.FromUtc(2026, 3, 1, 16, 0);
    private static readonly Instant Tuesday = Monday + Duration.FromDays(1);
    private static readonly RuleBook Book = new([Version(1, Monday, new(new(0.0008m, 0.0002m), [new(RightClass.Carbon, 0.0003m, 0.0002m)])), Version(2, Tuesday, new(new(0m, 1m), []))]);

    /// <remarks>Seen failing where the default was taken for every class.</remarks>
    [Fact]
    public void A_class_that_is_named_has_its_own_rates_and_every_other_the_default()
    {
        Assert.Equal(new FeeRates(300, 200), FeeRates.Of(Book, RightClass.Carbon, Monday).Value);
        Assert.Equal(new FeeRates(800, 200), FeeRates.Of(Book, RightClass.Water, Monday).Value);
    }

    /// <remarks>Seen failing where the tariff of the last version was taken, whenever it begins.</remarks>
    [Fact]
    public void The_tariff_in_force_is_the_one_of_the_instant()
    {
        Assert.Equal("RULE_MISSING", FeeRates.Of(Book, RightClass.Water, Monday - Duration.Epsilon).Refused?.Code);
        Assert.Equal(1_000, FeeRates.Of(Book, RightClass.Water, Tuesday - Duration.Epsilon).Value!.Total);
        Assert.Equal(new FeeRates(0, 1_000_000), FeeRates.Of(Book, RightClass.Carbon, Tuesday).Value);
    }

    /// <remarks>Seen failing where the trading part was cut off instead of rounded half up.</remarks>
    [Theory]
    [InlineData(800, 200, 28, 22, 6)] // 22.4
    [InlineData(800, 200, 2, 2, 0)] // 1.6
    [InlineData(500, 500, 1, 1, 0)] // 0.5
    [InlineData(500, 500, -1, -1, 0)]
    [InlineData(800, 200, -28, -22, -6)]
    [InlineData(0, 1_000_000, 7, 0, 7)]
    [InlineData(500, 0, 7, 7, 0)]
    [InlineData(0, 0, 7, 7, 0)]
    [InlineData(999_999, 1, long.MaxValue, 9_223_362_813_482_738_952, 9_223_372_036_855)]
    public void The_trading_part_is_rounded_half_up_and_settlement_is_the_rest(int trading, int settlement, long fen, long forTrading, long forSettlement)
    {
        var parts = new FeeRates(trading, settlement).Split(fen);
        Assert.Equal(new FeeParts(forTrading, forSettlement), parts);
        Assert.Equal(fen, parts.Total);
    }

    /// <remarks>Seen failing where rates finer than a millionth, two of one class, and a sum above the whole were taken.</remarks>
    [Theory]
    [InlineData("""{"default":{"trading":"0.6","settlement":"0.4"},"classes":[{"class":"carbon","trading":"0","settlement":"0"}]}""", null)]
    [InlineData("""{"default":{"trading":"-0.1","settlement":"0.4"},"classes":[]}""", "default.trading")]
    [InlineData("""{"default":{"trading":"0.1","settlement":"0.0000001"},"classes":[]}""", "default.settlement")]
    [InlineData("""{"default":{"trading":"0.6","settlement":"0.400001"},"classes":[]}""", "default.settlement")]
    [InlineData("""{"default":{"trading":"0","settlement":"0"},"classes":[{"class":"water","trading":"1.5","settlement":"0"}]}""", "classes[0].trading")]
    [InlineData("""{"default":{"trading":"0","settlement":"0"},"classes":[{"class":"water","trading":"0","settlement":"0"},{"class":"water","trading":"0","settlement":"0"}]}""", "classes[1].class")]
    public void A_tariff_that_cannot_be_is_refused_by_its_path(string content, string? path)
    {
        var refused = ChangeRule.Decide(RuleBook.Empty, new("common/fees", null, JsonDocument.Parse(content).RootElement), "文号", Monday).Refused;
        Assert.Equal((path is null ? null : "FIELD_INVALID", path), (refused?.Code, refused?.Values.SingleOrDefault(v => v.Key == "path").Value));
    }

    private static RuleVersion Version(int number, Instant from, FeeTariff tariff) =>
        new("common/fees", number, from, tariff, "", "文号", new("operator", "operator"), new("regulator", "regulator"), from);
}
