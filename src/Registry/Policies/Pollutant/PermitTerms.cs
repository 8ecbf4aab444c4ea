using NodaTime;
using Trading.Registry.Contracts;

namespace Trading.Registry.Policies.Pollutant;

/// <summary>R-POL-02, R-POL-08: how long a right runs.</summary>
/// <param name="PermitYears">Term of a discharge permit.</param>
/// <param name="RenewalDays">Days before its end by which renewal is asked.</param>
/// <param name="LeaseMonthsMost">Longest lease.</param>
internal sealed record PermitTerms(int PermitYears, int RenewalDays, int LeaseMonthsMost) : Rule
{
    public override Refused? Check() =>
        PermitYears is < 1 or > 50 ? Wrong("permitYears", "1 to 50") : RenewalDays is < 0 or > 365 ? Wrong("renewalDays", "0 to 365")
        : LeaseMonthsMost is < 1 or > 600 ? Wrong("leaseMonthsMost", "1 to 600") : null;

    /// <summary>Whole months that are left, through the last day; 0 where it has ended.</summary>
    public static int MonthsLeft(LocalDate today, LocalDate through) => Math.Max(0, Period.Between(today, through.PlusDays(1), PeriodUnits.Months).Months);
}
