namespace Trading.Registry.Contracts;

/// <summary>A county proposes for its own area (R-REG-14).</summary>
public static class Area
{
    /// <summary>A county asks, and whom it concerns lies elsewhere.</summary>
    public static bool IsElsewhere(Actor asker, Participant concerned, Catalog catalog) => asker.Role == "county" && Of(asker, catalog) != concerned.Region;

    /// <summary>Null, or FORBIDDEN with both.</summary>
    public static Refused? Judge(Actor asker, Participant concerned, Catalog catalog) =>
        IsElsewhere(asker, concerned, catalog) ? Refused.Because("FORBIDDEN", "R-REG-14").With("participant", concerned.Id).With("area", Of(asker, catalog) ?? "none") : null;

    private static string? Of(Actor asker, Catalog catalog) => catalog.Participant(asker.Participant ?? "")?.Region;
}
