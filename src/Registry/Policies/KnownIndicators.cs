using Trading.Registry.Contracts;
using Trading.Registry.Policies.Pollutant;

namespace Trading.Registry.Policies;

/// <summary>What caps and readings are counted by. Of another name nobody would ever be held to, so that it can only be a slip.</summary>
internal static class KnownIndicators
{
    /// <summary>A right is held in it, a rule has named it, or it is a class of its own.</summary>
    public static bool Has(string indicator, Catalog catalog, RuleBook rules) =>
        indicator is "energy" or "water" || catalog.Instruments.Any(i => Cap.IndicatorOf(i) == indicator)
        || rules.Versions("pollutant/indicators").Any(v => ((Indicators)v.Content).Find(indicator) is not null);
}
