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
        await using var select = LedgerStore.Sql(connection, null, "select id, kind, trade_no, text, at_us, account, instrument, books, says, should from settlement.alerts where id < $1 order by id desc limit $2", beforeId, most);
        return await LedgerStore.Read(select, r => new Alert(r.GetInt64(0), (AlertKind)r.GetInt16(1), r.GetInt64(2), r.GetString(3), Time.Instant(r.GetInt64(4)),
            r.IsDBNull(7) ? null : new Break(r.GetInt32(5), r.GetInt32(6), r.GetString(7), r.GetInt64(8), r.GetInt64(9))), stop);
    }
}
