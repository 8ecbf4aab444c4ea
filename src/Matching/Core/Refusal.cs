namespace Trading.Matching.Core;

/// <summary>Why the market said no. Persisted, append-only. Its public code is the name in UPPER_SNAKE; texts stand in docs/codes.md.</summary>
public enum Refusal : ushort
{
    None = 0,
    UnknownCommand = 1,
    UnknownInstrument = 2,
    InstrumentExists = 3,
    InstrumentTermsInvalid = 4,
    UnknownAccount = 5,
    AccountBlocked = 6,
    NotPermitted = 7,
    InstrumentNotOpen = 8,
    QtyNotPositive = 9,
    PriceNotPositive = 10,
    PriceBelowLimit = 11,
    PriceAboveLimit = 12,
    /// <summary>A market order carries no price.</summary>
    PriceNotAllowed = 13,
    OrderValueTooLarge = 14,
    InsufficientCash = 15,
    InsufficientPosition = 16,
    PositionLimit = 17,
    ClientOrderIdReused = 18,
    UnknownOrder = 19,
    UnknownTrade = 20,
    QtyAboveTrade = 21,
    AmountNotPositive = 22,
    BalanceOverflow = 23,
    UnknownPhase = 24,
    DayInvalid = 25,
    TypeNotAllowed = 26,
    UnknownSeizure = 27,
}
