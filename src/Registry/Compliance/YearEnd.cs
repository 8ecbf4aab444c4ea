using NodaTime;
using Trading.Registry.Contracts;
using Trading.Registry.Policies.Pollutant;

namespace Trading.Registry.Compliance;

internal static class YearEnd
{
    public static Instant Begin(int year) => Eligibility.Begin(new(year, 1, 1));

    public static Instant End(int year) => Begin(year + 1);

    /// <param name="hours">Readings of the year: how many, how many of them measured, and their sum.</param>
    public static YearOfUse Decide(int account, string indicator, int year, (int Read, int Measured, long Sum) hours, long held, Instant now)
    {
        var end = Instant.Min(End(year), now);
        var passed = end <= Begin(year) ? 0 : (int)Math.Floor((decimal)((end - Begin(year)).BclCompatibleTicks / NodaConstants.TicksPerHour));
        var score = passed == 0 ? 0 : (int)(hours.Measured * 100L / passed);
        return new(account, indicator, year, hours.Sum, held, passed, Math.Max(0, passed - hours.Read), Math.Min(100, score));
    }

    /// <summary>Null: within the right. The figures of the case are those in force at the year's end.</summary>
    public static Outcome<Consequence> Judge(YearOfUse use, RuleBook rules, Instant now)
    {
        if (use.Excess == 0) return new Consequence(null);
        var (rule, missing) = rules.Of<ExcessDischarge>(Instant.Min(End(use.Year), now));
        return missing is not null ? missing : new Consequence(rule);
    }

    internal sealed record Consequence(ExcessDischarge? Rule);
}
