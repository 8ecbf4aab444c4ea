using CsCheck;
using Trading.Registry.Caps;
using Trading.Registry.Contracts;
using Trading.Registry.Policies.Energy;

namespace Trading.Registry.Tests;

/// <summary>Total control of counties, by indicator and year (R-REG-14).</summary>
public sealed class CountingCaps
{
    private static readonly CountySupply Half = new(0.5m);

    // Fails where Moved touches one county, or one year too few.
    [Fact]
    public void A_trade_moves_both_counties_in_one_event_for_each_year_of_the_term()
    {
        var ledger = Ledger(new CapEvent.LimitSet("320281", 2026, 100, 0, "x"), new CapEvent.LimitSet("320282", 2026, 80, 0, "x"), new CapEvent.Moved("320281", "320282", 8, 2026, 2027, "trade"));
        Assert.Equal((92L, 88L), (ledger["320281", 2026].Total, ledger["320282", 2026].Total));
        Assert.Equal((8L, 8L, null), (ledger["320281", 2027].Out, ledger["320282", 2027].In, ledger["320282", 2027].Total));
        Assert.Equal(0, ledger["320282", 2028].In);
    }

    [Fact]
    public void No_more_is_allocated_and_kept_than_the_limit_and_what_it_was_stretched_by()
    {
        var ledger = Ledger(new CapEvent.LimitSet("320281", 2026, 100, 0, "x"), new CapEvent.Reserved("320281", 2026, 2026, 40, "x"));
        Assert.Null(ledger.Judge(new CapEvent.Allocated("320281", 2026, 2026, 60, "x"), Half));
        Assert.Equal("CAP_EXCEEDED", ledger.Judge(new CapEvent.Allocated("320281", 2026, 2026, 61, "x"), Half)?.Code);
        // A year without a limit is counted and not judged.
        Assert.Null(ledger.Judge(new CapEvent.Allocated("320281", 2027, 2027, 61, "x"), Half));
        ledger.Evolve(new CapEvent.Stretched("320281", 2026, 1, "x"));
        Assert.Null(ledger.Judge(new CapEvent.Allocated("320281", 2026, 2026, 61, "x"), Half));
        Assert.Equal("CAP_EXCEEDED", ledger.Judge(new CapEvent.LimitSet("320281", 2026, 38, 0, "x"), Half)?.Code);
    }

    [Fact]
    public void A_county_offers_its_share_of_the_new_quota_and_no_more()
    {
        var ledger = Ledger(new CapEvent.LimitSet("320281", 2026, 100, 20, "x"), new CapEvent.Offered("320281", 2026, 6, "x"));
        Assert.Null(ledger.Judge(new CapEvent.Offered("320281", 2026, 4, "x"), Half));
        Assert.Equal(("SUPPLY_CAP", "R-ENE-03"), (ledger.Judge(new CapEvent.Offered("320281", 2026, 5, "x"), Half)?.Code, ledger.Judge(new CapEvent.Offered("320281", 2026, 5, "x"), Half)?.Rule));
        ledger.Evolve(new CapEvent.Offered("320281", 2026, -6, "x"));
        Assert.Null(ledger.Judge(new CapEvent.Offered("320281", 2026, 10, "x"), Half));
    }

    /// <summary>Whatever moves between counties, the province's total of a year stays. Fails where In and Out differ by anything.</summary>
    [Fact]
    public void The_total_of_the_province_stays_whatever_moves() => Gen.Select(Gen.Int[0, 4], Gen.Int[0, 4], Gen.Long[1, 1_000], Gen.Int[2026, 2030], Gen.Int[0, 4]).Array[0, 60].Sample(moves =>
    {
        var ledger = new CapLedger("COD");
        for (var county = 0; county < 5; county++) ledger.Evolve(new CapEvent.LimitSet($"32028{county}", 2026, 10_000, 0, "x"));
        foreach (var (from, to, units, year, more) in moves)
        {
            if (from != to) ledger.Evolve(new CapEvent.Moved($"32028{from}", $"32028{to}", units, year, year + more, "trade"));
        }

        Assert.All(ledger.All.GroupBy(c => c.Year), year => Assert.Equal(year.Sum(c => c.In), year.Sum(c => c.Out)));
        Assert.Equal(50_000, ledger.All.Where(c => c.Year == 2026).Sum(c => c.Total));
    }, iter: 2_000);

    private static CapLedger Ledger(params ReadOnlySpan<CapEvent> events)
    {
        var ledger = new CapLedger("energy");
        foreach (var happened in events) ledger.Evolve(happened);
        return ledger;
    }
}
