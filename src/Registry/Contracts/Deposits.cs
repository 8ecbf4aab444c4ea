using NodaTime;
using Trading.Registry.Policies.Common;

namespace Trading.Registry.Contracts;

/// <summary>The terms of deposits (保证金, R-SET-04) as they stand at an instant.</summary>
/// <param name="PayBy">When the time of a winner of this instant is over.</param>
/// <param name="CreditPoints">Off the score of a winner who does not pay.</param>
public sealed record DepositsNow(decimal Rate, Instant PayBy, int CreditPoints)
{
    /// <summary>Refused RULE_MISSING.</summary>
    public static Outcome<DepositsNow> Of(RuleBook rules, Instant at)
    {
        var (terms, missing) = rules.Of<DepositTerms>(at);
        return missing is not null ? missing : new DepositsNow(terms!.Rate, DeliveryPlan.AnswerBy(rules, terms.PayWorkingDays, at)!.Value, terms.CreditPoints);
    }

    /// <summary>Rounded up to the fen: never less than the rate.</summary>
    /// <param name="fen">What the lot comes to at its asked price.</param>
    /// <param name="credit">Of whoever lays it down: its grade makes it less or more (R-CRE-02), but never more than the lot.</param>
    public long Fen(long fen, Credit? credit) => Math.Min(fen, (long)decimal.Ceiling(fen * Rate * (credit?.DepositFactor ?? 1)));
}
