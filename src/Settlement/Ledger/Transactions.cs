using Npgsql;
using Trading.Matching.Contracts;
using Trading.Registry.Contracts;
using Trading.Settlement.Freezes;

namespace Trading.Settlement.Ledger;

/// <summary>The last step of a transaction. A seam for faults: in production it commits and nothing else.</summary>
internal interface ICommit
{
    Task Commit(NpgsqlTransaction transaction, CancellationToken stop);
}

internal sealed class PlainCommit : ICommit
{
    // Not cancellable: a commit that was asked for is waited for.
    public Task Commit(NpgsqlTransaction transaction, CancellationToken stop) => transaction.CommitAsync(CancellationToken.None);
}

/// <summary>One transaction over register, money and inbox: lock, decide, write, commit, wake the market.</summary>
internal sealed class Transactions(NpgsqlDataSource database, LedgerStore store, IMarketInbox inbox, ICommit commit)
{
    /// <param name="keys">What to lock; may read on the transaction first.</param>
    /// <param name="decide">Moves the books, or refuses and nothing is written.</param>
    /// <param name="also">Writes what belongs to the same transaction, before the commit.</param>
    public async Task<Refused?> Run(
        Actor actor, Func<NpgsqlConnection, NpgsqlTransaction, Task<Keys>> keys, Func<Books, Refused?> decide,
        Func<NpgsqlConnection, NpgsqlTransaction, Books, Task>? also, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        var books = await store.Lock(connection, transaction, await keys(connection, transaction), stop);
        if (decide(books) is { } refused) return refused;
        StandingFreezes.Take(books);
        if (await store.Write(connection, transaction, books, actor, stop) is { } above) return above;
        if (also is not null) await also(connection, transaction, books);
        await commit.Commit(transaction, stop);
        if (books.ToMarket.Count > 0) inbox.Wake();
        return null;
    }
}
