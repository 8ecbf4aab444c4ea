using Marten;
using Npgsql;

namespace Trading.Registry.Contracts;

/// <summary>A holding as it was under lock, and what happens to it now.</summary>
public sealed record HoldingChange(Holding Before, IReadOnlyList<HoldingEvent> Events)
{
    /// <summary>Who did each of the events; null: the session's actor did all of them.</summary>
    public IReadOnlyList<Actor>? By { get; init; }
}

/// <summary>What is appended to a stream: a holding's, or one of another module that belongs to the same transaction.</summary>
/// <param name="Before">Events that are in it.</param>
/// <param name="By">Who did each of the events; null: the session's actor did all of them.</param>
public sealed record StreamChange(string Stream, long Before, IReadOnlyList<object> Events, IReadOnlyList<Actor>? By = null)
{
    public long After => Before + Events.Count;
}

/// <summary>
/// Balances that decide. Other modules change holdings only through here, on their own transaction: lock, decide, book.
/// </summary>
public interface IHoldings
{
    /// <summary>Marten session writing on the caller's transaction: SaveChangesAsync flushes, the caller commits.</summary>
    /// <param name="actor">Who did whatever is appended; null: each change says it itself.</param>
    IDocumentSession Session(NpgsqlConnection connection, NpgsqlTransaction transaction, Actor? actor);

    /// <summary>Locks the rows for update in key order and returns them; a holding that never was is <see cref="Holding.Empty"/>.</summary>
    Task<IReadOnlyDictionary<HoldingKey, Holding>> Lock(
        NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyCollection<HoldingKey> keys, CancellationToken stop);

    /// <summary>
    /// Appends the events to their streams at the expected version and moves the flat rows by the difference, in the session's transaction.
    /// Nothing is flushed for empty lists. A CHECK or version that does not hold throws and the caller's transaction is lost.
    /// </summary>
    /// <param name="also">What is appended to other streams with it, in the same statements.</param>
    Task Book(IDocumentSession session, NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<HoldingChange> changes, CancellationToken stop, IReadOnlyList<StreamChange>? also = null);

    /// <summary>Unlocked read, for screens.</summary>
    Task<IReadOnlyList<Holding>> Of(int account, CancellationToken stop);

    /// <summary>One of them; one that never was is <see cref="Holding.Empty"/>.</summary>
    Task<Holding> Of(HoldingKey key, CancellationToken stop);

    /// <summary>As they stood at a past instant, by folding the events until then.</summary>
    Task<IReadOnlyList<Holding>> At(int account, NodaTime.Instant at, CancellationToken stop);
}

/// <summary>The stored name of an event type, registered by the module that owns it.</summary>
public sealed record EventName(Type Type, string Name);
