using NodaTime;
using Npgsql;
using Trading.Matching.Contracts;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;
using Trading.Settlement.Ledger;

namespace Trading.Settlement.Deliveries;

internal sealed class ParkedMessages(NpgsqlDataSource database, IClock clock) : IParkedMessages
{
    private const string Columns = "id, queue, trade_no, version, body, reason, tries, state, parked_us, ended_us, by_user, by_role, why";

    public async Task<IReadOnlyList<ParkedMessage>> All(ParkedState? state, long beforeId, int most, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var select = LedgerStore.Sql(connection, null, $"select {Columns} from settlement.parked_messages where id < $1 and ($3::smallint is null or state = $3) order by id desc limit $2",
            beforeId, most, (object?)(short?)state ?? DBNull.Value);
        return await LedgerStore.Read(select, Row, stop);
    }

    public Task<Outcome<ParkedMessage>> TellAgain(long id, Actor actor, CancellationToken stop) => End(id, ParkedState.ToldAgain, null, actor, stop);

    public Task<Outcome<ParkedMessage>> SetAside(long id, string why, Actor actor, CancellationToken stop) => End(id, ParkedState.SetAside, why, actor, stop);

    /// <summary>Null: so it may end.</summary>
    internal static Refused? Refuses(ParkedMessage? parked, ParkedState end, string? why) => parked switch
    {
        null => Refused.Because("NOT_FOUND", null),
        { State: not ParkedState.Parked } => Refused.Because("MESSAGE_STATE", "R-REG-09").With("state", parked.State.ToString()),
        { TradeNo: null } when end == ParkedState.ToldAgain => Refused.Because("MESSAGE_UNREADABLE", null),
        { TradeNo: { } trade } when end == ParkedState.SetAside => Refused.Because("MESSAGE_READABLE", null, ("trade", trade)),
        _ when end == ParkedState.SetAside && string.IsNullOrWhiteSpace(why) => Refused.Because("REASON_REQUIRED", "R-REG-08"),
        _ => null,
    };

    private async Task<Outcome<ParkedMessage>> End(long id, ParkedState end, string? why, Actor actor, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        await using var select = LedgerStore.Sql(connection, transaction, $"select {Columns} from settlement.parked_messages where id = $1 for update", id);
        var parked = await LedgerStore.Read(select, Row, stop) is [var found] ? found : null;
        if (Refuses(parked, end, why) is { } refused) return refused;
        var ended = parked! with { State = end, EndedAt = clock.GetCurrentInstant(), By = actor, Why = why?.Trim() };
        await using var update = LedgerStore.Sql(connection, transaction, "update settlement.parked_messages set state = $2, ended_us = $3, by_user = $4, by_role = $5, why = $6 where id = $1",
            id, (short)end, Time.Micros(ended.EndedAt!.Value), actor.User, actor.Role, (object?)ended.Why ?? DBNull.Value);
        await update.ExecuteNonQueryAsync(stop);
        await transaction.CommitAsync(CancellationToken.None);
        return ended;
    }

    private static ParkedMessage Row(NpgsqlDataReader r) => new(
        r.GetInt64(0), r.GetString(1), r.IsDBNull(2) ? null : r.GetInt64(2), r.IsDBNull(3) ? null : r.GetInt64(3), r.GetString(4), r.GetString(5), r.GetInt32(6), (ParkedState)r.GetInt16(7),
        Time.Instant(r.GetInt64(8)), r.IsDBNull(9) ? null : Time.Instant(r.GetInt64(9)), r.IsDBNull(10) ? null : new(r.GetString(10), r.GetString(11)), r.IsDBNull(12) ? null : r.GetString(12));
}
