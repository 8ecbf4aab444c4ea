using System.Collections.Immutable;
using NodaTime;
using Trading.Registry.Policies.Common;

namespace Trading.Registry.Contracts;

/// <summary>Persisted by number, append-only.</summary>
public enum StepKind { Confirmation = 1, Notice = 2, Contract = 3, Payment = 4, PermitChange = 5, Check = 6 }

/// <summary>What happens when a step's time has run out: the trade goes back, somebody is called and it goes on waiting, or (a notice) it is over. Persisted by number, append-only.</summary>
public enum MissedDeadline { Unwind = 1, Alert = 2, Pass = 3 }

/// <summary>One step of one trade, as the rules of its instant made it: later versions do not change it.</summary>
/// <param name="By">Who must answer: six-digit regions of authorities, <see cref="Buyer"/>, <see cref="Seller"/>. Of a notice: who may object.</param>
/// <param name="FourEyesAboveFen">Above this amount two people of an authority must say the same; null: one is enough.</param>
public sealed record PlannedStep(StepKind Kind, ImmutableArray<string> By, int? WorkingDays, MissedDeadline Missed, bool InPart, long? FourEyesAboveFen)
{
    public const string Buyer = "buyer", Seller = "seller";

    /// <summary>Region of the province, which confirms through the regulator.</summary>
    public const string Province = "320000";

    /// <summary>Who must answer before it is over.</summary>
    public ImmutableArray<string> Asked => Kind == StepKind.Notice ? [] : By;

    /// <summary>Equal where both say the same: the names are compared, not the arrays that hold them.</summary>
    public bool Equals(PlannedStep? other) => other is not null && (Kind, WorkingDays, Missed, InPart, FourEyesAboveFen) == (other.Kind, other.WorkingDays, other.Missed, other.InPart, other.FourEyesAboveFen) && By.SequenceEqual(other.By);

    public override int GetHashCode() => HashCode.Combine(Kind, WorkingDays, Missed, InPart, FourEyesAboveFen, By.Length);
}

/// <summary>The way from a trade to its settlement, and its legal clock.</summary>
public static class DeliveryPlan
{
    /// <summary>
    /// The steps that a trade of this instant takes, in order; none where nobody need be asked. Refused RULE_MISSING, and UNKNOWN_PROCEDURE where the class has none of this
    /// name (R-POL-13).
    /// </summary>
    public static Outcome<PlannedStep[]> Of(RuleBook rules, RightClass of, string procedure, Participant seller, Participant buyer, Instant at)
    {
        var (found, refused) = Find(rules, of, procedure, at);
        return found is null ? refused! : found.Steps.Where(s => s.Applies(seller, buyer)).Select(s =>
            new PlannedStep(s.Kind, s.Resolve(seller, buyer), s.WorkingDays, s.Missed, s.InPart, s.FourEyesAbove is { } yuan ? (long)(yuan * 100) : null)).ToArray();
    }

    /// <summary>Null: the class has such a procedure now.</summary>
    public static Refused? Missing(RuleBook rules, RightClass of, string procedure, Instant at) => Find(rules, of, procedure, at).Refused;

    /// <summary>Working days by the calendar in force, the day itself not counted, the last day counted whole (RULEBOOK §3). Null: no time runs out.</summary>
    public static Instant? AnswerBy(RuleBook rules, int? workingDays, Instant begun) =>
        workingDays is { } days ? Eligibility.Begin(WorkingCalendar.At(rules, begun).Last(Eligibility.Day(begun), days).PlusDays(1)) : null;

    private static Outcome<Procedure> Find(RuleBook rules, RightClass of, string procedure, Instant at)
    {
        var rule = rules.Of<DeliveryProcedures>(at);
        if (rule.Refused is { } missing) return missing;
        return rule.Value!.Find(of, procedure) is { } found ? found : Refused.Because("UNKNOWN_PROCEDURE", "R-POL-13").With("class", of.ToString()).With("procedure", procedure);
    }
}
