using NodaTime;
using Trading.Registry.Contracts;

namespace Trading.Registry.Policies.Pollutant;

/// <summary>Discharge rights: who may give what to whom (R-POL-04 … R-POL-08).</summary>
internal static class PollutantPolicy
{
    /// <summary>A buyer on an open book: the wall of the instrument's class of source, and the gate of his region.</summary>
    public static Refused? Buys(Party buyer, Instrument instrument, RuleBook rules, Instant at)
    {
        if (instrument.Indicator is not { } indicator) return null;
        if (instrument.SourceClass is { } source && rules.Find<Indicators>(at)?.Find(indicator) is { } known
            && rules.Find<Walls>(at)?.Judge(known.Medium, source, buyer.Standing.SourceClass) is { } wall) return wall;
        // Unless all that can be bought comes from inside the failed region, its total may grow.
        return rules.Find<Attainment>(at)?.Judge(indicator, instrument.Region ?? "", buyer.Who.Region, Eligibility.Day(at));
    }

    public static Ruling Judge(Deal deal, RuleBook rules, Instant at)
    {
        var (seller, buyer, today) = (deal.Seller.Who, deal.Buyer.Who, Eligibility.Day(at));
        var (indicators, missing) = rules.Of<Indicators>(at);
        if (missing is not null) return Ruling.No(missing);
        if (indicators!.Find(deal.Instrument.Indicator) is not { } indicator) return Ruling.No(Refused.Because("NOT_ELIGIBLE", "R-POL-01").With("indicator", deal.Instrument.Indicator ?? "none"));
        if (Reaches(indicator, seller, buyer) is { } far && rules.Find<Consents>(at)?.Find(indicator.Name, seller.Region, buyer.Region, today) is null) return Ruling.No(far);
        if (rules.Find<Walls>(at)?.Judge(indicator.Medium, deal.Seller.Standing.SourceClass, deal.Buyer.Standing.SourceClass) is { } wall) return Ruling.No(wall);
        var attainment = rules.Find<Attainment>(at);
        if (attainment?.Judge(indicator.Name, seller.Region, buyer.Region, today) is { } gate) return Ruling.No(gate);
        // R-POL-08: what is sold runs no longer than the seller's permit.
        var through = Earlier(deal.Instrument.ValidThrough, deal.Seller.Standing.PermitThrough);
        if (through < today) return Ruling.No(Refused.Because("RIGHT_EXPIRED", "R-POL-08").With("validThrough", through.Value).With("today", today));
        var failed = attainment?.Find(buyer.Region, indicator.Name, today) is not null;
        var ratio = deal.NewProject ? rules.Find<Replacement>(at)?.Of(indicator.Name, deal.Buyer.Standing.Zone, deal.Strategic, failed) ?? 1 : 1;
        var (given, retired) = Replacement.Split(deal.Units, ratio);
        return new(null, ratio, given, retired, buyer.Region, through);
    }

    private static Refused? Reaches(Indicator indicator, Participant seller, Participant buyer) => indicator.Reach switch
    {
        Reach.Basin when seller.Basin != buyer.Basin => Refused.Because("GEO_BASIN", "R-POL-04").With("seller", seller.Basin).With("buyer", buyer.Basin),
        Reach.Prefecture when Region.Prefecture(seller.Region) != Region.Prefecture(buyer.Region) => Refused.Because("GEO_REGION", "R-POL-04").With("seller", seller.Region).With("buyer", buyer.Region),
        _ => null,
    };

    private static LocalDate? Earlier(LocalDate? a, LocalDate? b) => a is null ? b : b is null ? a : LocalDate.Min(a.Value, b.Value);
}
