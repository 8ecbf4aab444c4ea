using NodaTime;
using Npgsql;
using Trading.Matching.Contracts;
using Trading.Matching.Core;

namespace Trading.Matching.Blotter;

internal sealed class PostgresBlotter(NpgsqlDataSource database, IJournal journal, BlotterFollower follower, IClock clock) : IBlotter
{
    /// <summary>A reader waits for its own writes so long, and then reads what is there.</summary>
    private static readonly Duration WaitMost = Duration.FromSeconds(2);

    private const string Columns =
        "number, sequence, account, instrument, client_id, side, type, tif, ticks, lots, filled, ticks_lots, status, code, needed, had, reason, entered_us, changed_us, stop_ticks, display, min_lots, until_us, post_only";

    public async Task<OrderRow?> Order(int account, long number, CancellationToken stop) =>
        await One($"select {Columns} from matching.orders where account = $1 and number = $2 and number > 0", [account, number], stop);

    public async Task<OrderRow?> OrderByClientId(int account, string clientId, CancellationToken stop) =>
        await One($"select {Columns} from matching.orders where account = $1 and client_id = $2 order by sequence desc limit 1", [account, clientId], stop);

    public async Task<OrderRow?> OrderBySequence(int account, long sequence, CancellationToken stop) =>
        await One($"select {Columns} from matching.orders where account = $1 and sequence = $2", [account, sequence], stop);

    public Task<IReadOnlyList<OrderRow>> Orders(int account, int? instrument, bool? alive, OrderStatus? status, long beforeSequence, int most, CancellationToken stop) =>
        Many(
            $"""
            select {Columns} from matching.orders
            where account = $1 and sequence < $2 and ($3::int is null or instrument = $3) and ($4::boolean is null or (status in (1, 2, 6)) = $4) and ($5::smallint is null or status = $5)
            order by sequence desc limit $6
            """,
            [account, beforeSequence, (object?)instrument ?? DBNull.Value, (object?)alive ?? DBNull.Value, (object?)(short?)status ?? DBNull.Value, most], stop);

    public Task<IReadOnlyList<OrderRow>> Orders(int account, IReadOnlyCollection<long> numbers, CancellationToken stop) =>
        Many($"select {Columns} from matching.orders where account = $1 and number = any($2) and number > 0", [account, numbers.ToArray()], stop);

    public Task<IReadOnlyList<TradeRow>> Trades(int instrument, long afterTrade, int most, CancellationToken stop) =>
        Trades("trade_no > $2 order by trade_no limit $3", [instrument, afterTrade, most], stop);

    public Task<IReadOnlyList<TradeRow>> NewestTrades(int instrument, int most, CancellationToken stop) =>
        Trades("trade_no > 0 order by trade_no desc limit $2", [instrument, most], stop);

    private async Task<IReadOnlyList<TradeRow>> Trades(string which, object[] values, CancellationToken stop)
    {
        await Level(stop);
        await using var command = database.CreateCommand($"select trade_no, sequence, instrument, ticks, lots, amount, aggressor, pending, at_us, busted_us, negotiated from matching.trades where instrument = $1 and {which}");
        foreach (var value in values) command.Parameters.Add(new() { Value = value });
        await using var rows = await command.ExecuteReaderAsync(stop);
        var trades = new List<TradeRow>();
        while (await rows.ReadAsync(stop))
        {
            trades.Add(new(rows.GetInt64(0), rows.GetInt64(1), rows.GetInt32(2), rows.GetInt64(3), rows.GetInt64(4), rows.GetInt64(5),
                (Side)rows.GetInt16(6), rows.GetBoolean(7), Time.Instant(rows.GetInt64(8)), rows.IsDBNull(9) ? null : Time.Instant(rows.GetInt64(9)), rows.GetBoolean(10)));
        }

        return trades;
    }

    public async Task<BookDepth> Book(int instrument, int depth, CancellationToken stop)
    {
        await Level(stop);
        // One statement is one snapshot: sequence and levels belong together.
        await using var command = database.CreateCommand(
            """
            select 0, sequence, phase::bigint, coalesce(last_ticks, -1) from matching.books where instrument = $1
            union all
            (select 1, ticks, sum(shown)::bigint, count(*) from matching.orders where instrument = $1 and side = 1 and status in (1, 2) and shown > 0 group by ticks order by ticks desc limit $2)
            union all
            (select 2, ticks, sum(shown)::bigint, count(*) from matching.orders where instrument = $1 and side = 2 and status in (1, 2) and shown > 0 group by ticks order by ticks limit $2)
            """);
        command.Parameters.Add(new() { Value = instrument });
        command.Parameters.Add(new() { Value = depth });
        await using var rows = await command.ExecuteReaderAsync(stop);
        var (sequence, phase, last) = (0L, Phase.None, (long?)null);
        List<PriceLevel> bids = [], asks = [];
        while (await rows.ReadAsync(stop))
        {
            switch (rows.GetInt32(0))
            {
                case 0:
                    (sequence, phase, last) = (rows.GetInt64(1), (Phase)rows.GetInt64(2), rows.GetInt64(3) is var ticks and >= 0 ? ticks : null);
                    break;
                case 1:
                    bids.Add(new(rows.GetInt64(1), rows.GetInt64(2), (int)rows.GetInt64(3)));
                    break;
                default:
                    asks.Add(new(rows.GetInt64(1), rows.GetInt64(2), (int)rows.GetInt64(3)));
                    break;
            }
        }

        return new(sequence, phase, bids, asks, last);
    }

    public async Task<FeedStart> Standing(Instant daySince, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        // One snapshot for all four: position, books, orders and figures belong together.
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, stop);
        await using var batch = new NpgsqlBatch(connection, transaction)
        {
            BatchCommands =
            {
                new("select sequence from matching.blotter_position"),
                new("select instrument, sequence, phase, last_ticks from matching.books"),
                new("select number, instrument, side, ticks, lots - filled, lots, shown, display from matching.orders where status in (1, 2, 6)"),
                new(
                    """
                    select instrument, (array_agg(ticks order by trade_no))[1], max(ticks), min(ticks), sum(lots)::bigint, sum(amount)::bigint
                    from matching.trades where at_us >= $1 and not negotiated group by instrument
                    """) { Parameters = { new() { Value = Time.Micros(daySince) } } },
            },
        };
        await using var rows = await batch.ExecuteReaderAsync(stop);
        await rows.ReadAsync(stop);
        var sequence = rows.GetInt64(0);
        var (books, orders, days) = (new List<StandingBook>(), new List<RestingOrder>(), new List<DayFigures>());
        await rows.NextResultAsync(stop);
        while (await rows.ReadAsync(stop)) books.Add(new(rows.GetInt32(0), rows.GetInt64(1), (Phase)rows.GetInt16(2), rows.IsDBNull(3) ? null : rows.GetInt64(3)));
        await rows.NextResultAsync(stop);
        while (await rows.ReadAsync(stop)) orders.Add(new(rows.GetInt64(0), rows.GetInt32(1), (Side)rows.GetInt16(2), rows.GetInt64(3), rows.GetInt64(4), rows.GetInt64(5), rows.GetInt64(6), rows.GetInt64(7)));
        await rows.NextResultAsync(stop);
        while (await rows.ReadAsync(stop)) days.Add(new(rows.GetInt32(0), rows.GetInt64(1), rows.GetInt64(2), rows.GetInt64(3), rows.GetInt64(4), rows.GetInt64(5)));
        return new(sequence, books, orders, days);
    }

    public async Task<IReadOnlyList<Candle>> Candles(int instrument, int widthSeconds, Instant from, Instant to, int most, CancellationToken stop)
    {
        await Level(stop);
        // Shanghai is eight hours ahead all year round (Asia/Shanghai has had no summer time since 1991), so days begin at 16:00 UTC.
        await using var command = database.CreateCommand(
            """
            select * from (
                select floor((at_us / 1000000 + 28800)::numeric / $2)::bigint * $2 - 28800 as began, (array_agg(ticks order by trade_no))[1], max(ticks), min(ticks),
                       (array_agg(ticks order by trade_no desc))[1], sum(lots)::bigint, sum(amount)::bigint
                from matching.trades where instrument = $1 and not negotiated and at_us >= $3 and at_us < $4 group by 1 order by 1 desc limit $5) newest
            order by began
            """);
        foreach (var value in (ReadOnlySpan<object>)[instrument, (long)widthSeconds, Micros(from), Micros(to), most]) command.Parameters.Add(new() { Value = value });
        await using var rows = await command.ExecuteReaderAsync(stop);
        var candles = new List<Candle>();
        while (await rows.ReadAsync(stop))
            candles.Add(new(Instant.FromUnixTimeSeconds(rows.GetInt64(0)), rows.GetInt64(1), rows.GetInt64(2), rows.GetInt64(3), rows.GetInt64(4), rows.GetInt64(5), rows.GetInt64(6)));
        return candles;
    }

    public Task<IReadOnlyList<SaleRow>> Sales(int? instrument, bool openOnly, int most, CancellationToken stop) =>
        Sales("($1::int is null or instrument = $1) and (not $2 or closed_us is null) order by number desc limit $3", [(object?)instrument ?? DBNull.Value, openOnly, most], stop);

    public async Task<SaleRow?> Sale(long number, CancellationToken stop) => await Sales("number = $1", [number], stop) is [var sale] ? sale : null;

    private async Task<IReadOnlyList<SaleRow>> Sales(string which, object[] values, CancellationToken stop)
    {
        await Level(stop);
        await using var command = database.CreateCommand($"select number, account, instrument, side, reserve_ticks, lots, until_us, opened_us, closed_us, ticks, sold, bids, seed, closed_at from matching.sales where {which}");
        foreach (var value in values) command.Parameters.Add(new() { Value = value });
        await using var r = await command.ExecuteReaderAsync(stop);
        var sales = new List<SaleRow>();
        while (await r.ReadAsync(stop))
        {
            sales.Add(new(r.GetInt64(0), r.GetInt32(1), r.GetInt32(2), (Side)r.GetInt16(3), r.GetInt64(4) is > 0 and var reserve ? reserve : null, r.GetInt64(5),
                r.GetInt64(6) is > 0 and var until ? Time.Instant(until) : null, Time.Instant(r.GetInt64(7)), r.IsDBNull(8) ? null : Time.Instant(r.GetInt64(8)), r.IsDBNull(9) ? null : r.GetInt64(9),
                r.GetInt64(10), r.GetInt64(11), r.IsDBNull(12) ? null : r.GetInt64(12), r.IsDBNull(13) ? null : r.GetInt64(13)));
        }

        return sales;
    }

    public Task<IReadOnlyList<TradeRow>> Awards(SaleRow sale, CancellationToken stop) => Trades("sequence = $2 order by trade_no", [sale.Instrument, sale.ClosedSequence ?? 0], stop);

    public Task<IReadOnlyList<ListingRow>> Listings(int instrument, Side side, int most, CancellationToken stop) =>
        Listings($"side = $2 order by ticks {(side == Side.Buy ? "desc" : "asc")}, number limit $3", [instrument, (short)side, most], stop);

    public async Task<ListingRow?> Listing(int instrument, long number, CancellationToken stop) => await Listings("number = $2", [instrument, number], stop) is [var one] ? one : null;

    private async Task<IReadOnlyList<ListingRow>> Listings(string which, object[] values, CancellationToken stop)
    {
        await Level(stop);
        await using var command = database.CreateCommand($"select number, account, side, ticks, shown, min_lots, entered_us from matching.orders where instrument = $1 and status in (1, 2) and shown > 0 and {which}");
        foreach (var value in values) command.Parameters.Add(new() { Value = value });
        await using var r = await command.ExecuteReaderAsync(stop);
        var rows = new List<ListingRow>();
        while (await r.ReadAsync(stop)) rows.Add(new(r.GetInt64(0), r.GetInt32(1), (Side)r.GetInt16(2), r.GetInt64(3), r.GetInt64(4), r.GetInt64(5), Time.Instant(r.GetInt64(6))));
        return rows;
    }

    public Task<IReadOnlyList<ProposalRow>> Proposals(int account, bool openOnly, int most, CancellationToken stop) =>
        Proposals("(account = $1 or counterparty = $1) and (not $2 or ended_us is null) order by number desc limit $3", [account, openOnly, most], stop);

    public async Task<ProposalRow?> Proposal(int account, long number, CancellationToken stop) =>
        await Proposals("(account = $1 or counterparty = $1) and number = $2", [account, number], stop) is [var one] ? one : null;

    private async Task<IReadOnlyList<ProposalRow>> Proposals(string which, object[] values, CancellationToken stop)
    {
        await Level(stop);
        await using var command = database.CreateCommand($"select number, account, counterparty, instrument, side, ticks, lots, client_id, proposed_us, ended_us, reason, trade_no from matching.proposals where {which}");
        foreach (var value in values) command.Parameters.Add(new() { Value = value });
        await using var r = await command.ExecuteReaderAsync(stop);
        var proposals = new List<ProposalRow>();
        while (await r.ReadAsync(stop))
        {
            proposals.Add(new(r.GetInt64(0), r.GetInt32(1), r.GetInt32(2), r.GetInt32(3), (Side)r.GetInt16(4), r.GetInt64(5), r.GetInt64(6), r.IsDBNull(7) ? null : r.GetString(7), Time.Instant(r.GetInt64(8)),
                r.IsDBNull(9) ? null : Time.Instant(r.GetInt64(9)), (CancelReason)r.GetInt16(10), r.IsDBNull(11) ? null : r.GetInt64(11)));
        }

        return proposals;
    }

    private static long Micros(Instant at) => at == Instant.MinValue ? long.MinValue : at == Instant.MaxValue ? long.MaxValue : Time.Micros(at);

    private async Task<OrderRow?> One(string sql, object[] values, CancellationToken stop) => await Many(sql, values, stop) is [var order, ..] ? order : null;

    private async Task<IReadOnlyList<OrderRow>> Many(string sql, object[] values, CancellationToken stop)
    {
        await Level(stop);
        await using var command = database.CreateCommand(sql);
        foreach (var value in values) command.Parameters.Add(new() { Value = value });
        await using var r = await command.ExecuteReaderAsync(stop);
        var orders = new List<OrderRow>();
        while (await r.ReadAsync(stop))
        {
            orders.Add(new(r.GetInt64(0), r.GetInt64(1), r.GetInt32(2), r.GetInt32(3), r.IsDBNull(4) ? null : r.GetString(4), (Side)r.GetInt16(5), (OrderType)r.GetInt16(6),
                (TimeInForce)r.GetInt16(7), r.GetInt64(8), r.GetInt64(9), r.GetInt64(10), r.GetDecimal(11), (OrderStatus)r.GetInt16(12), (Refusal)r.GetInt32(13),
                r.GetInt64(14), r.GetInt64(15), (CancelReason)r.GetInt16(16), Time.Instant(r.GetInt64(17)), Time.Instant(r.GetInt64(18)), r.GetInt64(19), r.GetInt64(20), r.GetInt64(21),
                r.GetInt64(22) is > 0 and var until ? Time.Instant(until) : null, r.GetBoolean(23)));
        }

        return orders;
    }

    private async Task Level(CancellationToken stop)
    {
        var goal = await journal.LastSequence(stop);
        var until = clock.GetCurrentInstant() + WaitMost;
        while (follower.Reached < goal && clock.GetCurrentInstant() < until)
        {
            var moved = follower.Moved;
            if (follower.Reached >= goal) return;
            follower.Ask();
            await Task.WhenAny(moved, Task.Delay(WaitMost.ToTimeSpan(), stop));
            stop.ThrowIfCancellationRequested();
        }
    }
}
