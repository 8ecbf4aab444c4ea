using System.Globalization;
using Marten;
using NodaTime;
using Npgsql;
using Trading.Registry.Contracts;
using Trading.Registry.Holdings;
using Trading.Registry.Policies.Common;

namespace Trading.Registry.Transfers;

internal sealed class TransferOrderDesk(NpgsqlDataSource database, Teller teller, IHoldings holdings, ICaps caps, IDirectory directory, IRules rules, IClock clock) : ITransferOrders
{
    private const string Columns = "id, account, instrument, receiver, units, reason, operation, state, ordered_user, ordered_role, ordered_us, decided_user, decided_role, due_us, ended_us";

    public async Task<Outcome<TransferOrder>> Order(HoldingKey from, int to, long units, string reason, string operation, Actor actor, CancellationToken stop)
    {
        if (string.IsNullOrWhiteSpace(reason)) return Refused.Because("REASON_REQUIRED", "R-REG-10");
        var (catalog, book, now) = (await directory.Current(stop), await rules.Current(stop), Micros.Now(clock));
        var asked = new TransferOrder(0, from, to, units, reason.Trim(), operation, TransferOrderState.AwaitingApproval, actor, now, null, null, null);
        await using var connection = await database.OpenConnectionAsync(stop);
        // What was ordered is answered as it stands, whatever the pair may do by now (R-REG-09).
        if (await Before(connection, null, asked, stop) is { } before) return before;
        if (catalog.Participant(to) is not { } receiver) return Refused.Because("UNKNOWN_ACCOUNT", null, ("account", to));
        if (catalog.Instrument(from.Instrument) is not { } instrument) return Refused.Because("UNKNOWN_INSTRUMENT", null, ("instrument", from.Instrument));
        var ruling = Eligibility.Judge(new(catalog.Party(catalog.Participant(from.Account)!), catalog.Party(receiver), instrument, units, BuyerHolds: (await holdings.Of(new HoldingKey(to, from.Instrument), stop)).Total), book, now);
        if (ruling.Refused is not null) return ruling.Refused;
        var (terms, missing) = book.Of<TransferTerms>(now);
        if (missing is not null) return missing;
        await using var transaction = await connection.BeginTransactionAsync(stop);
        await using var insert = Statement.Of(connection, transaction,
            "insert into registry.transfer_orders (account, instrument, receiver, units, reason, operation, state, ordered_user, ordered_role, ordered_us) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (account, operation) do nothing returning id",
            from.Account, from.Instrument, to, units, asked.Reason, operation, (short)asked.State, actor.User, actor.Role, Micros.Of(now));
        // Two at once: the other was first.
        if (await insert.ExecuteScalarAsync(stop) is not long id) return (await Before(connection, transaction, asked, stop))!.Value;

        var due = await Due(connection, transaction, from.Account, to, terms!, book, now, stop);
        var begun = TransferOrders.Begin(asked with { Id = id }, ruling.ConfirmedBy is not null || terms!.NeedsApproval(instrument.Class, instrument.Quantity(units)), due);
        var keep = new Instruction.Keep(from, units, HoldReason.Transfer, Reference(id), Reference(id));
        return await Write(connection, transaction, begun, begun with { State = TransferOrderState.AwaitingApproval }, [keep], actor, now, stop);
    }

    /// <summary>What was ordered under this key; null: nothing.</summary>
    private static async Task<Outcome<TransferOrder>?> Before(NpgsqlConnection connection, NpgsqlTransaction? transaction, TransferOrder asked, CancellationToken stop)
    {
        await using var select = Statement.Of(connection, transaction, $"select {Columns} from registry.transfer_orders where account = $1 and operation = $2", asked.Holding.Account, asked.Operation);
        if (await Read(select, stop) is not [var first]) return null;
        return (first.Holding, first.To, first.Units, first.Reason) == (asked.Holding, asked.To, asked.Units, asked.Reason) ? first : Refused.Because("IDEMPOTENCY_KEY_REUSED", "R-REG-09").With("operation", asked.Operation);
    }

    public Task<Outcome<TransferOrder>> Decide(long id, bool approve, Actor actor, CancellationToken stop) => Change(id, null, actor, async (order, connection, transaction, now) =>
    {
        var book = await rules.Current(stop);
        var (terms, missing) = book.Of<TransferTerms>(now);
        if (missing is not null) return missing;
        var owner = (await directory.Current(stop)).Participant(order.Holding.Account)!;
        return TransferOrders.Decide(order, approve, actor, owner.Id, await Due(connection, transaction, owner.Account, order.To, terms!, book, now, stop), now);
    }, stop);

    public Task<Outcome<TransferOrder>> Cancel(long id, int account, Actor actor, CancellationToken stop) =>
        Change(id, account, actor, (order, _, _, now) => Task.FromResult(TransferOrders.Cancel(order, now)), stop);

    public async Task<int> CarryOutDue(CancellationToken stop)
    {
        var (book, now) = (await rules.Current(stop), Micros.Now(clock));
        if (book.Find<TransferTerms>(now) is not { } terms || !terms.Open(now, WorkingCalendar.At(book, now))) return 0;
        List<TransferOrder> due;
        await using (var connection = await database.OpenConnectionAsync(stop))
        {
            await using var select = Statement.Of(connection, null, $"select {Columns} from registry.transfer_orders where state = 2 and due_us <= $1 order by due_us, id", Micros.Of(now));
            due = await Read(select, stop);
        }

        var done = 0;
        foreach (var order in due)
        {
            // What was cancelled a moment ago is not done; what the pair may no longer do waits for a person.
            if ((await Change(order.Id, null, Actor.System, async (one, _, _, at) => await Judge(one, book, at, stop) ?? TransferOrders.Complete(one, at), stop)).Refused is null) done++;
        }

        return done;
    }

    /// <summary>Null: the pair may still do it.</summary>
    private async Task<Refused?> Judge(TransferOrder order, RuleBook book, Instant at, CancellationToken stop)
    {
        var catalog = await directory.Current(stop);
        return Eligibility.Judge(new(catalog.Party(catalog.Participant(order.Holding.Account)!), catalog.Party(catalog.Participant(order.To)!), catalog.Instrument(order.Holding.Instrument)!, order.Units), book, at).Refused;
    }

    public async Task<IReadOnlyList<TransferOrder>> All(int? account, TransferOrderState? state, long beforeId, int most, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var select = Statement.Of(connection, null,
            $"select {Columns} from registry.transfer_orders where id < $1 and ($2::integer is null or account = $2) and ($3::smallint is null or state = $3) order by id desc limit $4", beforeId, account, (short?)state, most);
        return await Read(select, stop);
    }

    public async Task<IReadOnlyList<TrustedAccount>> Trusted(int account, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var select = Statement.Of(connection, null, "select account, trusted, from_us, named_user, named_role from registry.trusted_accounts where account = $1 order by trusted", account);
        return await select.Rows(r => new TrustedAccount(r.GetInt32(0), r.GetInt32(1), Micros.At(r.GetInt64(2)), new(r.GetString(3), r.GetString(4))), stop);
    }

    public async Task<Outcome<TrustedAccount>> Trust(int account, int trusted, Actor actor, CancellationToken stop)
    {
        if (account == trusted) return Refused.Because("SAME_ACCOUNT", "R-REG-12", ("account", account));
        if ((await directory.Current(stop)).Participant(trusted) is null) return Refused.Because("UNKNOWN_ACCOUNT", null, ("account", trusted));
        var (book, now) = (await rules.Current(stop), Micros.Now(clock));
        var (terms, missing) = book.Of<TransferTerms>(now);
        if (missing is not null) return missing;
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var insert = Statement.Of(connection, null, "insert into registry.trusted_accounts values ($1, $2, $3, $4, $5) on conflict do nothing",
            account, trusted, Micros.Of(terms!.TrustedFrom(now, WorkingCalendar.At(book, now))), actor.User, actor.Role);
        await insert.ExecuteNonQueryAsync(stop);
        return (await Trusted(account, stop)).First(t => t.Trusted == trusted);
    }

    public async Task Distrust(int account, int trusted, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var delete = Statement.Of(connection, null, "delete from registry.trusted_accounts where account = $1 and trusted = $2", account, trusted);
        await delete.ExecuteNonQueryAsync(stop);
    }

    /// <summary>Null: at once, for the receiver is trusted.</summary>
    private static async Task<Instant?> Due(NpgsqlConnection connection, NpgsqlTransaction transaction, int account, int to, TransferTerms terms, RuleBook book, Instant now, CancellationToken stop)
    {
        await using var select = Statement.Of(connection, transaction, "select 1 from registry.trusted_accounts where account = $1 and trusted = $2 and from_us <= $3", account, to, Micros.Of(now));
        return await select.ExecuteScalarAsync(stop) is null ? terms.DueAfter(now, WorkingCalendar.At(book, now)) : null;
    }

    /// <param name="account">Whose it must be; null: anybody's.</param>
    private async Task<Outcome<TransferOrder>> Change(long id, int? account, Actor actor, Func<TransferOrder, NpgsqlConnection, NpgsqlTransaction, Instant, Task<Outcome<TransferOrder>>> decide, CancellationToken stop)
    {
        var now = Micros.Now(clock);
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        await using var select = Statement.Of(connection, transaction, $"select {Columns} from registry.transfer_orders where id = $1 for update", id);
        if (await Read(select, stop) is not [var order] || (account is not null && account != order.Holding.Account)) return Refused.Because("NOT_FOUND", null);
        var (after, refused) = await decide(order, connection, transaction, now);
        return refused is not null ? refused : await Write(connection, transaction, after!, order, [], actor, now, stop);
    }

    /// <summary>What the new state asks of the holding, the caps and the row, all in one transaction.</summary>
    private async Task<Outcome<TransferOrder>> Write(NpgsqlConnection connection, NpgsqlTransaction transaction, TransferOrder after, TransferOrder before, Instruction[] first, Actor actor, Instant now, CancellationToken stop)
    {
        var (lift, over) = (new Instruction.LiftHold(after.Holding, after.Units, Reference(after.Id), Reference(after.Id) + "/ends"), new Instruction.HandOver(after.Holding, after.To, after.Units, after.Reason, Reference(after.Id) + "/over"));
        Instruction[] asked = after.State switch
        {
            TransferOrderState.Completed => [.. first, lift, over],
            TransferOrderState.Cancelled or TransferOrderState.Rejected => [.. first, lift],
            _ => first,
        };
        if (asked.Length > 0 && (await teller.Within(connection, transaction, asked, actor)).Refused is { } no) return no;
        if (after.State == TransferOrderState.Completed)
        {
            after = after with { EndedAt = now };
            var catalog = await directory.Current(stop);
            var (instrument, from, to) = (catalog.Instrument(after.Holding.Instrument)!, catalog.Participant(after.Holding.Account)!, catalog.Participant(after.To)!);
            if (Cap.Moved(instrument, from, to, after.Units, Eligibility.Day(now).Year, instrument.ValidThrough?.Year, Reference(after.Id)) is { } moved)
            {
                await using var session = holdings.Session(connection, transaction, actor);
                if (await caps.Book(session, connection, transaction, [moved], stop) is { } above) return above;
            }
        }

        if (after != before)
        {
            await using var update = Statement.Of(connection, transaction, "update registry.transfer_orders set state = $2, decided_user = $3, decided_role = $4, due_us = $5, ended_us = $6 where id = $1",
                after.Id, (short)after.State, after.DecidedBy?.User, after.DecidedBy?.Role, after.DueAt is { } due ? Micros.Of(due) : null, after.EndedAt is { } ended ? Micros.Of(ended) : null);
            await update.ExecuteNonQueryAsync(stop);
        }

        await transaction.CommitAsync(CancellationToken.None);
        return after;
    }

    private static Task<List<TransferOrder>> Read(NpgsqlCommand command, CancellationToken stop) => command.Rows(r => new TransferOrder(
        r.GetInt64(0), new(r.GetInt32(1), r.GetInt32(2)), r.GetInt32(3), r.GetInt64(4), r.GetString(5), r.GetString(6), (TransferOrderState)r.GetInt16(7), new(r.GetString(8), r.GetString(9)), Micros.At(r.GetInt64(10)),
        r.IsDBNull(11) ? null : new(r.GetString(11), r.GetString(12)), r.IsDBNull(13) ? null : Micros.At(r.GetInt64(13)), r.IsDBNull(14) ? null : Micros.At(r.GetInt64(14))), stop);

    private static string Reference(long id) => "transfer/" + id.ToString(CultureInfo.InvariantCulture);
}
