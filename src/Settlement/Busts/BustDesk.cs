using NodaTime;
using Npgsql;
using Trading.Matching.Contracts;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;
using Trading.Settlement.Ledger;

namespace Trading.Settlement.Busts;

internal sealed class BustDesk(NpgsqlDataSource database, Transactions transactions, IClock clock) : IBusts
{
    public async Task<Outcome<Bust>> Ask(long tradeNo, string reason, Actor actor, CancellationToken stop)
    {
        Bust? asked = null;
        var refused = await transactions.Run(actor, (_, _) => Task.FromResult(Of(tradeNo)),
            books =>
            {
                (asked, var no) = BustDecisions.Ask(books.Deliveries[tradeNo].Now, books.Busts.GetValueOrDefault(tradeNo)?.Now, reason, actor, Time.Now(clock));
                return no;
            },
            async (connection, transaction, _) =>
            {
                await using var insert = LedgerStore.Sql(connection, transaction,
                    "insert into settlement.busts (trade_no, reason, state, asked_user, asked_role, asked_us) values ($1, $2, $3, $4, $5, $6) returning id",
                    tradeNo, asked!.Reason, (short)asked.State, actor.User, actor.Role, Time.Micros(asked.AskedAt));
                asked = asked with { Id = (long)(await insert.ExecuteScalarAsync(stop))! };
            }, stop);
        return refused is null ? asked! : refused;
    }

    public async Task<Outcome<Bust>> Approve(long id, Actor actor, CancellationToken stop)
    {
        var heard = 0L;
        return await Change(id, actor, async (connection, transaction) =>
        {
            await using var position = LedgerStore.Sql(connection, transaction, "select sequence from settlement.positions where reader = 'settler'");
            heard = (long)(await position.ExecuteScalarAsync(stop))!;
        }, (bust, books) => BustDecisions.Approve(bust, bust is null ? null : books.Deliveries[bust.TradeNo].Now, actor, Time.Now(clock), heard), stop);
    }

    public Task<Outcome<Bust>> Withdraw(long id, Actor actor, CancellationToken stop) =>
        Change(id, actor, (_, _) => Task.CompletedTask, (bust, _) => BustDecisions.Withdraw(bust, actor, Time.Now(clock)), stop);

    public async Task<IReadOnlyList<Bust>> All(long beforeId, int most, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var select = LedgerStore.Sql(connection, null, $"select {BustRows.Columns} from settlement.busts where id < $1 order by id desc limit $2", beforeId, most);
        return await BustRows.Read(select, stop);
    }

    public async Task<Bust?> Bust(long id, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        return await Find(connection, null, id, stop);
    }

    public async Task<IReadOnlyList<TradeSettlement>> Trades(IReadOnlyCollection<long> trades, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var select = LedgerStore.Sql(connection, null, $"select {DeliveryRows.Columns} from settlement.deliveries where trade_no = any($1)", trades.ToArray());
        return (await DeliveryRows.Read(select, stop)).ConvertAll(d => d.Facts);
    }

    private async Task<Outcome<Bust>> Change(
        long id, Actor actor, Func<NpgsqlConnection, NpgsqlTransaction, Task> first, Func<Bust?, Books, (Booking? Booking, Refused? Refused)> decide, CancellationToken stop)
    {
        Bust? found = null;
        Bust? after = null;
        var refused = await transactions.Run(actor, async (connection, transaction) =>
            {
                await first(connection, transaction);
                found = await Find(connection, transaction, id, stop);
                return found is null ? new Keys() : Of(found.TradeNo);
            },
            books =>
            {
                // What stands is decided on as it is under lock; what has ended stays as it was found.
                if (found is not null && books.Busts.TryGetValue(found.TradeNo, out var standing) && standing.Now.Id == id) found = standing.Now;
                var (booking, no) = decide(found, books);
                if (booking is null) return no;
                books.Book(booking);
                after = booking.Bust;
                return null;
            },
            null, stop);
        return refused is null ? after! : refused;
    }

    private static Keys Of(long tradeNo)
    {
        var keys = new Keys();
        keys.Deliveries.Add(tradeNo);
        keys.Busts.Add(tradeNo);
        return keys;
    }

    private static async Task<Bust?> Find(NpgsqlConnection connection, NpgsqlTransaction? transaction, long id, CancellationToken stop)
    {
        await using var select = LedgerStore.Sql(connection, transaction, $"select {BustRows.Columns} from settlement.busts where id = $1", id);
        return await BustRows.Read(select, stop) is [var bust] ? bust : null;
    }
}
