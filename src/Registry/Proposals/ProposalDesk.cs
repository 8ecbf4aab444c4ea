using NodaTime;
using Npgsql;
using Trading.Registry.Contracts;

namespace Trading.Registry.Proposals;

internal sealed class ProposalDesk(NpgsqlDataSource database, IHoldings holdings, IEnumerable<ProposalKind> kinds, IClock clock) : IProposals
{
    private const string Columns = "id, kind, body, reason, affected, decider, proposed_user, proposed_role, proposed_us, state, decided_user, decided_role, decided_us, comment";

    private readonly Dictionary<string, ProposalKind> kinds = kinds.ToDictionary(k => k.Name, StringComparer.Ordinal);

    public async Task<Outcome<Proposal>> Propose(string kind, string body, string reason, Actor actor, CancellationToken stop)
    {
        if (!kinds.TryGetValue(kind, out var known)) return Refused.Because("UNKNOWN_KIND", null).With("kind", kind);
        if (!known.Proposers.Contains(actor.Role)) return Refused.Because("FORBIDDEN", "R-REG-08").With("role", actor.Role);
        if (string.IsNullOrWhiteSpace(reason)) return Refused.Because("REASON_REQUIRED", "R-REG-08");
        var now = Micros.Now(clock);
        var (refused, affected) = await known.Judge(body, actor, now, stop);
        if (refused is not null) return refused;
        var decider = known.Decider(body);
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        await using var insert = Sql(connection, transaction,
            "insert into registry.proposals (kind, body, reason, affected, decider, proposed_user, proposed_role, proposed_us, state) values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning id",
            kind, body, reason.Trim(), affected, decider, actor.User, actor.Role, Micros.Of(now), (short)ProposalState.Proposed);
        var id = (long)(await insert.ExecuteScalarAsync(stop))!;
        var proposal = new Proposal(id, kind, body, reason.Trim(), affected, decider, actor, now, ProposalState.Proposed, null, null, null);
        await using var session = holdings.Session(connection, transaction, actor);
        if (await known.Asked(new(connection, transaction, session, proposal, actor, now), stop) is { } cannot) return cannot;
        session.Events.Append(Stream(id), 1, new ProposalEvent.Made(kind, body, reason.Trim(), affected));
        await session.SaveChangesAsync(stop);
        await transaction.CommitAsync(stop);
        return proposal;
    }

    public async Task<Outcome<Proposal>> Decide(long id, bool approve, string? comment, Actor actor, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        await using var select = Sql(connection, transaction, $"select {Columns} from registry.proposals where id = $1 for update", id);
        if (await Read(select, stop) is not [var proposal]) return Refused.Because("NOT_FOUND", null);
        var kind = kinds[proposal.Kind];
        var decision = FourEyes.Decide(proposal, approve, comment, actor);
        if (decision.Refused is { } refused) return refused;
        if (proposal.Decider is { } decider ? actor.Participant != decider : !kind.Approvers.Contains(actor.Role)) return Refused.Because("FORBIDDEN", "R-REG-08").With("role", actor.Role);
        var now = Micros.Now(clock);
        var decided = FourEyes.Evolve(proposal, decision.Events[0], actor, now);
        await using var session = holdings.Session(connection, transaction, actor);
        var step = new CarryingOut(connection, transaction, session, decided, actor, now);
        if (await (approve ? kind.CarryOut(step, stop) : kind.Rejected(step, stop)) is { } no) return no;
        session.Events.Append(Stream(id), 2, decision.Events[0]);
        await session.SaveChangesAsync(stop);
        await using var update = Sql(connection, transaction,
            "update registry.proposals set state = $2, decided_user = $3, decided_role = $4, decided_us = $5, comment = $6 where id = $1",
            id, (short)decided.State, actor.User, actor.Role, Micros.Of(now), decided.Comment);
        await update.ExecuteNonQueryAsync(stop);
        await transaction.CommitAsync(stop);
        if (approve) kind.Done();
        return decided;
    }

    public async Task<Proposal?> Find(long id, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var select = Sql(connection, null, $"select {Columns} from registry.proposals where id = $1", id);
        return (await Read(select, stop)).SingleOrDefault();
    }

    public async Task<IReadOnlyList<Proposal>> All(string? kind, ProposalState? state, long beforeId, int most, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var select = Sql(connection, null,
            $"select {Columns} from registry.proposals where id < $1 and ($2::text is null or kind = $2) and ($3::smallint is null or state = $3) order by id desc limit $4", beforeId, kind, (short?)state, most);
        return await Read(select, stop);
    }

    public async Task<IReadOnlyList<Proposal>> Concerning(string participant, ProposalState? state, long beforeId, int most, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var select = Sql(connection, null,
            $"select {Columns} from registry.proposals where id < $1 and (affected = $2 or decider = $2) and ($3::smallint is null or state = $3) order by id desc limit $4", beforeId, participant, (short?)state, most);
        return await Read(select, stop);
    }

    private static string Stream(long id) => "proposal/" + id.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static async Task<List<Proposal>> Read(NpgsqlCommand command, CancellationToken stop)
    {
        await using var r = await command.ExecuteReaderAsync(stop);
        var proposals = new List<Proposal>();
        while (await r.ReadAsync(stop))
        {
            proposals.Add(new(r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3), r.IsDBNull(4) ? null : r.GetString(4), r.IsDBNull(5) ? null : r.GetString(5), new(r.GetString(6), r.GetString(7)), Micros.At(r.GetInt64(8)),
                (ProposalState)r.GetInt16(9), r.IsDBNull(10) ? null : new(r.GetString(10), r.GetString(11)), r.IsDBNull(12) ? null : Micros.At(r.GetInt64(12)), r.IsDBNull(13) ? null : r.GetString(13)));
        }

        return proposals;
    }

    private static NpgsqlCommand Sql(NpgsqlConnection connection, NpgsqlTransaction? transaction, string sql, params ReadOnlySpan<object?> values) => Statement.Of(connection, transaction, sql, values);
}
