using System.Data;
using System.Security.Cryptography;
using Npgsql;

namespace Trading.Matching.Journal;

/// <summary>A market as it stood after a batch.</summary>
/// <param name="After">Where the journal stood then.</param>
internal sealed record StoredSnapshot(Standing After, byte[] Bytes);

/// <summary>Snapshots in PostgreSQL: in parts, for no value there holds a gigabyte, and under a checksum over all of them.</summary>
internal sealed class SnapshotStore(NpgsqlDataSource database)
{
    private const int PartBytes = 8 << 20;
    /// <summary>The newest ones, in case one turns out damaged; of what is older, the last of each day.</summary>
    private const int KeptMost = 3;

    /// <summary>Stores it, all or nothing, and lets older ones go. One that is there already stays.</summary>
    public async Task Put(StoredSnapshot snapshot, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        await using var insert = new NpgsqlCommand("insert into matching.snapshots (sequence, at_us, batch_hash, checksum) values ($1, $2, $3, $4) on conflict do nothing", connection, transaction)
        {
            Parameters =
            {
                new() { Value = snapshot.After.LastSequence }, new() { Value = snapshot.After.LastAtMicros }, new() { Value = snapshot.After.Hash.ToArray() }, new() { Value = Checksum(snapshot) },
            },
        };
        if (await insert.ExecuteNonQueryAsync(stop) == 0) return;
        for (var part = 0; part * (long)PartBytes < snapshot.Bytes.Length; part++)
        {
            await using var one = new NpgsqlCommand("insert into matching.snapshot_parts values ($1, $2, $3)", connection, transaction)
            {
                Parameters = { new() { Value = snapshot.After.LastSequence }, new() { Value = part }, new() { Value = snapshot.Bytes.AsMemory(part * PartBytes, Math.Min(PartBytes, snapshot.Bytes.Length - (part * PartBytes))) } },
            };
            await one.ExecuteNonQueryAsync(stop);
        }

        await using var thin = new NpgsqlCommand(
            """
            with days as (select sequence, (to_timestamp(at_us / 1000000) at time zone 'Asia/Shanghai')::date as day, row_number() over (order by sequence desc) as newest from matching.snapshots)
            delete from matching.snapshots s using days d
            where s.sequence = d.sequence and d.newest > $1 and exists (select from days later where later.day = d.day and later.sequence > d.sequence)
            """, connection, transaction) { Parameters = { new() { Value = KeptMost } } };
        await thin.ExecuteNonQueryAsync(stop);
        await transaction.CommitAsync(stop);
    }

    /// <summary>Sequences after which a snapshot was taken, newest first.</summary>
    public async Task<IReadOnlyList<long>> Sequences(CancellationToken stop)
    {
        await using var command = database.CreateCommand("select sequence from matching.snapshots order by sequence desc");
        await using var rows = await command.ExecuteReaderAsync(stop);
        var sequences = new List<long>();
        while (await rows.ReadAsync(stop)) sequences.Add(rows.GetInt64(0));
        return sequences;
    }

    /// <summary>Null: another process let it go meanwhile.</summary>
    /// <exception cref="SnapshotDamagedException">Its bytes do not give its checksum.</exception>
    public async Task<StoredSnapshot?> Read(long sequence, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, stop);
        Standing after;
        byte[] checksum;
        await using (var head = new NpgsqlCommand("select at_us, batch_hash, checksum from matching.snapshots where sequence = $1", connection, transaction) { Parameters = { new() { Value = sequence } } })
        await using (var row = await head.ExecuteReaderAsync(stop))
        {
            if (!await row.ReadAsync(stop)) return null;
            (after, checksum) = (new(sequence, row.GetFieldValue<byte[]>(1), row.GetInt64(0)), row.GetFieldValue<byte[]>(2));
        }

        using var bytes = new MemoryStream();
        await using (var command = new NpgsqlCommand("select bytes from matching.snapshot_parts where sequence = $1 order by part", connection, transaction) { Parameters = { new() { Value = sequence } } })
        await using (var parts = await command.ExecuteReaderAsync(CommandBehavior.SequentialAccess, stop))
        {
            while (await parts.ReadAsync(stop)) bytes.Write(parts.GetFieldValue<byte[]>(0));
        }

        var stored = new StoredSnapshot(after, bytes.ToArray());
        return Checksum(stored).AsSpan().SequenceEqual(checksum) ? stored : throw new SnapshotDamagedException(sequence, "its bytes do not give its checksum");
    }

    private static byte[] Checksum(StoredSnapshot snapshot)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> head = stackalloc byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteInt64LittleEndian(head, snapshot.After.LastSequence);
        System.Buffers.Binary.BinaryPrimitives.WriteInt64LittleEndian(head[8..], snapshot.After.LastAtMicros);
        hash.AppendData(head);
        hash.AppendData(snapshot.After.Hash.Span);
        hash.AppendData(snapshot.Bytes);
        return hash.GetHashAndReset();
    }
}

/// <summary>A snapshot is not what was stored, or not of this journal. An older one, or the journal itself, serves instead.</summary>
internal sealed class SnapshotDamagedException(long sequence, string what) : Exception($"snapshot {sequence} of matching.snapshots: {what}");
