using NodaTime;
using Npgsql;
using Trading.Matching.Contracts;
using Trading.Registry.Contracts;
using Trading.Settlement.Busts;
using Trading.Settlement.Contracts;
using Trading.Settlement.Deliveries;
using Trading.Settlement.Freezes;

namespace Trading.Settlement.Ledger;

/// <summary>
/// Loads what a step decides on, under lock and in one order (holdings, money, deliveries, transfers, freezes, busts, each by key; caps of counties last), and writes back what
/// it decided, on one transaction.
/// </summary>
internal sealed class LedgerStore(IHoldings holdings, ICaps caps, IMarketInbox inbox, IClock clock)
{
    public async Task<Books> Lock(NpgsqlConnection connection, NpgsqlTransaction transaction, Keys keys, CancellationToken stop)
    {
        var books = new Books();
        foreach (var (key, holding) in await holdings.Lock(connection, transaction, keys.Holdings, stop)) books.Holdings[key] = new(holding);
        if (keys.Funds.Count > 0)
        {
            await Run(connection, transaction, "insert into settlement.fund_accounts (account) select * from unnest($1) on conflict do nothing", stop, keys.Funds.ToArray());
            await using var select = Sql(connection, transaction, $"select {FundColumns} from settlement.fund_accounts where account = any($1) order by account for update", keys.Funds.ToArray());
            foreach (var account in await Funds(select, stop)) books.Funds[account.Account] = new(account);
        }

        if (keys.Deliveries.Count > 0)
        {
            foreach (var trade in keys.Deliveries) books.Deliveries[trade] = new(null);
            await using var select = Sql(connection, transaction, $"select {DeliveryRows.Columns} from settlement.deliveries where trade_no = any($1) order by trade_no for update", keys.Deliveries.ToArray());
            foreach (var delivery in await DeliveryRows.Read(select, stop)) books.Deliveries[delivery.Facts.TradeNo] = new(delivery);
        }

        if (keys.Transfers.Count > 0)
        {
            await using var select = Sql(connection, transaction, $"select {TransferColumns} from settlement.transfers where id = any($1) order by id for update", keys.Transfers.ToArray());
            foreach (var transfer in await Transfers(select, stop)) books.Transfers[transfer.Id] = new(transfer);
        }

        if (keys.Freezes.Count > 0 || keys.Holdings.Count > 0 || keys.Funds.Count > 0)
        {
            // After the balances are locked: whoever carries out a freeze needs them too, so none that stands can be missed.
            (int Account, int Instrument)[] balances = [.. keys.Holdings.Select(k => (k.Account, k.Instrument)), .. keys.Funds.Where(a => a > 0).Select(a => (a, 0))];
            await using var select = Sql(connection, transaction,
                $"""
                select {FreezeColumns} from settlement.freezes
                where id = any($1) or (state in (2, 3, 5) and taken < amount and (account, instrument) in (select * from unnest($2, $3))) order by id for update
                """, keys.Freezes.ToArray(), balances.Select(b => b.Account).ToArray(), balances.Select(b => b.Instrument).ToArray());
            foreach (var freeze in await Freezes(select, stop)) books.Freezes[freeze.Id] = new(freeze);
            StandingFreezes.Take(books);
        }

        if (keys.Busts.Count > 0)
        {
            await using var select = Sql(connection, transaction, $"select {BustRows.Columns} from settlement.busts where trade_no = any($1) and state in (1, 2) order by trade_no for update", keys.Busts.ToArray());
            foreach (var bust in await BustRows.Read(select, stop)) books.Busts[bust.TradeNo] = new(bust);
        }

        return books;
    }

    /// <returns>Null: written. Else what the caps of counties refuse; then nothing may be committed.</returns>
    public async Task<Refused?> Write(NpgsqlConnection connection, NpgsqlTransaction transaction, Books books, Actor actor, CancellationToken stop)
    {
        if (books.RightsMoved.Count > 0 || books.DeliveriesMoved.Count > 0)
        {
            await using var session = holdings.Session(connection, transaction, actor);
            await holdings.Book(session, connection, transaction, [.. books.RightsMoved.Select(m => new HoldingChange(books.Holdings[m.Key].Before, m.Value))], stop,
                [.. books.DeliveriesMoved.Select(m => new StreamChange(Delivery.Stream(m.Key), books.Deliveries[m.Key].Before?.Version ?? 0, m.Value))]);
        }

        await using var batch = new NpgsqlBatch(connection, transaction);
        var funds = books.Funds.Values.Where(f => f.Now != f.Before).ToList();
        if (funds.Count > 0)
        {
            Add(batch,
                """
                update settlement.fund_accounts f set available = f.available + c.available, in_market = f.in_market + c.in_market, awaiting = f.awaiting + c.awaiting, frozen = f.frozen + c.frozen,
                    paying_out = f.paying_out + c.paying_out
                from unnest($1, $2, $3, $4, $5, $6) as c(account, available, in_market, awaiting, frozen, paying_out) where f.account = c.account
                """,
                funds.ConvertAll(f => f.Now.Account), funds.ConvertAll(f => f.Now.Available - f.Before.Available), funds.ConvertAll(f => f.Now.InMarket - f.Before.InMarket),
                funds.ConvertAll(f => f.Now.Awaiting - f.Before.Awaiting), funds.ConvertAll(f => f.Now.Frozen - f.Before.Frozen), funds.ConvertAll(f => f.Now.PayingOut - f.Before.PayingOut));
        }

        var postings = books.Entries.SelectMany(e => e.Postings.Select(p => (e.Reason, Posting: p))).ToList();
        if (postings.Count > 0)
        {
            Add(batch, "insert into settlement.postings (entry, account, bucket, fen, booked_us) select *, $5::bigint from unnest($1, $2, $3, $4)",
                postings.ConvertAll(p => p.Reason), postings.ConvertAll(p => p.Posting.Account), postings.ConvertAll(p => (short)p.Posting.Bucket), postings.ConvertAll(p => p.Posting.Fen), Time.Micros(clock.GetCurrentInstant()));
        }

        if (books.DeliveriesMoved.Count > 0) batch.BatchCommands.Add(DeliveryRows.Put([.. books.DeliveriesMoved.Keys.Select(trade => books.Deliveries[trade].Now!)]));
        foreach (var transfer in books.Transfers.Values.Where(t => t.Now != t.Before))
        {
            var t = transfer.Now;
            Add(batch, "update settlement.transfers set status = $2, code = $3, needed = $4, had = $5, finished_us = $6 where id = $1", t.Id, (short)t.Status,
                (object?)t.Refused?.Code ?? DBNull.Value, Value(t, "needed"), Value(t, "had"), t.FinishedAt is { } at ? Time.Micros(at) : DBNull.Value);
        }

        foreach (var freeze in books.Freezes.Values.Where(f => f.Now != f.Before))
        {
            var f = freeze.Now;
            Add(batch, "update settlement.freezes set taken = $2, state = $3, carried_user = $4, carried_role = $5, ordered_user = $6, ordered_role = $7, amount = $8, deduct_to = $9, deduct_amount = $10, deduct_document = $11, deducted = $12 where id = $1", f.Id, f.Taken, (short)f.State,
                (object?)f.CarriedOutBy?.User ?? DBNull.Value, (object?)f.CarriedOutBy?.Role ?? DBNull.Value, f.OrderedBy.User, f.OrderedBy.Role, f.Amount,
                (object?)f.Deducting?.To ?? DBNull.Value, (object?)f.Deducting?.Amount ?? DBNull.Value, (object?)f.Deducting?.Document ?? DBNull.Value, f.Deducted);
        }

        foreach (var bust in books.Busts.Values.Where(b => b.Now != b.Before))
        {
            var b = bust.Now;
            Add(batch, "update settlement.busts set state = $2, answered_user = $3, answered_role = $4, answered_us = $5, code = $6, needed = $7, had = $8, heard = $9 where id = $1", b.Id, (short)b.State,
                (object?)b.AnsweredBy?.User ?? DBNull.Value, (object?)b.AnsweredBy?.Role ?? DBNull.Value, b.AnsweredAt is { } at ? Time.Micros(at) : DBNull.Value, (int)b.Code, b.Needed, b.Had, b.Heard);
        }

        // Heard after the commit by whoever listens, and by nobody else: no state stands on it.
        if (News.Of(books) is { } news) Add(batch, "select pg_notify($1, $2)", News.Channel, news);
        if (batch.BatchCommands.Count > 0) await batch.ExecuteNonQueryAsync(stop);
        await inbox.Stage(connection, transaction, books.ToMarket, stop);
        if (books.CapsMoved.Count == 0) return null;
        await using var last = holdings.Session(connection, transaction, actor);
        return await caps.Book(last, connection, transaction, books.CapsMoved, stop);
    }

    internal const string FundColumns = "account, available, in_market, awaiting, frozen, paying_out";

    internal const string TransferColumns = "id, account, kind, instrument, amount, status, code, needed, had, requested_us, finished_us";

    internal const string FreezeColumns = "id, account, instrument, amount, taken, document, state, ordered_user, ordered_role, carried_user, carried_role, ordered_us, deduct_to, deduct_amount, deduct_document, deducted, kind, authority, officer, basis, first_day, last_day";

    internal static async Task<List<FundAccount>> Funds(NpgsqlCommand command, CancellationToken stop) =>
        await Read(command, r => new FundAccount(r.GetInt32(0), r.GetInt64(1), r.GetInt64(2), r.GetInt64(3), r.GetInt64(4)) { PayingOut = r.GetInt64(5) }, stop);

    internal static async Task<List<Transfer>> Transfers(NpgsqlCommand command, CancellationToken stop) => await Read(command, r => new Transfer(
        r.GetInt64(0), r.GetInt32(1), (TransferKind)r.GetInt16(2), r.GetInt32(3), r.GetInt64(4), (TransferStatus)r.GetInt16(5),
        r.IsDBNull(6) ? null : Refused.Because(r.GetString(6), null, ("needed", r.GetInt64(7)), ("had", r.GetInt64(8))), Time.Instant(r.GetInt64(9)), r.IsDBNull(10) ? null : Time.Instant(r.GetInt64(10))), stop);

    internal static async Task<List<Freeze>> Freezes(NpgsqlCommand command, CancellationToken stop) => await Read(command, r => new Freeze(
        r.GetInt64(0), r.GetInt32(1), r.GetInt32(2), r.GetInt64(3), r.GetInt64(4),
        new((FreezeKind)r.GetInt16(16), r.GetString(17), r.GetString(18), r.GetString(5), r.IsDBNull(19) ? null : r.GetString(19), Day(r, 20), Day(r, 21)), (FreezeState)r.GetInt16(6), new(r.GetString(7), r.GetString(8)),
        r.IsDBNull(9) ? null : new(r.GetString(9), r.GetString(10)), Time.Instant(r.GetInt64(11)),
        r.IsDBNull(12) ? null : new Deduction(r.GetInt32(12), r.GetInt64(13), r.GetString(14)), r.GetInt64(15)), stop);

    private static LocalDate? Day(NpgsqlDataReader r, int column) => r.IsDBNull(column) ? null : LocalDate.FromDateOnly(r.GetFieldValue<DateOnly>(column));

    internal static NpgsqlCommand Sql(NpgsqlConnection connection, NpgsqlTransaction? transaction, string sql, params ReadOnlySpan<object> values)
    {
        var command = new NpgsqlCommand(sql, connection, transaction);
        foreach (var value in values) command.Parameters.Add(new() { Value = value });
        return command;
    }

    private static long Value(Transfer transfer, string name) => transfer.Refused is { } refused
        ? refused.Values.Where(v => v.Key == name).Select(v => long.Parse(v.Value, System.Globalization.CultureInfo.InvariantCulture)).FirstOrDefault()
        : 0;

    /// <summary>All rows that it answers with, each as it is read.</summary>
    internal static async Task<List<T>> Read<T>(NpgsqlCommand command, Func<NpgsqlDataReader, T> row, CancellationToken stop)
    {
        await using var rows = await command.ExecuteReaderAsync(stop);
        var read = new List<T>();
        while (await rows.ReadAsync(stop)) read.Add(row(rows));
        return read;
    }

    private static async Task Run(NpgsqlConnection connection, NpgsqlTransaction transaction, string sql, CancellationToken stop, params object[] values)
    {
        await using var command = Sql(connection, transaction, sql, values);
        await command.ExecuteNonQueryAsync(stop);
    }

    internal static void Add(NpgsqlBatch batch, string sql, params ReadOnlySpan<object> values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values) command.Parameters.Add(new() { Value = value });
        batch.BatchCommands.Add(command);
    }
}
