using Trading.Matching.Contracts;
using Trading.Matching.Core;

namespace Trading.Matching.Journal;

internal enum Append
{
    /// <summary>The row is there.</summary>
    Committed = 1,
    /// <summary>Another epoch rules; nothing was written.</summary>
    Deposed = 2,
    /// <summary>The connection broke while the answer was on its way: the row is there or not.</summary>
    Unknown = 3,
}

internal readonly record struct StagedCommand(long Id, Command Command);

/// <summary>What the keeper needs of a store. PostgreSQL keeps it in production; a simulation that loses answers keeps it in tests.</summary>
internal interface IJournalStore
{
    /// <summary>Commits one batch and marks its inbox rows taken, all or nothing, unless another epoch rules.</summary>
    /// <exception cref="Exception">Any storage failure whose outcome is known to be "not written": the leader stops.</exception>
    Task<Append> Append(Batch batch, IReadOnlyList<long> inbox, CancellationToken stop);

    /// <summary>
    /// Raises our own epoch and returns the new one: whatever of ours was still under way has then either committed or never will.
    /// Null: another leads by now.
    /// </summary>
    Task<long?> RaiseEpoch(long ours, CancellationToken stop);

    Task<Batch?> Holding(long sequence, CancellationToken stop);

    /// <summary>Pending rows, oldest first.</summary>
    Task<IReadOnlyList<StagedCommand>> Pending(int most, CancellationToken stop);
}
