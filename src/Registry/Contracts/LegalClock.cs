using NodaTime;
using Trading.Registry.Policies.Common;
using Trading.Registry.Policies.Energy;
using Trading.Registry.Policies.Pollutant;

namespace Trading.Registry.Contracts;

/// <summary>How long an authority may take, by the rules of the instant at which it was asked.</summary>
public static class LegalClock
{
    private static readonly DateTimeZone Shanghai = DateTimeZoneProviders.Tzdb["Asia/Shanghai"];

    /// <summary>
    /// R-POL-13 for a county, R-ENE-06 for the province: working days by the calendar, the day itself not counted, the last day counted whole. Null: no rule
    /// sets a limit, so none runs out.
    /// </summary>
    public static Instant? AnswerBy(bool province, RuleBook rules, Instant asked)
    {
        if ((province ? rules.Find<EnergyConfirmation>(asked)?.AnswerWorkingDays : rules.Find<PermitTerms>(asked)?.AnswerWorkingDays) is not { } days) return null;
        return WorkingCalendar.At(rules, asked).Last(Eligibility.Day(asked), days).PlusDays(1).AtStartOfDayInZone(Shanghai).ToInstant();
    }
}
