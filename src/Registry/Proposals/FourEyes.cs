using NodaTime;
using Trading.Registry.Contracts;

namespace Trading.Registry.Proposals;

internal abstract record ProposalEvent
{
    public sealed record Made(string Kind, string Body, string Reason, string? Affected) : ProposalEvent;

    public sealed record Approved(string? Comment) : ProposalEvent;

    public sealed record Rejected(string Comment) : ProposalEvent;
}

/// <summary>R-REG-08: initiator and approver are two people, whoever is affected does not decide, a rejection says why.</summary>
internal static class FourEyes
{
    public static Decision<ProposalEvent> Decide(Proposal proposal, bool approve, string? comment, Actor actor)
    {
        if (proposal.State != ProposalState.Proposed) return Refused.Because("PROPOSAL_STATE", "R-REG-08").With("state", proposal.State.ToString());
        if (proposal.ProposedBy.User == actor.User) return Refused.Because("FOUR_EYES", "R-REG-08").With("user", actor.User);
        if (proposal.Affected is { } affected && actor.Participant == affected) return Refused.Because("AFFECTED_PERSON", "R-REG-08").With("participant", affected);
        if (approve) return new ProposalEvent.Approved(comment);
        return string.IsNullOrWhiteSpace(comment) ? Refused.Because("REASON_REQUIRED", "R-REG-08") : new ProposalEvent.Rejected(comment.Trim());
    }

    public static Proposal Evolve(Proposal proposal, ProposalEvent happened, Actor actor, Instant at) => happened switch
    {
        ProposalEvent.Approved e => proposal with { State = ProposalState.Approved, DecidedBy = actor, DecidedAt = at, Comment = e.Comment },
        ProposalEvent.Rejected e => proposal with { State = ProposalState.Rejected, DecidedBy = actor, DecidedAt = at, Comment = e.Comment },
        _ => throw new InvalidOperationException($"{happened.GetType().Name} cannot follow {proposal.State}"),
    };
}
