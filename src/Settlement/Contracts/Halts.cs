using NodaTime;
using Trading.Registry.Contracts;

namespace Trading.Settlement.Contracts;

/// <summary>Persisted by number, append-only.</summary>
public enum HaltState : short { Halted = 1, ResumeOrdered = 2, Resumed = 3 }

/// <summary>A halt of one instrument (临时停牌, R-SUR-08). An emergency needs one person; trading resumes when two have agreed.</summary>
public sealed record Halt(
    long Id, int Instrument, string Reason, HaltState State, Actor OrderedBy, Instant OrderedAt, string? ResumeReason, Actor? ResumeOrderedBy, Actor? CarriedOutBy, Instant? ResumedAt);

public interface IHalts
{
    /// <summary>Halts at once; orders stay in the book and can be cancelled. Refused REASON_REQUIRED, UNKNOWN_INSTRUMENT, HALT_STATE where it is halted already.</summary>
    Task<Outcome<Halt>> Order(int instrument, string reason, Actor actor, CancellationToken stop);

    /// <summary>Asks that trading resume. Nothing moves until another person carries it out.</summary>
    Task<Outcome<Halt>> OrderResume(long id, string reason, Actor actor, CancellationToken stop);

    /// <summary>Resumes trading. Refused SAME_PERSON for whoever asked (R-REG-08), HALT_STATE where nobody did.</summary>
    Task<Outcome<Halt>> CarryOut(long id, Actor actor, CancellationToken stop);

    /// <summary>Newest first, below <paramref name="beforeId"/>.</summary>
    Task<IReadOnlyList<Halt>> All(long beforeId, int most, CancellationToken stop);
}
