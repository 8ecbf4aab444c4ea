using NodaTime;
using Trading.Registry.Policies.Common;

namespace Trading.Registry.Contracts;

/// <summary>What is paid out of an account takes two people above this (R-SET-03, R-REG-08).</summary>
public sealed record PayoutLimit(long FourEyesAboveFen)
{
    /// <summary>As the rule in force says, or RULE_MISSING.</summary>
    public static Outcome<PayoutLimit> Of(RuleBook rules, Instant at) =>
        rules.Of<PayoutTerms>(at) is var (terms, missing) && missing is not null ? missing : new PayoutLimit((long)(terms!.FourEyesAboveYuan * 100));
}
