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
        "number, sequence, account, instrument, client_id, side, type, tif, ticks, lots, filled, ticks_lots, status, code, needed, had, reason, entered_us, changed_us";

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
            where account = $1 and sequence < $2 and ($3::int is null or instrument = $3) and ($4::boolean is null or (status in (1, 2)) = $4) and ($5::smallint is null or status = $5)
            order by sequence desc limit $6
            """,
            [account, beforeSequence, (object?)instrument ?? DBNull.Value, (object?)alive ?? DBNull.Value, (object?)(short?)status ?? DBNull.Value, most], stop);

    public async Task<IReadOnlyList<TradeRow>> Trades(int instrument, long afterTrade, int most, CancellationToken stop)
    {
        await Level(stop);
        await using var command = database.CreateCommand(
            "select trade_no, sequence, instrument, ticks, lots, amount, aggressor, pending, at_us from matching.trades where instrument = $1 and trade_no > $2 order by trade_no limit $3");
        foreach (var value in (ReadOnlySpan<object>)[instrument, afterTrade, most]) command.Parameters.Add(new() { Value = value });
        await using var rows = await command.ExecuteReaderAsync(stop);
        var trades = new List<TradeRow>();
        while (await rows.ReadAsync(stop))
        {
            trades.Add(new(rows.GetInt64(0), rows.GetInt64(1), rows.GetInt32(2), rows.GetInt64(3), rows.GetInt64(4), rows.GetInt64(5),
                (Side)rows.GetInt16(6), rows.GetBoolean(7), Time.Instant(rows.GetInt64(8))));
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
            (select 1, ticks, sum(lots - filled)::bigint, count(*) from matching.orders where instrument = $1 and side = 1 and status in (1, 2) group by ticks order by ticks desc limit $2)
            union all
            (select 2, ticks, sum(lots - filled)::bigint, count(*) from matching.orders where instrument = $1 and side = 2 and status in (1, 2) group by ticks order by ticks limit $2)
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
                r.GetInt64(14), r.GetInt64(15), (CancelReason)r.GetInt16(16), Time.Instant(r.GetInt64(17)), Time.Instant(r.GetInt64(18))));
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
            await Task.WhenAny(moved, Task.Delay(WaitMost.ToTimeSpan(), stop));
            stop.ThrowIfCancellationRequested();
        }
    }
}
