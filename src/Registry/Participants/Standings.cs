using System.Globalization;
using Marten;
using NodaTime;
using Npgsql;
using Trading.Registry.Contracts;
using Trading.Registry.Proposals;

namespace Trading.Registry.Participants;

internal static class Standings
{
    /// <summary>On the caller's transaction; the event joins the session's unit of work, which the caller saves.</summary>
    public static Task<Outcome<Standing>> Change(
        NpgsqlConnection connection, NpgsqlTransaction transaction, IDocumentSession session, int account, StandingChange change, string reason, CancellationToken stop) =>
        Change(connection, transaction, session, account, _ => change, reason, stop);

    /// <inheritdoc cref="IRegister.Deduct"/>
    public static async Task<Refused?> Deduct(NpgsqlConnection connection, NpgsqlTransaction transaction, IDocumentSession session, int account, int points, string reason, CancellationToken stop)
    {
        var refused = (await Change(connection, transaction, session, account, before => new(CreditScore: Math.Max(0, before.CreditScore - points)), reason, stop)).Refused;
        return refused?.Code == "ACCOUNT_STATE" ? null : refused;
    }

    /// <param name="change">Of the standing as it is under lock.</param>
    private static async Task<Outcome<Standing>> Change(
        NpgsqlConnection connection, NpgsqlTransaction transaction, IDocumentSession session, int account, Func<Standing, StandingChange> change, string reason, CancellationToken stop)
    {
        // The participant's row is the lock: a first standing has none of its own.
        await using (var alone = Statement.Of(connection, transaction, "select 1 from registry.participants where account = $1 for update", account))
        {
            if (await alone.ExecuteScalarAsync(stop) is null) return Refused.Because("UNKNOWN_ACCOUNT", null, ("account", account));
        }

        var before = await Read(connection, transaction, account, stop);
        var decision = ChangeStanding.Decide(before, change(before), reason);
        if (decision.Refused is { } refused) return refused;
        if (decision.Events is not [var happened]) return before;
        // R-REG-05: who is leaving goes through closurePending, and is closed when nothing is left.
        if (happened.Change.State == AccountState.Closed && await Left(connection, transaction, account, stop) is > 0 and var left) return Refused.Because("ACCOUNT_NOT_EMPTY", "R-REG-05", ("holdings", left));
        var after = ChangeStanding.Evolve(before, happened);
        // The first event of the stream registered the participant.
        session.Events.Append("participant/" + account.ToString(CultureInfo.InvariantCulture), after.Version + 1, happened);
        await using var write = Statement.Of(connection, transaction,
            """
            insert into registry.standings values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            on conflict (account) do update set state = $2, credit_score = $3, source_class = $4, sector = $5, zone = $6, control_group = $7, permit_through = $8, version = $9
            """,
            account, (short)after.State, (short)after.CreditScore, after.SourceClass, after.Sector, after.Zone, after.ControlGroup, after.PermitThrough?.ToDateOnly(), after.Version);
        await write.ExecuteNonQueryAsync(stop);
        return after;
    }

    private static async Task<long> Left(NpgsqlConnection connection, NpgsqlTransaction transaction, int account, CancellationToken stop)
    {
        await using var count = Statement.Of(connection, transaction, "select count(*) from registry.holdings where account = $1 and available + earmarked + pledged + frozen + awaiting + held > 0", account);
        return (long)(await count.ExecuteScalarAsync(stop))!;
    }

    private static async Task<Standing> Read(NpgsqlConnection connection, NpgsqlTransaction transaction, int account, CancellationToken stop)
    {
        await using var select = Statement.Of(connection, transaction, $"select {PostgresDirectory.StandingColumns} from registry.standings where account = $1", account);
        await using var row = await select.ExecuteReaderAsync(stop);
        return await row.ReadAsync(stop) ? PostgresDirectory.Standing(row) : Standing.Of(account);
    }
}

internal sealed record StandingAsked(string Participant, StandingChange Change);

/// <summary>What opens or shuts an account is asked by an operator and decided by a regulator.</summary>
internal sealed class StandingProposals(PostgresDirectory directory) : ProposalKind<StandingAsked>
{
    public override string Name => "standing";

    public override IReadOnlyCollection<string> Proposers => ["operator"];

    public override IReadOnlyCollection<string> Approvers => ["regulator"];

    protected override async Task<(Refused? Refused, string? Affected)> Judge(StandingAsked body, Actor asker, Instant now, CancellationToken stop)
    {
        var catalog = await directory.Current(stop);
        if (catalog.Participant(body.Participant) is not { } participant) return (Refused.Because("UNKNOWN_ACCOUNT", null).With("participant", body.Participant), null);
        return (ChangeStanding.Decide(catalog.Standing(participant.Account), body.Change, "asked").Refused, participant.Id);
    }

    protected override async Task<Refused?> CarryOut(StandingAsked body, CarryingOut step, CancellationToken stop)
    {
        var participant = (await directory.Current(stop)).Participant(body.Participant) ?? throw new InvalidOperationException($"participant {body.Participant} is gone");
        return (await Standings.Change(step.Connection, step.Transaction, step.Session, participant.Account, body.Change, step.Proposal.Reason, stop)).Refused;
    }

    public override void Done() => directory.Forget();
}
