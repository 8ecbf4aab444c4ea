using NodaTime;
using Trading.Settlement.Contracts;

namespace Trading.Settlement.Confirmations;

/// <summary>How long an authority may take. Working days are Monday to Friday in Asia/Shanghai until statutory holidays come as data (RULEBOOK §2).</summary>
internal static class LegalTime
{
    private static readonly DateTimeZone Shanghai = DateTimeZoneProviders.Tzdb["Asia/Shanghai"];

    /// <summary>R-POL-13: 30 working days for a county; R-ENE-06: 20 for the province. The day of the trade does not count; the last day counts whole.</summary>
    public static Instant AnswerBy(Confirmation by, Instant executed)
    {
        var left = by switch
        {
            Confirmation.BuyersCounty => 30,
            Confirmation.Province => 20,
            _ => throw new InvalidOperationException($"{by} does not answer"),
        };
        var day = executed.InZone(Shanghai).Date;
        while (left > 0)
        {
            day = day.PlusDays(1);
            if (day.DayOfWeek is not (IsoDayOfWeek.Saturday or IsoDayOfWeek.Sunday)) left--;
        }

        return day.PlusDays(1).AtStartOfDayInZone(Shanghai).ToInstant();
    }
}
