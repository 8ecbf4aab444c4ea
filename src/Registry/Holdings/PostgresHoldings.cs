using Marten;
using Marten.Services;
using NodaTime;
using Npgsql;
using NpgsqlTypes;
using Trading.Registry.Contracts;

namespace Trading.Registry.Holdings;

internal sealed class PostgresHoldings(NpgsqlDataSource database, IDocumentStore events, IClock clock) : IHoldings
{
    private const string Columns = "account, instrument, available, earmarked, pledged, frozen, awaiting, held, version";

    public IDocumentSession Session(NpgsqlConnection connection, NpgsqlTransaction transaction, Actor? actor)
    {
        var session = events.LightweightSession(SessionOptions.ForTransaction(transaction, false));
        if (actor is null) return session;
        session.SetHeader("user", actor.User);
        session.SetHeader("role", actor.Role);
        return session;
    }

    public async Task<IReadOnlyDictionary<HoldingKey, Holding>> Lock(
        NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyCollection<HoldingKey> keys, CancellationToken stop)
    {
        var sorted = keys.Distinct().Order().ToList();
        var holdings = new Dictionary<HoldingKey, Holding>(sorted.Count);
        if (sorted.Count == 0) return holdings;
        await using var batch = new NpgsqlBatch(connection, transaction);
        foreach (var command in Locks(sorted)) batch.BatchCommands.Add(command);
        await using var rows = await batch.ExecuteReaderAsync(stop);
        foreach (var holding in await Read(rows, stop)) holdings[holding.Key] = holding;
        return holdings;
    }

    /// <summary>One round trip: new rows first, in order, then all of them locked in order. The second answers with the rows.</summary>
    /// <param name="some">Of those that are there already: nothing is made.</param>
    internal static IEnumerable<NpgsqlBatchCommand> Locks(List<HoldingKey> sorted, bool some = false)
    {
        foreach (var sql in (string[])[.. some ? (string[])[] : ["insert into registry.holdings (account, instrument) select * from unnest($1, $2) on conflict do nothing"],
                     $"select {Columns} from registry.holdings where (account, instrument) in (select * from unnest($1, $2)) order by account, instrument for update"])
        {
            var command = new NpgsqlBatchCommand(sql);
            Add(command.Parameters, sorted);
            yield return command;
        }
    }

    public async Task Book(IDocumentSession session, NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<HoldingChange> changes, CancellationToken stop, IReadOnlyList<StreamChange>? also = null)
    {
        var moved = changes.Where(c => c.Events.Count > 0).ToList();
        if (moved.Count == 0 && also is not { Count: > 0 }) return;
        // What else the caller put into the session.
        await session.SaveChangesAsync(stop);
        await using var batch = new NpgsqlBatch(connection, transaction);
        var check = Moves(batch, session, moved, also);
        await batch.ExecuteNonQueryAsync(stop);
        check();
    }

    /// <summary>Adds to a batch what appends the events and moves the rows.</summary>
    /// <param name="moved">Each with an event at least, as each of the others.</param>
    /// <returns>To be called when the batch is done: throws where rows or streams did not stand as they were expected.</returns>
    internal Action Moves(NpgsqlBatch batch, IDocumentSession session, IReadOnlyList<HoldingChange> moved, IReadOnlyList<StreamChange>? also = null)
    {
        var after = moved.Select(c => (c.Before, After: c.Events.Aggregate(c.Before, Holding.Evolve))).ToList();
        var streams = batch.BatchCommands.Count;
        StreamChange[] grown = [.. moved.Select(c => new StreamChange(c.Before.Key.Stream, c.Before.Version, c.Events, c.By)), .. also ?? []];
        foreach (var command in Append.Of(session, grown, clock.GetCurrentInstant())) batch.BatchCommands.Add(command);
        var update = new NpgsqlBatchCommand(
            """
            update registry.holdings h set available = h.available + c.available, earmarked = h.earmarked + c.earmarked, pledged = h.pledged + c.pledged,
                frozen = h.frozen + c.frozen, awaiting = h.awaiting + c.awaiting, held = h.held + c.held, version = c.version
            from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) as c(account, instrument, available, earmarked, pledged, frozen, awaiting, held, version, before)
            where h.account = c.account and h.instrument = c.instrument and h.version = c.before
            """);
        Add(update.Parameters, after.ConvertAll(c => c.Before.Key));
        update.Parameters.Add(new() { Value = after.ConvertAll(c => c.After.Available - c.Before.Available) });
        update.Parameters.Add(new() { Value = after.ConvertAll(c => c.After.Earmarked - c.Before.Earmarked) });
        update.Parameters.Add(new() { Value = after.ConvertAll(c => c.After.Pledged - c.Before.Pledged) });
        update.Parameters.Add(new() { Value = after.ConvertAll(c => c.After.Frozen - c.Before.Frozen) });
        update.Parameters.Add(new() { Value = after.ConvertAll(c => c.After.Awaiting - c.Before.Awaiting) });
        update.Parameters.Add(new() { Value = after.ConvertAll(c => c.After.Held - c.Before.Held) });
        update.Parameters.Add(new() { Value = after.ConvertAll(c => c.After.Version) });
        update.Parameters.Add(new() { Value = after.ConvertAll(c => c.Before.Version) });
        batch.BatchCommands.Add(update);
        return () =>
        {
            if (update.RecordsAffected != moved.Count) throw new InvalidOperationException($"{moved.Count} holdings change and {update.RecordsAffected} rows stood at the expected version");
            if (batch.BatchCommands[streams].RecordsAffected != grown.Length) throw new InvalidOperationException($"{grown.Length} streams grow and {batch.BatchCommands[streams].RecordsAffected} stood below the version they come to");
        };
    }

    public async Task<IReadOnlyList<Holding>> Of(int account, CancellationToken stop)
    {
        await using var command = database.CreateCommand($"select {Columns} from registry.holdings where account = $1 and version > 0 order by instrument");
        command.Parameters.Add(new() { Value = account });
        return await Read(command, stop);
    }

    public async Task<Holding> Of(HoldingKey key, CancellationToken stop)
    {
        await using var command = database.CreateCommand($"select {Columns} from registry.holdings where account = $1 and instrument = $2");
        command.Parameters.Add(new() { Value = key.Account });
        command.Parameters.Add(new() { Value = key.Instrument });
        return (await Read(command, stop)).SingleOrDefault() ?? Holding.Empty(key);
    }

    public async Task<IReadOnlyList<Holding>> At(int account, Instant at, CancellationToken stop)
    {
        await using var session = events.QuerySession();
        var then = new List<Holding>();
        foreach (var key in (await Of(account, stop)).Select(h => h.Key))
        {
            var holding = Holding.Empty(key);
            foreach (var happened in await session.Events.FetchStreamAsync(key.Stream, timestamp: at.ToDateTimeOffset(), token: stop)) holding = Holding.Evolve(holding, (HoldingEvent)happened.Data);
            if (holding.Version > 0) then.Add(holding);
        }

        return then;
    }

    private static void Add(NpgsqlParameterCollection parameters, List<HoldingKey> keys)
    {
        parameters.Add(new() { Value = keys.ConvertAll(k => k.Account), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer });
        parameters.Add(new() { Value = keys.ConvertAll(k => k.Instrument), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer });
    }

    internal static async Task<List<Holding>> Read(NpgsqlCommand command, CancellationToken stop)
    {
        await using var rows = await command.ExecuteReaderAsync(stop);
        return await Read(rows, stop);
    }

    internal static async Task<List<Holding>> Read(NpgsqlDataReader rows, CancellationToken stop)
    {
        var holdings = new List<Holding>();
        while (await rows.ReadAsync(stop))
        {
            holdings.Add(new(new(rows.GetInt32(0), rows.GetInt32(1)), rows.GetInt64(2), rows.GetInt64(3), rows.GetInt64(4), rows.GetInt64(5), rows.GetInt64(6), rows.GetInt64(7), rows.GetInt64(8)));
        }

        return holdings;
    }
}
