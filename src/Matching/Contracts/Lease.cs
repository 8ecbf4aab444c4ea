using Npgsql;

namespace Trading.Matching.Contracts;

/// <summary>
/// The right to be the only one doing a job (matching, settling), by the database's clock. Whoever writes under it reads the epoch
/// <c>for share</c> inside its own write; a take-over raises the epoch, so a stopped process that wakes up can write nothing.
/// </summary>
public interface ILease : IAsyncDisposable
{
    /// <summary>Epoch under which this process leads.</summary>
    long Epoch { get; }

    /// <summary>Fires when the lease was lost or could not be renewed in time.</summary>
    CancellationToken Lost { get; }

    /// <summary>On the caller's transaction: true, and the epoch row share-locked to its end, while the lease is ours.</summary>
    Task<bool> Holds(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken stop);
}

public interface ILeases
{
    /// <summary>Waits until the role ("market", "settler") is ours. Disposing the lease gives it back at once.</summary>
    Task<ILease> Take(string role, CancellationToken stop);
}
