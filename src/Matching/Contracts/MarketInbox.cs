using NodaTime;
using Npgsql;
using Trading.Matching.Core;

namespace Trading.Matching.Contracts;

/// <summary>
/// Commands that another module stages in its own transaction: deposits, withdrawals, permits, seizures, settlements. The keeper takes
/// pending rows and marks them taken in the transaction of the batch that carries them, so each is carried exactly once.
/// </summary>
public interface IMarketInbox
{
    /// <summary>Stages on the caller's open transaction; order within one call is kept.</summary>
    /// <returns>The staged rows, for <see cref="Carried"/>.</returns>
    Task<IReadOnlyList<long>> Stage(NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<Command> commands, CancellationToken stop);

    /// <summary>Call after the commit. Only saves waiting: the keeper also looks by itself.</summary>
    void Wake();

    /// <summary>Waits, at most so long, until the market has committed these rows. False: it has not yet; it will.</summary>
    Task<bool> Carried(IReadOnlyList<long> staged, Duration atMost, CancellationToken stop);
}
