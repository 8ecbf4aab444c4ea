using NodaTime;
using Trading.Registry.Contracts;

namespace Trading.Settlement.Contracts;

/// <summary>Persisted by number, append-only.</summary>
public enum LotState : short { Listed = 1, Awarded = 2, Settled = 3, Relisted = 4, Withdrawn = 5 }

/// <summary>
/// A quantity that its holder sells as one (标的), outside the continuous market: who bids lays down a deposit, the winner pays the rest in time or loses it (R-SET-04).
/// </summary>
/// <param name="Units">Minimum units.</param>
/// <param name="Price">Asked, yuan for each legal unit; nothing goes below it.</param>
/// <param name="Round">Counts from 1; one more each time a winner did not pay.</param>
/// <param name="Bound">Its units are held. After a winner who did not pay they are the seller's again, until somebody lays down a deposit anew.</param>
/// <param name="Winner">Account; null: not awarded.</param>
/// <param name="Fen">What the winner owes in all.</param>
public sealed record Lot(
    long Id, int Seller, int Instrument, long Units, decimal Price, LotState State, int Round, bool Bound, Instant ListedAt, int? Winner = null, decimal? AwardPrice = null, long? Fen = null, Instant? PayBy = null)
{
    public bool Takes => State is LotState.Listed or LotState.Relisted;
}

/// <summary>Persisted by number, append-only.</summary>
public enum DepositState : short { Held = 1, Returned = 2, Forfeited = 3, Applied = 4 }

/// <summary>Money laid down for a lot (保证金), held by the exchange's deposit account until it goes back, is forfeited, or pays for the lot. Fen.</summary>
public sealed record Deposit(long Id, long Lot, int Round, int Account, long Fen, DepositState State, Instant TakenAt, Instant? EndedAt);

/// <summary>What a bidder would lay down now, before he does. Fen.</summary>
/// <param name="Fen">What the lot comes to at its asked price.</param>
/// <param name="PayBy">By when he would pay the rest, were the lot his today.</param>
public sealed record LotQuote(long Fen, long Deposit, Instant PayBy);

/// <summary>Lots and their deposits. An award is a proposal ("lot-award"): an operator says who won and at what price, the authority confirms it.</summary>
public interface ILots
{
    /// <summary>Newest first, below an id.</summary>
    Task<IReadOnlyList<Lot>> All(long beforeId, int most, CancellationToken stop);

    Task<Lot?> Find(long id, CancellationToken stop);

    /// <summary>Of a lot, in order; of one account or of all.</summary>
    Task<IReadOnlyList<Deposit>> Deposits(long lot, int? account, CancellationToken stop);

    /// <summary>Of every lot, newest first, below an id; of one account or of all.</summary>
    Task<IReadOnlyList<Deposit>> Deposits(int? account, long beforeId, int most, CancellationToken stop);

    /// <summary>What <see cref="Register"/> would take of this account. Refused as that is, but for money that is not there.</summary>
    Task<Outcome<LotQuote>> Quote(long id, int account, CancellationToken stop);

    /// <summary>
    /// Lists a lot: its units are held from then on. The same operation again gives the first. Refused UNKNOWN_INSTRUMENT, PRODUCT_CONFIG (its trades are not this venue's), QTY_NOT_POSITIVE,
    /// PRICE_NOT_POSITIVE, BALANCE_OVERFLOW, INSUFFICIENT_AVAILABLE, IDEMPOTENCY_KEY_REUSED.
    /// </summary>
    Task<Outcome<Lot>> Offer(int seller, int instrument, long units, decimal price, string operation, Actor actor, CancellationToken stop);

    /// <summary>Refused NOT_FOUND, FORBIDDEN (another's), LOT_STATE, DEPOSITS_HELD.</summary>
    Task<Outcome<Lot>> Withdraw(long id, int seller, Actor actor, CancellationToken stop);

    /// <summary>
    /// Lays down the deposit (报名缴纳保证金). Once for each round; a repeat gives the first. Refused NOT_FOUND, LOT_STATE, SAME_ACCOUNT (one's own), INSUFFICIENT_CASH, INSUFFICIENT_AVAILABLE
    /// (a lot listed anew whose units the seller has not any more), RULE_MISSING, and whatever the register says of the pair.
    /// </summary>
    Task<Outcome<Deposit>> Register(long id, int account, Actor actor, CancellationToken stop);

    /// <summary>The winner pays the rest, and the right is his, in one. Refused NOT_FOUND, FORBIDDEN, LOT_STATE, PAYMENT_OVERDUE, INSUFFICIENT_CASH, and whatever register and caps say.</summary>
    Task<Outcome<Lot>> Pay(long id, int account, Actor actor, CancellationToken stop);
}
