using NodaTime;

namespace Trading.Registry.Contracts;

/// <summary>A right that is with somebody else until a day (租赁, R-POL-08): he uses it and cannot pass it on, and it comes back by itself.</summary>
/// <param name="Id">Of the proposal by which it was let.</param>
/// <param name="Units">Minimum units.</param>
/// <param name="Through">Last day in Asia/Shanghai.</param>
/// <param name="ReturnedAt">Null while it runs.</param>
public sealed record RightLease(long Id, int Instrument, int From, int To, long Units, LocalDate Through, Instant? ReturnedAt);

public interface IRightLeases
{
    /// <summary>Of one account on either side, or of everybody; newest first, below an id.</summary>
    Task<IReadOnlyList<RightLease>> All(int? account, long beforeId, int most, CancellationToken stop);

    /// <summary>Returns what is past its last day. Each is a transaction of its own.</summary>
    /// <returns>How many came back.</returns>
    Task<int> ReturnDue(CancellationToken stop);
}
