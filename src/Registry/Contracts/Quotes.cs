using NodaTime;
using Trading.Registry.Policies.Common;
using Trading.Registry.Policies.Energy;
using Trading.Registry.Policies.Pollutant;

namespace Trading.Registry.Contracts;

/// <param name="Fen">What it costs for the whole term.</param>
public sealed record PaidUse(string Indicator, decimal Quantity, decimal YuanPerTonneYear, long Fen);

/// <param name="ValidThrough">Last day of the seller's permit, through which the right runs.</param>
public sealed record TransferPrice(int Months, LocalDate ValidThrough, long Fen);

/// <param name="Yuan">For each legal unit.</param>
public sealed record LeastPrice(decimal Yuan);

/// <summary>What something would cost or count by the rules of an instant; the same functions decide when it is done.</summary>
public static class Quotes
{
    /// <summary>
    /// R-POL-03. Refused TARIFF_MISSING, RULE_MISSING, OUT_OF_RANGE (the term: one year to a permit's), QTY_NOT_POSITIVE, BALANCE_OVERFLOW.
    /// </summary>
    /// <param name="years">1 or more, at most the term of a permit.</param>
    /// <param name="quantities">t/a by indicator.</param>
    public static Outcome<IReadOnlyList<PaidUse>> PaidUse(string basin, string sector, int years, IReadOnlyList<(string Indicator, decimal Quantity)> quantities, RuleBook rules, Instant at)
    {
        var (tariffs, none) = rules.Of<Tariffs>(at);
        if (none is not null) return new(null, none);
        var (terms, without) = rules.Of<PermitTerms>(at);
        if (without is not null) return new(null, without);
        if (years < 1 || years > terms!.PermitYears) return new(null, Refused.Because("OUT_OF_RANGE", "R-POL-02", ("years", years), ("most", terms!.PermitYears)));
        var uses = new List<PaidUse>();
        foreach (var (indicator, quantity) in quantities)
        {
            if (quantity <= 0) return new(null, Refused.Because("QTY_NOT_POSITIVE", null, ("quantity", quantity)));
            var (tariff, unknown) = tariffs!.Of(basin, indicator, sector);
            if (unknown is not null) return new(null, unknown);
            if (Fen(quantity, tariff!.YuanPerTonneYear, years * 12) is not { } fen) return new(null, Refused.Because("BALANCE_OVERFLOW", null, ("quantity", quantity)));
            uses.Add(new(indicator, quantity, tariff.YuanPerTonneYear, fen));
        }

        return new(uses, null);
    }

    /// <summary>R-ENE-07: whether this is a key project of his by the list in force.</summary>
    public static bool IsKeyProject(string participant, string? code, RuleBook rules, Instant at) =>
        code is not null && rules.Find<KeyProjects>(at)?.Projects.Any(p => p.Participant == participant && p.Code == code) == true;

    /// <summary>R-REG-07: the least price at which a pledged right is realised by agreement. Refused RULE_MISSING.</summary>
    /// <param name="close">Last close, yuan for each legal unit.</param>
    public static Outcome<LeastPrice> PledgeFloor(decimal close, RuleBook rules, Instant at) =>
        rules.Of<PledgeTerms>(at) is var (terms, missing) && missing is not null ? missing : new LeastPrice(close * terms!.FloorShare);

    /// <summary>R-POL-08, R-POL-09: over the whole months that the seller's permit still runs. Refused FIELD_MISSING (no permit stated), RIGHT_EXPIRED, QTY_NOT_POSITIVE, PRICE_NOT_POSITIVE, BALANCE_OVERFLOW.</summary>
    /// <param name="quantity">t/a.</param>
    public static Outcome<TransferPrice> Transfer(Party seller, decimal quantity, decimal yuanPerTonneYear, Instant at)
    {
        if (quantity <= 0) return Refused.Because("QTY_NOT_POSITIVE", null, ("quantity", quantity));
        if (yuanPerTonneYear <= 0) return Refused.Because("PRICE_NOT_POSITIVE", null, ("price", yuanPerTonneYear));
        if (seller.Standing.PermitThrough is not { } through) return Refused.Because("FIELD_MISSING", "R-POL-08").With("path", "permitThrough").With("participant", seller.Who.Id);
        var months = PermitTerms.MonthsLeft(Eligibility.Day(at), through);
        if (months == 0) return Refused.Because("RIGHT_EXPIRED", "R-POL-08").With("validThrough", through).With("today", Eligibility.Day(at));
        return Fen(quantity, yuanPerTonneYear, months) is { } fen ? new TransferPrice(months, through, fen) : Refused.Because("BALANCE_OVERFLOW", null, ("quantity", quantity));
    }

    /// <summary>R-ENE-04, R-ENE-05: must a new project buy, and how much. Refused RULE_MISSING, QTY_NOT_POSITIVE, BALANCE_OVERFLOW.</summary>
    /// <param name="yearlyTce">Its yearly use, tce; null: only whether it must.</param>
    /// <param name="intensity">tce per 10 000 yuan of added value.</param>
    public static Outcome<EnergyNeed> Energy(decimal? yearlyTce, decimal intensity, RuleBook rules, Instant at)
    {
        var (purchase, none) = rules.Of<EnergyPurchase>(at);
        if (none is not null) return none;
        if (intensity <= 0 || yearlyTce <= 0) return Refused.Because("QTY_NOT_POSITIVE", null, ("intensity", intensity));
        try
        {
            return new EnergyNeed(purchase!.MustBuy(intensity), purchase.IntensityLine, yearlyTce is { } use && purchase.MustBuy(intensity) ? purchase.Quantity(use, intensity) : null);
        }
        catch (OverflowException)
        {
            return Refused.Because("BALANCE_OVERFLOW", null, ("intensity", intensity));
        }
    }

    /// <summary>R-ENE-09: what of a year's use counts. Refused RULE_MISSING, OUT_OF_RANGE (a part below zero, or more than the whole).</summary>
    /// <param name="gross">The whole, in minimum units of tce.</param>
    public static Outcome<CountedEnergy> Counted(long gross, IReadOnlyList<(string Kind, long Units)> parts, RuleBook rules, Instant at)
    {
        var (exclusions, none) = rules.Of<EnergyExclusions>(at);
        if (none is not null) return none;
        var left = gross;
        foreach (var (kind, units) in parts)
        {
            if (units < 0 || units > left) return Refused.Because("OUT_OF_RANGE", "R-ENE-09", ("gross", gross), ("part", units)).With("kind", kind);
            left -= units;
        }

        return new CountedEnergy(exclusions!.Counted(gross, parts));
    }

    /// <summary>What a quantity costs, rounded half up to the fen once (RULEBOOK §3); null: beyond what is counted.</summary>
    /// <param name="price">Yuan for each legal unit.</param>
    public static long? Fen(decimal quantity, decimal price) => Fen(quantity, price, 12);

    private static long? Fen(decimal quantity, decimal price, int months)
    {
        try
        {
            return RightPrice.Fen(quantity, price, months);
        }
        catch (OverflowException)
        {
            return null;
        }
    }
}

/// <param name="Tce">How much; null where it need not buy, or its use was not stated.</param>
public sealed record EnergyNeed(bool MustBuy, decimal IntensityLine, decimal? Tce);

/// <param name="Units">Minimum units of tce.</param>
public sealed record CountedEnergy(long Units);
