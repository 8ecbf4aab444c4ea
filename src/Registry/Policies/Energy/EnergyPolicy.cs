using NodaTime;
using Trading.Registry.Contracts;

namespace Trading.Registry.Policies.Energy;

/// <summary>Energy-use quotas: inside a county they move freely, between counties the province confirms (R-ENE-06).</summary>
internal static class EnergyPolicy
{
    private const string Province = "320000";

    public static Ruling Judge(Deal deal, RuleBook rules, Instant at)
    {
        var no = Eligibility.Judge(deal.Seller, deal.Instrument, false, rules, at) ?? Eligibility.Judge(deal.Buyer, deal.Instrument, true, rules, at);
        if (no is not null) return Ruling.No(no);
        return new(null, 1, deal.Units, 0, deal.Seller.Who.Region == deal.Buyer.Who.Region ? null : Province, deal.Instrument.ValidThrough);
    }
}
