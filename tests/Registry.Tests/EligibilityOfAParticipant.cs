using NodaTime;
using Trading.Registry.Contracts;
using Trading.Registry.Instruments;

namespace Trading.Registry.Tests;

public sealed class EligibilityOfAParticipant
{
    private static readonly LocalDate Today = new(2026, 3, 2);
    private static readonly Participant InTaihu = new(1, "steel", "x", "钢", "Steel", ParticipantKind.Enterprise, "320583", "Taihu");
    private static readonly Participant InYishusi = InTaihu with { Basin = "Yishusi" };
    private static readonly Instrument Cod = new(1, "COD", "化学需氧量", "COD", RightClass.Pollutant, "COD", "Taihu", null, "t/a", 3, VenueMode.Operate, "2026", new(2026, 12, 31));

    [Fact]
    public void Inside_the_basin_may_buy() => Assert.Null(Eligibility.Judge(InTaihu, Cod, buys: true, Today));

    [Fact]
    public void Outside_the_basin_may_not_buy() => Assert.Equal(("GEO_BASIN", "R-POL-04"), Code(Eligibility.Judge(InYishusi, Cod, buys: true, Today)));

    [Theory]
    [InlineData("320500", null), InlineData("320000", null), InlineData("320583", null), InlineData("320300", "GEO_REGION"), InlineData("320505", "GEO_REGION")]
    public void Air_is_bought_inside_its_prefecture_only(string region, string? refused) =>
        Assert.Equal(refused, Eligibility.Judge(InTaihu, Cod with { Indicator = "SO2", Basin = null, Region = region }, buys: true, Today)?.Code);

    [Fact]
    public void Outside_its_prefecture_it_may_still_be_sold() => Assert.Null(Eligibility.Judge(InTaihu, Cod with { Basin = null, Region = "320300" }, buys: false, Today));

    [Fact]
    public void Ends_with_the_last_day_of_validity()
    {
        Assert.Null(Eligibility.Judge(InTaihu, Cod, buys: true, new(2026, 12, 31)));
        Assert.Equal("RIGHT_EXPIRED", Eligibility.Judge(InTaihu, Cod, buys: false, new(2027, 1, 1))?.Code);
    }

    [Fact]
    public void Carbon_cannot_be_operated_here_only_simulated()
    {
        var catalog = new Catalog([], []);
        var cea = new Product("CEA-2025", "碳配额", "CEA", RightClass.Carbon, null, null, null, "tCO2e", 0, VenueMode.Operate, "2025", null);
        Assert.Equal(("PRODUCT_CONFIG", "R-LAW-01"), Code(RegisterInstrument.Decide(catalog, cea, 1).Refused));
        Assert.Single(RegisterInstrument.Decide(catalog, cea with { VenueMode = VenueMode.Simulate }, 1).Events);
    }

    private static (string?, string?) Code(Refused? refused) => (refused?.Code, refused?.Rule);
}
