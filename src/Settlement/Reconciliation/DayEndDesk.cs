using System.Data;
using NodaTime;
using Npgsql;
using Trading.Matching.Contracts;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;
using Trading.Settlement.Halts;
using Trading.Settlement.Ledger;
using Trading.Settlement.Listings;

namespace Trading.Settlement.Reconciliation;

internal sealed class DayEndDesk(NpgsqlDataSource database, IJournal journal, IMarketInbox inbox, IClock clock) : IDayEnds
{
    public async Task<Outcome<DayEnd>> Close(LocalDate day, Actor actor, CancellationToken stop)
    {
        var now = Time.Now(clock);
        if (day > Eligibility.Day(now)) return Refused.Because("DAY_NOT_OVER", "R-SET-06").With("day", day);
        var (compared, breaks) = await Compare(day, stop);
        var closed = new DayEnd(day, now, compared, breaks, actor);
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        await using (var put = LedgerStore.Sql(connection, transaction,
                         "insert into settlement.day_ends values ($1, $2, $3, $4, $5) on conflict (day) do update set at_us = $2, compared = $3, by_user = $4, by_role = $5", day.ToDateOnly(), Time.Micros(now), compared, actor.User, actor.Role))
            await put.ExecuteNonQueryAsync(stop);
        await using (var clear = LedgerStore.Sql(connection, transaction, "delete from settlement.breaks where day = $1", day.ToDateOnly())) await clear.ExecuteNonQueryAsync(stop);
        foreach (var (number, one) in breaks.Index())
        {
            await using var insert = LedgerStore.Sql(connection, transaction, "insert into settlement.breaks values ($1, $2, $3, $4, $5, $6, $7)", day.ToDateOnly(), number + 1, one.Account, one.Instrument, one.Books, one.Says, one.Should);
            await insert.ExecuteNonQueryAsync(stop);
        }

        var named = day.ToString("uuuu-MM-dd", null);
        // In the order in which everybody locks accounts.
        var stopped = breaks.Where(b => b.Account > 0).GroupBy(b => b.Account).OrderBy(g => g.Key).ToList();
        foreach (var account in stopped)
            await HaltDesk.Stop(connection, transaction, account.Key, account.First().Why($"{named} 日终对账", $"day end {named}"), now, stop);
        await inbox.Stage(connection, transaction, [.. stopped.Select(a => HaltDecisions.Block(a.Key))], stop);
        await transaction.CommitAsync(CancellationToken.None);
        if (stopped.Count > 0) inbox.Wake();
        return closed;
    }

    public async Task<DayEnd?> Of(LocalDate day, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var select = LedgerStore.Sql(connection, null, "select account, instrument, books, says, should from settlement.breaks where day = $1 order by number", day.ToDateOnly());
        var breaks = await LedgerStore.Read(select, r => new Break(r.GetInt32(0), r.GetInt32(1), r.GetString(2), r.GetInt64(3), r.GetInt64(4)), stop);
        await using var one = LedgerStore.Sql(connection, null, "select at_us, compared, by_user, by_role from settlement.day_ends where day = $1", day.ToDateOnly());
        return await LedgerStore.Read(one, r => new DayEnd(day, Time.Instant(r.GetInt64(0)), r.GetInt64(1), breaks, new(r.GetString(2), r.GetString(3))), stop) is [var found] ? found : null;
    }

    /// <summary>All books as they stood at one instant, by account; of one account the market first, then the postings, then the bank.</summary>
    private async Task<(long Compared, IReadOnlyList<Break> Breaks)> Compare(LocalDate day, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, stop);
        await using var settler = LedgerStore.Sql(connection, transaction, "select sequence from settlement.positions where reader = 'settler'");
        var market = new MarketBooks();
        await market.Follow(journal, (long)(await settler.ExecuteScalarAsync(stop))!, stop);
        var (compared, differences) = await market.Differences(connection, transaction, await ListingBoard.Read(connection, transaction, stop), null, stop);
        var breaks = new List<Break>();
        breaks.AddRange(differences.SelectMany(d => d.Breaks));
        await using var ledger = LedgerStore.Sql(connection, transaction,
            """
            select f.account, 'money and postings', f.available + f.in_market + f.awaiting + f.frozen + f.paying_out, coalesce((select sum(fen)::bigint from settlement.postings p where p.account = f.account), 0), 1
            from settlement.fund_accounts f where f.account > 0
            union all
            select b.account, 'money and bank', coalesce(f.available + f.in_market + f.awaiting + f.frozen + f.paying_out, 0), b.fen, 2
            from settlement.bank_balances b left join settlement.fund_accounts f on f.account = b.account where b.day = $1
            order by 1, 5
            """, day.ToDateOnly());
        foreach (var (account, books, says, should) in await LedgerStore.Read(ledger, r => (r.GetInt32(0), r.GetString(1), r.GetInt64(2), r.GetInt64(3)), stop))
        {
            compared++;
            if (says != should) breaks.Add(new(account, 0, books, says, should));
        }

        return (compared, [.. breaks.OrderBy(b => b.Account)]);
    }
}
