using NodaTime;
using Npgsql;
using Trading.Matching.Contracts;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;
using Trading.Settlement.Deliveries;
using Trading.Settlement.Ledger;

namespace Trading.Settlement.Confirmations;

/// <summary>What the law says when somebody does not answer. The deadlines stand in the rows; any number of processes may look.</summary>
internal sealed class Deadlines(NpgsqlDataSource database, Transactions transactions, IRules rules, IClock clock)
{
    private const int Most = 100;

    /// <summary>One look at what has run out: a trade goes back (R-POL-13), a notice is over, or somebody is called once (R-ENE-06).</summary>
    /// <returns>How many were seen to.</returns>
    public async Task<int> Step(CancellationToken stop)
    {
        var now = Time.Now(clock);
        List<Delivery> late;
        await using (var connection = await database.OpenConnectionAsync(stop))
        {
            await using var select = LedgerStore.Sql(connection, null,
                $"""
                select {DeliveryRows.Columns} from settlement.deliveries d
                where state in (1, 8, 9, 10, 11, 12) and answer_by_us <= $1 and not exists (select 1 from settlement.alerts a where a.kind = 2 and a.trade_no = d.trade_no and a.step = d.step)
                order by answer_by_us, trade_no limit $2
                """, Time.Micros(now), Most);
            late = await DeliveryRows.Read(select, stop);
        }

        foreach (var delivery in late)
        {
            if (delivery.At.Missed == MissedDeadline.Alert) await Call(delivery.Facts, now, stop);
            else await Follow(delivery.Facts.TradeNo, now, stop);
        }

        return late.Count;
    }

    private async Task Call(TradeSettlement trade, Instant now, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var insert = LedgerStore.Sql(connection, null,
            "insert into settlement.alerts (sequence, trade_no, text, at_us, kind, step) values ($1, $2, 'OVERDUE: no answer within the legal time', $3, 2, $4) on conflict do nothing",
            trade.Sequence, trade.TradeNo, Time.Micros(now), (short)trade.Step);
        await insert.ExecuteNonQueryAsync(stop);
    }

    private async Task Follow(long tradeNo, Instant now, CancellationToken stop)
    {
        var book = await rules.Current(stop);
        await transactions.Run(Actor.System, (_, _) =>
        {
            var keys = new Keys();
            keys.Deliveries.Add(tradeNo);
            return Task.FromResult(keys);
        },
        books =>
        {
            // Answered meanwhile: nothing to do.
            return books.Follow(tradeNo, open => DeliveryDecisions.DeadlinePassed(open, now, book));
        },
        null, stop);
    }
}
