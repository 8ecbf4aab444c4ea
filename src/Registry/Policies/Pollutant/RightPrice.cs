namespace Trading.Registry.Policies.Pollutant;

/// <summary>R-POL-09: price × quantity × years, rounded half up to the fen once (RULEBOOK §3).</summary>
internal static class RightPrice
{
    /// <param name="quantity">t/a.</param>
    /// <param name="yuanPerTonneYear">元/(t·a).</param>
    /// <param name="months">Term; twelve are a year.</param>
    /// <exception cref="OverflowException">Beyond what is counted in fen.</exception>
    public static long Fen(decimal quantity, decimal yuanPerTonneYear, int months) =>
        checked((long)decimal.Round(quantity * yuanPerTonneYear * months * 100m / 12m, 0, MidpointRounding.AwayFromZero));
}
