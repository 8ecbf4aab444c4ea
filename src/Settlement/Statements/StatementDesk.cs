using System.Data;
using System.Globalization;
using NodaTime;
using Npgsql;
using Trading.Matching.Contracts;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;
using Trading.Settlement.Deliveries;
using Trading.Settlement.Ledger;

namespace Trading.Settlement.Statements;

/// <summary>Reads a day from postings and from the streams of holdings; closing is asked of the books and not reckoned, so that what does not sum is seen.</summary>
internal sealed class StatementDesk(NpgsqlDataSource database, IHoldings holdings, ISettlements settlements, IDirectory directory, IListings listings, IRules rules, IClock clock) : IStatements
{
    public async Task<Outcome<DailyStatement>> Of(int account, LocalDate day, int linesMost, CancellationToken stop)
    {
        var now = Time.Now(clock);
        if (day > Eligibility.Day(now)) return Refused.Because("OUT_OF_RANGE", null).With("day", day).With("most", Eligibility.Day(now));
        var (from, until) = (Eligibility.Begin(day), Eligibility.Begin(day.PlusDays(1)));
        await using var connection = await database.OpenConnectionAsync(stop);
        // One look at both books: no trade is in the one and not yet in the other.
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, stop);
        var (opening, closing) = await Balances(connection, transaction, account, from, until, stop);
        var lines = await Lines(connection, transaction, account, from, until, linesMost + 1, stop);
        var rights = await Rights(connection, transaction, account, from, until, stop);
        if (lines.Count > linesMost || rights.Sum(r => r.Lines.Count) > linesMost) return Refused.Because("OUT_OF_RANGE", null, ("linesMost", linesMost));
        if (lines.Aggregate(opening, (sum, line) => sum + line.Change) != closing) throw new InvalidOperationException($"the statement of account {account} for {day} does not sum to its closing");
        return new DailyStatement(account, day, now < until ? now : until, now >= until, opening, lines, closing, rights);
    }

    public async Task<Outcome<DeliveredTrade>> Delivered(int account, long tradeNo, CancellationToken stop)
    {
        if (await settlements.Settlement(account, tradeNo, stop) is not { } trade) return Refused.Because("NOT_FOUND", null);
        if (trade.State == DeliveryState.Busted) return Refused.Because("TRADE_BUSTED", null);
        if (trade.State is not (DeliveryState.Settled or DeliveryState.Unwound) || trade.SettledLots == 0) return Refused.Because("TRADE_NOT_SETTLED", null).With("state", trade.State.ToString());
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        await using var session = holdings.Session(connection, transaction, null);
        var parts = (await session.Events.FetchStreamAsync(Delivery.Stream(tradeNo), token: stop)).Select(e => e.Data).OfType<DeliveryEvent.SettledPart>().ToList();
        // A participant may be on both sides of its own trade: then it bought it, and paid both fees.
        var split = await Splits(stop);
        var fee = split(trade.Instrument, trade.ExecutedAt, trade.Buyer == account ? parts.Sum(p => p.BuyFee) : 0) + split(trade.Instrument, trade.ExecutedAt, trade.Seller == account ? parts.Sum(p => p.SellFee) : 0);
        return new DeliveredTrade(trade, parts.Sum(p => p.Lots), parts.Sum(p => p.Amount), fee, parts.Max(p => p.At));
    }

    /// <summary>Divides a fee of a trade in an instrument by the tariff of the trade's instant.</summary>
    private async Task<Func<int, Instant, long, FeeParts>> Splits(CancellationToken stop)
    {
        var (catalog, listed, book) = (await directory.Current(stop), await listings.Current(stop), await rules.Current(stop));
        return (instrument, at, fen) => listed[instrument].Split(fen, catalog.Instrument(instrument)!.Class, book, at);
    }

    private static async Task<(FundAccount Opening, FundAccount Closing)> Balances(NpgsqlConnection connection, NpgsqlTransaction transaction, int account, Instant from, Instant until, CancellationToken stop)
    {
        await using var select = LedgerStore.Sql(connection, transaction,
            "select bucket, coalesce(sum(fen) filter (where booked_us < $2), 0)::bigint, sum(fen)::bigint from settlement.postings where account = $1 and booked_us < $3 group by bucket", account, Time.Micros(from), Time.Micros(until));
        var (opening, closing) = (new FundAccount(account, 0, 0, 0, 0), new FundAccount(account, 0, 0, 0, 0));
        foreach (var (bucket, before, after) in await LedgerStore.Read(select, r => ((Bucket)r.GetInt16(0), r.GetInt64(1), r.GetInt64(2)), stop))
            (opening, closing) = (opening + In(bucket, before), closing + In(bucket, after));
        return (opening, closing);
    }

    private static FundChange In(Bucket bucket, long fen) => bucket switch
    {
        Bucket.Available => new(fen, 0, 0, 0, 0),
        Bucket.InMarket => new(0, fen, 0, 0, 0),
        Bucket.Awaiting => new(0, 0, fen, 0, 0),
        Bucket.Frozen => new(0, 0, 0, fen, 0),
        Bucket.PayingOut => new(0, 0, 0, 0, fen),
        _ => throw new InvalidOperationException($"{bucket} is no bucket"),
    };

    private async Task<List<MoneyLine>> Lines(NpgsqlConnection connection, NpgsqlTransaction transaction, int account, Instant from, Instant until, int most, CancellationToken stop)
    {
        // The fee of a part stands in the event of the part, and how much of the trade's came before it in those before; of what was taken back, in the trade.
        await using var select = LedgerStore.Sql(connection, transaction,
            """
            with l as (
                select entry, booked_us, min(id) id, coalesce(sum(fen) filter (where bucket = 1), 0)::bigint available, coalesce(sum(fen) filter (where bucket = 2), 0)::bigint in_market,
                    coalesce(sum(fen) filter (where bucket = 3), 0)::bigint awaiting, coalesce(sum(fen) filter (where bucket = 4), 0)::bigint frozen, coalesce(sum(fen) filter (where bucket = 6), 0)::bigint paying_out,
                    case when entry ~ '^(trade|settled|unwound|bust)/[0-9]+/[0-9]+$' then split_part(entry, '/', 2)::bigint end trade, case when entry ~ '^(trade|settled)/[0-9]+/[0-9]+$' then split_part(entry, '/', 3)::bigint end heard
                from settlement.postings where account = $1 and booked_us >= $2 and booked_us < $3 group by entry, booked_us)
            select l.entry, l.booked_us, l.available, l.in_market, l.awaiting, l.frozen, l.paying_out, d.instrument,
                d.executed_us, coalesce((e.data->>'buyFee')::bigint, case when l.entry like 'bust/%' then -d.buy_fee end) * (d.buyer = $1)::int, coalesce((e.data->>'sellFee')::bigint, case when l.entry like 'bust/%' then -d.sell_fee end) * (d.seller = $1)::int,
                coalesce(b.buy_fee, 0) * (d.buyer = $1)::int, coalesce(b.sell_fee, 0) * (d.seller = $1)::int
            from l left join settlement.deliveries d on d.trade_no = l.trade
            left join events.mt_events e on e.stream_id = 'delivery/' || l.trade and e.type = 'trade_settled' and (e.data->>'sequence')::bigint = l.heard
            left join lateral (select sum((p.data->>'buyFee')::bigint)::bigint buy_fee, sum((p.data->>'sellFee')::bigint)::bigint sell_fee from events.mt_events p
                where p.stream_id = 'delivery/' || l.trade and p.type = 'trade_settled' and (p.data->>'sequence')::bigint < l.heard) b on true
            order by l.booked_us, l.id limit $4
            """, account, Time.Micros(from), Time.Micros(until), most);
        var split = await Splits(stop);
        return await LedgerStore.Read(select, r =>
        {
            FeeParts Part(int fee, int before) => split(r.GetInt32(7), Time.Instant(r.GetInt64(8)), r.GetInt64(before) + r.GetInt64(fee)) - split(r.GetInt32(7), Time.Instant(r.GetInt64(8)), r.GetInt64(before));
            var (entry, change) = (r.GetString(0), new FundChange(r.GetInt64(2), r.GetInt64(3), r.GetInt64(4), r.GetInt64(5), r.GetInt64(6)));
            return new MoneyLine(Time.Instant(r.GetInt64(1)), MoneyKinds.Of(entry, change), MoneyKinds.Reference(entry), r.IsDBNull(7) ? null : r.GetInt32(7), r.IsDBNull(9) ? null : Part(9, 11) + Part(10, 12), change);
        }, stop);
    }

    private async Task<List<RightsOfDay>> Rights(NpgsqlConnection connection, NpgsqlTransaction transaction, int account, Instant from, Instant until, CancellationToken stop)
    {
        await using var session = holdings.Session(connection, transaction, null);
        var days = new List<RightsOfDay>();
        foreach (var key in (await holdings.Of(account, stop)).Select(h => h.Key))
        {
            var history = (await session.Events.FetchStreamAsync(key.Stream, token: stop)).Select(e => (At: Instant.FromDateTimeOffset(e.Timestamp), (HoldingEvent)e.Data)).Where(e => e.At < until);
            if (RightsOfDay.Fold(key, history, from) is { Says: true } day) days.Add(day);
        }

        return days;
    }
}
