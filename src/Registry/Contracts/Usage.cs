using NodaTime;

namespace Trading.Registry.Contracts;

/// <summary>How good a reading is. Persisted by number.</summary>
public enum ReadingQuality { Measured = 1, Substituted = 2, Doubtful = 3 }

/// <summary>What a meter or CEMS read for one hour.</summary>
/// <param name="Hour">Begin of the hour in UTC.</param>
/// <param name="Units">Ten-thousandths of the legal unit discharged or used in that hour, 0 or more.</param>
public sealed record Reading(Instant Hour, long Units, ReadingQuality Quality);

/// <summary>One participant's year of one indicator (R-POL-12), in ten-thousandths of the legal unit.</summary>
/// <param name="Held">Rights valid in the year: at its end, or now while it runs.</param>
/// <param name="Hours">Hours of the year that have passed.</param>
/// <param name="Missing">Of them without a reading.</param>
/// <param name="Score">Share of hours measured, 0 to 100.</param>
public sealed record YearOfUse(int Account, string Indicator, int Year, long Actual, long Held, int Hours, int Missing, int Score)
{
    public long Excess => Math.Max(0, Actual - Held);
}

/// <summary>What follows from a year above the right: a case for enforcement (排污许可管理条例 art. 34).</summary>
/// <param name="LaterPurchaseCures">Whether a right bought afterwards makes it good.</param>
public sealed record ExcessCase(long Id, int Account, string Indicator, int Year, long Actual, long Held, decimal FineYuanFrom, decimal FineYuanTo, bool LaterPurchaseCures, Instant OpenedAt);

/// <param name="Case">Null: within the right.</param>
public sealed record Reconciled(YearOfUse Use, ExcessCase? Case);

public interface IUsage
{
    /// <summary>Takes readings; the same hour again takes the place of the earlier reading, whose history stays in the stream. Refused UNKNOWN_ACCOUNT, OUT_OF_RANGE, HOUR_IN_FUTURE, NOT_AN_HOUR.</summary>
    Task<Refused?> Read(int account, string indicator, IReadOnlyList<Reading> readings, string source, Actor actor, CancellationToken stop);

    Task<IReadOnlyList<Reading>> Readings(int account, string indicator, Instant from, Instant to, int most, CancellationToken stop);

    /// <summary>
    /// Holds the year's use against the rights, books it in the county's cap, and opens a case where it is above. Idempotent: a year has one case.
    /// Refused UNKNOWN_ACCOUNT, OUT_OF_RANGE (a year to come), RULE_MISSING.
    /// </summary>
    Task<Outcome<Reconciled>> Reconcile(int account, string indicator, int year, Actor actor, CancellationToken stop);
}
