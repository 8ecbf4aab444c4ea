using Trading.Registry.Contracts;

namespace Trading.Registry.Policies.Energy;

/// <summary>R-ENE-04, R-ENE-05: which new projects must buy, and how much.</summary>
/// <param name="IntensityLine">tce per 10 000 yuan; a project above it must buy.</param>
/// <param name="FactorB">Share of what it uses above the average, 0 to 1.</param>
/// <param name="ProvinceAverage">tce per 10 000 yuan, above 0.</param>
internal sealed record EnergyPurchase(decimal IntensityLine, decimal FactorB, decimal ProvinceAverage) : Rule
{
    public override Refused? Check() =>
        IntensityLine <= 0 ? Wrong("intensityLine", "above 0") : FactorB is <= 0 or > 1 ? Wrong("factorB", "above 0, to 1") : ProvinceAverage <= 0 ? Wrong("provinceAverage", "above 0") : null;

    public bool MustBuy(decimal intensity) => intensity > IntensityLine;

    /// <summary>A × B × C ÷ average, rounded half up to 0.01 tce.</summary>
    /// <param name="yearlyTce">A: its yearly use of energy in tce.</param>
    /// <param name="intensity">C: tce per 10 000 yuan of added value.</param>
    public decimal Quantity(decimal yearlyTce, decimal intensity) => decimal.Round(yearlyTce * FactorB * intensity / ProvinceAverage, 2, MidpointRounding.AwayFromZero);
}
