using NodaTime;
using Trading.Registry.Contracts;

namespace Trading.Registry.Tests;

public sealed class EligibilityOfAParticipant
{
    private static readonly Instant Now = Instant.FromUtc(2026, 3, 2, 1, 30);
    private static readonly Party InTaihu = new(new(1, "steel", "x", "钢", "Steel", ParticipantKind.Enterprise, "320583", "Taihu"), Standing.Of(1));
    private static readonly Party InYishusi = InTaihu with { Who = InTaihu.Who with { Basin = "Yishusi" } };
    private static readonly Instrument Cod = new(1, "COD", "化学需氧量", "COD", RightClass.Pollutant, "COD", "Taihu", null, "t/a", 3, VenueMode.Operate, "2026", new(2026, 12, 31));

    [Fact]
    public void Inside_the_basin_may_buy() => Assert.Null(Eligibility.Judge(InTaihu, Cod, buys: true, RuleBook.Empty, Now));

    [Fact]
    public void Outside_the_basin_may_not_buy() => Assert.Equal(("GEO_BASIN", "R-POL-04"), Code(Eligibility.Judge(InYishusi, Cod, buys: true, RuleBook.Empty, Now)));

    [Theory]
    [InlineData("320500", null), InlineData("320000", null), InlineData("320583", null), InlineData("320300", "GEO_REGION"), InlineData("320505", "GEO_REGION")]
    public void Air_is_bought_inside_its_prefecture_only(string region, string? refused) =>
        Assert.Equal(refused, Eligibility.Judge(InTaihu, Cod with { Indicator = "SO2", Basin = null, Region = region }, buys: true, RuleBook.Empty, Now)?.Code);

    [Fact]
    public void Outside_its_prefecture_it_may_still_be_sold() => Assert.Null(Eligibility.Judge(InTaihu, Cod with { Basin = null, Region = "320300" }, buys: false, RuleBook.Empty, Now));

    [Fact]
    public void Ends_with_the_last_day_of_validity()
    {
        Assert.Null(Eligibility.Judge(InTaihu, Cod, buys: true, RuleBook.Empty, Instant.FromUtc(2026, 12, 31, 15, 59)));
        Assert.Equal("RIGHT_EXPIRED", Eligibility.Judge(InTaihu, Cod, buys: false, RuleBook.Empty, Instant.FromUtc(2026, 12, 31, 16, 0))?.Code);
    }

    private static (string?, string?) Code(Refused? refused) => (refused?.Code, refused?.Rule);
}
