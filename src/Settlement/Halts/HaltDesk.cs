using NodaTime;
using Npgsql;
using Trading.Matching.Contracts;
using Trading.Matching.Core;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;
using Trading.Settlement.Ledger;

namespace Trading.Settlement.Halts;

internal sealed class HaltDesk(NpgsqlDataSource database, IListings listings, IDirectory directory, IMarketInbox inbox, IClock clock) : IHalts
{
    private const string Columns =
        "id, instrument, reason, state, ordered_user, ordered_role, ordered_us, resume_reason, resume_user, resume_role, carried_user, carried_role, resumed_us, account, own";

    /// <summary>Whoever turns a switch in need is told when it has turned; a market that does not lead carries it out later.</summary>
    private static readonly Duration InForceWithin = Duration.FromSeconds(2);

    public async Task<Outcome<Halt>> Order(int instrument, string reason, Actor actor, CancellationToken stop)
    {
        if (string.IsNullOrWhiteSpace(reason)) return Refused.Because("REASON_REQUIRED", "R-REG-08");
        if (!(await listings.Current(stop)).ContainsKey(instrument)) return Refused.Because("UNKNOWN_INSTRUMENT", null, ("instrument", instrument));
        return await Begin(instrument, 0, reason, actor, stop);
    }

    public async Task<Outcome<Halt>> OrderOfAccount(int account, string reason, Actor actor, CancellationToken stop)
    {
        if (string.IsNullOrWhiteSpace(reason)) return Refused.Because("REASON_REQUIRED", "R-REG-08");
        if ((await directory.Current(stop)).Participant(account) is null) return Refused.Because("UNKNOWN_ACCOUNT", null, ("account", account));
        return await Begin(0, account, reason, actor, stop);
    }

    public Task<Outcome<Halt>> OrderResume(long id, string reason, Actor actor, CancellationToken stop) => Change(id, halt => HaltDecisions.OrderResume(halt, reason, actor), stop);

    public Task<Outcome<Halt>> CarryOut(long id, Actor actor, CancellationToken stop) => Change(id, halt => HaltDecisions.CarryOut(halt, actor, clock.GetCurrentInstant()), stop);

    public async Task<IReadOnlyList<Halt>> All(long beforeId, int most, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var select = LedgerStore.Sql(connection, null, $"select {Columns} from settlement.halts where id < $1 and not own order by id desc limit $2", beforeId, most);
        return await Read(select, stop);
    }

    public async Task<Outcome<KillSwitch>> Turn(int account, bool on, Actor actor, CancellationToken stop)
    {
        var (turned, refused, staged) = await TurnAndTell(account, on, actor, stop);
        if (refused is not null) return refused;
        inbox.Wake();
        return turned! with { InForce = await inbox.Carried(staged, InForceWithin, stop) };
    }

    private async Task<(KillSwitch? Turned, Refused? Refused, IReadOnlyList<long> Staged)> TurnAndTell(int account, bool on, Actor actor, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        var (own, authorities) = await Standing(connection, transaction, account, stop);
        IReadOnlyList<long> staged = [];
        if (on && own is null)
        {
            own = (await Insert(connection, transaction, 0, account, own: true, "kill switch", actor, clock.GetCurrentInstant(), stop))!;
            staged = await inbox.Stage(connection, transaction, HaltDecisions.Tells(own, another: authorities is not null), stop);
        }
        else if (!on)
        {
            var (after, refused) = HaltDecisions.Free(own, authorities, actor, clock.GetCurrentInstant());
            if (refused is not null) return (null, refused, []);
            if (after is not null)
            {
                await Update(connection, transaction, after, stop);
                staged = await inbox.Stage(connection, transaction, HaltDecisions.Tells(after, another: false), stop);
            }

            own = null;
        }

        await transaction.CommitAsync(CancellationToken.None);
        return (Shown(own, authorities), null, staged);
    }

    public async Task<KillSwitch> Switch(int account, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var select = LedgerStore.Sql(connection, null, $"select {Columns} from settlement.halts where account = $1 and state in (1, 2)", account);
        var (own, authorities) = Sorted(await Read(select, stop));
        return Shown(own, authorities);
    }

    /// <summary>On the settler's transaction: what it cannot book stops the account, and two people free it as from any other halt.</summary>
    internal static async Task Stop(NpgsqlConnection connection, NpgsqlTransaction transaction, int account, (string Zh, string En) why, Instant now, CancellationToken stop)
    {
        await Standing(connection, transaction, account, stop);
        await Insert(connection, transaction, 0, account, own: false, $"{why.Zh} | {why.En}", Actor.System, now, stop);
    }

    private static KillSwitch Shown(Halt? own, Halt? authorities) => new(own is not null, authorities is not null, own?.OrderedBy, own?.OrderedAt, true);

    private async Task<Outcome<Halt>> Begin(int instrument, int account, string reason, Actor actor, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        if (account > 0) await Standing(connection, transaction, account, stop);
        // Two who halt at once: one row stands, the other hears that it is halted.
        if (await Insert(connection, transaction, instrument, account, own: false, reason.Trim(), actor, clock.GetCurrentInstant(), stop) is not { } halt)
            return Refused.Because("HALT_STATE", "R-REG-08").With("state", nameof(HaltState.Halted));
        await inbox.Stage(connection, transaction, HaltDecisions.Tells(halt, another: false), stop);
        await transaction.CommitAsync(CancellationToken.None);
        inbox.Wake();
        return halt;
    }

    private async Task<Outcome<Halt>> Change(long id, Func<Halt?, (Halt? After, Refused? Refused)> decide, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        await using var which = LedgerStore.Sql(connection, transaction, "select account from settlement.halts where id = $1", id);
        var another = await which.ExecuteScalarAsync(stop) is int account and > 0 && (await Standing(connection, transaction, account, stop)).Own is not null;
        await using var select = LedgerStore.Sql(connection, transaction, $"select {Columns} from settlement.halts where id = $1 for update", id);
        var (after, refused) = decide(await Read(select, stop) is [var found] ? found : null);
        if (refused is not null) return refused;
        await Update(connection, transaction, after!, stop);
        var mode = after!.Instrument > 0 && (await listings.Current(stop)).TryGetValue(after.Instrument, out var listing) ? listing.Mode : Mode.Continuous;
        await inbox.Stage(connection, transaction, HaltDecisions.Tells(after, another, mode), stop);
        await transaction.CommitAsync(CancellationToken.None);
        inbox.Wake();
        return after!;
    }

    /// <summary>
    /// The account's standing halts. Its money is locked first: whoever stops or frees one account does so one after the other, or two who free
    /// it at once would each see the other's halt, and a stop could be told before the freeing it follows.
    /// </summary>
    internal static async Task<(Halt? Own, Halt? Authorities)> Standing(NpgsqlConnection connection, NpgsqlTransaction transaction, int account, CancellationToken stop)
    {
        await using var open = LedgerStore.Sql(connection, transaction, "insert into settlement.fund_accounts (account) values ($1) on conflict do nothing", account);
        await open.ExecuteNonQueryAsync(stop);
        await using var gate = LedgerStore.Sql(connection, transaction, "select 1 from settlement.fund_accounts where account = $1 for update", account);
        await gate.ExecuteNonQueryAsync(stop);
        await using var select = LedgerStore.Sql(connection, transaction, $"select {Columns} from settlement.halts where account = $1 and state in (1, 2) for update", account);
        return Sorted(await Read(select, stop));
    }

    /// <summary>At most one of each stands.</summary>
    private static (Halt? Own, Halt? Authorities) Sorted(IReadOnlyList<Halt> standing) => (standing.FirstOrDefault(h => h.Own), standing.FirstOrDefault(h => !h.Own));

    /// <returns>Null: one stands already.</returns>
    private static async Task<Halt?> Insert(
        NpgsqlConnection connection, NpgsqlTransaction transaction, int instrument, int account, bool own, string reason, Actor actor, Instant now, CancellationToken stop)
    {
        await using var insert = LedgerStore.Sql(connection, transaction,
            $"""
            insert into settlement.halts (instrument, account, own, reason, state, ordered_user, ordered_role, ordered_us) values ($1, $2, $3, $4, $5, $6, $7, $8)
            on conflict do nothing returning {Columns}
            """, instrument, account, own, reason, (short)HaltState.Halted, actor.User, actor.Role, Time.Micros(now));
        return await Read(insert, stop) is [var halt] ? halt : null;
    }

    private static async Task Update(NpgsqlConnection connection, NpgsqlTransaction transaction, Halt h, CancellationToken stop)
    {
        await using var update = LedgerStore.Sql(connection, transaction,
            "update settlement.halts set state = $2, resume_reason = $3, resume_user = $4, resume_role = $5, carried_user = $6, carried_role = $7, resumed_us = $8 where id = $1",
            h.Id, (short)h.State, (object?)h.ResumeReason ?? DBNull.Value, (object?)h.ResumeOrderedBy?.User ?? DBNull.Value, (object?)h.ResumeOrderedBy?.Role ?? DBNull.Value,
            (object?)h.CarriedOutBy?.User ?? DBNull.Value, (object?)h.CarriedOutBy?.Role ?? DBNull.Value, h.ResumedAt is { } at ? Time.Micros(at) : DBNull.Value);
        await update.ExecuteNonQueryAsync(stop);
    }

    private static async Task<IReadOnlyList<Halt>> Read(NpgsqlCommand select, CancellationToken stop)
    {
        var halts = new List<Halt>();
        await using var r = await select.ExecuteReaderAsync(stop);
        Actor? Person(int column) => r.IsDBNull(column) ? null : new(r.GetString(column), r.GetString(column + 1));
        while (await r.ReadAsync(stop))
        {
            halts.Add(new(r.GetInt64(0), r.GetInt32(1), r.GetInt32(13), r.GetBoolean(14), r.GetString(2), (HaltState)r.GetInt16(3), Person(4)!, Time.Instant(r.GetInt64(6)),
                r.IsDBNull(7) ? null : r.GetString(7), Person(8), Person(10), r.IsDBNull(12) ? null : Time.Instant(r.GetInt64(12))));
        }

        return halts;
    }
}
