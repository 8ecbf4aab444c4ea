using Marten;
using NodaTime;
using Npgsql;
using Trading.Registry.Contracts;
using Trading.Registry.Policies.Energy;

namespace Trading.Registry.Caps;

internal sealed class PostgresCaps(NpgsqlDataSource database, IDocumentStore events, IRules rules, IClock clock) : ICaps
{
    private const string Columns = "region, indicator, year, limit_units, elastic, new_quota, offered, allocated, reserve, moved_in, moved_out, used";

    public async Task<Refused?> Book(IDocumentSession session, NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<(string Indicator, CapEvent Happened)> happened, CancellationToken stop)
    {
        if (happened.Count == 0) return null;
        var supply = (await rules.Current(stop)).Find<CountySupply>(clock.GetCurrentInstant());
        foreach (var group in happened.GroupBy(h => h.Indicator, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            // One row an indicator is the lock and holds the version of its stream.
            await using var locking = Statement.Of(connection, transaction,
                "insert into registry.cap_ledgers values ($1, 0) on conflict (indicator) do update set version = registry.cap_ledgers.version returning version", group.Key);
            var version = (long)(await locking.ExecuteScalarAsync(stop))!;
            List<CapEvent> all = [.. group.Select(g => g.Happened)];
            var ledger = await Load(connection, transaction, group.Key, [.. all.SelectMany(CapLedger.Touched).Distinct()], stop);
            foreach (var one in all)
            {
                if (ledger.Judge(one, supply) is { } refused) return refused.With("indicator", group.Key);
                ledger.Evolve(one);
            }

            session.Events.Append("caps/" + group.Key, version + all.Count, all);
            await Write(connection, transaction, group.Key, version + all.Count, [.. ledger.All], stop);
        }

        await session.SaveChangesAsync(stop);
        return null;
    }

    public async Task<IReadOnlyList<Cap>> Now(string? region, string? indicator, int? year, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var select = Statement.Of(connection, null,
            $"select {Columns} from registry.caps where ($1::text is null or region = $1) and ($2::text is null or indicator = $2) and ($3::integer is null or year = $3) order by indicator, year, region", region, indicator, year);
        return await Read(select, stop);
    }

    public async Task<IReadOnlyList<Cap>> At(string indicator, Instant at, CancellationToken stop)
    {
        await using var session = events.QuerySession();
        var ledger = new CapLedger(indicator);
        foreach (var happened in await session.Events.FetchStreamAsync("caps/" + indicator, timestamp: at.ToDateTimeOffset(), token: stop)) ledger.Evolve((CapEvent)happened.Data);
        return [.. ledger.All];
    }

    private static async Task<CapLedger> Load(NpgsqlConnection connection, NpgsqlTransaction transaction, string indicator, List<(string Region, int Year)> keys, CancellationToken stop)
    {
        var ledger = new CapLedger(indicator);
        await using var select = Statement.Of(connection, transaction, $"select {Columns} from registry.caps where indicator = $1 and (region, year) in (select * from unnest($2, $3))",
            indicator, keys.ConvertAll(k => k.Region).ToArray(), keys.ConvertAll(k => k.Year).ToArray());
        foreach (var cap in await Read(select, stop)) ledger.Put(cap);
        return ledger;
    }

    private static async Task Write(NpgsqlConnection connection, NpgsqlTransaction transaction, string indicator, long version, List<Cap> caps, CancellationToken stop)
    {
        await using var batch = new NpgsqlBatch(connection, transaction);
        foreach (var cap in caps)
        {
            var upsert = new NpgsqlBatchCommand(
                $"""
                insert into registry.caps ({Columns}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
                on conflict (indicator, year, region) do update set limit_units = $4, elastic = $5, new_quota = $6, offered = $7, allocated = $8, reserve = $9, moved_in = $10, moved_out = $11, used = $12
                """);
            foreach (var value in (object[])[cap.Region, cap.Indicator, cap.Year, (object?)cap.Limit ?? DBNull.Value, cap.Elastic, cap.NewQuota, cap.Offered, cap.Allocated, cap.Reserve, cap.In, cap.Out, cap.Used])
                upsert.Parameters.Add(new() { Value = value });
            batch.BatchCommands.Add(upsert);
        }

        var ledger = new NpgsqlBatchCommand("update registry.cap_ledgers set version = $2 where indicator = $1");
        ledger.Parameters.Add(new() { Value = indicator });
        ledger.Parameters.Add(new() { Value = version });
        batch.BatchCommands.Add(ledger);
        await batch.ExecuteNonQueryAsync(stop);
    }

    private static async Task<List<Cap>> Read(NpgsqlCommand command, CancellationToken stop)
    {
        await using var r = await command.ExecuteReaderAsync(stop);
        var caps = new List<Cap>();
        while (await r.ReadAsync(stop))
        {
            caps.Add(new(r.GetString(0), r.GetString(1), r.GetInt32(2), r.IsDBNull(3) ? null : r.GetInt64(3), r.GetInt64(4), r.GetInt64(5), r.GetInt64(6), r.GetInt64(7), r.GetInt64(8), r.GetInt64(9), r.GetInt64(10), r.GetInt64(11)));
        }

        return caps;
    }
}
