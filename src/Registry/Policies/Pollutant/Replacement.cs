using NodaTime;
using Trading.Registry.Contracts;

namespace Trading.Registry.Policies.Pollutant;

/// <summary>R-POL-07: how much must go for what is newly discharged; what is beyond is retired to the environment.</summary>
/// <param name="FailedRegion">Ratio in a region that failed its target, for the indicator that failed; 1 or more.</param>
/// <param name="Otherwise">Ratio of other new projects.</param>
internal sealed record Replacement(decimal FailedRegion, IReadOnlyList<ZoneRatio> Zones, decimal Otherwise) : Rule
{
    public override Refused? Check() =>
        FailedRegion < 1 ? Wrong("failedRegion", "below 1") : Otherwise < 1 ? Wrong("otherwise", "below 1") : Zones.FirstOrDefault(z => z.Ratio < 1) is { } wrong ? Wrong("zones.ratio", wrong.Zone) : null;

    /// <summary>The strictest that applies.</summary>
    public decimal Of(string indicator, string? zone, bool strategic, bool failed)
    {
        var ratio = Zones.Where(z => z.Zone == zone && z.Indicators.Contains(indicator, StringComparer.Ordinal) && (strategic || !z.StrategicOnly)).Select(z => z.Ratio).Append(Otherwise).Max();
        return failed ? Math.Max(ratio, FailedRegion) : ratio;
    }

    /// <summary>What the seller gives for what the buyer may newly discharge, and what of it is retired, in minimum units. A part of a unit is given whole.</summary>
    public static (long Given, long Retired) Split(long needed, decimal ratio)
    {
        var given = (long)decimal.Ceiling(needed * ratio);
        return (given, given - needed);
    }
}

/// <param name="StrategicOnly">Only projects of strategic emerging industries, which others may not build there at all.</param>
internal sealed record ZoneRatio(string Zone, IReadOnlyList<string> Indicators, bool StrategicOnly, decimal Ratio);
