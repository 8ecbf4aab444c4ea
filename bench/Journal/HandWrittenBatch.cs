using System.Diagnostics;
using Npgsql;

namespace Trading.Bench.Journal;

/// <summary>
/// The rows that settled trades change, changed by hand: as many trades in a transaction, locks in one order, one statement a table, nothing decided. On tables made like the real
/// ones, indexes and checks and all, sending what real trades wrote in them.
/// </summary>
internal sealed class HandWrittenBatch
{
    private const int Accounts = 64;
    private const int InOne = 600;
    private readonly NpgsqlDataSource database;
    private readonly Dictionary<string, (string Told, string Class)> samples;
    private readonly string headers;
    private readonly string timeline;
    private long next;

    private HandWrittenBatch(NpgsqlDataSource database, Dictionary<string, (string Told, string Class)> samples, string headers, string timeline) =>
        (this.database, this.samples, this.headers, this.timeline) = (database, samples, headers, timeline);

    /// <summary>After some trades were settled: their events and rows are the samples.</summary>
    public static async Task<HandWrittenBatch> Make(NpgsqlDataSource database)
    {
        await using var make = database.CreateCommand(
            """
            drop schema if exists hand cascade;
            create schema hand;
            create table hand.mt_streams (like events.mt_streams including all);
            create table hand.mt_events (like events.mt_events including all);
            create table hand.holdings (like registry.holdings including all);
            create table hand.fund_accounts (like settlement.fund_accounts including all);
            create table hand.postings (like settlement.postings including all);
            create table hand.deliveries (like settlement.deliveries including all);
            create table hand.positions (like settlement.positions including all);
            insert into hand.holdings select * from registry.holdings where account between 1 and 64;
            insert into hand.fund_accounts select * from settlement.fund_accounts;
            insert into hand.positions select * from settlement.positions;
            insert into hand.mt_streams select * from events.mt_streams where id like 'holding/%';
            """);
        await make.ExecuteNonQueryAsync();
        var found = new Dictionary<string, (string, string)>(StringComparer.Ordinal);
        var (by, line) = ("", "");
        await using var select = database.CreateCommand(
            """
            select distinct on (type) type, data::text, mt_dotnet_type, headers::text, (select timeline::text from settlement.deliveries where settled_lots > 0 limit 1)
            from events.mt_events where type in ('right_sold', 'right_bought', 'trade_executed', 'trade_settled')
            """);
        await using var rows = await select.ExecuteReaderAsync();
        while (await rows.ReadAsync())
        {
            found[rows.GetString(0)] = (rows.GetString(1), rows.GetString(2));
            (by, line) = (rows.GetString(3), rows.GetString(4));
        }

        return new(database, found, by, line);
    }

    /// <returns>Trades a second.</returns>
    public async Task<decimal> Run(int trades)
    {
        await using var connection = await database.OpenConnectionAsync();
        var watch = Stopwatch.StartNew();
        for (var done = 0; done < trades; done += InOne) await One(connection, Math.Min(InOne, trades - done));
        return trades / (decimal)watch.Elapsed.TotalSeconds;
    }

    private async Task One(NpgsqlConnection connection, int count)
    {
        await using var transaction = await connection.BeginTransactionAsync();
        var numbers = Enumerable.Range(0, count).Select(n => 1_000_000_000 + next + n).ToArray();
        var (sellers, buyers) = (Array.ConvertAll(numbers, n => (int)(1 + (2 * (n % (Accounts / 2))))), Array.ConvertAll(numbers, n => (int)(2 + (2 * (n % (Accounts / 2))))));
        next += count;
        await using (var locks = new NpgsqlBatch(connection, transaction))
        {
            Add(locks, "select sequence from hand.positions where reader = 'settler' for update");
            Add(locks, "select * from hand.holdings where account between 1 and 64 order by account, instrument for update");
            Add(locks, "select * from hand.fund_accounts where account between 0 and 64 order by account for update");
            Add(locks, "select trade_no from hand.deliveries where trade_no = any($1) order by trade_no for update", numbers);
            await using var rows = await locks.ExecuteReaderAsync();
            do
            {
                while (await rows.ReadAsync()) { }
            }
            while (await rows.NextResultAsync());
        }

        await using var batch = new NpgsqlBatch(connection, transaction);
        // Two events to the stream of each side, and two to the trade's own.
        Add(batch,
            """
            insert into hand.mt_streams as s (id, version, timestamp, tenant_id)
            select 'delivery/' || n, 2, now(), '*DEFAULT*' from unnest($1) n
            union all select 'holding/' || account || '/1', 1000000 + $2, now(), '*DEFAULT*' from unnest($3) account
            on conflict (id) do update set version = excluded.version, timestamp = excluded.timestamp
            """, numbers, next, Enumerable.Range(1, Accounts).ToArray());
        var events = numbers.SelectMany((n, at) => ((string Stream, long Version, string Type)[])
            [($"delivery/{n}", 1, "trade_executed"), ($"delivery/{n}", 2, "trade_settled"), ($"holding/{sellers[at]}/1", n, "right_sold"), ($"holding/{buyers[at]}/1", n, "right_bought")]).ToList();
        Add(batch,
            """
            insert into hand.mt_events (seq_id, id, stream_id, version, data, type, timestamp, tenant_id, mt_dotnet_type, headers)
            select nextval('events.mt_events_sequence'), gen_random_uuid(), stream, version, data::jsonb, type, now(), '*DEFAULT*', class, headers::jsonb
            from unnest($1, $2, $3, $4, $5, $6) as c(stream, version, data, type, class, headers)
            """, events.ConvertAll(e => e.Stream), events.ConvertAll(e => e.Version), events.ConvertAll(e => samples[e.Type].Told), events.ConvertAll(e => e.Type), events.ConvertAll(e => samples[e.Type].Class), events.ConvertAll(_ => headers));
        Add(batch,
            """
            update hand.holdings h set earmarked = h.earmarked + c.units, version = h.version + 1
            from (select account, case when account % 2 = 1 then -1 else 1 end units from unnest($1) account) c where h.account = c.account and h.instrument = 1
            """, Enumerable.Range(1, Accounts).ToArray());
        Add(batch,
            """
            update hand.fund_accounts f set in_market = f.in_market + c.fen
            from (select account, case when account % 2 = 1 then 1 else -1 end fen from unnest($1) account) c where f.account = c.account
            """, Enumerable.Range(1, Accounts).ToArray());
        Add(batch,
            """
            insert into hand.postings (entry, account, bucket, fen)
            select 'trade/' || n || '/' || n, account, bucket, fen from unnest($1, $2, $3) as t(n, seller, buyer), lateral (values (buyer, 2::smallint, -5003), (seller, 2::smallint, 4997), (0, 1::smallint, 6)) as p(account, bucket, fen)
            """, numbers, sellers, buyers);
        Add(batch,
            """
            insert into hand.deliveries (trade_no, sequence, instrument, buyer, seller, buy_order, sell_order, ticks, lots, amount, buy_fee, sell_fee, state, executed_us, done_lots, timeline, version, heard, steps, step, waiting, settled_lots)
            select n, n, 1, buyer, seller, n, n, 5000, 1, 5000, 3, 3, 4, n, 1, timeline::jsonb, 2, n, '[]', 0, '{}', 1 from unnest($1, $2, $3, $4) as t(n, seller, buyer, timeline)
            """, numbers, sellers, buyers, Array.ConvertAll(numbers, _ => timeline));
        Add(batch, "update hand.positions set sequence = sequence + 1 where reader = 'settler'");
        await batch.ExecuteNonQueryAsync();
        await transaction.CommitAsync();
    }

    private static void Add(NpgsqlBatch batch, string sql, params ReadOnlySpan<object> values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values) command.Parameters.Add(new() { Value = value });
        batch.BatchCommands.Add(command);
    }
}
