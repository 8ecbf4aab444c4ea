using NodaTime;
using Npgsql;
using Trading.Matching.Contracts;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;
using Trading.Settlement.Deliveries;
using Trading.Settlement.Ledger;

namespace Trading.Settlement.Confirmations;

internal sealed class ConfirmationDesk(NpgsqlDataSource database, Transactions transactions, IDirectory directory, IRules rules, IClock clock) : IConfirmations
{
    public Task<IReadOnlyList<TradeSettlement>> Queue(string authority, DeliveryState? state, long afterTrade, int most, CancellationToken stop) => Read(
        "d.trade_no > $2 and ($3::smallint is null or case when $3 = 1 then $1 = any(waiting) else state = $3 end) and exists (select 1 from settlement.desk where desk.trade_no = d.trade_no and desk.authority = $1) order by trade_no limit $4",
        stop, authority, afterTrade, (object?)(short?)state ?? DBNull.Value, most);

    public async Task<TradeSettlement?> Find(string authority, long tradeNo, CancellationToken stop) =>
        await Read("d.trade_no = $2 and exists (select 1 from settlement.desk where desk.trade_no = d.trade_no and desk.authority = $1)", stop, authority, tradeNo) is [var one] ? one : null;

    public async Task<Outcome<TradeSettlement>> Answer(string who, long tradeNo, int step, StepAnswer answer, CancellationToken stop)
    {
        TradeSettlement? after = null;
        // Rows keep microseconds, and the event must tell the same instant.
        var now = Time.Now(clock);
        var (catalog, book) = (await directory.Current(stop), await rules.Current(stop));
        var refused = await transactions.Run(answer.By, (_, _) =>
            {
                var keys = new Keys();
                keys.Deliveries.Add(tradeNo);
                return Task.FromResult(keys);
            },
            books =>
            {
                var open = books.Deliveries[tradeNo].Now;
                string[] parties = open is null ? [] : [.. new[] { open.Facts.Buyer, open.Facts.Seller }.Select(a => catalog.Participant(a)?.Id).OfType<string>()];
                var decision = DeliveryDecisions.Answer(open, who, step, answer, parties, now, book);
                if (decision.Refused is { } no) return no;
                if (!decision.Events.IsEmpty) books.Book(new() { Delivery = (tradeNo, decision.Events), ToMarket = DeliveryDecisions.ToMarket(open!, decision.Events) });
                after = books.Deliveries[tradeNo].Now!.Facts;
                return null;
            },
            null, stop);
        return refused is null ? after! : refused;
    }

    private async Task<IReadOnlyList<TradeSettlement>> Read(string which, CancellationToken stop, params object[] values)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var select = LedgerStore.Sql(connection, null, $"select {DeliveryRows.Columns} from settlement.deliveries d where {which}", values);
        return (await DeliveryRows.Read(select, stop)).ConvertAll(d => d.Facts);
    }
}
