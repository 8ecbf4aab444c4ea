using NodaTime;
using Trading.Registry.Contracts;

namespace Trading.Settlement.Contracts;

/// <summary>Persisted by number, append-only.</summary>
public enum HaltState : short { Halted = 1, ResumeOrdered = 2, Resumed = 3 }

/// <summary>
/// A halt of one instrument (临时停牌, R-SUR-08) or of one account (限制交易, R-REG-05). An emergency needs one person; trading resumes when two have agreed.
/// </summary>
/// <param name="Instrument">0: of an account.</param>
/// <param name="Account">0: of an instrument. Its orders leave at once, and it enters none.</param>
/// <param name="Own">The owner's own switch, which he alone turns: it is no halt of the authority's.</param>
public sealed record Halt(
    long Id, int Instrument, int Account, bool Own, string Reason, HaltState State, Actor OrderedBy, Instant OrderedAt, string? ResumeReason, Actor? ResumeOrderedBy, Actor? CarriedOutBy,
    Instant? ResumedAt);

/// <summary>An account's own switch (紧急停止).</summary>
/// <param name="On">The owner stopped it: its orders have left, and it enters none.</param>
/// <param name="ByAuthority">An authority stopped it too, or alone: the owner cannot free it.</param>
/// <param name="InForce">The market has carried out the last turn of it; false: it will, as soon as it leads.</param>
public sealed record KillSwitch(bool On, bool ByAuthority, Actor? By, Instant? Since, bool InForce);

public interface IHalts
{
    /// <summary>Halts at once; orders stay in the book and can be cancelled. Refused REASON_REQUIRED, UNKNOWN_INSTRUMENT, HALT_STATE where it is halted already.</summary>
    Task<Outcome<Halt>> Order(int instrument, string reason, Actor actor, CancellationToken stop);

    /// <summary>Halts an account at once: its orders leave. Refused REASON_REQUIRED, UNKNOWN_ACCOUNT, HALT_STATE where it is halted already.</summary>
    Task<Outcome<Halt>> OrderOfAccount(int account, string reason, Actor actor, CancellationToken stop);

    /// <summary>Asks that trading resume. Nothing moves until another person carries it out.</summary>
    Task<Outcome<Halt>> OrderResume(long id, string reason, Actor actor, CancellationToken stop);

    /// <summary>Resumes trading. Refused FOUR_EYES for whoever asked (R-REG-08), HALT_STATE where nobody did.</summary>
    Task<Outcome<Halt>> CarryOut(long id, Actor actor, CancellationToken stop);

    /// <summary>Of authorities, newest first, below <paramref name="beforeId"/>.</summary>
    Task<IReadOnlyList<Halt>> All(long beforeId, int most, CancellationToken stop);

    /// <summary>The owner turns his switch; turning it to where it is changes nothing. Refused BLOCKED_BY_AUTHORITY off while an authority's halt stands.</summary>
    Task<Outcome<KillSwitch>> Turn(int account, bool on, Actor actor, CancellationToken stop);

    Task<KillSwitch> Switch(int account, CancellationToken stop);
}
