using System.Text.Json;
using Marten;
using NodaTime;
using Npgsql;
using Trading.Registry.Contracts;

namespace Trading.Registry.Proposals;

/// <summary>The transaction in which an approved proposal is carried out.</summary>
/// <param name="Approver">Who made it happen; the session's events carry him.</param>
internal sealed record CarryingOut(NpgsqlConnection Connection, NpgsqlTransaction Transaction, IDocumentSession Session, Proposal Proposal, Actor Approver, Instant At);

/// <summary>What can be proposed: who asks, who decides, and what approval does.</summary>
internal abstract class ProposalKind
{
    public abstract string Name { get; }

    /// <summary>RELIABILITY §3.2: roles, by their stored names.</summary>
    public abstract IReadOnlyCollection<string> Proposers { get; }

    public abstract IReadOnlyCollection<string> Approvers { get; }

    /// <summary>What carrying it out would be refused now, and whose affair it is.</summary>
    public abstract Task<(Refused? Refused, string? Affected)> Judge(string body, Actor asker, Instant now, CancellationToken stop);

    public abstract Task<Refused?> CarryOut(CarryingOut step, CancellationToken stop);

    /// <summary>After the commit: whatever was remembered of before is forgotten.</summary>
    public virtual void Done()
    {
    }
}

/// <inheritdoc/>
internal abstract class ProposalKind<TBody> : ProposalKind where TBody : class
{
    public sealed override async Task<(Refused? Refused, string? Affected)> Judge(string body, Actor asker, Instant now, CancellationToken stop)
    {
        var (read, unreadable) = StrictJson.Read<TBody>(body);
        return unreadable is null ? await Judge(read!, asker, now, stop) : (unreadable, null);
    }

    public sealed override Task<Refused?> CarryOut(CarryingOut step, CancellationToken stop) =>
        CarryOut(StrictJson.Read<TBody>(step.Proposal.Body).Value ?? throw new JsonException($"proposal {step.Proposal.Id} cannot be read"), step, stop);

    protected abstract Task<(Refused? Refused, string? Affected)> Judge(TBody body, Actor asker, Instant now, CancellationToken stop);

    protected abstract Task<Refused?> CarryOut(TBody body, CarryingOut step, CancellationToken stop);
}
