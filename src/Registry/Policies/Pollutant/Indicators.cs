using Trading.Registry.Contracts;

namespace Trading.Registry.Policies.Pollutant;

/// <summary>Persisted by name in rules.</summary>
internal enum Medium { Water = 1, Air = 2 }

/// <summary>How far an indicator may travel (R-POL-04).</summary>
internal enum Reach { Basin = 1, Prefecture = 2, Province = 3 }

/// <summary>R-POL-01, R-POL-04: the indicators that trade, what they burden, and how far a right may go.</summary>
internal sealed record Indicators(IReadOnlyList<Indicator> Known) : Rule
{
    public override Refused? Check() =>
        Known.GroupBy(k => k.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1 || g.Key.Length == 0) is { } twice ? Wrong("known.name", twice.Key) : null;

    public Indicator? Find(string? name) => Known.FirstOrDefault(k => k.Name == name);
}

internal sealed record Indicator(string Name, Medium Medium, Reach Reach);
