using Npgsql;
using Trading.Settlement.Contracts;
using Trading.Settlement.Ledger;

namespace Trading.Settlement.Deliveries;

internal sealed class Settlements(NpgsqlDataSource database) : ISettlements
{
    public async Task<IReadOnlyList<TradeSettlement>> Of(int account, DeliveryState? state, long beforeTrade, int most, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var select = LedgerStore.Sql(connection, null,
            $"select {LedgerStore.DeliveryColumns} from settlement.deliveries where (buyer = $1 or seller = $1) and trade_no < $2 and ($3::smallint is null or state = $3) order by trade_no desc limit $4",
            account, beforeTrade, (object?)(short?)state ?? DBNull.Value, most);
        return (await LedgerStore.Deliveries(select, stop)).ConvertAll(d => d.Facts);
    }

    public async Task<TradeSettlement?> Settlement(int account, long tradeNo, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var select = LedgerStore.Sql(connection, null,
            $"select {LedgerStore.DeliveryColumns} from settlement.deliveries where (buyer = $1 or seller = $1) and trade_no = $2", account, tradeNo);
        return await LedgerStore.Deliveries(select, stop) is [var one] ? one.Facts : null;
    }
}
