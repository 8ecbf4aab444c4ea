using NodaTime;
using Npgsql;
using Trading.Matching.Contracts;
using Trading.Matching.Core;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;
using Trading.Settlement.Deliveries;
using Trading.Settlement.Ledger;

namespace Trading.Settlement.Confirmations;

/// <summary>What the law says when an authority does not answer. The deadlines stand in the rows; any number of processes may look.</summary>
internal sealed class Deadlines(NpgsqlDataSource database, Transactions transactions, IClock clock)
{
    private const int Most = 100;

    /// <summary>One look at what has run out: a county's trade goes back (R-POL-13), for the province's somebody is called once (R-ENE-06).</summary>
    /// <returns>How many were seen to.</returns>
    public async Task<int> Step(CancellationToken stop)
    {
        var now = Time.Now(clock);
        var late = new List<(long TradeNo, long Sequence, string Authority)>();
        await using (var connection = await database.OpenConnectionAsync(stop))
        {
            await using var select = LedgerStore.Sql(connection, null,
                """
                select trade_no, sequence, authority from settlement.deliveries d
                where state = 1 and answer_by_us <= $1 and not exists (select 1 from settlement.alerts a where a.kind = 2 and a.trade_no = d.trade_no)
                order by answer_by_us, trade_no limit $2
                """, Time.Micros(now), Most);
            await using var rows = await select.ExecuteReaderAsync(stop);
            while (await rows.ReadAsync(stop)) late.Add((rows.GetInt64(0), rows.GetInt64(1), rows.GetString(2)));
        }

        foreach (var (tradeNo, sequence, authority) in late)
        {
            if (authority == Listing.Province) await Call(tradeNo, sequence, now, stop);
            else await GiveBack(tradeNo, now, stop);
        }

        return late.Count;
    }

    private async Task Call(long tradeNo, long sequence, Instant now, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var insert = LedgerStore.Sql(connection, null,
            "insert into settlement.alerts (sequence, trade_no, text, at_us, kind) values ($1, $2, 'OVERDUE: no answer within the legal time', $3, 2) on conflict do nothing",
            sequence, tradeNo, Time.Micros(now));
        await insert.ExecuteNonQueryAsync(stop);
    }

    private Task<Refused?> GiveBack(long tradeNo, Instant now, CancellationToken stop) => transactions.Run(Actor.System, (_, _) =>
        {
            var keys = new Keys();
            keys.Deliveries.Add(tradeNo);
            return Task.FromResult(keys);
        },
        books =>
        {
            // Answered meanwhile: nothing to do.
            var decision = DeliveryDecisions.DeadlinePassed(books.Deliveries[tradeNo].Now, now);
            if (decision.Events.IsEmpty) return null;
            var open = books.Deliveries[tradeNo].Now!;
            books.Book(new()
            {
                Delivery = (tradeNo, decision.Events),
                ToMarket = [new() { Kind = CommandKind.Unwind, Trade = tradeNo, Lots = open.Facts.Lots - open.DoneLots }],
            });
            return null;
        },
        null, stop);
}
