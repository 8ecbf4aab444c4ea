using System.Globalization;

namespace Trading.Bench;

/// <summary>One figure over some runs; the ratio is the median of each run's own, value over baseline. Extra holds what belongs to it, as medians.</summary>
internal sealed record Figure(string Name, string Unit, decimal Median, decimal Min, decimal Max, int Runs, string? Baseline, decimal? Ratio, decimal? RatioMin, decimal? RatioMax, IReadOnlyDictionary<string, decimal>? Extra = null)
{
    public static Figure Of(string name, string unit, List<decimal> values, string? baseline, List<decimal>? bases)
    {
        var ratios = bases is null ? null : values.Zip(bases, (value, of) => value / of).Order().ToList();
        var sorted = values.Order().ToList();
        return new(name, unit, Short(sorted[sorted.Count / 2]), Short(sorted[0]), Short(sorted[^1]), values.Count, baseline,
            ratios is null ? null : Short(ratios[ratios.Count / 2]), ratios is null ? null : Short(ratios[0]), ratios is null ? null : Short(ratios[^1]));
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Name,-26} {Median,10} {Unit,-14} ({Min} … {Max}, {Runs} runs){(Ratio is null ? "" : $"  {Ratio} × {Baseline} ({RatioMin} … {RatioMax})")}{(Extra is null ? "" : "  " + string.Join(", ", Extra.Select(e => $"{e.Key} {e.Value.ToString(CultureInfo.InvariantCulture)}")))}");

    public Figure With(string name, List<decimal> values) =>
        this with { Extra = new Dictionary<string, decimal>(Extra ?? new Dictionary<string, decimal>(), StringComparer.Ordinal) { [name] = Short(values.Order().ElementAt(values.Count / 2)) } };

    private static decimal Short(decimal value) => decimal.Round(value, value < 100 ? 3 : 0);
}
