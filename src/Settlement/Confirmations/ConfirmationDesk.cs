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
    public Task<IReadOnlyList<TradeSettlement>> Queue(string authority, DeliveryState? state, long afterTrade, int most, CancellationToken stop) => DeliveryRows.Facts(database,
        "d.trade_no > $2 and ($3::smallint is null or case when $3 = 1 then $1 = any(waiting) else state = $3 end) and exists (select 1 from settlement.desk where desk.trade_no = d.trade_no and desk.authority = $1) order by trade_no limit $4",
        stop, authority, afterTrade, (object?)(short?)state ?? DBNull.Value, most);

    public async Task<TradeSettlement?> Find(string authority, long tradeNo, CancellationToken stop) =>
        await DeliveryRows.Facts(database, "d.trade_no = $2 and exists (select 1 from settlement.desk where desk.trade_no = d.trade_no and desk.authority = $1)", stop, authority, tradeNo) is [var one] ? one : null;

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
                if (books.Follow(tradeNo, open => DeliveryDecisions.Answer(open, who, step, answer, open is null ? [] : Parties(open.Facts, catalog), now, book)) is { } no) return no;
                after = books.Deliveries[tradeNo].Now!.Facts;
                return null;
            },
            null, stop);
        return refused is null ? after! : refused;
    }

    public async Task<Outcome<IReadOnlyList<TradeSettlement>>> Check(string authority, int instrument, long mostLots, Actor by, CancellationToken stop)
    {
        if (mostLots < 0) return new(null, Refused.Because("QTY_NOT_POSITIVE", "R-PWR-10", ("limit", mostLots)));
        var after = new List<TradeSettlement>();
        var (now, catalog, book) = (Time.Now(clock), await directory.Current(stop), await rules.Current(stop));
        var refused = await transactions.Run(by, async (connection, transaction) =>
            {
                var keys = new Keys();
                await using var select = LedgerStore.Sql(connection, transaction, "select trade_no from settlement.deliveries where instrument = $1 and state = $2 and $3 = any(waiting) order by trade_no", instrument, (short)DeliveryState.AwaitingCheck, authority);
                keys.Deliveries.UnionWith(await LedgerStore.Read(select, r => r.GetInt64(0), stop));
                return keys;
            },
            books =>
            {
                // Answered meanwhile: no longer equal before the check.
                var open = books.Deliveries.Values.Select(d => d.Now!).Where(d => d.Facts.State == DeliveryState.AwaitingCheck && d.Facts.Waiting.Contains(authority)).OrderBy(d => d.Facts.TradeNo).ToList();
                if (open.Count == 0) return Refused.Because("NOT_FOUND", "R-PWR-10");
                foreach (var (delivery, passed) in open.Zip(Curtailment.ProRata(mostLots, open.ConvertAll(d => d.Facts.Lots))))
                {
                    var answer = passed == 0 ? new StepAnswer(false, "the check lets nothing of it through (R-PWR-10)", null, by) : new StepAnswer(true, null, passed < delivery.Facts.Lots ? passed : null, by);
                    if (books.Follow(delivery.Facts.TradeNo, one => DeliveryDecisions.Answer(one, authority, delivery.Facts.Step, answer, Parties(delivery.Facts, catalog), now, book)) is { } no) return no;
                    after.Add(books.Deliveries[delivery.Facts.TradeNo].Now!.Facts);
                }

                return null;
            },
            null, stop);
        return new(refused is null ? after : null, refused);
    }

    private static string[] Parties(TradeSettlement trade, Catalog catalog) => [.. new[] { trade.Buyer, trade.Seller }.Select(a => catalog.Participant(a)?.Id).OfType<string>()];
}
