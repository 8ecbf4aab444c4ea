using Trading.Registry.Contracts;

namespace Trading.Registry.Policies.Energy;

/// <summary>R-ENE-09: kinds of use that stand outside the total.</summary>
internal sealed record EnergyExclusions(IReadOnlyList<string> Kinds) : Rule
{
    public override Refused? Check() => Kinds.FirstOrDefault(string.IsNullOrWhiteSpace) is { } blank ? Wrong("kinds", blank) : null;

    /// <summary>What of a year's use counts, in minimum units: all of it without the excluded kinds. A kind that is not excluded is part of the whole.</summary>
    /// <param name="parts">Stated parts of the whole by kind.</param>
    public long Counted(long gross, IEnumerable<(string Kind, long Units)> parts) => gross - parts.Where(p => Kinds.Contains(p.Kind, StringComparer.Ordinal)).Sum(p => p.Units);
}
