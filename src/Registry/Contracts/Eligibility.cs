using NodaTime;

namespace Trading.Registry.Contracts;

/// <summary>May this participant hold and trade this right? A pure function from dated facts; the market only hears yes or no.</summary>
public static class Eligibility
{
    /// <param name="buys">Buying needs what selling does not: a right is sold wherever it lies.</param>
    /// <param name="today">In Asia/Shanghai: a right is valid through its last day there.</param>
    /// <returns>Null: may. Else RIGHT_EXPIRED, NOT_ELIGIBLE (an authority does not trade), GEO_BASIN, GEO_REGION (R-POL-04).</returns>
    public static Refused? Judge(Participant participant, Instrument instrument, bool buys, LocalDate today)
    {
        if (instrument.ValidThrough is { } last && today > last)
            return Refused.Because("RIGHT_EXPIRED", "R-REG-03").With("validThrough", last.ToString("uuuu-MM-dd", null)).With("today", today.ToString("uuuu-MM-dd", null));
        // Carbon is for enterprises: a county neither emits nor surrenders (R-CEA-02).
        if (instrument.Class == RightClass.Carbon && participant.Kind != ParticipantKind.Enterprise)
            return Refused.Because("NOT_ELIGIBLE", "R-CEA-02").With("kind", participant.Kind.ToString());
        if (buys && instrument.Basin is { } basin && participant.Basin != basin)
            return Refused.Because("GEO_BASIN", "R-POL-04").With("participant", participant.Basin).With("instrument", basin);
        // Air stays inside its prefecture, an aquifer inside its own (R-POL-04, R-WAT).
        if (buys && instrument.Region is { } region && !Lies(participant.Region, region))
            return Refused.Because("GEO_REGION", "R-POL-04").With("participant", participant.Region).With("instrument", region);
        return null;
    }

    /// <summary>GB/T 2260: two digits for the province, two for the prefecture, two for the county; zeros stand for all of it.</summary>
    private static bool Lies(string county, string region) =>
        county.StartsWith(region.EndsWith("0000", StringComparison.Ordinal) ? region[..2] : region.EndsWith("00", StringComparison.Ordinal) ? region[..4] : region, StringComparison.Ordinal);
}
