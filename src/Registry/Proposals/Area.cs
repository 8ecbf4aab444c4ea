using Trading.Registry.Contracts;

namespace Trading.Registry.Proposals;

/// <summary>A county proposes for its own area (R-REG-14).</summary>
internal static class Area
{
    /// <summary>Null, or FORBIDDEN: whom it concerns lies elsewhere.</summary>
    public static Refused? Judge(Actor asker, Participant concerned, Catalog catalog) =>
        asker.Role == "county" && catalog.Participant(asker.Participant ?? "")?.Region is var area && area != concerned.Region
            ? Refused.Because("FORBIDDEN", "R-REG-14").With("participant", concerned.Id).With("area", area ?? "none") : null;
}
