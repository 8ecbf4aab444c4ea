using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodaTime;
using Npgsql;
using Trading.Matching.Contracts;
using Trading.Matching.Core;

namespace Trading.Matching.Blotter;

/// <summary>
/// Writes the journal into tables, behind the leader. Its position is a row locked in each of its transactions, so any number of
/// processes may run it and each batch is written once.
/// </summary>
internal sealed partial class BlotterFollower(NpgsqlDataSource database, IJournal journal, IClock clock, ILogger<BlotterFollower> log) : BackgroundService
{
    private const int BatchesMost = 64;
    private static readonly Duration LookAgain = Duration.FromMilliseconds(100);
    private static readonly Duration PauseAfterFailure = Duration.FromSeconds(1);

    private readonly Turns turns = new(clock, Turns.Usual);
    private bool behind;
    private long reached;
    private TaskCompletionSource moved = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>How far the tables are known to be, by this process.</summary>
    public long Reached => Interlocked.Read(ref reached);

    public Task Moved => Volatile.Read(ref moved).Task;

    /// <summary>Somebody waits for the tables.</summary>
    public void Ask() => turns.Ask();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (!behind) await turns.Next(stoppingToken);
                if (!await Step(stoppingToken)) await journal.WaitBeyond(Reached, LookAgain, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failed) when (failed is NpgsqlException or IOException or TimeoutException)
            {
                Failed(log, failed.Message);
                await Task.Delay(PauseAfterFailure.ToTimeSpan(), stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    public override void Dispose()
    {
        turns.Dispose();
        base.Dispose();
    }

    /// <summary>Some batches, one transaction. False: it was level with the journal.</summary>
    public async Task<bool> Step(CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        // The journal gives all of this again, so nobody waits for the disk: a crash takes the rows and the position together.
        await using var lockPosition = new NpgsqlCommand("set local synchronous_commit = off; select sequence from matching.blotter_position for update", connection, transaction);
        var position = (long)(await lockPosition.ExecuteScalarAsync(stop))!;
        var batches = await journal.Read(position, BatchesMost, stop);
        behind = batches.Count == BatchesMost;
        if (batches.Count > 0)
        {
            var fold = new BlotterFold();
            foreach (var batch in batches) fold.Add(batch);
            await Write(fold, connection, transaction, stop);
            await transaction.CommitAsync(stop);
            position = fold.LastSequence;
        }

        if (position > Reached)
        {
            Interlocked.Exchange(ref reached, position);
            Interlocked.Exchange(ref moved, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        }

        return batches.Count > 0;
    }

    internal static async Task Write(BlotterFold fold, NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken stop)
    {
        if (fold.Entered.Count > 0) await Enter(fold.Entered, connection, stop);
        await using var batch = new NpgsqlBatch(connection, transaction);
        if (fold.Older.Count > 0)
        {
            var o = fold.Older;
            batch.BatchCommands.Add(Command(
                """
                update matching.orders o set
                    filled = n.filled, ticks_lots = o.ticks_lots + c.ticks_lots, ticks = coalesce(c.ticks, o.ticks), lots = n.lots, display = n.display,
                    client_id = coalesce(c.client_id, o.client_id), stop_ticks = coalesce(c.stop, o.stop_ticks), until_us = coalesce(c.until, o.until_us),
                    reason = c.reason, changed_us = c.at,
                    status = case when c.reason = 10 then 7 when c.reason <> 0 then 4 when n.filled >= n.lots then 3 when n.waits then 6 when n.filled > 0 then 2 else 1 end,
                    shown = case when c.reason <> 0 or n.filled >= n.lots or n.waits then 0 else coalesce(c.shown, least(case when n.display = 0 then n.lots else n.display end, n.lots - n.filled)) end
                from unnest($1::bigint[], $2::bigint[], $3::numeric[], $4::bigint[], $5::bigint[], $6::smallint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::boolean[], $12::text[],
                            $13::bigint[], $14::bigint[]) as c(number, filled, ticks_lots, ticks, lots, reason, at, lost, display, shown, waits, client_id, stop, until)
                join matching.orders old on old.number = c.number
                cross join lateral (select old.filled + c.filled as filled, coalesce(c.lots, old.lots - c.lost) as lots, coalesce(c.display, old.display) as display, coalesce(c.waits, old.status = 6) as waits) n
                where o.number = c.number
                """,
                o.ConvertAll(x => x.Number), o.ConvertAll(x => x.FilledMore), o.ConvertAll(x => (decimal)x.TicksLotsMore), o.ConvertAll(x => x.TicksNow),
                o.ConvertAll(x => x.Replaced?.Lots), o.ConvertAll(x => (short)x.Cancelled), o.ConvertAll(x => x.ChangedMicros), o.ConvertAll(x => x.LotsLost),
                o.ConvertAll(x => x.Replaced?.Display), o.ConvertAll(x => x.Shown), o.ConvertAll(x => x.Waiting), o.ConvertAll(x => x.ClientId), o.ConvertAll(x => x.StopTicks),
                o.ConvertAll(x => x.UntilMicros)));
        }

        if (fold.Trades.Count > 0)
        {
            var t = fold.Trades;
            batch.BatchCommands.Add(Command(
                """
                insert into matching.trades (trade_no, sequence, instrument, ticks, lots, amount, aggressor, pending, at_us, negotiated)
                select * from unnest($1::bigint[], $2::bigint[], $3::int[], $4::bigint[], $5::bigint[], $6::bigint[], $7::smallint[], $8::boolean[], $9::bigint[], $10::boolean[])
                """,
                t.ConvertAll(x => x.TradeNo), t.ConvertAll(x => x.Sequence), t.ConvertAll(x => x.Instrument), t.ConvertAll(x => x.Ticks), t.ConvertAll(x => x.Lots),
                t.ConvertAll(x => x.Amount), t.ConvertAll(x => (short)x.Aggressor), t.ConvertAll(x => x.Pending), t.ConvertAll(x => Time.Micros(x.At)), t.ConvertAll(x => x.Negotiated)));
        }

        if (fold.Busted.Count > 0)
        {
            // After the trades of these batches: one may be taken back in the batch that follows it.
            batch.BatchCommands.Add(Command("update matching.trades t set busted_us = c.at from unnest($1::bigint[], $2::bigint[]) as c(trade_no, at) where t.trade_no = c.trade_no",
                fold.Busted.ConvertAll(x => x.TradeNo), fold.Busted.ConvertAll(x => x.AtMicros)));
        }

        AddSales(fold, batch);
        AddProposals(fold, batch);
        if (fold.Books.Count > 0)
        {
            var b = fold.Books.ToList();
            batch.BatchCommands.Add(Command(
                """
                insert into matching.books as b (instrument, sequence, phase, last_ticks)
                select i, touches, coalesce(phase, 0), last from unnest($1::int[], $2::bigint[], $3::smallint[], $4::bigint[]) as c(i, touches, phase, last)
                on conflict (instrument) do update set sequence = b.sequence + excluded.sequence,
                    phase = case when excluded.phase = 0 then b.phase else excluded.phase end, last_ticks = coalesce(excluded.last_ticks, b.last_ticks)
                """,
                b.ConvertAll(x => x.Key), b.ConvertAll(x => x.Value.Touches), b.ConvertAll(x => (short?)x.Value.Phase), b.ConvertAll(x => x.Value.LastTicks)));
        }

        batch.BatchCommands.Add(Command("update matching.blotter_position set sequence = $1", fold.LastSequence));
        await batch.ExecuteNonQueryAsync(stop);
    }

    private static void AddSales(BlotterFold fold, NpgsqlBatch batch)
    {
        var opened = fold.SalesOpened;
        if (opened.Count > 0)
        {
            batch.BatchCommands.Add(Command(
                """
                insert into matching.sales (number, account, instrument, side, reserve_ticks, lots, until_us, opened_us)
                select * from unnest($1::bigint[], $2::int[], $3::int[], $4::smallint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[])
                """,
                opened.ConvertAll(x => x.Order), opened.ConvertAll(x => x.Account), opened.ConvertAll(x => x.Instrument), opened.ConvertAll(x => (short)x.Side), opened.ConvertAll(x => x.Ticks),
                opened.ConvertAll(x => x.Lots), opened.ConvertAll(x => x.UntilMicros), opened.ConvertAll(x => x.AtMicros)));
        }

        foreach (var sale in fold.Sales)
        {
            batch.BatchCommands.Add(sale.Closed is { } closed
                ? Command("update matching.sales set closed_us = $2, ticks = $3, sold = $4, bids = $5, seed = $6, closed_at = $7 where number = $1", sale.Number, closed.AtMicros,
                    closed.Priced != 0 ? closed.Ticks : DBNull.Value, closed.Lots, closed.Bids, closed.Seeded != 0 ? closed.Seed : DBNull.Value, sale.Sequence)
                : Command("update matching.sales set until_us = $2 where number = $1", sale.Number, sale.UntilMicros!.Value));
        }
    }

    private static void AddProposals(BlotterFold fold, NpgsqlBatch batch)
    {
        var proposed = fold.Proposed;
        if (proposed.Count > 0)
        {
            batch.BatchCommands.Add(Command(
                """
                insert into matching.proposals (number, account, counterparty, instrument, side, ticks, lots, client_id, proposed_us)
                select * from unnest($1::bigint[], $2::int[], $3::int[], $4::int[], $5::smallint[], $6::bigint[], $7::bigint[], $8::text[], $9::bigint[])
                """,
                proposed.ConvertAll(x => x.Said.Order), proposed.ConvertAll(x => x.Said.Account), proposed.ConvertAll(x => x.Said.Counterparty), proposed.ConvertAll(x => x.Said.Instrument),
                proposed.ConvertAll(x => (short)x.Said.Side), proposed.ConvertAll(x => x.Said.Ticks), proposed.ConvertAll(x => x.Said.Lots), proposed.ConvertAll(x => x.ClientId),
                proposed.ConvertAll(x => x.Said.AtMicros)));
        }

        var ended = fold.ProposalsEnded;
        if (ended.Count == 0) return;
        batch.BatchCommands.Add(Command(
            """
            update matching.proposals p set reason = c.reason, trade_no = c.trade, ended_us = c.at
            from unnest($1::bigint[], $2::smallint[], $3::bigint[], $4::bigint[]) as c(number, reason, trade, at) where p.number = c.number
            """,
            ended.ConvertAll(x => x.Number), ended.ConvertAll(x => (short)x.Reason), ended.ConvertAll(x => x.TradeNo), ended.ConvertAll(x => x.AtMicros)));
    }

    /// <summary>Copied in: a busy market enters as many orders as it trades, and their rows are most of what the tables cost beside it.</summary>
    private static async Task Enter(List<BlotterFold.OrderChange> orders, NpgsqlConnection connection, CancellationToken stop)
    {
        await using var rows = await connection.BeginBinaryImportAsync(
            """
            copy matching.orders (sequence, number, account, instrument, client_id, side, type, tif, ticks, lots, filled, ticks_lots, status, code, needed, had, reason, entered_us, changed_us, stop_ticks,
                                  display, shown, min_lots, until_us, post_only) from stdin (format binary)
            """, stop);
        foreach (var o in orders)
        {
            await rows.StartRowAsync(stop);
            await Long(o.Sequence);
            await Long(o.Number);
            await rows.WriteAsync(o.Entered.Account, stop);
            await rows.WriteAsync(o.Entered.Instrument, stop);
            if (o.ClientId is { } id) await rows.WriteAsync(id, stop);
            else await rows.WriteNullAsync(stop);
            await Short((short)o.Entered.Side);
            await Short((short)o.Entered.Type);
            await Short((short)o.Entered.TimeInForce);
            await Long(o.TicksNow ?? o.Entered.Ticks);
            await Long(LotsOf(o));
            await Long(o.FilledMore);
            await rows.WriteAsync((decimal)o.TicksLotsMore, stop);
            await Short((short)StatusOf(o));
            await rows.WriteAsync((int)o.Answer.Code, stop);
            await Long(o.Answer.Needed);
            await Long(o.Answer.Had);
            await Short((short)o.Cancelled);
            await Long(o.Answer.AtMicros);
            await Long(o.ChangedMicros);
            await Long(o.StopTicks ?? o.Entered.StopTicks);
            await Long(DisplayOf(o));
            await Long(ShownOf(o));
            await Long(o.Entered.MinLots);
            await Long(o.UntilMicros ?? o.Entered.UntilMicros);
            await rows.WriteAsync((o.Entered.Flags & CommandFlags.PostOnly) != 0, stop);
        }

        await rows.CompleteAsync(stop);

        Task Long(long value) => rows.WriteAsync(value, stop);

        Task Short(short value) => rows.WriteAsync(value, stop);
    }

    public static OrderStatus StatusOf(BlotterFold.OrderChange entered) =>
        entered.Answer.Kind == OutputKind.Rejected ? OrderStatus.Refused : StatusOf(entered.Cancelled, entered.FilledMore, LotsOf(entered), entered.Waiting == true);

    public static OrderStatus StatusOf(CancelReason reason, long filled, long lots, bool waits) => reason switch
    {
        CancelReason.Expired => OrderStatus.Expired,
        not CancelReason.None => OrderStatus.Cancelled,
        _ when filled >= lots => OrderStatus.Filled,
        _ when waits => OrderStatus.Waiting,
        _ => filled > 0 ? OrderStatus.PartiallyFilled : OrderStatus.Open,
    };

    public static long LotsOf(BlotterFold.OrderChange entered) => entered.Replaced?.Lots ?? entered.Entered.Lots - entered.LotsLost;

    private static long DisplayOf(BlotterFold.OrderChange entered) => entered.Replaced?.Display ?? entered.Entered.Display;

    private static long ShownOf(BlotterFold.OrderChange entered) =>
        StatusOf(entered) is OrderStatus.Open or OrderStatus.PartiallyFilled ? ShownOf(entered.Shown, DisplayOf(entered), LotsOf(entered) - entered.FilledMore) : 0;

    /// <summary>What the book shows of an order that stands in it.</summary>
    public static long ShownOf(long? said, long display, long left) => said ?? (display == 0 ? left : Math.Min(display, left));

    private static NpgsqlBatchCommand Command(string sql, params ReadOnlySpan<object> values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values) command.Parameters.Add(new() { Value = value });
        return command;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The blotter waits: {Reason}")]
    private static partial void Failed(ILogger log, string reason);
}
