using System.Text.Json;
using NodaTime;
using Trading.Registry.Contracts;
using Trading.Registry.Proposals;

namespace Trading.Registry.Rules;

/// <summary>What an operator proposes and a regulator approves (RELIABILITY §3.2: parameters).</summary>
/// <param name="EffectiveFrom">Null: from approval on. Never before approval: what was judged stays as it was judged.</param>
internal sealed record RuleChange(string Key, Instant? EffectiveFrom, JsonElement Content);

internal sealed record RuleChanged(string Key, int Version, Instant EffectiveFrom, string Body, string LegalReference);

internal static class ChangeRule
{
    /// <summary>
    /// The next version, from now or later. Before a version that is not yet in force it takes that one's place: of two the later decided rules from its instant on,
    /// so that what was planned too far ahead, or by mistake, shuts nobody out.
    /// </summary>
    /// <param name="now">The instant of approval.</param>
    public static Decision<RuleChanged> Decide(RuleBook book, RuleChange change, string legalReference, Instant now)
    {
        if (!RuleBook.Kinds.TryGetValue(change.Key, out var type)) return Refused.Because("UNKNOWN_RULE", null).With("key", change.Key);
        var (content, unreadable) = StrictJson.Read(change.Content.GetRawText(), type);
        if (unreadable is not null) return unreadable;
        if (((Rule)content!).Check() is { } wrong) return wrong;
        var effective = change.EffectiveFrom ?? now;
        if (effective < now) return Refused.Because("RULE_RETROACTIVE", null).With("effectiveFrom", effective.ToString()).With("now", now.ToString());
        return new RuleChanged(change.Key, book.Versions(change.Key).Count + 1, effective, change.Content.GetRawText(), legalReference);
    }
}

internal sealed class RuleProposals(PostgresRules rules) : ProposalKind<RuleChange>
{
    public override string Name => "rule";

    public override IReadOnlyCollection<string> Proposers => ["operator"];

    public override IReadOnlyCollection<string> Approvers => ["regulator"];

    protected override async Task<(Refused? Refused, string? Affected)> Judge(RuleChange body, Actor asker, Instant now, CancellationToken stop) =>
        (ChangeRule.Decide(await rules.Current(stop), body, "", now).Refused, null);

    protected override async Task<Refused?> CarryOut(RuleChange body, CarryingOut step, CancellationToken stop)
    {
        await using (var alone = Statement.Of(step.Connection, step.Transaction, "lock table registry.rules in exclusive mode")) await alone.ExecuteNonQueryAsync(stop);
        var decision = ChangeRule.Decide(await PostgresRules.Read(step.Connection, step.Transaction, stop), body, step.Proposal.Reason, step.At);
        if (decision.Refused is { } refused) return refused;
        await PostgresRules.Insert(step.Connection, step.Transaction, step.Session, decision.Events[0], step.Proposal.ProposedBy, step.By, step.At, stop);
        return null;
    }

    public override void Done() => rules.Forget();
}
