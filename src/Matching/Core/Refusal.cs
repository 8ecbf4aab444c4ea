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
    QtyTooSmall = 28,
    QtyTooLarge = 29,
    /// <summary>Bought too lately to be sold or taken out (R-CEA-10).</summary>
    T1Locked = 30,
    /// <summary>A limit order has a price; a stop that waits needs a band that bounds what it may cost.</summary>
    PriceRequired = 31,
    StopRequired = 32,
    StopNotAllowed = 33,
    UntilRequired = 34,
    UntilNotAllowed = 35,
    DisplayNotAllowed = 36,
    MinQtyNotAllowed = 37,
    PostOnlyNotAllowed = 38,
    OrderValueAboveLimit = 39,
    TradeBusted = 40,
    /// <summary>The instrument does not trade that way.</summary>
    ModeNotAvailable = 41,
    /// <summary>A bid that does not go far enough beyond the best, or beyond the reserve (R-POL-10).</summary>
    StepBelowMin = 42,
    StepGtMax = 43,
    SaleNotOpen = 44,
    SaleExists = 45,
    SaleTermsInvalid = 46,
    PriceBelowReserve = 47,
    /// <summary>A leading bid cannot be taken back.</summary>
    BidBinding = 48,
    UnknownListing = 49,
    /// <summary>The listing is worse than the best levels that a taker reaches (R-CEA-05).</summary>
    ListingOutOfReach = 50,
    UnknownProposal = 51,
    /// <summary>Two accounts of one control group do not trade with each other (R-SUR-02).</summary>
    SelfTrade = 52,
}
