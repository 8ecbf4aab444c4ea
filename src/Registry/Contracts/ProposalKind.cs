using System.Text.Json;
using Marten;
using NodaTime;
using Npgsql;

namespace Trading.Registry.Contracts;

/// <summary>The transaction of one step of a proposal.</summary>
/// <param name="By">Who makes it happen; the session's events carry him.</param>
public sealed record CarryingOut(NpgsqlConnection Connection, NpgsqlTransaction Transaction, IDocumentSession Session, Proposal Proposal, Actor By, Instant At);

/// <summary>What can be proposed: who asks, who decides, and what approval does. Each module registers its own kinds.</summary>
public abstract class ProposalKind
{
    public abstract string Name { get; }

    /// <summary>RELIABILITY §3.2: roles, by their stored names.</summary>
    public abstract IReadOnlyCollection<string> Proposers { get; }

    public abstract IReadOnlyCollection<string> Approvers { get; }

    /// <summary>What carrying it out would be refused now, and whose affair it is.</summary>
    public abstract Task<(Refused? Refused, string? Affected)> Judge(string body, Actor asker, Instant now, CancellationToken stop);

    public abstract Task<Refused?> CarryOut(CarryingOut step, CancellationToken stop);

    /// <summary>Whose people decide it, by id; null: whoever has one of the approvers' roles.</summary>
    public virtual string? Decider(string body) => null;

    /// <summary>In the transaction in which it is asked: what is kept back until it is decided.</summary>
    public virtual Task<Refused?> Asked(CarryingOut step, CancellationToken stop) => Task.FromResult<Refused?>(null);

    /// <summary>In the transaction in which it is rejected: what was kept back is let go.</summary>
    public virtual Task<Refused?> Rejected(CarryingOut step, CancellationToken stop) => Task.FromResult<Refused?>(null);

    /// <summary>After the commit: whatever was remembered of before is forgotten.</summary>
    public virtual void Done()
    {
    }
}

/// <inheritdoc/>
public abstract class ProposalKind<TBody> : ProposalKind where TBody : class
{
    public sealed override async Task<(Refused? Refused, string? Affected)> Judge(string body, Actor asker, Instant now, CancellationToken stop)
    {
        var (read, unreadable) = StrictJson.Read<TBody>(body);
        return unreadable is null ? await Judge(read!, asker, now, stop) : (unreadable, null);
    }

    public sealed override Task<Refused?> CarryOut(CarryingOut step, CancellationToken stop) =>
        CarryOut(Body(step), step, stop);

    public sealed override string? Decider(string body) => StrictJson.Read<TBody>(body).Value is { } read ? Decider(read) : null;

    public sealed override Task<Refused?> Asked(CarryingOut step, CancellationToken stop) => Asked(Body(step), step, stop);

    public sealed override Task<Refused?> Rejected(CarryingOut step, CancellationToken stop) => Rejected(Body(step), step, stop);

    protected virtual string? Decider(TBody body) => null;

    protected virtual Task<Refused?> Asked(TBody body, CarryingOut step, CancellationToken stop) => Task.FromResult<Refused?>(null);

    protected virtual Task<Refused?> Rejected(TBody body, CarryingOut step, CancellationToken stop) => Task.FromResult<Refused?>(null);

    private static TBody Body(CarryingOut step) => StrictJson.Read<TBody>(step.Proposal.Body).Value ?? throw new JsonException($"proposal {step.Proposal.Id} cannot be read");

    protected abstract Task<(Refused? Refused, string? Affected)> Judge(TBody body, Actor asker, Instant now, CancellationToken stop);

    protected abstract Task<Refused?> CarryOut(TBody body, CarryingOut step, CancellationToken stop);
}
