using NodaTime;

namespace Trading.Registry.Contracts;

/// <summary>Why a right is kept back outside the market (R-REG-03). Freezes of a court and what waits in the market have books of their own. Persisted by number and by name.</summary>
public enum HoldReason { Administrative = 1, Compliance = 2, Transfer = 3, Pledge = 4, Lease = 5, Release = 6, Lot = 7 }

/// <summary>What is kept back of a holding, and for what.</summary>
/// <param name="Reference">Unique within the account, e.g. "pledge/17".</param>
/// <param name="Units">As it was placed, in minimum units.</param>
/// <param name="Standing">What of it still stands.</param>
/// <param name="EndedAt">Null while something stands.</param>
public sealed record Hold(HoldingKey Holding, string Reference, HoldReason Reason, long Units, long Standing, Instant PlacedAt, Instant? EndedAt);

public interface IHolds
{
    /// <summary>What stands, in order of placing; null filters nothing.</summary>
    Task<IReadOnlyList<Hold>> Standing(int? account, HoldReason? reason, CancellationToken stop);
}
