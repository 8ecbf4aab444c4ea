using Marten;
using NodaTime;
using Npgsql;
using Trading.Registry.Contracts;

namespace Trading.Registry.Serials;

/// <summary>Keeps the blocks of serial numbers behind the log. How far it has come is known stream by stream, so nothing that commits late is missed.</summary>
internal sealed class PostgresSerials(NpgsqlDataSource database, IDocumentStore events) : ISerials
{
    private const int EventsMost = 5_000;
    private static readonly Dictionary<string, Type> Types = EventStore.Names.Where(n => n.Type.BaseType == typeof(HoldingEvent)).ToDictionary(n => n.Name, n => n.Type, StringComparer.Ordinal);
    private static readonly Dictionary<Type, string> Names = Types.ToDictionary(t => t.Value, t => t.Key);

    public async Task<IReadOnlyList<SerialBlock>> Blocks(int instrument, int? account, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await Follow(connection, instrument, stop);
        await using var select = Statement.Of(connection, null, "select account, first, last, surrender from registry.serial_blocks where instrument = $1 and ($2::integer is null or account = $2) and surrender = 0 order by first", instrument, account);
        return await Read(select, stop);
    }

    public async Task<IReadOnlyList<SerialMove>> Trace(int instrument, long serial, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await Follow(connection, instrument, stop);
        await using var select = Statement.Of(connection, null,
            "select id, first, last, giver, taker, how, at_us from registry.serial_moves where instrument = $1 and int8range(first, last, '[]') @> $2::bigint order by id", instrument, serial);
        return await select.Rows(r => new SerialMove(r.GetInt64(0), new(r.GetInt64(1), r.GetInt64(2)), r.IsDBNull(3) ? null : r.GetInt32(3), r.IsDBNull(4) ? null : r.GetInt32(4), r.GetString(5), Micros.At(r.GetInt64(6))), stop);
    }

    public async Task Follow(CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var select = Statement.Of(connection, null,
            """
            select distinct h.instrument from registry.holdings h left join registry.serials_followed f on f.account = h.account and f.instrument = h.instrument
            where h.version > coalesce(f.version, 0) order by 1
            """);
        var behind = await select.Rows(r => r.GetInt32(0), stop);
        foreach (var instrument in behind) await Follow(connection, instrument, stop);
    }

    /// <summary>Whether an account holds these numbers now, on a transaction that has its holding locked.</summary>
    public async Task<bool> Holds(NpgsqlConnection connection, NpgsqlTransaction transaction, HoldingKey key, SerialRange range, CancellationToken stop)
    {
        while (await Step(connection, transaction, key.Instrument, stop))
        {
        }

        await using var select = Statement.Of(connection, transaction, "select 1 from registry.serial_blocks where instrument = $1 and account = $2 and surrender = 0 and first <= $3 and last >= $4", key.Instrument, key.Account, range.First, range.Last);
        return await select.ExecuteScalarAsync(stop) is not null;
    }

    private async Task Follow(NpgsqlConnection connection, int instrument, CancellationToken stop)
    {
        for (var more = true; more;)
        {
            await using var transaction = await connection.BeginTransactionAsync(stop);
            more = await Step(connection, transaction, instrument, stop);
            await transaction.CommitAsync(stop);
        }
    }

    /// <returns>Whether there may be more.</returns>
    private async Task<bool> Step(NpgsqlConnection connection, NpgsqlTransaction transaction, int instrument, CancellationToken stop)
    {
        await using var locking = Statement.Of(connection, transaction,
            "insert into registry.serial_ledgers values ($1, 0) on conflict (instrument) do update set issued = registry.serial_ledgers.issued returning issued", instrument);
        var issued = (long)(await locking.ExecuteScalarAsync(stop))!;
        for (var most = EventsMost; ; most = checked(most * 4))
        {
            var log = await Log(connection, transaction, instrument, most, stop);
            if (log.Count == 0) return false;
            var ledger = new SerialLedger(issued);
            foreach (var block in await Held(connection, transaction, instrument, log, stop)) ledger.Put(block);
            // Cut inside a transaction: what follows it is read too.
            if (!ledger.Follow(log))
            {
                if (log.Count < most) throw new InvalidOperationException($"the log of instrument {instrument} gives what nobody receives, from sequence {log[0].Sequence} on");
                continue;
            }

            await Write(connection, transaction, instrument, ledger, log, stop);
            return log.Count == most;
        }
    }

    private async Task<List<Logged>> Log(NpgsqlConnection connection, NpgsqlTransaction transaction, int instrument, int most, CancellationToken stop)
    {
        await using var select = Statement.Of(connection, transaction,
            """
            select e.seq_id, h.account, e.version, e.type, e.timestamp, e.data from registry.holdings h
            left join registry.serials_followed f on f.account = h.account and f.instrument = h.instrument
            join events.mt_events e on e.stream_id = 'holding/' || h.account || '/' || h.instrument and e.version > coalesce(f.version, 0)
            where h.instrument = $1 and h.version > coalesce(f.version, 0) order by e.seq_id limit $2
            """, instrument, most);
        var serializer = events.Options.Serializer();
        return await select.Rows(r => new Logged(
            r.GetInt64(0), new(r.GetInt32(1), instrument), r.GetInt64(2), (HoldingEvent)serializer.FromJson(Types[r.GetString(3)], r, 5), Instant.FromDateTimeUtc(r.GetFieldValue<DateTime>(4))), stop);
    }

    private static async Task<List<SerialBlock>> Held(NpgsqlConnection connection, NpgsqlTransaction transaction, int instrument, List<Logged> log, CancellationToken stop)
    {
        await using var select = Statement.Of(connection, transaction, "select account, first, last, surrender from registry.serial_blocks where instrument = $1 and account = any($2)", instrument, Accounts(log));
        return await Read(select, stop);
    }

    private static async Task Write(NpgsqlConnection connection, NpgsqlTransaction transaction, int instrument, SerialLedger ledger, List<Logged> log, CancellationToken stop)
    {
        await using var batch = new NpgsqlBatch(connection, transaction);
        void Add(string sql, params ReadOnlySpan<object> values)
        {
            var command = new NpgsqlBatchCommand(sql);
            foreach (var value in values) command.Parameters.Add(new() { Value = value });
            batch.BatchCommands.Add(command);
        }

        var (blocks, moves, reached) = (ledger.Blocks.ToList(), ledger.Moves, log.GroupBy(l => l.Key.Account).Select(g => (Account: g.Key, Version: g.Max(l => l.Version))).ToList());
        Add("delete from registry.serial_blocks where instrument = $1 and account = any($2)", instrument, Accounts(log));
        Add("insert into registry.serial_blocks (instrument, account, first, last, surrender) select $1, * from unnest($2, $3, $4, $5)",
            instrument, blocks.ConvertAll(b => b.Account), blocks.ConvertAll(b => b.Range.First), blocks.ConvertAll(b => b.Range.Last), blocks.ConvertAll(b => b.Surrender));
        Add("insert into registry.serial_moves (instrument, first, last, giver, taker, how, at_us) select $1, * from unnest($2, $3, $4, $5, $6, $7)",
            instrument, moves.ConvertAll(m => m.Range.First), moves.ConvertAll(m => m.Range.Last), moves.ConvertAll(m => m.From), moves.ConvertAll(m => m.To), moves.ConvertAll(m => Names[m.Event.GetType()]), moves.ConvertAll(m => Micros.Of(m.At)));
        Add("insert into registry.serials_followed (instrument, account, version) select $1, * from unnest($2, $3) on conflict (account, instrument) do update set version = excluded.version",
            instrument, reached.ConvertAll(f => f.Account), reached.ConvertAll(f => f.Version));
        Add("update registry.serial_ledgers set issued = $2 where instrument = $1", instrument, ledger.Issued);
        await batch.ExecuteNonQueryAsync(stop);
    }

    private static int[] Accounts(List<Logged> log) => [.. log.Select(l => l.Key.Account).Distinct()];

    private static Task<List<SerialBlock>> Read(NpgsqlCommand command, CancellationToken stop) => command.Rows(r => new SerialBlock(r.GetInt32(0), new(r.GetInt64(1), r.GetInt64(2)), r.GetInt64(3)), stop);
}
