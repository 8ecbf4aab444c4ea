using Trading.Registry.Contracts;

namespace Trading.Registry.Policies.Common;

/// <summary>R-LAW-01 … R-LAW-05: how the platform may treat each class.</summary>
internal sealed record Venues(IReadOnlyList<ClassVenues> Classes) : Rule
{
    public override Refused? Check() =>
        Classes.GroupBy(c => c.Class).FirstOrDefault(g => g.Count() > 1) is { } twice ? Wrong("classes", twice.Key.ToString())
        : Classes.FirstOrDefault(c => c.Allowed.Count == 0) is { } none ? Wrong("classes.allowed", none.Class.ToString()) : null;

    /// <summary>PRODUCT_CONFIG with what is allowed.</summary>
    public Refused? Judge(RightClass right, VenueMode mode)
    {
        var entry = Classes.FirstOrDefault(c => c.Class == right);
        if (entry is not null && entry.Allowed.Contains(mode)) return null;
        return Refused.Because("PRODUCT_CONFIG", entry?.Rule ?? "R-LAW-01").With("class", right.ToString()).With("venueMode", mode.ToString().ToUpperInvariant())
            .With("allowedModes", string.Join(' ', (entry?.Allowed ?? []).Select(m => m.ToString().ToUpperInvariant())));
    }
}

/// <param name="Rule">RULEBOOK id or article that says so.</param>
internal sealed record ClassVenues(RightClass Class, IReadOnlyList<VenueMode> Allowed, string Rule);
