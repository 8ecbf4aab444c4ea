using NodaTime;

namespace Trading.Registry.Contracts;

/// <summary>Persisted by number, append-only (R-REG-05).</summary>
public enum TransferOrderState : short { AwaitingApproval = 1, Delayed = 2, Completed = 3, Cancelled = 4, Rejected = 5 }

/// <summary>
/// What a participant orders to be handed over to another outside the market (过户申请). From the order on it is held (R-REG-03). Above a limit, or where an authority has a say in
/// such a deal, a second person approves (R-REG-08, R-REG-11); to an account that is not trusted it waits for the next working day and can be cancelled until then (R-REG-12).
/// </summary>
/// <param name="Units">Minimum units.</param>
/// <param name="DueAt">When it is carried out; null: not decided yet, or over.</param>
public sealed record TransferOrder(
    long Id, HoldingKey Holding, int To, long Units, string Reason, string Operation, TransferOrderState State, Actor OrderedBy, Instant OrderedAt,
    Actor? DecidedBy, Instant? DueAt, Instant? EndedAt);

/// <summary>An account to which handing over needs no delay.</summary>
/// <param name="From">Trusted from this instant on.</param>
public sealed record TrustedAccount(int Account, int Trusted, Instant From, Actor NamedBy);

public interface ITransferOrders
{
    /// <summary>
    /// Orders; the same operation again gives the first. Refused RULE_MISSING, QTY_NOT_POSITIVE, REASON_REQUIRED, UNKNOWN_ACCOUNT, UNKNOWN_INSTRUMENT, INSUFFICIENT_AVAILABLE,
    /// IDEMPOTENCY_KEY_REUSED, and whatever the register says of the pair.
    /// </summary>
    Task<Outcome<TransferOrder>> Order(HoldingKey from, int to, long units, string reason, string operation, Actor actor, CancellationToken stop);

    /// <summary>Approves or rejects what awaits approval. Refused NOT_FOUND, TRANSFER_STATE, FOUR_EYES, AFFECTED_PERSON.</summary>
    Task<Outcome<TransferOrder>> Decide(long id, bool approve, Actor actor, CancellationToken stop);

    /// <summary>The giver's own, while it is awaited or delayed. Refused NOT_FOUND, TRANSFER_STATE.</summary>
    Task<Outcome<TransferOrder>> Cancel(long id, int account, Actor actor, CancellationToken stop);

    /// <summary>Carries out what is due while the desk is open.</summary>
    /// <returns>How many.</returns>
    Task<int> CarryOutDue(CancellationToken stop);

    /// <summary>Null filters nothing; newest first, below an id.</summary>
    Task<IReadOnlyList<TransferOrder>> All(int? account, TransferOrderState? state, long beforeId, int most, CancellationToken stop);

    Task<IReadOnlyList<TrustedAccount>> Trusted(int account, CancellationToken stop);

    /// <summary>Names an account as trusted, some working days from now. Refused UNKNOWN_ACCOUNT, SAME_ACCOUNT, RULE_MISSING. The same again changes nothing.</summary>
    Task<Outcome<TrustedAccount>> Trust(int account, int trusted, Actor actor, CancellationToken stop);

    /// <summary>Takes it off the list, at once.</summary>
    Task Distrust(int account, int trusted, CancellationToken stop);
}
