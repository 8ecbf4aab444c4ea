using NodaTime;

namespace Trading.Registry.Contracts;

/// <summary>How a right was given at first (R-POL-03): what was free goes back free, what was paid goes back at its price (R-POL-11). Persisted by number.</summary>
public enum AllocationBasis { Free = 1, Paid = 2 }

/// <param name="Units">Minimum units, above zero.</param>
/// <param name="Years">Term; the right runs no longer than its instrument.</param>
/// <param name="Operation">Idempotency key, unique per account.</param>
/// <param name="Reason">Document or ground, for the event.</param>
public sealed record AllocationLine(int Account, int Instrument, long Units, AllocationBasis Basis, int Years, string Operation, string Reason);

/// <summary>A right as it was given, and what of it still stands.</summary>
/// <param name="Price">Yuan per legal unit and year as the tariff was; null: free.</param>
/// <param name="Fen">Fee for the whole term.</param>
/// <param name="Standing">Units neither reversed nor bought back.</param>
public sealed record Allocation(
    long Id, string Plan, int Account, int Instrument, long Units, AllocationBasis Basis, decimal? Price, long Fen, LocalDate ValidThrough, Instant GrantedAt, long Standing);

/// <summary>What came of a buy-back (R-POL-11).</summary>
/// <param name="Fen">Paid to the holder: the original price over the whole months left; nothing for what was free.</param>
public sealed record BuyBack(long Id, long Allocation, int Reserve, long Units, int Months, long Fen, Instant At);

public interface IAllocations
{
    /// <summary>
    /// Gives all lines of a plan in one transaction, or none: rights, fees by the tariff of now, and the caps of the counties. Refused UNKNOWN_ACCOUNT,
    /// UNKNOWN_INSTRUMENT, QTY_NOT_POSITIVE, OUT_OF_RANGE (years), RIGHT_EXPIRED, RULE_MISSING, TARIFF_MISSING, SUPPLY_OVERFLOW, CAP_EXCEEDED, with the line.
    /// A line heard before is not given twice.
    /// </summary>
    Task<Refused?> Give(string plan, IReadOnlyList<AllocationLine> lines, Actor actor, CancellationToken stop);

    /// <summary>What <see cref="Give"/> would refuse of one line by the facts as read; caps and supply are judged as it is done.</summary>
    Refused? Judge(AllocationLine line, Catalog catalog, RuleBook rules);

    Task<Allocation?> Find(long id, CancellationToken stop);

    /// <summary>Null filters nothing; in order of id, above one.</summary>
    Task<IReadOnlyList<Allocation>> All(int? account, string? plan, long afterId, int most, CancellationToken stop);

    Task<IReadOnlyList<BuyBack>> BuyBacks(long allocation, CancellationToken stop);
}
