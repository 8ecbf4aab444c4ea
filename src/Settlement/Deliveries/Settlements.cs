using Npgsql;
using Trading.Matching.Contracts;
using Trading.Settlement.Contracts;
using Trading.Settlement.Ledger;

namespace Trading.Settlement.Deliveries;

internal sealed class Settlements(NpgsqlDataSource database) : ISettlements
{
    public Task<IReadOnlyList<TradeSettlement>> All(int? instrument, long beforeTrade, int most, CancellationToken stop) =>
        DeliveryRows.Facts(database, "($1::int is null or instrument = $1) and trade_no < $2 order by trade_no desc limit $3", stop, (object?)instrument ?? DBNull.Value, beforeTrade, most);

    public Task<IReadOnlyList<TradeSettlement>> Of(int account, DeliveryState? state, long beforeTrade, int most, CancellationToken stop) =>
        DeliveryRows.Facts(database, "(buyer = $1 or seller = $1) and trade_no < $2 and ($3::smallint is null or state = $3) order by trade_no desc limit $4", stop,
            account, beforeTrade, (object?)(short?)state ?? DBNull.Value, most);

    public Task<IReadOnlyList<TradeSettlement>> Of(int account, IReadOnlyCollection<long> trades, CancellationToken stop) =>
        DeliveryRows.Facts(database, "(buyer = $1 or seller = $1) and trade_no = any($2) order by trade_no", stop, account, trades.ToArray());

    public async Task<TradeSettlement?> Settlement(int account, long tradeNo, CancellationToken stop) => await Of(account, [tradeNo], stop) is [var one] ? one : null;

    public async Task<IReadOnlyList<Alert>> Alerts(long beforeId, int most, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var select = LedgerStore.Sql(connection, null, "select id, trade_no, text, at_us from settlement.alerts where id < $1 order by id desc limit $2", beforeId, most);
        await using var r = await select.ExecuteReaderAsync(stop);
        var alerts = new List<Alert>();
        while (await r.ReadAsync(stop)) alerts.Add(new(r.GetInt64(0), r.GetInt64(1), r.GetString(2), Time.Instant(r.GetInt64(3))));
        return alerts;
    }
}
