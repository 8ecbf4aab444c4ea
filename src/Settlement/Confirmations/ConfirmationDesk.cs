using NodaTime;
using Npgsql;
using Trading.Matching.Contracts;
using Trading.Matching.Core;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;
using Trading.Settlement.Deliveries;
using Trading.Settlement.Ledger;

namespace Trading.Settlement.Confirmations;

internal sealed class ConfirmationDesk(NpgsqlDataSource database, Transactions transactions, IClock clock) : IConfirmations
{
    public async Task<IReadOnlyList<TradeSettlement>> Queue(string authority, DeliveryState? state, long afterTrade, int most, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var select = LedgerStore.Sql(connection, null,
            $"""
            select {LedgerStore.DeliveryColumns} from settlement.deliveries d
            where trade_no > $2 and ($3::smallint is null or state = $3) and exists (select 1 from settlement.desk where desk.trade_no = d.trade_no and desk.authority = $1)
            order by trade_no limit $4
            """, authority, afterTrade, (object?)(short?)state ?? DBNull.Value, most);
        return (await LedgerStore.Deliveries(select, stop)).ConvertAll(d => d.Facts);
    }

    public async Task<Outcome<TradeSettlement>> Answer(string authority, long tradeNo, bool approve, string? reason, Actor actor, CancellationToken stop)
    {
        TradeSettlement? after = null;
        // Rows keep microseconds, and the event must tell the same instant.
        var now = Time.Now(clock);
        var refused = await transactions.Run(actor, (_, _) =>
            {
                var keys = new Keys();
                keys.Deliveries.Add(tradeNo);
                return Task.FromResult(keys);
            },
            books =>
            {
                var decision = DeliveryDecisions.Answer(books.Deliveries[tradeNo].Now, authority, approve, reason, actor, now);
                if (decision.Refused is { } no) return no;
                if (!decision.Events.IsEmpty)
                {
                    var open = books.Deliveries[tradeNo].Now!;
                    books.Book(new()
                    {
                        Delivery = (tradeNo, decision.Events),
                        ToMarket = [new() { Kind = approve ? CommandKind.Settle : CommandKind.Unwind, Trade = tradeNo, Lots = open.Facts.Lots - open.DoneLots }],
                    });
                }

                after = books.Deliveries[tradeNo].Now!.Facts;
                return null;
            },
            null, stop);
        return refused is null ? after! : refused;
    }
}
