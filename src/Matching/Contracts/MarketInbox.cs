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
    Task Stage(NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<Command> commands, CancellationToken stop);

    /// <summary>Call after the commit. Only saves waiting: the keeper also looks by itself.</summary>
    void Wake();
}
