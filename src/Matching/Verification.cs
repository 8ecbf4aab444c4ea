using System.Data;
using System.Globalization;
using Npgsql;
using Trading.Matching.Blotter;
using Trading.Matching.Contracts;
using Trading.Matching.Core;
using Trading.Matching.Journal;

namespace Trading.Matching;

/// <summary>Reads the whole journal once: the chain, the market it gives again, and the tables it should have given.</summary>
internal sealed class Verification(NpgsqlDataSource database) : IMatchingVerification
{
    private const int BatchesMost = 64;
    /// <summary>A check that names more rows than a person reads names no more.</summary>
    private const int NamedMost = 20;

    public async Task<IReadOnlyList<Verified>> Verify(CancellationToken stop)
    {
        var journal = new PostgresJournal(database, "verify", new());
        List<string> chain = [], market = [], tables = [], kept = [];
        var reliving = Reliving.FromTheBeginning();
        var store = new SnapshotStore(database);
        var snapshots = await store.Sequences(stop);
        var unmet = new HashSet<long>(snapshots);
        var standing = Standing.Empty;
        var (batches, commands) = (0L, 0L);
        // One snapshot: the follower of a server beside us moves on meanwhile. It may be behind the journal, never ahead of itself.
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var snapshot = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, stop);
        await using var reached = new NpgsqlCommand("select sequence from matching.blotter_position", connection, snapshot);
        var position = (long)(await reached.ExecuteScalarAsync(stop))!;
        var expected = new BlotterRows();
        try
        {
            while (await journal.Read(standing.LastSequence, BatchesMost, stop) is { Count: > 0 } some)
            {
                foreach (var batch in some)
                {
                    batches++;
                    commands += batch.Count;
                    if (Reliving.Chain(standing, batch) is { } unlinked && chain.Count < NamedMost) chain.Add($"matching.batches first_sequence={batch.FirstSequence}: {unlinked}");
                    if (market.Count == 0 && reliving.Follow(batch) is { } parted) market.Add($"matching.batches first_sequence={batch.FirstSequence}: {parted}");
                    if (batch.LastSequence <= position) expected.Add(batch);
                    if (unmet.Remove(batch.LastSequence) && market.Count == 0 && await Differs(store, reliving, stop) is { } differs) kept.Add(differs);
                    standing = Reliving.After(batch);
                }
            }
        }
        catch (JournalDamagedException damaged)
        {
            chain.Add(damaged.Message);
        }

        // Asked again: one that was let go meanwhile is nobody's fault.
        if (chain.Count == 0 && unmet.Count > 0) kept.AddRange((await store.Sequences(stop)).Where(unmet.Contains).Select(sequence => $"matching.snapshots sequence={sequence}: no batch ends there"));
        await Compare(connection, snapshot, "matching.orders", "sequence", expected.Orders, "select sequence, concat_ws(' ', number, account, instrument, side, ticks, lots, filled, ticks_lots, status, code, reason, shown) from matching.orders", tables, stop);
        await Compare(connection, snapshot, "matching.trades", "trade_no", expected.Trades, "select trade_no, concat_ws(' ', sequence, instrument, ticks, lots, amount, aggressor, pending::int, at_us, coalesce(busted_us, 0)) from matching.trades", tables, stop);
        return
        [
            new("market.chain", batches, chain),
            new("market.relived", commands, market, string.Create(CultureInfo.InvariantCulture, $"fingerprint {reliving.Market.Fingerprint():x16} after sequence {reliving.Standing.LastSequence}")),
            new("market.snapshots", snapshots.Count, kept),
            new("market.tables", expected.Orders.Count + expected.Trades.Count, tables),
        ];
    }

    /// <summary>A snapshot must be the market that the journal gives, to the byte.</summary>
    private static async Task<string?> Differs(SnapshotStore store, Reliving reliving, CancellationToken stop)
    {
        try
        {
            // One that was let go meanwhile is nobody's fault.
            if (await store.Read(reliving.Standing.LastSequence, stop) is not { } stored || stored.Bytes.AsSpan().SequenceEqual(reliving.Market.Snapshot())) return null;
            return $"matching.snapshots sequence={reliving.Standing.LastSequence}: it is not the market that the journal gives there";
        }
        catch (SnapshotDamagedException damaged)
        {
            return damaged.Message;
        }
    }

    private static async Task Compare(NpgsqlConnection connection, NpgsqlTransaction snapshot, string table, string key, SortedDictionary<long, string> expected, string sql, List<string> broken, CancellationToken stop)
    {
        var seen = 0;
        await using var command = new NpgsqlCommand(sql, connection, snapshot);
        await using var rows = await command.ExecuteReaderAsync(stop);
        while (await rows.ReadAsync(stop))
        {
            var (id, there) = (rows.GetInt64(0), rows.GetString(1));
            if (expected.TryGetValue(id, out var should)) seen++;
            if (should != there && broken.Count < NamedMost) broken.Add($"{table} {key}={id}: row says '{there}', journal says '{should ?? "nothing"}'");
        }

        if (seen < expected.Count && broken.Count < NamedMost) broken.Add($"{table}: {expected.Count - seen} rows of the journal are missing");
    }

    /// <summary>The tables' rows as the journal gives them, folded one batch at a time with the follower's own fold.</summary>
    private sealed class BlotterRows
    {
        private sealed record Row(BlotterFold.OrderChange Order, long Filled, Int128 TicksLots, long Ticks, long Lots, long Display, bool Waits, long? Shown, CancelReason Reason)
        {
            public Row After(BlotterFold.OrderChange change) => new(Order, Filled + change.FilledMore, TicksLots + change.TicksLotsMore, change.TicksNow ?? Ticks,
                change.Replaced?.Lots ?? (Lots - change.LotsLost), change.Replaced?.Display ?? Display, change.Waiting ?? Waits, change.Shown, change.Cancelled);

            public override string ToString()
            {
                var status = Order.Answer.Kind == OutputKind.Rejected ? OrderStatus.Refused : BlotterFollower.StatusOf(Reason, Filled, Lots, Waits);
                var shown = status is OrderStatus.Open or OrderStatus.PartiallyFilled ? BlotterFollower.ShownOf(Shown, Display, Lots - Filled) : 0;
                return string.Create(CultureInfo.InvariantCulture,
                    $"{Order.Number} {Order.Entered.Account} {Order.Entered.Instrument} {(int)Order.Entered.Side} {Ticks} {Lots} {Filled} {TicksLots} {(int)status} {(int)Order.Answer.Code} {(int)Reason} {shown}");
            }
        }

        private readonly Dictionary<long, Row> byNumber = [];

        public SortedDictionary<long, string> Orders { get; } = [];
        public SortedDictionary<long, string> Trades { get; } = [];

        public void Add(Batch batch)
        {
            var fold = new BlotterFold();
            fold.Add(batch);
            foreach (var order in fold.Entered) Put(new Row(order, 0, 0, order.Entered.Ticks, order.Entered.Lots, order.Entered.Display, false, null, CancelReason.None).After(order));
            foreach (var change in fold.Older)
            {
                // A proposal that ended is no order, and has no row among them.
                if (byNumber.TryGetValue(change.Number, out var row)) Put(row.After(change));
            }

            foreach (var t in fold.Trades)
                Trades[t.TradeNo] = string.Create(CultureInfo.InvariantCulture, $"{t.Sequence} {t.Instrument} {t.Ticks} {t.Lots} {t.Amount} {(int)t.Aggressor} {(t.Pending ? 1 : 0)} {Time.Micros(t.At)} 0");
            foreach (var (trade, at) in fold.Busted) Trades[trade] = string.Create(CultureInfo.InvariantCulture, $"{Trades[trade][..^2]} {at}");
        }

        private void Put(Row row)
        {
            Orders[row.Order.Sequence] = row.ToString();
            if (row.Order.Number > 0) byNumber[row.Order.Number] = row;
        }
    }
}
