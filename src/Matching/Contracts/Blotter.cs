using NodaTime;
using Trading.Matching.Core;

namespace Trading.Matching.Contracts;

/// <summary>How an order stands. Refused orders are kept too: they were answered. Waiting: a stop that was not set off.</summary>
public enum OrderStatus : byte { Open = 1, PartiallyFilled = 2, Filled = 3, Cancelled = 4, Refused = 5, Waiting = 6, Expired = 7 }

/// <summary>An order as its owner sees it. Quantities in lots, prices in ticks, money in fen.</summary>
/// <param name="Number">The market's order number; for a refused order 0.</param>
/// <param name="Sequence">Journal sequence of the command that entered it: unique for every order, refused ones too.</param>
/// <param name="TicksTimesLots">Σ ticks × lots of its fills: the average price is this over <paramref name="FilledLots"/>.</param>
public sealed record OrderRow(
    long Number, long Sequence, int Account, int Instrument, string? ClientId, Side Side, OrderType Type, TimeInForce TimeInForce,
    long Ticks, long Lots, long FilledLots, decimal TicksTimesLots, OrderStatus Status, Refusal Code, long Needed, long Had,
    CancelReason Reason, Instant EnteredAt, Instant ChangedAt, long StopTicks, long Display, long MinLots, Instant? Until, bool PostOnly);

/// <summary>A public trade: no parties.</summary>
/// <param name="BustedAt">When it was taken back as erroneous; null: it stands.</param>
public sealed record TradeRow(long TradeNo, long Sequence, int Instrument, long Ticks, long Lots, long Amount, Side Aggressor, bool Pending, Instant At, Instant? BustedAt = null, bool Negotiated = false);

/// <summary>A sale by auction (单向竞价, 政府出让). Ticks and lots.</summary>
/// <param name="Number">Number of the order that stands for it.</param>
/// <param name="Account">Whose it is; 0 = nobody's.</param>
/// <param name="Until">When it closes; null: when somebody says so.</param>
/// <param name="ClosedAt">Null: it is open.</param>
/// <param name="Ticks">The price; null: nothing was sold.</param>
/// <param name="Seed">What ties were drawn from.</param>
/// <param name="ClosedSequence">Journal sequence of the close, and of the winners' trades.</param>
public sealed record SaleRow(
    long Number, int Account, int Instrument, Side Side, long? ReserveTicks, long Lots, Instant? Until, Instant OpenedAt, Instant? ClosedAt, long? Ticks, long Sold, long Bids, long? Seed, long? ClosedSequence);

/// <summary>A listing that stands (挂牌).</summary>
/// <param name="Account">Whose it is: who takes it may choose.</param>
public sealed record ListingRow(long Number, int Account, Side Side, long Ticks, long Shown, long MinLots, Instant EnteredAt);

/// <summary>A trade that one account proposed to another (协议). Open while it has neither an end nor a trade.</summary>
public sealed record ProposalRow(
    long Number, int Account, int Counterparty, int Instrument, Side Side, long Ticks, long Lots, string? ClientId, Instant ProposedAt, Instant? EndedAt, CancelReason Reason, long? TradeNo);

public sealed record PriceLevel(long Ticks, long Lots, int Orders);

/// <param name="Sequence">Counts the changes of this instrument's book, from the journal alone.</param>
public sealed record BookDepth(long Sequence, Phase Phase, IReadOnlyList<PriceLevel> Bids, IReadOnlyList<PriceLevel> Asks, long? LastTicks);

/// <summary>
/// The journal as tables that can be asked (orders, trades, books), written by one follower behind the leader and never by it.
/// Every question first waits, at most 2 s, until the follower has reached what was committed when the question came: one reads one's own writes.
/// </summary>
public interface IBlotter
{
    Task<OrderRow?> Order(int account, long number, CancellationToken stop);

    /// <summary>The order entered by that command of the journal; finds refused orders too.</summary>
    Task<OrderRow?> OrderBySequence(int account, long sequence, CancellationToken stop);

    Task<OrderRow?> OrderByClientId(int account, string clientId, CancellationToken stop);

    /// <summary>Own orders, newest first, with a sequence below <paramref name="beforeSequence"/> (long.MaxValue for the first page).</summary>
    Task<IReadOnlyList<OrderRow>> Orders(int account, int? instrument, bool? alive, OrderStatus? status, long beforeSequence, int most, CancellationToken stop);

    /// <summary>Trades of an instrument with a number above <paramref name="afterTrade"/>, oldest first.</summary>
    Task<IReadOnlyList<TradeRow>> Trades(int instrument, long afterTrade, int most, CancellationToken stop);

    Task<BookDepth> Book(int instrument, int depth, CancellationToken stop);

    /// <summary>Newest trades of an instrument, newest first.</summary>
    Task<IReadOnlyList<TradeRow>> NewestTrades(int instrument, int most, CancellationToken stop);

    /// <summary>Own orders with these numbers, in any order; what is not one's own is left out.</summary>
    Task<IReadOnlyList<OrderRow>> Orders(int account, IReadOnlyCollection<long> numbers, CancellationToken stop);

    /// <summary>Sales by auction, newest first.</summary>
    Task<IReadOnlyList<SaleRow>> Sales(int? instrument, bool openOnly, int most, CancellationToken stop);

    Task<SaleRow?> Sale(long number, CancellationToken stop);

    /// <summary>What winners of a closed sale got, best first: its trades.</summary>
    Task<IReadOnlyList<TradeRow>> Awards(SaleRow sale, CancellationToken stop);

    /// <summary>What stands in the book of an instrument order by order, best price first; for those whose takers choose.</summary>
    Task<IReadOnlyList<ListingRow>> Listings(int instrument, Side side, int most, CancellationToken stop);

    /// <summary>One order that stands in the book of an instrument; null: it does not.</summary>
    Task<ListingRow?> Listing(int instrument, long number, CancellationToken stop);

    /// <summary>Null: there is none, or it is neither to nor from this account.</summary>
    Task<ProposalRow?> Proposal(int account, long number, CancellationToken stop);

    /// <summary>Proposals that an account made or was made, newest first.</summary>
    Task<IReadOnlyList<ProposalRow>> Proposals(int account, bool openOnly, int most, CancellationToken stop);

    /// <summary>The whole public picture at one place of the journal, and what was traded since <paramref name="daySince"/>. Does not wait.</summary>
    Task<FeedStart> Standing(Instant daySince, CancellationToken stop);

    /// <summary>Candles of an instrument, oldest first, reckoned by the database from every trade between the two moments; at most <paramref name="most"/>, the newest.</summary>
    /// <param name="widthSeconds">Candles begin at whole multiples of it, counted from midnight in Shanghai.</param>
    Task<IReadOnlyList<Candle>> Candles(int instrument, int widthSeconds, Instant from, Instant to, int most, CancellationToken stop);
}

/// <summary>Ticks, lots and fen of the trades in one stretch of time.</summary>
public sealed record Candle(Instant At, long Open, long High, long Low, long Close, long Lots, long Amount);
