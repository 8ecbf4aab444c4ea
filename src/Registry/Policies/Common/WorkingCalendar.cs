using NodaTime;
using Trading.Registry.Contracts;

namespace Trading.Registry.Policies.Common;

/// <summary>Working days in Asia/Shanghai (RULEBOOK §3): Monday to Friday, without statutory holidays, with make-up workdays (调休).</summary>
internal sealed record WorkingCalendar(IReadOnlyList<LocalDate> Holidays, IReadOnlyList<LocalDate> Workdays) : Rule
{
    public override Refused? Check() => Holidays.FirstOrDefault(Workdays.Contains) is { Year: > 1 } both ? Wrong("workdays", both.ToString("uuuu-MM-dd", null)) : null;

    /// <summary>The one in force; where none is, weeks alone.</summary>
    public static WorkingCalendar At(RuleBook rules, Instant at) => rules.Find<WorkingCalendar>(at) ?? new([], []);

    public bool Works(LocalDate day) => day.DayOfWeek is IsoDayOfWeek.Saturday or IsoDayOfWeek.Sunday ? Workdays.Contains(day) : !Holidays.Contains(day);

    /// <summary>The last day of so many working days, which count from the day after the event.</summary>
    /// <param name="days">1 or more.</param>
    public LocalDate Last(LocalDate happened, int days)
    {
        var day = happened;
        while (days > 0)
        {
            day = day.PlusDays(1);
            if (Works(day)) days--;
        }

        return day;
    }
}
