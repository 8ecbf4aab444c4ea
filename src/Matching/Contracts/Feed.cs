using System.Collections.Immutable;
using NodaTime;
using Trading.Matching.Core;

namespace Trading.Matching.Contracts;

/// <summary>A trade as everyone sees it, with its number in the instrument's public count.</summary>
/// <param name="Buyer">Account of the buyer: for supervision only, never public.</param>
/// <param name="Seller">As <paramref name="Buyer"/>.</param>
public sealed record FeedTrade(long Sequence, long TradeNo, long Ticks, long Lots, long Amount, Side Aggressor, bool Negotiated, int Buyer, int Seller, Instant At);

/// <summary>What happened in an auction besides its trades: Uncrossed, SaleOpened, SaleClosed, Extended.</summary>
/// <param name="Order">Number of the sale's order; 0 where it is a call.</param>
/// <param name="Side">Whose surplus; of a sale, what the sale does.</param>
/// <param name="Ticks">The price; null: there is none. Of a sale that opens, its reserve.</param>
/// <param name="Until">When the sale closes; null: when somebody says so.</param>
/// <param name="Seed">What ties were drawn from; null: nothing was drawn.</param>
public sealed record FeedSession(long Sequence, OutputKind Kind, long Order, Side Side, long? Ticks, long Lots, long Surplus, long Bids, Instant? Until, long? Seed, Instant At);

public readonly record struct FeedPhase(long Sequence, Phase Phase, Instant At);

/// <summary>An earlier trade was taken back as erroneous. Lots and fen as it had.</summary>
/// <param name="Buyer">For supervision only, never public.</param>
/// <param name="Seller">As <paramref name="Buyer"/>.</param>
public sealed record FeedBust(long Sequence, long TradeNo, long Lots, long Amount, int Buyer, int Seller, Instant At);

/// <summary>A price level after the change; 0 lots: the level is gone.</summary>
public readonly record struct FeedLevel(Side Side, long Ticks, long Lots, int Orders);

/// <summary>
/// What one batch changed of one instrument's public picture. Numbers count per instrument, from the journal alone: an order accepted, replaced, set off,
/// decremented, cancelled or left in the book by an auction is one, a listing, a phase, a bust and each event of a session are one each, a trade is two (the trade, and the book after it).
/// </summary>
/// <param name="Previous">Number that stood before.</param>
/// <param name="Sequence">Number that stands after.</param>
/// <param name="BookSequence">Number of the last change of the book in this step; 0 where it did not change.</param>
/// <param name="Levels">Every level touched, absolute, as it stands after the whole step.</param>
public sealed record FeedStep(
    int Instrument, long Previous, long Sequence, Instant At, ImmutableArray<FeedTrade> Trades, ImmutableArray<FeedPhase> Phases, ImmutableArray<FeedSession> Sessions, ImmutableArray<FeedBust> Busts, long BookSequence,
    ImmutableArray<FeedLevel> Levels);

/// <summary>A resting order, without its owner.</summary>
/// <param name="Lots">What is left of it.</param>
/// <param name="Shown">What the book shows of that; 0 where it stands in no book: a market order, a stop that waits.</param>
/// <param name="Display">Lots that an iceberg shows at a time; 0 = all.</param>
/// <param name="Total">What was asked for, filled part included.</param>
public readonly record struct RestingOrder(long Number, int Instrument, Side Side, long Ticks, long Lots, long Total, long Shown, long Display);

/// <param name="LastTicks">Price of the last trade ever; null: none.</param>
public sealed record StandingBook(int Instrument, long Sequence, Phase Phase, long? LastTicks);

/// <summary>What was traded of an instrument since a moment. Lots, ticks and fen.</summary>
public sealed record DayFigures(int Instrument, long Open, long High, long Low, long Lots, long Amount);

/// <summary>The public picture at one place of the journal: where a follower begins.</summary>
public sealed record FeedStart(long Sequence, IReadOnlyList<StandingBook> Books, IReadOnlyList<RestingOrder> Orders, IReadOnlyList<DayFigures> Days);
