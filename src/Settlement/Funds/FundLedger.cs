using Npgsql;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;
using Trading.Settlement.Freezes;
using Trading.Settlement.Ledger;

namespace Trading.Settlement.Funds;

internal sealed class FundLedger(NpgsqlDataSource database, Transactions transactions, IDirectory directory) : IFunds
{
    private static readonly Refused Heard = new("HEARD_BEFORE", null, []);

    public async Task<FundAccount> Of(int account, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var select = LedgerStore.Sql(connection, null, $"select {LedgerStore.FundColumns} from settlement.fund_accounts where account = $1", account);
        return await LedgerStore.Funds(select, stop) is [var found] ? found : new(account, 0, 0, 0, 0);
    }

    public Task<Outcome<FundAccount>> PayIn(int account, long fen, string reference, Actor actor, CancellationToken stop) => Pay(account, fen, fen, reference, actor, stop);

    public Task<Outcome<FundAccount>> PayOut(int account, long fen, string reference, Actor actor, CancellationToken stop) => Pay(account, fen, -fen, reference, actor, stop);

    private async Task<Outcome<FundAccount>> Pay(int account, long fen, long change, string reference, Actor actor, CancellationToken stop)
    {
        if (fen <= 0) return Refused.Because("AMOUNT_NOT_POSITIVE", null, ("amount", fen));
        // The bank's own account and the one that collects fees have numbers too: only participants' money is paid in or out here.
        if ((await directory.Current(stop)).Participant(account) is null) return Refused.Because("UNKNOWN_ACCOUNT", null, ("account", account));
        FundAccount? after = null;
        var refused = await transactions.Run(actor, async (connection, transaction) =>
            {
                await using var claim = LedgerStore.Sql(connection, transaction, "insert into settlement.payments values ($1, $2, $3) on conflict do nothing", reference, account, change);
                var keys = new Keys();
                keys.Funds.Add(account);
                if (await claim.ExecuteNonQueryAsync(stop) == 1)
                {
                    keys.Funds.Add(Money.Bank);
                    return keys;
                }

                await using var same = LedgerStore.Sql(connection, transaction, "select 1 from settlement.payments where reference = $1 and account = $2 and fen = $3", reference, account, change);
                if (await same.ExecuteScalarAsync(stop) is null) keys.Funds.Clear();
                return keys;
            },
            books =>
            {
                if (books.Funds.Count == 0) return Refused.Because("IDEMPOTENCY_KEY_REUSED", "R-REG-09").With("reference", reference);
                after = books.Funds[account].Now;
                if (!books.Funds.ContainsKey(Money.Bank)) return Heard;
                if (after.Available + change < 0) return Refused.Because("INSUFFICIENT_CASH", "R-SET-01", ("needed", fen), ("available", after.Available));
                books.Book(new() { Money = Money.Move("payment/" + reference, new(account, Bucket.Available, change), new(Money.Bank, Bucket.Available, -change)) });
                // The answer shows what is left when freezes have had theirs.
                StandingFreezes.Take(books);
                after = books.Funds[account].Now;
                return null;
            },
            null, stop);
        return refused is null || ReferenceEquals(refused, Heard) ? after! : refused;
    }
}
