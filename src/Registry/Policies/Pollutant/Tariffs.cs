using Trading.Registry.Contracts;

namespace Trading.Registry.Policies.Pollutant;

/// <summary>R-POL-03: what a right costs at its first allocation (有偿使用), by basin, indicator and trade.</summary>
internal sealed record Tariffs(IReadOnlyList<Tariff> Prices) : Rule
{
    public override Refused? Check() =>
        Prices.FirstOrDefault(p => p.YuanPerTonneYear <= 0) is { } wrong ? Wrong("prices.yuanPerTonneYear", $"{wrong.Basin} {wrong.Indicator}")
        : Prices.SelectMany(p => p.Sectors.Select(s => (p.Basin, p.Indicator, s))).GroupBy(k => k).FirstOrDefault(g => g.Count() > 1) is { } twice ? Wrong("prices.sectors", twice.Key.ToString()) : null;

    /// <summary>The price in yuan per tonne and year, or TARIFF_MISSING.</summary>
    public Outcome<Tariff> Of(string basin, string indicator, string? sector) =>
        Prices.FirstOrDefault(p => p.Basin == basin && p.Indicator == indicator && p.Sectors.Contains(sector, StringComparer.Ordinal)) is { } found ? found
            : Refused.Because("TARIFF_MISSING", "R-POL-03").With("basin", basin).With("indicator", indicator).With("sector", sector ?? "none");
}

/// <param name="YuanPerTonneYear">元/(t·a), above zero.</param>
internal sealed record Tariff(string Basin, string Indicator, IReadOnlyList<string> Sectors, decimal YuanPerTonneYear);
