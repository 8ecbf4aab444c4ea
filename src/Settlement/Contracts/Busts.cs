using NodaTime;
using Trading.Matching.Core;
using Trading.Registry.Contracts;

namespace Trading.Settlement.Contracts;

/// <summary>Persisted by number, append-only. Approved: the market is told. Busted, Refused (by the market) and Withdrawn are ends.</summary>
public enum BustState : short { Asked = 1, Approved = 2, Busted = 3, Refused = 4, Withdrawn = 5 }

/// <summary>The cancellation of an erroneous final trade (撤销成交): asked for by one person, approved by another (R-REG-08), carried out by the market whole or refused.</summary>
/// <param name="AnsweredBy">Who approved or withdrew it.</param>
/// <param name="Code">Why the market refused: what it needed and what there was, in lots or fen as the code says.</param>
/// <param name="Heard">Where in the journal settlement stood when it was approved: what the market said before is not about it.</param>
public sealed record Bust(
    long Id, long TradeNo, string Reason, BustState State, Actor AskedBy, Instant AskedAt, Actor? AnsweredBy, Instant? AnsweredAt, Refusal Code, long Needed, long Had, long Heard);

public interface IBusts
{
    /// <summary>Asks that a trade be cancelled. Nothing moves until another person approves. Refused REASON_REQUIRED, UNKNOWN_TRADE, TRADE_NOT_FINAL, TRADE_BUSTED, BUST_STATE where it is asked already.</summary>
    Task<Outcome<Bust>> Ask(long tradeNo, string reason, Actor actor, CancellationToken stop);

    /// <summary>Tells the market in the same transaction. Refused FOUR_EYES for whoever asked, BUST_STATE where there is nothing to approve.</summary>
    Task<Outcome<Bust>> Approve(long id, Actor actor, CancellationToken stop);

    /// <summary>Before it is approved, whoever asked takes it back, or another declines it.</summary>
    Task<Outcome<Bust>> Withdraw(long id, Actor actor, CancellationToken stop);

    /// <summary>Newest first, below <paramref name="beforeId"/>.</summary>
    Task<IReadOnlyList<Bust>> All(long beforeId, int most, CancellationToken stop);

    Task<Bust?> Bust(long id, CancellationToken stop);

    /// <summary>The trade of a request, with everything both people must see.</summary>
    Task<IReadOnlyList<TradeSettlement>> Trades(IReadOnlyCollection<long> trades, CancellationToken stop);
}
