using Marten;
using Npgsql;
using Trading.Matching.Contracts;
using Trading.Matching.Core;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;
using Trading.Settlement.Deliveries;
using Trading.Settlement.Ledger;

namespace Trading.Settlement;

/// <summary>Works the journal out again, up to where the settler has come, and holds every row of settlement against it.</summary>
internal sealed class SettlementVerification(NpgsqlDataSource database, IJournal journal, IDocumentStore events, IListings listings) : ISettlementVerification
{
    private const int NamedMost = 20;

    private sealed record Expected(Output Trade, long Sequence, long SettledLots, long UnwoundLots);

    public async Task<IReadOnlyList<Verified>> Verify(CancellationToken stop)
    {
        // Listings are read before the snapshot: they only grow.
        var listed = await listings.Current(stop);
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, stop);
        var position = (long)(await Scalar(connection, transaction, "select sequence from settlement.positions where reader = 'settler'", stop))!;
        var market = new Dictionary<(int Account, int Asset), (long In, long Awaiting)>();
        var trades = new SortedDictionary<long, Expected>();
        var transfers = new SortedDictionary<long, OutputKind>();
        await Follow(position, market, trades, transfers, stop);
        return
        [
            await Postings(connection, transaction, stop),
            await Deliveries(connection, transaction, trades, stop),
            await DeliveryEvents(connection, transaction, stop),
            await Transfers(connection, transaction, transfers, stop),
            await Balances(connection, transaction, market, listed, stop),
            new("settlement.alerts", 1, await Texts(connection, transaction, "select 'settlement.alerts id=' || id || ': sequence ' || sequence || ' could not be booked: ' || text from settlement.alerts order by id", stop)),
        ];
    }

    private async Task Follow(
        long position, Dictionary<(int Account, int Asset), (long In, long Awaiting)> market, SortedDictionary<long, Expected> trades, SortedDictionary<long, OutputKind> transfers, CancellationToken stop)
    {
        var read = 0L;
        while (read < position && await journal.Read(read, 64, stop) is { Count: > 0 } batches)
        {
            foreach (var batch in batches)
            {
                read = batch.LastSequence;
                if (batch.LastSequence > position) return;
                var heard = new List<Heard>();
                Settler.Hear(batch, heard);
                foreach (var one in heard) Follow(in one, market, trades, transfers);
            }
        }
    }

    private static void Follow(in Heard heard, Dictionary<(int Account, int Asset), (long In, long Awaiting)> market, SortedDictionary<long, Expected> trades, SortedDictionary<long, OutputKind> transfers)
    {
        var o = heard.Output;
        switch (o.Kind)
        {
            case OutputKind.Trade:
                trades[o.TradeNo] = new(o, heard.Sequence, o.Pending == 0 ? o.Lots : 0, 0);
                Move(o.Buyer, 0, -o.Amount - o.BuyFee, o.Pending * (o.Amount + o.BuyFee));
                Move(o.Seller, o.Instrument, -o.Lots, o.Pending * o.Lots);
                if (o.Pending != 0) break;
                Move(o.Buyer, o.Instrument, o.Lots, 0);
                Move(o.Seller, 0, o.Amount - o.SellFee, 0);
                break;
            case OutputKind.Settled:
                if (trades.TryGetValue(o.TradeNo, out var settled)) trades[o.TradeNo] = settled with { SettledLots = settled.SettledLots + o.Lots };
                Move(o.Buyer, 0, 0, -o.Amount - o.BuyFee);
                Move(o.Seller, o.Instrument, 0, -o.Lots);
                Move(o.Seller, 0, o.Amount - o.SellFee, 0);
                break;
            case OutputKind.Unwound:
                if (trades.TryGetValue(o.TradeNo, out var unwound)) trades[o.TradeNo] = unwound with { UnwoundLots = unwound.UnwoundLots + o.Lots };
                Move(o.Buyer, 0, o.Amount + o.BuyFee, -o.Amount - o.BuyFee);
                Move(o.Seller, o.Instrument, o.Lots, -o.Lots);
                break;
            case OutputKind.Deposited:
                transfers[o.Reference] = o.Kind;
                Move(o.Account, o.Instrument, o.Amount, 0);
                break;
            case OutputKind.Withdrawn:
                transfers[o.Reference] = o.Kind;
                Move(o.Account, o.Instrument, -o.Amount, 0);
                break;
            case OutputKind.Rejected:
                transfers[o.Reference] = o.Kind;
                break;
            case OutputKind.Seized:
                Move(o.Account, o.Instrument, -o.Amount, 0);
                break;
        }

        void Move(int account, int asset, long inMarket, long awaiting)
        {
            var (before, waiting) = market.GetValueOrDefault((account, asset));
            market[(account, asset)] = (before + inMarket, waiting + awaiting);
        }
    }

    private static async Task<Verified> Postings(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken stop)
    {
        var broken = await Texts(connection, transaction,
            """
            select 'settlement.postings entry=' || entry || ': its postings sum to ' || sum(fen) || ' fen' from settlement.postings group by entry having sum(fen) <> 0
            union all
            select 'settlement.fund_accounts account=' || f.account || ': row says ' || concat_ws('/', f.available, f.in_market, f.awaiting, f.frozen) || ', postings say ' || concat_ws('/', p.a, p.m, p.w, p.z)
            from settlement.fund_accounts f left join lateral (
                select coalesce(sum(fen) filter (where bucket = 1), 0) a, coalesce(sum(fen) filter (where bucket = 2), 0) m,
                       coalesce(sum(fen) filter (where bucket = 3), 0) w, coalesce(sum(fen) filter (where bucket = 4), 0) z
                from settlement.postings p where p.account = f.account) p on true
            where (f.available, f.in_market, f.awaiting, f.frozen) is distinct from (p.a, p.m, p.w, p.z)
            union all
            select 'settlement.postings account=' || account || ': there is no such fund account' from settlement.postings p
            where not exists (select 1 from settlement.fund_accounts f where f.account = p.account)
            union all
            select 'settlement.fund_accounts: all accounts together hold ' || sum(available + in_market + awaiting + frozen) || ' fen, not 0' from settlement.fund_accounts
            having sum(available + in_market + awaiting + frozen) <> 0
            limit 20
            """, stop);
        return new("settlement.money", (long)(await Scalar(connection, transaction, "select count(*) from settlement.postings", stop))!, broken);
    }

    private static async Task<Verified> Deliveries(NpgsqlConnection connection, NpgsqlTransaction transaction, SortedDictionary<long, Expected> trades, CancellationToken stop)
    {
        var broken = new List<string>();
        await using var select = LedgerStore.Sql(connection, transaction, $"select {LedgerStore.DeliveryColumns} from settlement.deliveries order by trade_no");
        var rows = (await LedgerStore.Deliveries(select, stop)).ToDictionary(d => d.Facts.TradeNo);
        foreach (var (number, expected) in trades)
        {
            if (!rows.Remove(number, out var row))
            {
                Name($"settlement.deliveries trade_no={number}: the journal has this trade, and there is no row");
                continue;
            }

            var (t, f) = (expected.Trade, row.Facts);
            var (should, stands) = (
                (expected.Sequence, t.Instrument, t.Buyer, t.Seller, t.BuyOrder, t.SellOrder, t.Ticks, t.Lots, t.Amount, t.BuyFee, t.SellFee, Done: expected.SettledLots + expected.UnwoundLots),
                (f.Sequence, f.Instrument, f.Buyer, f.Seller, f.BuyOrder, f.SellOrder, f.Ticks, f.Lots, f.Amount, f.BuyFee, f.SellFee, Done: row.DoneLots));
            if (should != stands) Name($"settlement.deliveries trade_no={number}: row says {stands}, journal says {should}");
            var end = expected.SettledLots == t.Lots ? DeliveryState.Settled : expected.UnwoundLots == t.Lots ? DeliveryState.Unwound : (DeliveryState?)null;
            var ended = f.State is DeliveryState.Settled or DeliveryState.Unwound ? f.State : (DeliveryState?)null;
            if (expected.SettledLots + expected.UnwoundLots is 0 || expected.SettledLots == t.Lots || expected.UnwoundLots == t.Lots)
            {
                if (end != ended) Name($"settlement.deliveries trade_no={number}: state {f.State}, and the journal says {end?.ToString() ?? "open"}");
            }
        }

        foreach (var number in rows.Keys) Name($"settlement.deliveries trade_no={number}: the journal has no such trade");
        return new("settlement.deliveries", trades.Count, broken);

        void Name(string row)
        {
            if (broken.Count < NamedMost) broken.Add(row);
        }
    }

    private async Task<Verified> DeliveryEvents(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken stop)
    {
        var broken = new List<string>();
        await using var session = events.LightweightSession(Marten.Services.SessionOptions.ForTransaction(transaction, false));
        var folded = new Dictionary<string, Delivery>(StringComparer.Ordinal);
        foreach (var happened in await session.Events.QueryAllRawEvents().OrderBy(e => e.Sequence).ToListAsync(stop))
        {
            if (happened.Data is DeliveryEvent e) folded[happened.StreamKey!] = Delivery.Evolve(folded.GetValueOrDefault(happened.StreamKey!), e);
        }

        await using var select = LedgerStore.Sql(connection, transaction, $"select {LedgerStore.DeliveryColumns} from settlement.deliveries order by trade_no");
        foreach (var row in await LedgerStore.Deliveries(select, stop))
        {
            var fold = folded.GetValueOrDefault(Delivery.Stream(row.Facts.TradeNo));
            var same = fold is not null && fold.Version == row.Version && fold.DoneLots == row.DoneLots
                       && fold.Facts with { Timeline = [] } == row.Facts with { Timeline = [] } && fold.Facts.Timeline.SequenceEqual(row.Facts.Timeline);
            if (!same && broken.Count < NamedMost) broken.Add($"settlement.deliveries trade_no={row.Facts.TradeNo}: row says version {row.Version} {row.Facts.State}, events say {(fold is null ? "nothing" : $"version {fold.Version} {fold.Facts.State}, or another content")}");
        }

        return new("settlement.delivery-events", folded.Count, broken);
    }

    private static async Task<Verified> Transfers(NpgsqlConnection connection, NpgsqlTransaction transaction, SortedDictionary<long, OutputKind> outcomes, CancellationToken stop)
    {
        var broken = new List<string>();
        await using var select = LedgerStore.Sql(connection, transaction, $"select {LedgerStore.TransferColumns} from settlement.transfers order by id");
        var rows = await LedgerStore.Transfers(select, stop);
        foreach (var transfer in rows)
        {
            var should = outcomes.TryGetValue(transfer.Id, out var outcome) ? outcome == OutputKind.Rejected ? TransferStatus.Refused : TransferStatus.Done : TransferStatus.Pending;
            if (transfer.Status != should && broken.Count < NamedMost) broken.Add($"settlement.transfers id={transfer.Id}: row says {transfer.Status}, journal says {should}");
        }

        return new("settlement.transfers", rows.Count, broken);
    }

    /// <summary>What the market holds of each account is what register and money say lies in it, plus what is still on its way there.</summary>
    private static async Task<Verified> Balances(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Dictionary<(int Account, int Asset), (long In, long Awaiting)> market, IReadOnlyDictionary<int, Listing> listed, CancellationToken stop)
    {
        var broken = new List<string>();
        var rows = new Dictionary<(int, int), (long In, long Awaiting)>();
        await using (var select = LedgerStore.Sql(connection, transaction,
                         """
                         select account, 0, in_market, awaiting from settlement.fund_accounts where account > 0
                         union all select account, instrument, earmarked, awaiting from registry.holdings
                         """))
        await using (var r = await select.ExecuteReaderAsync(stop))
        {
            while (await r.ReadAsync(stop)) rows[(r.GetInt32(0), r.GetInt32(1))] = (r.GetInt64(2), r.GetInt64(3));
        }

        var coming = new Dictionary<(int, int), long>();
        await using (var select = LedgerStore.Sql(connection, transaction, "select account, instrument, sum(amount)::bigint from settlement.transfers where status = 1 and kind in (1, 3) group by account, instrument"))
        await using (var r = await select.ExecuteReaderAsync(stop))
        {
            while (await r.ReadAsync(stop)) coming[(r.GetInt32(0), r.GetInt32(1))] = r.GetInt64(2);
        }

        foreach (var key in rows.Keys.Union(market.Keys).Order())
        {
            var perLot = key.Item2 == 0 ? 1 : listed.GetValueOrDefault(key.Item2)?.UnitsPerLot ?? 1;
            var (inMarket, awaiting) = market.GetValueOrDefault(key);
            var (rowIn, rowAwaiting) = rows.GetValueOrDefault(key);
            var should = (In: (inMarket * perLot) + coming.GetValueOrDefault(key), Awaiting: awaiting * perLot);
            if (should == (rowIn, rowAwaiting) || broken.Count >= NamedMost) continue;
            broken.Add(key.Item2 == 0
                ? $"settlement.fund_accounts account={key.Item1}: in market {rowIn}, awaiting {rowAwaiting}; journal says {should.In}, {should.Awaiting}"
                : $"registry.holdings account={key.Item1} instrument={key.Item2}: earmarked {rowIn}, awaiting {rowAwaiting}; journal says {should.In}, {should.Awaiting}");
        }

        return new("settlement.balances", rows.Count, broken);
    }

    private static async Task<object?> Scalar(NpgsqlConnection connection, NpgsqlTransaction transaction, string sql, CancellationToken stop)
    {
        await using var command = LedgerStore.Sql(connection, transaction, sql);
        return await command.ExecuteScalarAsync(stop);
    }

    private static async Task<List<string>> Texts(NpgsqlConnection connection, NpgsqlTransaction transaction, string sql, CancellationToken stop)
    {
        await using var command = LedgerStore.Sql(connection, transaction, sql);
        await using var rows = await command.ExecuteReaderAsync(stop);
        var texts = new List<string>();
        while (await rows.ReadAsync(stop)) texts.Add(rows.GetString(0));
        return texts;
    }
}
