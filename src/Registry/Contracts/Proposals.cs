using NodaTime;

namespace Trading.Registry.Contracts;

/// <summary>Persisted by number, append-only.</summary>
public enum ProposalState { Proposed = 1, Approved = 2, Rejected = 3 }

/// <summary>What one person asks for and another decides (四眼, R-REG-08). Nothing of it has happened until it is approved.</summary>
/// <param name="Kind">What approving it does, e.g. "rule", "correction".</param>
/// <param name="Body">JSON, as it was asked.</param>
/// <param name="Reason">Legal reference or document; never empty.</param>
/// <param name="Affected">Id of the participant whose own people may not decide; null: nobody's.</param>
/// <param name="Decider">Id of the participant whose people decide, as a pledgee does; null: an authority's, by role.</param>
public sealed record Proposal(
    long Id, string Kind, string Body, string Reason, string? Affected, string? Decider, Actor ProposedBy, Instant ProposedAt,
    ProposalState State, Actor? DecidedBy, Instant? DecidedAt, string? Comment);

public interface IProposals
{
    /// <summary>
    /// Refused UNKNOWN_KIND, FORBIDDEN (the role may not propose it), REASON_REQUIRED, FIELD_INVALID, and whatever carrying it out would be refused now.
    /// </summary>
    Task<Outcome<Proposal>> Propose(string kind, string body, string reason, Actor actor, CancellationToken stop);

    /// <summary>
    /// Approving carries it out in the same transaction: all of it or none. Refused NOT_FOUND, FORBIDDEN, FOUR_EYES, AFFECTED_PERSON,
    /// PROPOSAL_STATE (decided already), REASON_REQUIRED (a rejection without a comment), and what carrying it out refuses; then it stays proposed.
    /// </summary>
    Task<Outcome<Proposal>> Decide(long id, bool approve, string? comment, Actor actor, CancellationToken stop);

    Task<Proposal?> Find(long id, CancellationToken stop);

    /// <summary>Those that concern a participant, or that its people decide; newest first, below an id.</summary>
    Task<IReadOnlyList<Proposal>> Concerning(string participant, ProposalState? state, long beforeId, int most, CancellationToken stop);

    /// <summary>Newest first, below an id.</summary>
    Task<IReadOnlyList<Proposal>> All(string? kind, ProposalState? state, long beforeId, int most, CancellationToken stop);
}
