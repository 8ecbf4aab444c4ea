using NodaTime;
using Trading.Registry.Contracts;

namespace Trading.Settlement.Contracts;

/// <summary>
/// Persisted by number, append-only. Asked: the money is held. Sent: it stands in a payment file. Paid: the bank's statement says so. Returned: the bank sent it back. Cancelled: by
/// the account, or because a freeze came first. Refused: by an operator.
/// </summary>
public enum PayoutState : short { Asked = 1, Sent = 2, Paid = 3, Returned = 4, Cancelled = 5, Refused = 6 }

/// <summary>Money that an account takes out (出金, R-SET-03): it can be spent no more from the moment it is asked for.</summary>
/// <param name="FourEyes">Above the limit in force when it was asked: an operator approves it before it is sent.</param>
/// <param name="File">Number of the payment file in which it was sent.</param>
/// <param name="Debited">The bank's statement has the line that paid it, whatever came after.</param>
/// <param name="Why">Code or reason of its end, where there is one.</param>
public sealed record Payout(
    long Id, int Account, long Fen, string Operation, PayoutState State, bool FourEyes, Actor AskedBy, Instant AskedAt, Actor? ApprovedBy, long? File, bool Debited, string? Why, Instant? EndedAt)
{
    /// <summary>What the bank's statement must carry.</summary>
    public string Reference => PayoutReference.Of(Id);
}

/// <summary>PO and ten digits.</summary>
public static class PayoutReference
{
    private const string Prefix = "PO";

    public static string Of(long id) => Prefix + id.ToString("D10", null);

    /// <summary>Null: it is none of ours.</summary>
    public static long? Id(string reference) =>
        reference.StartsWith(Prefix, StringComparison.Ordinal) && long.TryParse(reference.AsSpan(Prefix.Length), System.Globalization.NumberStyles.None, null, out var id) && Of(id) == reference ? id : null;
}

/// <summary>What the settlement bank is told to pay: numbered without gaps, made once.</summary>
/// <param name="Payouts">How many.</param>
/// <param name="Fen">All of them together.</param>
public sealed record PaymentFile(long Number, Instant MadeAt, Actor By, int Payouts, long Fen);

public interface IPayouts
{
    /// <summary>
    /// Holds the money. The same operation again gives the first. Refused AMOUNT_NOT_POSITIVE, INSUFFICIENT_CASH (freezes have had theirs), IDEMPOTENCY_KEY_REUSED, UNKNOWN_ACCOUNT, RULE_MISSING.
    /// </summary>
    Task<Outcome<Payout>> Ask(int account, long fen, string operation, Actor actor, CancellationToken stop);

    /// <summary>By the account itself, while it is not sent: the money is available again. Refused NOT_FOUND (also another's), PAYOUT_STATE.</summary>
    Task<Outcome<Payout>> Cancel(int account, long id, Actor actor, CancellationToken stop);

    /// <summary>By an operator, of one above the limit. Once more by anybody changes nothing. Refused NOT_FOUND, PAYOUT_STATE, FOUR_EYES (he asked for it).</summary>
    Task<Outcome<Payout>> Approve(long id, Actor actor, CancellationToken stop);

    /// <summary>By an operator, of any that is not sent: the money is available again. Refused NOT_FOUND, PAYOUT_STATE, REASON_REQUIRED.</summary>
    Task<Outcome<Payout>> Refuse(long id, string reason, Actor actor, CancellationToken stop);

    /// <summary>Newest first, below an id; null filters nothing.</summary>
    Task<IReadOnlyList<Payout>> All(PayoutState? state, int? account, long beforeId, int most, CancellationToken stop);

    /// <summary>
    /// The next file, of all that are asked and need nobody's approval any more. One whose account has a freeze that waits for more is cancelled instead, and the freeze takes
    /// its part (R-REG-06). Refused NOTHING_TO_SEND.
    /// </summary>
    Task<Outcome<PaymentFile>> Send(Actor actor, CancellationToken stop);

    /// <summary>Newest first, below a number.</summary>
    Task<IReadOnlyList<PaymentFile>> Files(long beforeNumber, int most, CancellationToken stop);

    /// <summary>What stands in a file, in order of asking; null: there is no such file.</summary>
    Task<(PaymentFile File, IReadOnlyList<Payout> Payouts)?> File(long number, CancellationToken stop);
}
