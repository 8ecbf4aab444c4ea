using NodaTime;
using Trading.Matching.Core;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;

namespace Trading.Settlement.Halts;

/// <summary>What may follow what; pure.</summary>
internal static class HaltDecisions
{
    public static (Halt? After, Refused? Refused) OrderResume(Halt? halt, string reason, Actor actor) => halt switch
    {
        // The owner's switch is his: for everybody else it is not there.
        null or { Own: true } => (null, Refused.Because("NOT_FOUND", null)),
        _ when string.IsNullOrWhiteSpace(reason) => (null, Refused.Because("REASON_REQUIRED", "R-REG-08")),
        { State: HaltState.Halted } => (halt with { State = HaltState.ResumeOrdered, ResumeReason = reason.Trim(), ResumeOrderedBy = actor }, null),
        _ => (null, Refused.Because("HALT_STATE", "R-REG-08").With("state", halt.State.ToString())),
    };

    public static (Halt? After, Refused? Refused) CarryOut(Halt? halt, Actor actor, Instant now) => halt switch
    {
        null or { Own: true } => (null, Refused.Because("NOT_FOUND", null)),
        { State: not HaltState.ResumeOrdered } => (null, Refused.Because("HALT_STATE", "R-REG-08").With("state", halt.State.ToString())),
        _ when halt.ResumeOrderedBy!.User == actor.User => (null, Refused.Because("FOUR_EYES", "R-REG-08").With("user", actor.User)),
        _ => (halt with { State = HaltState.Resumed, CarriedOutBy = actor, ResumedAt = now }, null),
    };

    /// <summary>The owner frees his account: at once and alone, unless an authority stopped it.</summary>
    /// <param name="own">His standing halt; null: he has none.</param>
    /// <param name="authorities">The authority's.</param>
    /// <returns>Both null: it was free.</returns>
    public static (Halt? After, Refused? Refused) Free(Halt? own, Halt? authorities, Actor actor, Instant now) => (own, authorities) switch
    {
        (_, { } theirs) => (null, Refused.Because("BLOCKED_BY_AUTHORITY", "R-REG-05").With("since", NodaTime.Text.InstantPattern.ExtendedIso.Format(theirs.OrderedAt))),
        ({ } mine, null) => (mine with { State = HaltState.Resumed, CarriedOutBy = actor, ResumedAt = now }, null),
        _ => (null, null),
    };

    public static Command Block(int account) => new() { Kind = CommandKind.BlockAccount, Account = account, Flags = CommandFlags.Blocked };

    /// <summary>What the market must hear of it.</summary>
    /// <param name="mode">How a halted instrument trades: one that gathers goes back to gathering.</param>
    /// <param name="another">Another halt of the same account stands: the market knows one mark of it, which stays.</param>
    public static IReadOnlyList<Command> Tells(Halt halt, bool another, Mode mode = Mode.Continuous) => halt switch
    {
        { State: HaltState.ResumeOrdered } => [],
        { Instrument: > 0 } => [new() { Kind = CommandKind.SetPhase, Instrument = halt.Instrument, Phase = halt.State == HaltState.Halted ? Phase.Halt : mode is Mode.Continuous or Mode.Listing ? Phase.Continuous : Phase.Call }],
        { State: HaltState.Halted } => [Block(halt.Account)],
        _ => another ? [] : [new() { Kind = CommandKind.BlockAccount, Account = halt.Account }],
    };
}
