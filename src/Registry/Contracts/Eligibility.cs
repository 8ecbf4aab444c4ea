using NodaTime;
using Trading.Registry.Policies.Common;
using Trading.Registry.Policies.Energy;
using Trading.Registry.Policies.Pollutant;

namespace Trading.Registry.Contracts;

/// <summary>Two parties and what would go from one to the other.</summary>
/// <param name="Units">In minimum units: what the buyer needs; a ratio may ask more of the seller.</param>
/// <param name="NewProject">The buyer needs it for a new project, so that it is replaced and not only moved (R-POL-07).</param>
/// <param name="Strategic">The project is of a strategic emerging industry.</param>
/// <param name="BuyerHolds">What the buyer holds of it already, in minimum units, wherever it lies.</param>
public sealed record Deal(Party Seller, Party Buyer, Instrument Instrument, long Units, bool NewProject = false, bool Strategic = false, long BuyerHolds = 0);

/// <summary>What the register says of a deal.</summary>
/// <param name="Refused">Null: allowed.</param>
/// <param name="Ratio">Units given for each unit received, 1 or more.</param>
/// <param name="Given">What leaves the seller, in minimum units.</param>
/// <param name="Retired">What of it is retired to the environment.</param>
/// <param name="ConfirmedBy">Region of the authority that confirms; null: nobody need.</param>
/// <param name="ValidThrough">Last day of what the buyer receives; null: as the instrument.</param>
public sealed record Ruling(Refused? Refused, decimal Ratio, long Given, long Retired, string? ConfirmedBy, LocalDate? ValidThrough)
{
    internal static Ruling No(Refused refused) => new(refused, 1, 0, 0, null, null);
}

/// <param name="DepositFactor">Of the usual deposit; null: none opens the door.</param>
/// <param name="Trade">yes, sellOnly, no.</param>
public sealed record Credit(string Grade, decimal? DepositFactor, string Trade);

/// <summary>May this participant hold and trade this right, may these two? Pure functions from dated facts; the market only hears yes or no.</summary>
public static class Eligibility
{
    private static readonly DateTimeZone Shanghai = DateTimeZoneProviders.Tzdb["Asia/Shanghai"];

    public static LocalDate Day(Instant at) => at.InZone(Shanghai).Date;

    /// <summary>When a day begins in Asia/Shanghai.</summary>
    public static Instant Begin(LocalDate day) => day.AtStartOfDayInZone(Shanghai).ToInstant();

    /// <summary>
    /// One side, not knowing the other, as on an open book: whatever any counterparty could make wrong is refused. In the order of RULEBOOK §3: the first
    /// rule that fails speaks.
    /// </summary>
    /// <param name="buys">Buying needs what selling does not: a right is sold wherever it lies.</param>
    /// <returns>
    /// Null: may. Else ACCOUNT_STATE (R-REG-05), CREDIT_GRADE (R-CRE-02), RIGHT_EXPIRED (through its last day in Asia/Shanghai), NOT_ELIGIBLE, GEO_BASIN,
    /// GEO_REGION (R-POL-04), CLASS_WALL (R-POL-06), REGION_NOT_ATTAINED (R-POL-05).
    /// </returns>
    public static Refused? Judge(Party party, Instrument instrument, bool buys, RuleBook rules, Instant at)
    {
        if (Standing(party, buys, rules, at) is { } refused) return refused;
        if (Valid(instrument, at) is { } expired) return expired;
        // Carbon is for enterprises: a county neither emits nor surrenders (R-CEA-02).
        if (instrument.Class == RightClass.Carbon && party.Who.Kind != ParticipantKind.Enterprise)
            return Refused.Because("NOT_ELIGIBLE", "R-CEA-02").With("kind", party.Who.Kind.ToString());
        if (buys && instrument.Basin is { } basin && party.Who.Basin != basin)
            return Refused.Because("GEO_BASIN", "R-POL-04").With("participant", party.Who.Basin).With("instrument", basin);
        // Air stays inside its prefecture, an aquifer inside its own (R-POL-04, R-WAT).
        if (buys && instrument.Region is { } region && !Policies.Region.Lies(party.Who.Region, region))
            return Refused.Because("GEO_REGION", "R-POL-04").With("participant", party.Who.Region).With("instrument", region);
        return instrument.Class == RightClass.Pollutant && buys ? PollutantPolicy.Buys(party, instrument, rules, at) : null;
    }

    /// <summary>Both sides known. Refused as each side is, and by the pair: region, consent, wall, gate. RULE_MISSING: nothing in force can judge it.</summary>
    public static Ruling Judge(Deal deal, RuleBook rules, Instant at)
    {
        if (deal.Units <= 0) return Ruling.No(Refused.Because("QTY_NOT_POSITIVE", null, ("quantity", deal.Units)));
        if (deal.Seller.Who.Account == deal.Buyer.Who.Account) return Ruling.No(Refused.Because("SAME_ACCOUNT", "R-REG-11", ("account", deal.Buyer.Who.Account)));
        var refused = Standing(deal.Seller, false, rules, at) ?? Standing(deal.Buyer, true, rules, at) ?? Valid(deal.Instrument, at);
        if (refused is not null) return Ruling.No(refused);
        var ruling = deal.Instrument.Class switch
        {
            RightClass.Pollutant => PollutantPolicy.Judge(deal, rules, at),
            RightClass.Energy => EnergyPolicy.Judge(deal, rules, at),
            _ => (Judge(deal.Seller, deal.Instrument, false, rules, at) ?? Judge(deal.Buyer, deal.Instrument, true, rules, at)) is { } no ? Ruling.No(no)
                : new(null, 1, deal.Units, 0, null, deal.Instrument.ValidThrough),
        };
        // After who may have it, how much: in the order of RULEBOOK §3.
        return ruling.Refused is null && rules.Find<PositionLimits>(at)?.Judge(deal.Buyer.Who, deal.Instrument, deal.BuyerHolds, deal.Units) is { } above ? Ruling.No(above) : ruling;
    }

    /// <summary>How much of it this one may hold, in the legal unit (R-SUR-04); null: no limit in force.</summary>
    public static decimal? PositionLimit(Participant participant, Instrument instrument, RuleBook rules, Instant at) => rules.Find<PositionLimits>(at)?.Of(participant, instrument.Class);

    /// <summary>The grade of a score by the rule of an instant; null: no rule.</summary>
    public static Credit? Credit(int score, RuleBook rules, Instant at) =>
        rules.Find<CreditGrades>(at)?.Of(score) is { } grade ? new(grade.Grade, grade.DepositFactor, grade.Trade switch { CreditTrade.Yes => "yes", CreditTrade.SellOnly => "sellOnly", _ => "no" }) : null;

    private static Refused? Standing(Party party, bool buys, RuleBook rules, Instant at)
    {
        var state = party.Standing.State;
        if (state != AccountState.Open && !(state == AccountState.SellOnly && !buys))
            return Refused.Because("ACCOUNT_STATE", "R-REG-05").With("participant", party.Who.Id).With("state", state.ToString());
        return rules.Find<CreditGrades>(at)?.Judge(party.Standing.CreditScore, buys)?.With("participant", party.Who.Id);
    }

    private static Refused? Valid(Instrument instrument, Instant at) => instrument.ValidThrough is { } last && Day(at) > last
        ? Refused.Because("RIGHT_EXPIRED", "R-REG-03").With("validThrough", last).With("today", Day(at))
        : null;
}
