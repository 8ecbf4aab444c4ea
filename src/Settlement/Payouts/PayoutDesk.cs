using NodaTime;
using Npgsql;
using Trading.Matching.Contracts;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;
using Trading.Settlement.Freezes;
using Trading.Settlement.Halts;
using Trading.Settlement.Ledger;

namespace Trading.Settlement.Payouts;

/// <summary>Rows of payouts are locked before the money, in order of asking; whoever makes a file waits for who makes the one before.</summary>
internal sealed class PayoutDesk(NpgsqlDataSource database, Transactions transactions, IDirectory directory, IRules rules, IClock clock) : IPayouts
{
    private const int PayoutsOfAFileMost = 5_000;
    private const string Columns = "id, account, fen, operation, state, four_eyes, asked_user, asked_role, asked_us, approved_user, approved_role, file, debited, why, ended_us";
    private const string FileColumns = "number, made_us, made_user, made_role, payouts, fen";
    private static readonly Refused Heard = new("HEARD_BEFORE", null, []);

    public async Task<Outcome<Payout>> Ask(int account, long fen, string operation, Actor actor, CancellationToken stop)
    {
        if (fen <= 0) return Refused.Because("AMOUNT_NOT_POSITIVE", "R-SET-03", ("amount", fen));
        if ((await directory.Current(stop)).Participant(account) is null) return Refused.Because("UNKNOWN_ACCOUNT", null, ("account", account));
        var now = Time.Now(clock);
        var (limit, missing) = PayoutLimit.Of(await rules.Current(stop), now);
        if (missing is not null) return missing;
        var asked = new Payout(0, account, fen, operation, PayoutState.Asked, fen > limit!.FourEyesAboveFen, actor, now, null, null, false, null, null);
        Payout? first = null;
        var halted = false;
        var refused = await transactions.Run(actor, async (connection, transaction) =>
            {
                var keys = new Keys();
                await using var insert = LedgerStore.Sql(connection, transaction,
                    "insert into settlement.payouts (account, fen, operation, state, four_eyes, asked_user, asked_role, asked_us) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (account, operation) do nothing returning id",
                    account, fen, operation, (short)asked.State, asked.FourEyes, actor.User, actor.Role, Time.Micros(now));
                if (await insert.ExecuteScalarAsync(stop) is long id)
                {
                    asked = asked with { Id = id };
                    keys.Funds.Add(account);
                    // Its owner's own switch stops orders and no more.
                    halted = (await HaltDesk.Standing(connection, transaction, account, stop)).Authorities is not null;
                    return keys;
                }

                await using var same = LedgerStore.Sql(connection, transaction, $"select {Columns} from settlement.payouts where account = $1 and operation = $2", account, operation);
                first = (await Read(same, stop))[0];
                return keys;
            },
            books =>
            {
                if (first is not null) return first.Fen == fen ? Heard : Refused.Because("IDEMPOTENCY_KEY_REUSED", "R-REG-09").With("operation", operation);
                if (halted) return Refused.Because("ACCOUNT_BLOCKED", "R-REG-05", ("account", account));
                var available = books.Funds[account].Now.Available;
                if (fen > available) return Refused.Because("INSUFFICIENT_CASH", "R-SET-01", ("needed", fen), ("available", available));
                books.Book(new() { Money = PayoutDecisions.Hold(asked) });
                return null;
            },
            null, stop);
        return refused is null ? asked : ReferenceEquals(refused, Heard) ? first! : refused;
    }

    public Task<Outcome<Payout>> Cancel(int account, long id, Actor actor, CancellationToken stop) => Change(id, account, payout => PayoutDecisions.Cancel(payout, Time.Now(clock)), actor, stop);

    public Task<Outcome<Payout>> Approve(long id, Actor actor, CancellationToken stop) => Change(id, null, payout => PayoutDecisions.Approve(payout, actor), actor, stop);

    public Task<Outcome<Payout>> Refuse(long id, string reason, Actor actor, CancellationToken stop) => Change(id, null, payout => PayoutDecisions.Refuse(payout, reason, Time.Now(clock)), actor, stop);

    /// <summary>What a line of the bank's statement does to the payout whose reference it carries; NOT_FOUND: there is none.</summary>
    public Task<Outcome<Payout>> Hear(long id, long fen, int? named, Actor actor, CancellationToken stop) => Change(id, null, payout => PayoutDecisions.Hear(payout, fen, named, Time.Now(clock)), actor, stop);

    public async Task<Outcome<PaymentFile>> Send(Actor actor, CancellationToken stop)
    {
        var now = Time.Now(clock);
        var number = 0L;
        List<Payout> ready = [], after = [];
        List<Payout> Sent() => after.FindAll(p => p.State == PayoutState.Sent);
        var refused = await transactions.Run(actor, async (connection, transaction) =>
            {
                await using (var turn = LedgerStore.Sql(connection, transaction, "lock table settlement.payment_files in share row exclusive mode")) await turn.ExecuteNonQueryAsync(stop);
                await using (var last = LedgerStore.Sql(connection, transaction, "select coalesce(max(number), 0) from settlement.payment_files")) number = (long)(await last.ExecuteScalarAsync(stop))! + 1;
                // An authority, or books that differ, stopped an account: nothing of it leaves until two people have freed it.
                await using var select = LedgerStore.Sql(connection, transaction,
                    $"""
                    select {Columns} from settlement.payouts p where state = 1 and (not four_eyes or approved_user is not null)
                        and not exists (select 1 from settlement.halts h where h.account = p.account and h.state in (1, 2) and not h.own)
                    order by id limit $1 for update
                    """, PayoutsOfAFileMost);
                ready = await Read(select, stop);
                var keys = new Keys();
                foreach (var payout in ready) keys.Funds.Add(payout.Account);
                return keys;
            },
            books =>
            {
                foreach (var payout in ready)
                {
                    var claimed = books.Freezes.Values.Any(f => f.Now.Account == payout.Account && f.Now.Instrument == 0 && StandingFreezes.Stands(f.Now));
                    after.Add(PayoutDecisions.Send(payout, claimed, number, now));
                    if (PayoutDecisions.Follows(payout, after[^1]) is not { } back) continue;
                    books.Book(new() { Money = back });
                    // It may have all it asked for now, and then the next one may leave.
                    StandingFreezes.Take(books);
                }

                return after.Count == 0 ? Refused.Because("NOTHING_TO_SEND", "R-SET-03") : null;
            },
            async (connection, transaction, _) =>
            {
                if (Sent() is { Count: > 0 } sent)
                {
                    await using var insert = LedgerStore.Sql(connection, transaction, "insert into settlement.payment_files values ($1, $2, $3, $4, $5, $6)", number, Time.Micros(now), actor.User, actor.Role, sent.Count, sent.Sum(p => p.Fen));
                    await insert.ExecuteNonQueryAsync(stop);
                }

                await Put(connection, transaction, after, stop);
            },
            stop);
        if (refused is not null) return refused;
        return Sent() is { Count: > 0 } all ? new PaymentFile(number, now, actor, all.Count, all.Sum(p => p.Fen)) : Refused.Because("NOTHING_TO_SEND", "R-SET-03");
    }

    public async Task<IReadOnlyList<Payout>> All(PayoutState? state, int? account, long beforeId, int most, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var select = LedgerStore.Sql(connection, null, $"select {Columns} from settlement.payouts where id < $1 and ($2 = 0 or state = $2) and ($3 = 0 or account = $3) order by id desc limit $4", beforeId, (short)(state ?? 0), account ?? 0, most);
        return await Read(select, stop);
    }

    public async Task<IReadOnlyList<PaymentFile>> Files(long beforeNumber, int most, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var select = LedgerStore.Sql(connection, null, $"select {FileColumns} from settlement.payment_files where number < $1 order by number desc limit $2", beforeNumber, most);
        return await ReadFiles(select, stop);
    }

    public async Task<(PaymentFile File, IReadOnlyList<Payout> Payouts)?> File(long number, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var file = LedgerStore.Sql(connection, null, $"select {FileColumns} from settlement.payment_files where number = $1", number);
        if (await ReadFiles(file, stop) is not [var found]) return null;
        await using var select = LedgerStore.Sql(connection, null, $"select {Columns} from settlement.payouts where file = $1 order by id", number);
        return (found, await Read(select, stop));
    }

    /// <param name="account">Whose it must be; null: anybody's.</param>
    private async Task<Outcome<Payout>> Change(long id, int? account, Func<Payout, Outcome<Payout>> decide, Actor actor, CancellationToken stop)
    {
        Payout? before = null;
        Payout? after = null;
        var refused = await transactions.Run(actor, async (connection, transaction) =>
            {
                var keys = new Keys();
                await using var select = LedgerStore.Sql(connection, transaction, $"select {Columns} from settlement.payouts where id = $1 and ($2 = 0 or account = $2) for update", id, account ?? 0);
                before = await Read(select, stop) is [var found] ? found : null;
                if (before is null) return keys;
                keys.Funds.Add(before.Account);
                // What only goes back into the account does not wait for all who are paid.
                if (before.State is PayoutState.Sent or PayoutState.Paid) keys.Funds.Add(Money.Bank);
                return keys;
            },
            books =>
            {
                if (before is null) return Refused.Because("NOT_FOUND", null);
                (after, var no) = decide(before);
                if (no is not null) return no;
                if (PayoutDecisions.Follows(before, after!) is { } entry) books.Book(new() { Money = entry });
                return null;
            },
            (connection, transaction, _) => Put(connection, transaction, [after!], stop), stop);
        return refused is null ? after! : refused;
    }

    private static async Task Put(NpgsqlConnection connection, NpgsqlTransaction transaction, IEnumerable<Payout> payouts, CancellationToken stop)
    {
        await using var batch = new NpgsqlBatch(connection, transaction);
        foreach (var p in payouts)
        {
            LedgerStore.Add(batch, "update settlement.payouts set state = $2, approved_user = $3, approved_role = $4, file = $5, debited = $6, why = $7, ended_us = $8 where id = $1",
                p.Id, (short)p.State, (object?)p.ApprovedBy?.User ?? DBNull.Value, (object?)p.ApprovedBy?.Role ?? DBNull.Value, (object?)p.File ?? DBNull.Value, p.Debited, (object?)p.Why ?? DBNull.Value,
                p.EndedAt is { } at ? Time.Micros(at) : DBNull.Value);
        }

        await batch.ExecuteNonQueryAsync(stop);
    }

    private static Task<List<Payout>> Read(NpgsqlCommand command, CancellationToken stop) => LedgerStore.Read(command, r => new Payout(
        r.GetInt64(0), r.GetInt32(1), r.GetInt64(2), r.GetString(3), (PayoutState)r.GetInt16(4), r.GetBoolean(5), new(r.GetString(6), r.GetString(7)), Time.Instant(r.GetInt64(8)),
        r.IsDBNull(9) ? null : new(r.GetString(9), r.GetString(10)), r.IsDBNull(11) ? null : r.GetInt64(11), r.GetBoolean(12), r.IsDBNull(13) ? null : r.GetString(13), r.IsDBNull(14) ? null : Time.Instant(r.GetInt64(14))), stop);

    private static Task<List<PaymentFile>> ReadFiles(NpgsqlCommand command, CancellationToken stop) => LedgerStore.Read(command, r => new PaymentFile(
        r.GetInt64(0), Time.Instant(r.GetInt64(1)), new(r.GetString(2), r.GetString(3)), r.GetInt32(4), r.GetInt64(5)), stop);
}
