using System.Data;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using NodaTime;
using Npgsql;
using NpgsqlTypes;
using Trading.Matching.Contracts;
using Trading.Matching.Core;

namespace Trading.Matching.Journal;

/// <summary>
/// The journal and the inbox in PostgreSQL. What the keeper asks blocks the keeper's own thread, over a connection that stays open for it: neither the
/// pool of threads nor the pool of connections, which requests share, can keep an order waiting.
/// </summary>
internal sealed class PostgresJournal(NpgsqlDataSource database, string holder, Committed committed) : IJournalStore, IJournal, IMarketInbox, IDisposable
{
    private const string Columns = "first_sequence, count, epoch, version, commands, outputs, texts, previous_hash, hash";

    private readonly Lock gate = new();
    private NpgsqlConnection? keepers;
    private NpgsqlCommand? append;

    public Task<Append> Append(Batch batch, IReadOnlyList<long> inbox, CancellationToken stop) => Keep(connection => Append(connection, batch, inbox));

    private Append Append(NpgsqlConnection connection, Batch batch, IReadOnlyList<long> inbox)
    {
        try
        {
            var command = append ??= Appending(connection);
            object[] values = [batch.Epoch, holder, batch.FirstSequence, batch.Count, BatchBytes.Version, batch.PackedCommands, batch.PackedOutputs, BatchBytes.Of(batch.Texts),
                batch.PreviousHash, batch.Hash, inbox as long[] ?? [.. inbox]];
            for (var i = 0; i < values.Length; i++) command.Parameters[i].Value = values[i];
            // Not cancellable: a commit that was asked for is waited for.
            return (int)command.ExecuteScalar()! == 0 ? Journal.Append.Committed : Journal.Append.Deposed;
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            return Journal.Append.Deposed;
        }
        catch (PostgresException refused) when (refused.SqlState is not (PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown))
        {
            throw;
        }
        catch (Exception broken) when (broken is NpgsqlException or IOException or TimeoutException)
        {
            return Journal.Append.Unknown;
        }
    }

    /// <summary>Parsed and planned once a connection: what one caller alone waits for is the disk.</summary>
    private static NpgsqlCommand Appending(NpgsqlConnection connection)
    {
        var command = new NpgsqlCommand("select matching.commit_batch($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)", connection);
        foreach (var type in (ReadOnlySpan<NpgsqlDbType>)[NpgsqlDbType.Bigint, NpgsqlDbType.Text, NpgsqlDbType.Bigint, NpgsqlDbType.Integer, NpgsqlDbType.Smallint, NpgsqlDbType.Bytea, NpgsqlDbType.Bytea,
                     NpgsqlDbType.Bytea, NpgsqlDbType.Bytea, NpgsqlDbType.Bytea, NpgsqlDbType.Array | NpgsqlDbType.Bigint])
            command.Parameters.Add(new() { NpgsqlDbType = type });
        command.Prepare();
        return command;
    }

    public Task<long?> RaiseEpoch(long ours, CancellationToken stop) => Keep(connection =>
    {
        // The update waits for the share lock of whatever of ours is still under way.
        using var command = new NpgsqlCommand("update matching.epoch set epoch = epoch + 1 where role = 'market' and epoch = $1 returning epoch", connection);
        command.Parameters.Add(new() { Value = ours });
        return (long?)command.ExecuteScalar();
    });

    public Task<IReadOnlyList<StagedCommand>> Pending(int most, CancellationToken stop) => Keep<IReadOnlyList<StagedCommand>>(connection =>
    {
        using var command = new NpgsqlCommand("select id, command from matching.inbox where taken_by is null order by id limit $1", connection);
        command.Parameters.Add(new() { Value = most });
        using var rows = command.ExecuteReader();
        var pending = new List<StagedCommand>();
        while (rows.Read()) pending.Add(new(rows.GetInt64(0), BatchBytes.Structs<Command>(rows.GetFieldValue<byte[]>(1), Command.SizeBytes)[0]));
        return pending;
    });

    public void Dispose()
    {
        append?.Dispose();
        keepers?.Dispose();
    }

    /// <summary>Done when it returns, on the thread that asked. A connection that broke is opened anew by whoever asks next.</summary>
    private Task<T> Keep<T>(Func<NpgsqlConnection, T> ask)
    {
        lock (gate)
        {
            try
            {
                if (keepers is not { State: ConnectionState.Open })
                {
                    append?.Dispose();
                    keepers?.Dispose();
                    (append, keepers) = (null, null);
                    keepers = database.OpenConnection();
                }

                return Task.FromResult(ask(keepers));
            }
            catch (Exception failed)
            {
                return Task.FromException<T>(failed);
            }
        }
    }

    public async Task<IReadOnlyList<long>> Stage(NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<Command> commands, CancellationToken stop)
    {
        if (commands.Count == 0) return [];
        // unnest keeps the array's order, and identity values are drawn in it.
        await using var insert = new NpgsqlCommand("insert into matching.inbox (command) select c from unnest($1) with ordinality as u(c, n) order by n returning id", connection, transaction);
        var bytes = new byte[commands.Count][];
        for (var i = 0; i < bytes.Length; i++) bytes[i] = BatchBytes.Of<Command>([commands[i]]);
        insert.Parameters.Add(new() { Value = bytes, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea });
        var staged = new List<long>(commands.Count);
        await using var rows = await insert.ExecuteReaderAsync(stop);
        while (await rows.ReadAsync(stop)) staged.Add(rows.GetInt64(0));
        return staged;
    }

    public void Wake() => committed.Staged();

    public async Task<bool> Carried(IReadOnlyList<long> staged, Duration atMost, CancellationToken stop)
    {
        var since = Stopwatch.GetTimestamp();
        while (true)
        {
            var seen = await LastSequence(stop);
            await using var waiting = database.CreateCommand("select count(*) from matching.inbox where id = any($1) and taken_by is null");
            waiting.Parameters.Add(new() { Value = staged.ToArray() });
            if ((long)(await waiting.ExecuteScalarAsync(stop))! == 0) return true;
            var left = atMost - Duration.FromTimeSpan(Stopwatch.GetElapsedTime(since));
            if (left <= Duration.Zero) return false;
            await WaitBeyond(seen, left, stop);
        }
    }

    public async Task<IReadOnlyList<Batch>> Read(long afterSequence, int most, CancellationToken stop)
    {
        if (committed.After(afterSequence, most) is { Count: > 0 } held) return held;
        var batches = new List<Batch>();
        await foreach (var stored in Stored(afterSequence, most, stop)) batches.Add(Open(in stored));
        return batches;
    }

    /// <summary>The rows themselves, one by one as they are asked for: for whoever proves that what is stored is what was.</summary>
    public async IAsyncEnumerable<StoredBatch> Stored(long afterSequence, int most, [EnumeratorCancellation] CancellationToken stop)
    {
        await using var command = database.CreateCommand($"select {Columns} from matching.batches where first_sequence > $1 order by first_sequence limit $2");
        command.Parameters.Add(new() { Value = afterSequence });
        command.Parameters.Add(new() { Value = most });
        await using var rows = await command.ExecuteReaderAsync(CommandBehavior.SequentialAccess, stop);
        while (await rows.ReadAsync(stop)) yield return Row(rows);
    }

    public async Task<Batch?> Holding(long sequence, CancellationToken stop)
    {
        await using var command = database.CreateCommand($"select {Columns} from matching.batches where first_sequence <= $1 order by first_sequence desc limit 1");
        command.Parameters.Add(new() { Value = sequence });
        await using var rows = await command.ExecuteReaderAsync(CommandBehavior.SequentialAccess, stop);
        return await rows.ReadAsync(stop) && Row(rows) is var found && found.LastSequence >= sequence ? Open(in found) : null;
    }

    public async Task<long> LastSequence(CancellationToken stop)
    {
        await using var command = database.CreateCommand("select first_sequence + count - 1 from matching.batches order by first_sequence desc limit 1");
        return (long?)await command.ExecuteScalarAsync(stop) ?? 0;
    }

    public Task WaitBeyond(long sequence, Duration atMost, CancellationToken stop) => committed.WaitBeyond(sequence, atMost, stop);

    private static StoredBatch Row(NpgsqlDataReader row) => new(row.GetInt64(0), row.GetInt32(1), row.GetInt64(2), row.GetInt16(3), row.GetFieldValue<byte[]>(4), row.GetFieldValue<byte[]>(5),
        row.GetFieldValue<byte[]>(6), row.GetFieldValue<byte[]>(7), row.GetFieldValue<byte[]>(8));

    private static Batch Open(in StoredBatch stored)
    {
        try
        {
            return BatchBytes.Open(in stored);
        }
        catch (InvalidDataException damaged)
        {
            throw new JournalDamagedException(stored.FirstSequence, damaged.Message);
        }
    }
}
