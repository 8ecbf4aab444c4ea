using Npgsql;
using NodaTime;
using Trading.Matching.Contracts;
using Trading.Matching.Core;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;
using Trading.Settlement.Ledger;

namespace Trading.Settlement.Halts;

/// <summary>What may follow what; pure.</summary>
internal static class HaltDecisions
{
    public static (Halt? After, Refused? Refused) OrderResume(Halt? halt, string reason, Actor actor) => halt switch
    {
        null => (null, Refused.Because("NOT_FOUND", null)),
        _ when string.IsNullOrWhiteSpace(reason) => (null, Refused.Because("REASON_REQUIRED", "R-REG-08")),
        { State: HaltState.Halted } => (halt with { State = HaltState.ResumeOrdered, ResumeReason = reason.Trim(), ResumeOrderedBy = actor }, null),
        _ => (null, Refused.Because("HALT_STATE", "R-REG-08").With("state", halt.State.ToString())),
    };

    public static (Halt? After, Refused? Refused) CarryOut(Halt? halt, Actor actor, Instant now) => halt switch
    {
        null => (null, Refused.Because("NOT_FOUND", null)),
        { State: not HaltState.ResumeOrdered } => (null, Refused.Because("HALT_STATE", "R-REG-08").With("state", halt.State.ToString())),
        _ when halt.ResumeOrderedBy!.User == actor.User => (null, Refused.Because("SAME_PERSON", "R-REG-08").With("user", actor.User)),
        _ => (halt with { State = HaltState.Resumed, CarriedOutBy = actor, ResumedAt = now }, null),
    };
}

internal sealed class HaltDesk(NpgsqlDataSource database, IListings listings, IMarketInbox inbox, IClock clock) : IHalts
{
    private const string Columns =
        "id, instrument, reason, state, ordered_user, ordered_role, ordered_us, resume_reason, resume_user, resume_role, carried_user, carried_role, resumed_us";

    public async Task<Outcome<Halt>> Order(int instrument, string reason, Actor actor, CancellationToken stop)
    {
        if (string.IsNullOrWhiteSpace(reason)) return Refused.Because("REASON_REQUIRED", "R-REG-08");
        if (!(await listings.Current(stop)).ContainsKey(instrument)) return Refused.Because("UNKNOWN_INSTRUMENT", null, ("instrument", instrument));
        var now = Time.Micros(clock.GetCurrentInstant());
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        // Two who halt at once: one row stands, the other hears that it is halted.
        await using var insert = LedgerStore.Sql(connection, transaction,
            $"insert into settlement.halts (instrument, reason, state, ordered_user, ordered_role, ordered_us) values ($1, $2, $3, $4, $5, $6) on conflict do nothing returning {Columns}",
            instrument, reason.Trim(), (short)HaltState.Halted, actor.User, actor.Role, now);
        if (await Read(insert, stop) is not [var halt]) return Refused.Because("HALT_STATE", "R-REG-08").With("state", nameof(HaltState.Halted));
        await inbox.Stage(connection, transaction, [new() { Kind = CommandKind.SetPhase, Instrument = instrument, Phase = Phase.Halt }], stop);
        await transaction.CommitAsync(CancellationToken.None);
        inbox.Wake();
        return halt;
    }

    public Task<Outcome<Halt>> OrderResume(long id, string reason, Actor actor, CancellationToken stop) => Change(id, halt => HaltDecisions.OrderResume(halt, reason, actor), stop);

    public Task<Outcome<Halt>> CarryOut(long id, Actor actor, CancellationToken stop) => Change(id, halt => HaltDecisions.CarryOut(halt, actor, clock.GetCurrentInstant()), stop);

    public async Task<IReadOnlyList<Halt>> All(long beforeId, int most, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var select = LedgerStore.Sql(connection, null, $"select {Columns} from settlement.halts where id < $1 order by id desc limit $2", beforeId, most);
        return await Read(select, stop);
    }

    private async Task<Outcome<Halt>> Change(long id, Func<Halt?, (Halt? After, Refused? Refused)> decide, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        await using var select = LedgerStore.Sql(connection, transaction, $"select {Columns} from settlement.halts where id = $1 for update", id);
        var (after, refused) = decide(await Read(select, stop) is [var found] ? found : null);
        if (refused is not null) return refused;
        var h = after!;
        await using var update = LedgerStore.Sql(connection, transaction,
            "update settlement.halts set state = $2, resume_reason = $3, resume_user = $4, resume_role = $5, carried_user = $6, carried_role = $7, resumed_us = $8 where id = $1",
            id, (short)h.State, (object?)h.ResumeReason ?? DBNull.Value, (object?)h.ResumeOrderedBy?.User ?? DBNull.Value, (object?)h.ResumeOrderedBy?.Role ?? DBNull.Value,
            (object?)h.CarriedOutBy?.User ?? DBNull.Value, (object?)h.CarriedOutBy?.Role ?? DBNull.Value, h.ResumedAt is { } at ? Time.Micros(at) : DBNull.Value);
        await update.ExecuteNonQueryAsync(stop);
        if (h.State == HaltState.Resumed) await inbox.Stage(connection, transaction, [new() { Kind = CommandKind.SetPhase, Instrument = h.Instrument, Phase = Phase.Continuous }], stop);
        await transaction.CommitAsync(CancellationToken.None);
        if (h.State == HaltState.Resumed) inbox.Wake();
        return h;
    }

    private static async Task<IReadOnlyList<Halt>> Read(NpgsqlCommand select, CancellationToken stop)
    {
        var halts = new List<Halt>();
        await using var r = await select.ExecuteReaderAsync(stop);
        Actor? Person(int column) => r.IsDBNull(column) ? null : new(r.GetString(column), r.GetString(column + 1));
        while (await r.ReadAsync(stop))
        {
            halts.Add(new(r.GetInt64(0), r.GetInt32(1), r.GetString(2), (HaltState)r.GetInt16(3), Person(4)!, Time.Instant(r.GetInt64(6)), r.IsDBNull(7) ? null : r.GetString(7), Person(8), Person(10),
                r.IsDBNull(12) ? null : Time.Instant(r.GetInt64(12))));
        }

        return halts;
    }
}
