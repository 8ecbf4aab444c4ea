using Marten;
using Npgsql;
using Trading.Matching.Contracts;
using Trading.Matching.Core;
using Trading.Registry.Contracts;
using Trading.Settlement.Busts;
using Trading.Settlement.Contracts;
using Trading.Settlement.Deliveries;
using Trading.Settlement.Ledger;
using Trading.Settlement.Listings;
using Trading.Settlement.Reconciliation;

namespace Trading.Settlement;

/// <summary>Works the journal out again, up to where the settler has come, and holds every row of settlement against it.</summary>
internal sealed class SettlementVerification(NpgsqlDataSource database, IJournal journal, IDocumentStore events) : ISettlementVerification
{
    private const int NamedMost = 20;

    public async Task<IReadOnlyList<Verified>> Verify(CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, stop);
        var listed = await ListingBoard.Read(connection, transaction, stop);
        var position = (long)(await Scalar(connection, transaction, "select sequence from settlement.positions where reader = 'settler'", stop))!;
        var market = new MarketBooks();
        var reached = await market.Follow(journal, position, stop);
        return
        [
            new("settlement.position", 1, reached == position ? [] : [$"settlement.positions reader=settler: row says {position}, and the journal has no batch that ends there (it was read to {reached})"]),
            await Postings(connection, transaction, stop),
            await Deliveries(connection, transaction, market.Trades, stop),
            await DeliveryEvents(connection, transaction, stop),
            await Transfers(connection, transaction, market.Transfers, listed, stop),
            await Balances(connection, transaction, market, listed, stop),
            await Fees(connection, transaction, market, stop),
            await Freezes(connection, transaction, stop),
            await Deposits(connection, transaction, stop),
            await Payouts(connection, transaction, stop),
            await Busts(connection, transaction, market.Trades, stop),
            new("settlement.alerts", (long)(await Scalar(connection, transaction, "select count(*) from settlement.alerts", stop))!,
                await Texts(connection, transaction, "select 'settlement.alerts id=' || id || ': sequence ' || sequence || ' could not be booked: ' || text from settlement.alerts where kind = 1 order by id limit 20", stop)),
        ];
    }

    private static async Task<Verified> Postings(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken stop)
    {
        var broken = await Texts(connection, transaction,
            """
            with p as (
                select account, coalesce(sum(fen) filter (where bucket = 1), 0) a, coalesce(sum(fen) filter (where bucket = 2), 0) m,
                       coalesce(sum(fen) filter (where bucket = 3), 0) w, coalesce(sum(fen) filter (where bucket = 4), 0) z,
                       coalesce(sum(fen) filter (where bucket = 6), 0) o
                from settlement.postings group by account)
            select 'settlement.postings entry=' || entry || ': its postings sum to ' || sum(fen) || ' fen' from settlement.postings group by entry having sum(fen) <> 0
            union all
            select 'settlement.fund_accounts account=' || f.account || ': row says ' || concat_ws('/', f.available, f.in_market, f.awaiting, f.frozen, f.paying_out) || ', postings say '
                || concat_ws('/', coalesce(p.a, 0), coalesce(p.m, 0), coalesce(p.w, 0), coalesce(p.z, 0), coalesce(p.o, 0))
            from settlement.fund_accounts f left join p on p.account = f.account
            where (f.available, f.in_market, f.awaiting, f.frozen, f.paying_out) is distinct from (coalesce(p.a, 0), coalesce(p.m, 0), coalesce(p.w, 0), coalesce(p.z, 0), coalesce(p.o, 0))
            union all
            select 'settlement.postings account=' || account || ': there is no such fund account' from p where not exists (select 1 from settlement.fund_accounts f where f.account = p.account)
            union all
            select 'settlement.fund_accounts: all accounts together hold ' || sum(available + in_market + awaiting + frozen + paying_out) || ' fen, not 0' from settlement.fund_accounts
            having sum(available + in_market + awaiting + frozen + paying_out) <> 0
            union all
            select 'settlement.payments reference=' || y.reference || ': row says ' || y.fen || ' fen for account ' || y.account || ', postings say ' || coalesce(sum(o.fen)::text, 'nothing')
            from settlement.payments y left join settlement.postings o on o.entry = 'payment/' || y.reference and o.account = y.account
            group by y.reference, y.account, y.fen having coalesce(sum(o.fen), 0) <> y.fen
            union all
            select 'settlement.postings entry=' || o.entry || ': there is no such payment' from settlement.postings o
            where o.entry like 'payment/%' and o.account > 0 and not exists (select 1 from settlement.payments y where 'payment/' || y.reference = o.entry)
            limit 20
            """, stop);
        return new("settlement.money", (long)(await Scalar(connection, transaction, "select count(*) from settlement.postings", stop))!, broken);
    }

    private static async Task<Verified> Deliveries(NpgsqlConnection connection, NpgsqlTransaction transaction, SortedDictionary<long, MarketBooks.Traded> trades, CancellationToken stop)
    {
        var broken = new List<string>();
        await using var select = LedgerStore.Sql(connection, transaction, $"select {DeliveryRows.Columns} from settlement.deliveries order by trade_no");
        var rows = (await DeliveryRows.Read(select, stop)).ToDictionary(d => d.Facts.TradeNo);
        foreach (var (number, expected) in trades)
        {
            rows.Remove(number, out var row);
            foreach (var differs in TradeAndDelivery.Differences(number, expected, row)) Name(differs);
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

        await using var select = LedgerStore.Sql(connection, transaction, $"select {DeliveryRows.Columns} from settlement.deliveries order by trade_no");
        foreach (var row in await DeliveryRows.Read(select, stop))
        {
            var fold = folded.GetValueOrDefault(Delivery.Stream(row.Facts.TradeNo));
            if (fold?.Same(row) != true && broken.Count < NamedMost) broken.Add($"settlement.deliveries trade_no={row.Facts.TradeNo}: row says version {row.Version} {row.Facts.State}, events say {(fold is null ? "nothing" : $"version {fold.Version} {fold.Facts.State}, or another content")}");
        }

        return new("settlement.delivery-events", folded.Count, broken);
    }

    private static async Task<Verified> Transfers(
        NpgsqlConnection connection, NpgsqlTransaction transaction, SortedDictionary<long, Output> outcomes, IReadOnlyDictionary<int, Listing> listed, CancellationToken stop)
    {
        var broken = new List<string>();
        await using var select = LedgerStore.Sql(connection, transaction, $"select {LedgerStore.TransferColumns} from settlement.transfers order by id");
        var rows = await LedgerStore.Transfers(select, stop);
        foreach (var transfer in rows)
        {
            if (!outcomes.Remove(transfer.Id, out var outcome))
            {
                if (transfer.Status != TransferStatus.Pending) Name($"settlement.transfers id={transfer.Id}: row says {transfer.Status}, journal says {TransferStatus.Pending}");
                continue;
            }

            var perLot = outcome.Instrument == 0 ? 1 : listed.GetValueOrDefault(outcome.Instrument)?.UnitsPerLot ?? 1;
            var should = (outcome.Account, outcome.Instrument, Amount: outcome.Amount * perLot, Status: outcome.Kind == OutputKind.Rejected ? TransferStatus.Refused : TransferStatus.Done);
            var stands = (transfer.Account, transfer.Instrument, transfer.Amount, transfer.Status);
            if (should.Status != stands.Status) Name($"settlement.transfers id={transfer.Id}: row says {stands.Status}, journal says {should.Status}");
            else if (should != stands) Name($"settlement.transfers id={transfer.Id}: row says {stands}, journal says {should}");
        }

        foreach (var id in outcomes.Keys) Name($"settlement.transfers id={id}: the journal carried this transfer, and there is no row");
        return new("settlement.transfers", rows.Count, broken);

        void Name(string row)
        {
            if (broken.Count < NamedMost) broken.Add(row);
        }
    }

    /// <summary>What the market holds of each account is what register and money say lies in it, plus what is still on its way there.</summary>
    private static async Task<Verified> Balances(NpgsqlConnection connection, NpgsqlTransaction transaction, MarketBooks market, IReadOnlyDictionary<int, Listing> listed, CancellationToken stop)
    {
        var (compared, differences) = await market.Differences(connection, transaction, listed, null, stop);
        return new("settlement.balances", compared, [.. differences.Take(NamedMost).Select(d => d.Instrument == 0
            ? $"settlement.fund_accounts account={d.Account}: in market {d.In.Says}, awaiting {d.Awaiting.Says}; journal says {d.In.Should}, {d.Awaiting.Should}"
            : $"registry.holdings account={d.Account} instrument={d.Instrument}: earmarked {d.In.Says}, awaiting {d.Awaiting.Says}; journal says {d.In.Should}, {d.Awaiting.Should}")]);
    }

    /// <summary>Every fen of fees traces to a settled trade (I2).</summary>
    private static async Task<Verified> Fees(NpgsqlConnection connection, NpgsqlTransaction transaction, MarketBooks market, CancellationToken stop)
    {
        var should = market.Of(Money.Fees, 0).In;
        var stands = (long)(await Scalar(connection, transaction, "select coalesce(sum(available + in_market + awaiting + frozen + paying_out), 0)::bigint from settlement.fund_accounts where account = 0", stop))!;
        return new("settlement.fees", 1, should == stands ? [] : [$"settlement.fund_accounts account={Money.Fees}: row says {stands} fen of fees, journal says {should}"]);
    }

    /// <summary>What was laid down for lots and not given back is what the deposit account holds; and a lot that holds units has its hold in the register.</summary>
    private static async Task<Verified> Deposits(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken stop)
    {
        await using var select = LedgerStore.Sql(connection, transaction,
            """
            select 'settlement.deposits: ' || d.fen || ' fen are held for lots, settlement.fund_accounts account=-2 has ' || f.fen
            from (select coalesce(sum(fen), 0) fen from settlement.deposits where state = 1) d, (select coalesce(sum(available), 0) fen from settlement.fund_accounts where account = -2) f where d.fen <> f.fen
            union all
            select 'settlement.lots id=' || l.id || ': holds ' || l.units || ', the register holds ' || coalesce(h.standing, 0)
            from settlement.lots l left join registry.holds h on h.account = l.seller and h.reference = 'lot/' || l.id || '/' || l.round
            where coalesce(h.standing, 0) <> case when l.bound then l.units else 0 end
            union all
            select 'settlement.deposits id=' || d.id || ': held for lot ' || l.id || ', which is in round ' || l.round || ' and state ' || l.state
            from settlement.deposits d join settlement.lots l on l.id = d.lot where d.state = 1 and (d.round <> l.round or l.state not in (1, 2, 4))
            """);
        var broken = await LedgerStore.Read(select, r => r.GetString(0), stop);
        return new("settlement.deposits", (long)(await Scalar(connection, transaction, "select count(*) from settlement.deposits", stop))!, broken);
    }

    /// <summary>What freezes took is what lies frozen, account by account.</summary>
    private static async Task<Verified> Freezes(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken stop)
    {
        var broken = await Texts(connection, transaction,
            """
            with taken as (select account, instrument, sum(taken) units, string_agg(id::text, ',' order by id) ids from settlement.freezes where state in (2, 3, 5) group by account, instrument),
                 frozen as (select account, 0 instrument, frozen units from settlement.fund_accounts union all select account, instrument, frozen from registry.holdings)
            select 'settlement.freezes id=' || coalesce(t.ids, 'none') || ' account=' || coalesce(t.account, f.account) || ' instrument=' || coalesce(t.instrument, f.instrument)
                || ': rows say ' || coalesce(t.units, 0) || ' taken, and ' || coalesce(f.units, 0) || ' lies frozen'
            from taken t full join frozen f on f.account = t.account and f.instrument = t.instrument
            where coalesce(t.units, 0) <> coalesce(f.units, 0)
            union all
            select 'settlement.freezes id=' || id || ': ' || taken || ' taken in state ' || state from settlement.freezes where taken > amount or (state = 1 and taken <> 0)
            limit 20
            """, stop);
        return new("settlement.freezes", (long)(await Scalar(connection, transaction, "select count(*) from settlement.freezes", stop))!, broken);
    }

    /// <summary>What lies to be paid out is what the payouts say that are asked or sent; each is posted as its state says; each file is what stands in it.</summary>
    private static async Task<Verified> Payouts(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken stop)
    {
        var broken = await Texts(connection, transaction,
            """
            with posted as (select y.id, coalesce(sum(o.fen) filter (where o.account = y.account and o.bucket = 1), 0) available, coalesce(sum(o.fen) filter (where o.account = y.account and o.bucket = 6), 0) held,
                       coalesce(sum(o.fen) filter (where o.account = -1), 0) bank
                from settlement.payouts y left join settlement.postings o on o.entry in ('payout/' || y.id, 'payout/' || y.id || '/paid', 'payout/' || y.id || '/back') group by y.id),
                 held as (select account, sum(fen) fen, string_agg(id::text, ',' order by id) ids from settlement.payouts where state in (1, 2) group by account)
            select 'settlement.payouts id=' || y.id || ': ' || y.fen || ' fen in state ' || y.state || ', and postings say ' || concat_ws('/', p.available, p.held, p.bank)
            from settlement.payouts y join posted p on p.id = y.id
            where (p.available, p.held, p.bank) is distinct from (case when y.state in (1, 2, 3) then -y.fen else 0 end, case when y.state in (1, 2) then y.fen else 0 end, case when y.state = 3 then y.fen else 0 end)
            union all
            select 'settlement.payouts id=' || coalesce(h.ids, 'none') || ' account=' || f.account || ': rows say ' || coalesce(h.fen, 0) || ' fen are held, and ' || f.paying_out || ' lie to be paid out'
            from settlement.fund_accounts f left join held h on h.account = f.account where coalesce(h.fen, 0) <> f.paying_out
            union all
            select 'settlement.payouts id=' || y.id || ': the bank''s statement has no line that paid it' from settlement.payouts y
            where (y.debited or y.state = 3) and not exists (select 1 from settlement.bank_lines l where l.reference = 'PO' || lpad(y.id::text, 10, '0') and l.fen = -y.fen)
            union all
            select 'settlement.payment_files number=' || f.number || ': row says ' || f.payouts || ' of ' || f.fen || ' fen, its payouts say ' || count(y.id) || ' of ' || coalesce(sum(y.fen), 0)
            from settlement.payment_files f left join settlement.payouts y on y.file = f.number group by f.number having (f.payouts, f.fen) is distinct from (count(y.id), coalesce(sum(y.fen), 0))
            union all
            select 'settlement.postings entry=' || o.entry || ': there is no such payout' from settlement.postings o
            where o.entry like 'payout/%' and o.account > 0 and not exists (select 1 from settlement.payouts y where y.id::text = split_part(o.entry, '/', 2))
            limit 20
            """, stop);
        return new("settlement.payouts", (long)(await Scalar(connection, transaction, "select count(*) from settlement.payouts", stop))!, broken);
    }

    /// <summary>A request that says it was carried out was, and the trade of none that says otherwise by now.</summary>
    private static async Task<Verified> Busts(NpgsqlConnection connection, NpgsqlTransaction transaction, SortedDictionary<long, MarketBooks.Traded> trades, CancellationToken stop)
    {
        await using var select = LedgerStore.Sql(connection, transaction, $"select {BustRows.Columns} from settlement.busts order by id");
        var rows = await BustRows.Read(select, stop);
        var broken = rows.Where(b => (b.State == BustState.Busted) != (trades.TryGetValue(b.TradeNo, out var trade) && trade.Busted && rows.FindLast(other => other.TradeNo == b.TradeNo)!.Id == b.Id))
            .Select(b => $"settlement.busts id={b.Id} trade_no={b.TradeNo}: row says {b.State}, and the journal says otherwise").Take(NamedMost);
        return new("settlement.busts", rows.Count, [.. broken]);
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
