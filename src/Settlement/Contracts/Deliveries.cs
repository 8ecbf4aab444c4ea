using System.Collections.Immutable;
using NodaTime;
using Trading.Registry.Contracts;

namespace Trading.Settlement.Contracts;

/// <summary>
/// Persisted by number, append-only. Executed: nothing stands between trade and settlement. Confirmed and Rejected: the authority has spoken
/// and the market is told. Settled and Unwound are ends; a final trade that was settled may still be Busted, and that is the last word on it.
/// </summary>
public enum DeliveryState : short
{
    AwaitingConfirmation = 1, Confirmed = 2, Rejected = 3, Settled = 4, Unwound = 5, Executed = 6, Busted = 7,
    AwaitingNotice = 8, AwaitingContract = 9, AwaitingPayment = 10, AwaitingPermitChange = 11, AwaitingCheck = 12,
    /// <summary>From here on only lines of a timeline: what somebody did, while the trade waits for the next.</summary>
    NoticeEnded = 13, ContractSigned = 14, Paid = 15, PermitChanged = 16, Checked = 17, Proposed = 18,
}

/// <summary>One line of a settlement's timeline: which state, when, who, and why where a reason was given.</summary>
/// <param name="For">For whom: region of an authority, buyer or seller; null: nobody was asked.</param>
public sealed record DeliveryStep(DeliveryState State, Instant At, Actor By, string? Reason, string? For = null, int Step = 0);

/// <summary>One of two people of an authority spoke, and the other has not yet (R-REG-08).</summary>
/// <param name="Lots">Of a part; null: the whole.</param>
public sealed record ProposedAnswer(string For, bool Approve, string? Reason, long? Lots, Actor By);

/// <summary>What a trade still owes, or owed. Quantities in lots, money in fen.</summary>
/// <param name="Steps">Those it takes, as its instant's rules had them; none: it was final, or nobody need be asked.</param>
/// <param name="Step">The one it stands at.</param>
/// <param name="Waiting">Whose answer this step still lacks.</param>
/// <param name="AnswerBy">When the time of this step has run out; null: never.</param>
/// <param name="SettledLots">What of it was settled so far.</param>
public sealed record TradeSettlement(
    long TradeNo, long Sequence, int Instrument, int Buyer, int Seller, long BuyOrder, long SellOrder, long Ticks, long Lots, long Amount,
    long BuyFee, long SellFee, DeliveryState State, Instant ExecutedAt, Instant? AnswerBy, ImmutableArray<DeliveryStep> Timeline,
    ImmutableArray<PlannedStep> Steps, int Step, ImmutableArray<string> Waiting, long SettledLots = 0, ProposedAnswer? Proposed = null)
{
    /// <summary>It could not fail: both legs moved as it was matched.</summary>
    public bool Final => Timeline[0].State == DeliveryState.Executed;

    /// <summary>It stands at a step.</summary>
    public bool Awaits => State is DeliveryState.AwaitingConfirmation or >= DeliveryState.AwaitingNotice and <= DeliveryState.AwaitingCheck;
}

/// <summary>Whose balances or settlements changed a moment ago, and which trades. Accounts null: perhaps everyone's.</summary>
public sealed record Changed(IReadOnlyList<int>? Accounts, IReadOnlyList<long> Trades);

/// <summary>Tells at once what was committed, from any process. What is missed is found by looking: nothing may stand on it alone.</summary>
public interface ISettlementNews
{
    /// <summary>Ends only with <paramref name="stop"/>; after a lost connection it says that everyone's may have changed.</summary>
    IAsyncEnumerable<Changed> Listen(CancellationToken stop);
}

/// <summary>Persisted by number, append-only. NotBooked: what the market did could not be booked. Overdue: nobody answered within the legal time. Break: two books differ.</summary>
public enum AlertKind : short { NotBooked = 1, Overdue = 2, Break = 3 }

/// <summary>What somebody must look at.</summary>
/// <param name="TradeNo">0: it is about no one trade.</param>
/// <param name="Break">Of a break, what was compared.</param>
public sealed record Alert(long Id, AlertKind Kind, long TradeNo, string Text, Instant At, Break? Break);

public interface ISettlements
{
    /// <summary>Newest first, below an id; for supervision.</summary>
    Task<IReadOnlyList<Alert>> Alerts(long beforeId, int most, CancellationToken stop);

    /// <summary>Of everyone, newest first, below <paramref name="beforeTrade"/>; for supervision.</summary>
    Task<IReadOnlyList<TradeSettlement>> All(int? instrument, long beforeTrade, int most, CancellationToken stop);

    /// <summary>These trades, as far as they are this account's.</summary>
    Task<IReadOnlyList<TradeSettlement>> Of(int account, IReadOnlyCollection<long> trades, CancellationToken stop);

    /// <summary>Of this account as buyer or seller, newest first, below <paramref name="beforeTrade"/>.</summary>
    Task<IReadOnlyList<TradeSettlement>> Of(int account, DeliveryState? state, long beforeTrade, int most, CancellationToken stop);

    /// <summary>Null when there is none of this account.</summary>
    Task<TradeSettlement?> Settlement(int account, long tradeNo, CancellationToken stop);
}

/// <summary>What somebody says at a step of a delivery.</summary>
/// <param name="Reason">Mandatory on rejection (R-REG-08).</param>
/// <param name="Lots">Of a part, where the step allows it; null: the whole.</param>
public sealed record StepAnswer(bool Approve, string? Reason, long? Lots, Actor By);

/// <summary>The desk where authorities confirm or reject trades, and the parties sign.</summary>
public interface IConfirmations
{
    /// <summary>What lay before this authority, in order of trades after <paramref name="afterTrade"/>.</summary>
    /// <param name="state">AwaitingConfirmation: what waits for its answer, whatever the step; null: all.</param>
    Task<IReadOnlyList<TradeSettlement>> Queue(string authority, DeliveryState? state, long afterTrade, int most, CancellationToken stop);

    /// <summary>One that lay before this authority; null: none.</summary>
    Task<TradeSettlement?> Find(string authority, long tradeNo, CancellationToken stop);

    /// <summary>
    /// Records the answer; the market and the books follow. The same answer again gives the first; another answer is refused CONFIRMATION_ALREADY_ANSWERED.
    /// Refused CONFIRMATION_UNKNOWN for a missing one and for another's alike; REASON_REQUIRED, AFFECTED_PERSON, FOUR_EYES, NOTICE_RUNS, PART_NOT_ALLOWED, QTY_ABOVE_TRADE.
    /// </summary>
    /// <param name="who">Region of the authority; <see cref="PlannedStep.Buyer"/> or <see cref="PlannedStep.Seller"/>.</param>
    /// <param name="step">At which step.</param>
    Task<Outcome<TradeSettlement>> Answer(string who, long tradeNo, int step, StepAnswer answer, CancellationToken stop);

    /// <summary>
    /// Answers, all at once, every trade of an instrument that waits for this authority's check: so many lots pass, shared in proportion (R-PWR-10), and what does not goes back.
    /// Refused QTY_NOT_POSITIVE below 0, NOT_FOUND where none waits, and as one answer is; then none is answered.
    /// </summary>
    Task<Outcome<IReadOnlyList<TradeSettlement>>> Check(string authority, int instrument, long mostLots, Actor by, CancellationToken stop);
}

/// <summary>Freezes (冻结): ordered by one person, carried out by another (R-REG-06, R-REG-08). Minimum units or fen.</summary>
/// <param name="Amount">What it is to hold; what of it is not taken yet waits (轮候冻结). 0 while a freeze of all is not carried out.</param>
/// <param name="Taken">What it holds.</param>
/// <param name="Deducting">What a court ordered to be taken of it and is not carried out yet.</param>
/// <param name="Deducted">What was taken of it for good.</param>
public sealed record Freeze(
    long Id, int Account, int Instrument, long Amount, long Taken, FreezeWarrant Warrant, FreezeState State, Actor OrderedBy, Actor? CarriedOutBy, Instant OrderedAt,
    Deduction? Deducting = null, long Deducted = 0);

/// <summary>What a freeze rests on (冻结文书, R-REG-06).</summary>
/// <param name="Authority">The court or authority that froze, as its document names it.</param>
/// <param name="Officer">Who of it signed or served.</param>
/// <param name="Document">Number of the document.</param>
/// <param name="Basis">The law it names; null where the document names none.</param>
/// <param name="FirstDay">Not carried out before this day in Asia/Shanghai; null: at once.</param>
/// <param name="LastDay">Lapses by itself after this day in Asia/Shanghai; null: until it is lifted.</param>
public sealed record FreezeWarrant(FreezeKind Kind, string Authority, string Officer, string Document, string? Basis = null, LocalDate? FirstDay = null, LocalDate? LastDay = null);

/// <summary>Persisted by number, append-only.</summary>
public enum FreezeKind : short { Judicial = 1, Administrative = 2 }

/// <summary>A court's order to hand over frozen rights or money (扣划): a non-trade transfer (R-REG-06).</summary>
public sealed record Deduction(int To, long Amount, string Document);

/// <summary>Persisted by number, append-only.</summary>
public enum FreezeState : short { Ordered = 1, Active = 2, LiftOrdered = 3, Lifted = 4, DeductOrdered = 5, Deducted = 6, Lapsed = 7 }

public interface IFreezes
{
    /// <summary>
    /// Orders a freeze of fen (instrument 0) or minimum units. Nothing moves until another person carries it out. Refused QTY_NOT_POSITIVE, REASON_REQUIRED (no document,
    /// authority or officer), FREEZE_DAYS (its last day is past, or before its first), UNKNOWN_ACCOUNT, UNKNOWN_INSTRUMENT.
    /// </summary>
    /// <param name="amount">Null: all that is there when it is carried out, but what is matched and not settled.</param>
    Task<Outcome<Freeze>> Order(int account, int instrument, long? amount, FreezeWarrant warrant, Actor actor, CancellationToken stop);

    /// <summary>Orders the lifting of an active freeze; a deduction that was ordered and not carried out falls.</summary>
    Task<Outcome<Freeze>> OrderLift(long id, string document, Actor actor, CancellationToken stop);

    /// <summary>
    /// Orders that of what a freeze holds so much goes to another account (扣划). Refused NOT_FOUND, FREEZE_STATE, REASON_REQUIRED, UNKNOWN_ACCOUNT, SAME_ACCOUNT, QTY_NOT_POSITIVE,
    /// INSUFFICIENT_AVAILABLE (more than it holds).
    /// </summary>
    Task<Outcome<Freeze>> OrderDeduction(long id, Deduction deduction, Actor actor, CancellationToken stop);

    Task<Freeze?> Find(long id, CancellationToken stop);

    /// <summary>
    /// Carries out what is ordered. Refused FOUR_EYES for whoever ordered it, FREEZE_DAYS before its first day and after its last, NOTHING_TO_FREEZE where all is ordered and nothing is there.
    /// </summary>
    Task<Outcome<Freeze>> CarryOut(long id, Actor actor, CancellationToken stop);

    Task<IReadOnlyList<Freeze>> All(long afterId, int most, CancellationToken stop);
}

public interface ISettlerState
{
    /// <summary>This process settles.</summary>
    bool Settles { get; }
}

public interface IBusTrouble
{
    /// <summary>Why news of deliveries is not told now; null: it is. Orders, trades and books go on without.</summary>
    string? Trouble { get; }
}

/// <summary>Do the books agree with the journal, with each other and with themselves?</summary>
public interface ISettlementVerification
{
    Task<IReadOnlyList<Trading.Matching.Contracts.Verified>> Verify(CancellationToken stop);
}
