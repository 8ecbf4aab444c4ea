using NodaTime;
using Trading.Registry.Contracts;

namespace Trading.Registry.Policies.Common;

/// <summary>For how long a surrender that was wrong may be taken back (R-REG-10).</summary>
/// <param name="WorkingDays">From the day after the surrender on, 1 to 250.</param>
internal sealed record ReversalWindow(int WorkingDays) : Rule
{
    public override Refused? Check() => WorkingDays is < 1 or > 250 ? Wrong("workingDays", WorkingDays.ToString(System.Globalization.CultureInfo.InvariantCulture)) : null;

    public LocalDate LastDay(RuleBook rules, Instant surrendered) => WorkingCalendar.At(rules, surrendered).Last(Eligibility.Day(surrendered), WorkingDays);
}
