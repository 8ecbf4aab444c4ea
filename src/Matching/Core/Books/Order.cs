namespace Trading.Matching.Core.Books;

/// <summary>What sets an order apart from the plain ones; the hot path looks at one byte.</summary>
[Flags]
internal enum Marks : byte
{
    None = 0,
    /// <summary>Its <see cref="Story"/> holds something: it was filled in part, or one of the marks below stands.</summary>
    Told = 1,
    Iceberg = 2,
    /// <summary>Least lots of one meeting; skipped by a taker that would take less.</summary>
    MinLots = 4,
    PostOnly = 8,
    /// <summary>A stop that was not set off: it stands among the stops and in no book.</summary>
    Waiting = 16,
    /// <summary>A market order that waits, or did as a stop, and may have to pay: <see cref="Order.Ticks"/> is the worst price its lock can pay.</summary>
    Capped = 32,
    /// <summary>It stands in its book.</summary>
    Resting = 64,
    /// <summary>It waits for an uncrossing beside the book.</summary>
    Gathered = 128,
}

/// <summary>An open order's hot half: what the walk of a taker reads. One cache line.</summary>
internal struct Order
{
    public long Number;
    public long Ticks;
    /// <summary>Open lots, hidden ones included.</summary>
    public long Left;
    /// <summary>Fen still locked for it: a buy's cost at its limit, a sell's where its limit is negative. A sell also locks its open lots.</summary>
    public long Lock;
    public int Account;
    public int Instrument;
    /// <summary>Neighbours in its price level, first come first; the free list goes by After.</summary>
    public int Before;
    public int After;
    /// <summary>Neighbours in its account's list, in the order of numbers; Before is <see cref="NotOpen"/> until it is in the list.</summary>
    public int AccountBefore;
    public int AccountAfter;
    /// <summary>Its client order id among those heard; -1 = none.</summary>
    public int Heard;
    public Side Side;
    public OrderType Type;
    public TimeInForce TimeInForce;
    public Marks Marks;

    public const int NotOpen = -2;

    public readonly bool Is(Marks mark) => (Marks & mark) == mark;

    public readonly bool AtAnyPrice => Type == OrderType.Market && !Is(Marks.Capped);
}

/// <summary>
/// The cold half, by the same slot: read only where <see cref="Marks.Told"/> stands. What an order has cost is reckoned from
/// <see cref="TicksLots"/>, never from the sum of its rounded fills.
/// </summary>
internal struct Story
{
    public long Lots;
    public long Filled;
    /// <summary>Σ ticks × lots of its fills; where prices may be negative, of those it pays for.</summary>
    public Int128 TicksLots;
    /// <summary>Fen of these fills so far, and fees taken of them.</summary>
    public long Amount;
    public long Fee;
    /// <summary>Lots of an iceberg shown at a time, and now.</summary>
    public long Display;
    public long Shown;
    public long MinLots;
    public long StopTicks;
    public long UntilMicros;
    /// <summary>The listing that a gathered taker chose; 0 = any.</summary>
    public long Chosen;
    public SelfTrade SelfTrade;
}
