using NodaTime;
using Trading.Registry.Contracts;

namespace Trading.Registry.Tests;

/// <summary>May these two, by the rules that come with the demonstration and what is set beside them.</summary>
public sealed class JudgingADeal
{
    private static readonly Instant Now = Instant.FromUtc(2026, 3, 2, 1, 30);
    private static readonly RuleBook Demo = RuleFiles.Book(RuleFiles.Demo);
    private static readonly Instrument Cod = new(1, "COD", "化学需氧量", "COD", RightClass.Pollutant, "COD", null, null, "t/a", 3, VenueMode.Operate, "2026", new(2030, 12, 31));
    private static readonly Instrument Energy = new(2, "ENE", "用能", "Energy", RightClass.Energy, null, null, "320000", "tce", 2, VenueMode.Operate, "2026", new(2030, 12, 31));
    private static readonly Party Jiangyin = Firm(1, "320281", "Taihu");
    private static readonly Party Yixing = Firm(2, "320282", "Taihu");

    // Each fails where its line is taken out of PollutantPolicy or Eligibility.
    [Fact]
    public void A_pollutant_of_water_stays_in_its_basin_and_of_air_in_its_prefecture()
    {
        var (inHuai, inSuzhou) = (Firm(3, "320803", "Huai"), Firm(4, "320583", "Taihu"));
        Assert.Null(Judge(Jiangyin, Yixing).Refused);
        Assert.Equal("GEO_BASIN", Judge(Jiangyin, inHuai).Refused?.Code);
        Assert.Null(Judge(Jiangyin, inSuzhou).Refused);
        Assert.Equal("GEO_REGION", Judge(Jiangyin, inSuzhou, Cod with { Indicator = "SO2" }).Refused?.Code);
        Assert.Null(Judge(Jiangyin, Yixing, Cod with { Indicator = "SO2" }).Refused);
    }

    [Fact]
    public void A_consent_of_the_province_lets_one_pass_while_it_lasts()
    {
        var inHuai = Firm(3, "320803", "Huai");
        var consented = With("pollutant/consents", """{"given":[{"indicator":"COD","sellersRegion":"320200","buyersRegion":"320800","from":"2026-03-01","through":"2026-03-31","document":"苏环函1号"}]}""");
        Assert.Null(Judge(Jiangyin, inHuai, rules: consented).Refused);
        Assert.Equal("GEO_BASIN", Judge(inHuai, Jiangyin, rules: consented).Refused?.Code);
        Assert.Equal("GEO_BASIN", Eligibility.Judge(new(Jiangyin, inHuai, Cod, 1_000), consented, Instant.FromUtc(2026, 3, 31, 16, 0)).Refused?.Code);
    }

    [Fact]
    public void A_failed_region_takes_nothing_in_while_inside_and_outwards_stay_open()
    {
        var failed = With("pollutant/attainment", """{"failed":[{"region":"320282","indicator":"COD","from":"2026-01-01","through":"2026-12-31","document":"苏政函2号"}]}""");
        var another = Firm(3, "320282", "Taihu");
        Assert.Equal(("REGION_NOT_ATTAINED", "R-POL-05"), (Judge(Jiangyin, Yixing, rules: failed).Refused?.Code, Judge(Jiangyin, Yixing, rules: failed).Refused?.Rule));
        Assert.Null(Judge(another, Yixing, rules: failed).Refused);
        Assert.Null(Judge(Yixing, Jiangyin, rules: failed).Refused);
        Assert.Null(Judge(Jiangyin, Yixing, Cod with { Indicator = "TP" }, failed).Refused);
        // On an open book any seller might be from outside.
        Assert.Equal("REGION_NOT_ATTAINED", Eligibility.Judge(Yixing, Cod, buys: true, failed, Now)?.Code);
        Assert.Null(Eligibility.Judge(Yixing, Cod with { Region = "320282" }, buys: true, failed, Now));
        Assert.Null(Eligibility.Judge(Yixing, Cod, buys: false, failed, Now));
        Assert.Null(Eligibility.Judge(Yixing, Cod, buys: true, failed, Instant.FromUtc(2026, 12, 31, 16, 0)));
    }

    // R-SUR-04. Fails where what he holds already does not count, or where a reserve is limited.
    [Fact]
    public void Nobody_holds_more_than_his_limit()
    {
        var limited = With("common/positions", """{"limits":[{"class":"pollutant","quantity":"3.5"}]}""");
        var deal = new Deal(Jiangyin, Yixing, Cod, 1_000, BuyerHolds: 2_500);
        Assert.Null(Eligibility.Judge(deal, limited, Now).Refused);
        var refused = Eligibility.Judge(deal with { BuyerHolds = 2_501 }, limited, Now).Refused;
        Assert.Equal(("POSITION_LIMIT", "R-SUR-04", "3.501", "3.5"), (refused?.Code, refused?.Rule, refused?.Values[0].Value, refused?.Values[1].Value));
        var reserve = Yixing with { Who = Yixing.Who with { Kind = ParticipantKind.Reserve } };
        Assert.Null(Eligibility.Judge(deal with { Buyer = reserve, BuyerHolds = 9_000 }, limited, Now).Refused);
        Assert.Equal((3.5m, (decimal?)null), (Eligibility.PositionLimit(Yixing.Who, Cod, limited, Now), Eligibility.PositionLimit(reserve.Who, Cod, limited, Now)));
    }

    [Theory]
    [InlineData("thermalPower", "steel", "SO2", "CLASS_WALL")]
    [InlineData("chpHeatPart", "steel", "SO2", null)]
    [InlineData("captivePower", "thermalPower", "SO2", null)]
    [InlineData("thermalPower", "steel", "COD", null)]
    [InlineData("industry", "agriculture", "COD", "CLASS_WALL")]
    [InlineData("agriculture", "agriculture", "COD", null)]
    public void Walls_stand_between_classes_of_source(string seller, string buyer, string indicator, string? code) =>
        Assert.Equal(code, Judge(Of(Jiangyin, seller), Of(Yixing, buyer), Cod with { Indicator = indicator }).Refused?.Code);

    [Fact]
    public void A_new_project_is_replaced_by_more_in_a_failed_region_and_in_a_zone()
    {
        var failed = With("pollutant/attainment", """{"failed":[{"region":"320282","indicator":"COD","from":"2026-01-01","through":null,"document":"苏政函2号"}]}""");
        var inside = Firm(3, "320282", "Taihu");
        var ruling = Eligibility.Judge(new(inside, Yixing, Cod, 10_000, NewProject: true), failed, Now);
        Assert.Equal((2m, 20_000L, 10_000L), (ruling.Ratio, ruling.Given, ruling.Retired));
        Assert.Equal((1m, 10_000L, 0L), Eligibility.Judge(new(inside, Yixing, Cod, 10_000), failed, Now) is var moved ? (moved.Ratio, moved.Given, moved.Retired) : default);
        var lake = Yixing with { Standing = Yixing.Standing with { Zone = "taihu1" } };
        var strategic = Eligibility.Judge(new(Jiangyin, lake, Cod with { Indicator = "TP" }, 10_001, NewProject: true, Strategic: true), Demo, Now);
        // Half a unit is given whole: 10 001 × 1.1 = 11 001.1.
        Assert.Equal((1.1m, 11_002L, 1_001L), (strategic.Ratio, strategic.Given, strategic.Retired));
    }

    [Fact]
    public void What_is_sold_runs_no_longer_than_the_sellers_permit()
    {
        var seller = Jiangyin with { Standing = Jiangyin.Standing with { PermitThrough = new(2027, 6, 30) } };
        Assert.Equal(new LocalDate(2027, 6, 30), Judge(seller, Yixing).ValidThrough);
        Assert.Equal("RIGHT_EXPIRED", Judge(seller with { Standing = seller.Standing with { PermitThrough = new(2026, 3, 1) } }, Yixing).Refused?.Code);
    }

    [Fact]
    public void Energy_between_counties_waits_for_the_province()
    {
        Assert.Equal("320000", Judge(Jiangyin, Yixing, Energy).ConfirmedBy);
        Assert.Null(Judge(Jiangyin, Firm(3, "320281", "Taihu"), Energy).ConfirmedBy);
    }

    [Fact]
    public void Credit_and_the_state_of_an_account_speak_before_geography()
    {
        var inHuai = Firm(3, "320803", "Huai");
        Assert.Equal("CREDIT_GRADE", Judge(Jiangyin, inHuai with { Standing = inHuai.Standing with { CreditScore = 55 } }).Refused?.Code);
        Assert.Null(Judge(Jiangyin with { Standing = Jiangyin.Standing with { CreditScore = 55 } }, Yixing).Refused);
        Assert.Equal("CREDIT_GRADE", Judge(Jiangyin with { Standing = Jiangyin.Standing with { CreditScore = 49 } }, Yixing).Refused?.Code);
        Assert.Equal("ACCOUNT_STATE", Judge(Jiangyin, inHuai with { Standing = inHuai.Standing with { State = AccountState.SellOnly } }).Refused?.Code);
        Assert.Null(Judge(Jiangyin with { Standing = Jiangyin.Standing with { State = AccountState.SellOnly } }, Yixing).Refused);
    }

    [Fact]
    public void Without_a_rule_in_force_nothing_is_judged() =>
        Assert.Equal("RULE_MISSING", Eligibility.Judge(new(Jiangyin, Yixing, Cod, 1), Demo, Instant.FromUtc(2014, 1, 1, 0, 0)).Refused?.Code);

    private static Ruling Judge(Party seller, Party buyer, Instrument? instrument = null, RuleBook? rules = null) => Eligibility.Judge(new(seller, buyer, instrument ?? Cod, 1_000), rules ?? Demo, Now);

    private static Party Of(Party party, string source) => party with { Standing = party.Standing with { SourceClass = source } };

    private static Party Firm(int account, string region, string basin) => new(new(account, $"firm-{account}", "x", "企业", "Firm", ParticipantKind.Enterprise, region, basin), Standing.Of(account));

    private static RuleBook With(string key, string content)
    {
        var read = (Rule)System.Text.Json.JsonSerializer.Deserialize(content, RuleBook.Kinds[key], StrictJson.Options)!;
        Assert.Null(read.Check());
        var next = new RuleVersion(key, Demo.Versions(key).Count + 1, Instant.FromUtc(2026, 1, 1, 0, 0), read, content, "文号", new("a", "operator"), new("b", "regulator"), Now);
        return new(RuleBook.Kinds.Keys.SelectMany(Demo.Versions).Append(next));
    }
}
