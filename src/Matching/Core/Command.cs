using System.Runtime.InteropServices;

namespace Trading.Matching.Core;

/// <summary>What a command asks. Persisted: numbers are never reused or changed, only appended.</summary>
public enum CommandKind : byte
{
    None = 0,
    ListInstrument = 1,
    SetLimits = 2,
    Permit = 3,
    BlockAccount = 4,
    Deposit = 5,
    Withdraw = 6,
    Place = 7,
    Cancel = 8,
    CancelAll = 9,
    Replace = 10,
    SetPhase = 11,
    StartDay = 12,
    Advance = 13,
    Seize = 14,
    LiftSeizure = 15,
    Settle = 16,
    Unwind = 17,
    /// <summary>The trading parameters of an instrument that may change from one day to the next.</summary>
    SetTerms = 18,
    /// <summary>Puts an account in a control group: no two of one group trade with each other.</summary>
    GroupAccount = 19,
    /// <summary>Dead-man timer: all orders of the account leave at UntilMicros, unless it is armed again before; 0 disarms.</summary>
    ArmTimer = 20,
    /// <summary>The account's connection is gone: all its orders leave.</summary>
    Disconnect = 21,
    /// <summary>Two people cancelled an erroneous final trade: both legs go back.</summary>
    BustTrade = 22,
    /// <summary>The fee of an instrument for orders that enter from now on; those that are in it keep theirs.</summary>
    SetFee = 23,
    /// <summary>Takes one chosen listing (点选摘牌), at its price; what it cannot have of it is cancelled.</summary>
    Take = 24,
    /// <summary>Opens a sale of an instrument whose mode is one (Sealed, Ascending; Descending: a purchase), and locks what is for sale.</summary>
    OpenSale = 25,
    /// <summary>Proposes a trade to one other account; locks nothing.</summary>
    Propose = 26,
    /// <summary>The counterparty accepts: both sides are locked and it is a trade, or it is refused and the proposal stands.</summary>
    Accept = 27,
    /// <summary>The counterparty declines.</summary>
    Decline = 28,
}

/// <summary>How an instrument trades (交易方式). Persisted, append-only.</summary>
public enum Mode : byte
{
    /// <summary>滚动撮合; may also be called to an auction, by its phase.</summary>
    Continuous = 0,
    /// <summary>集中竞价: one price for all at an uncrossing.</summary>
    Call = 1,
    /// <summary>高低匹配: at an uncrossing the highest buyer meets the lowest seller, each pair at its mean.</summary>
    HighLow = 2,
    /// <summary>Sealed bids for a sale at one price (政府出让).</summary>
    Sealed = 3,
    /// <summary>One lot, prices rise (单向竞价).</summary>
    Ascending = 4,
    /// <summary>Listings stand and are taken (挂牌).</summary>
    Listing = 5,
    /// <summary>One buyer, prices fall (单向竞价, 反向).</summary>
    Descending = 6,
}

/// <summary>Who is served first at one price. Persisted, append-only.</summary>
public enum Priority : byte { Time = 0, ProRata = 1 }

/// <summary>What a call auction's price is. Persisted, append-only. LastPair: the mean of the last pair that is matched (R-PWR-05).</summary>
public enum PriceRule : byte { Volume = 0, LastPair = 1 }

/// <summary>What becomes of market orders that an auction did not fill. Persisted, append-only. Limit: the rest stands at the auction's price.</summary>
public enum MarketRemainder : byte { Cancel = 0, Limit = 1 }

/// <summary>Who of equal bids at the margin of a sale is served (R-AUC-03). Persisted, append-only. Default: by the instrument's <see cref="Priority"/>.</summary>
public enum Ties : byte { Default = 0, ProRata = 1, Time = 2, Random = 3 }

/// <summary>What a sale does with fewer bids than supply (R-AUC-04). Persisted, append-only.</summary>
public enum Undersubscribed : byte { Sell = 0, Cancel = 1 }

/// <summary>Persisted, append-only.</summary>
public enum Side : byte { None = 0, Buy = 1, Sell = 2 }

/// <summary>Persisted, append-only. A stop waits until the last price reaches it, and then enters as Market or Limit.</summary>
public enum OrderType : byte { Limit = 0, Market = 1, Stop = 2, StopLimit = 3 }

/// <summary>Persisted, append-only. Day: until the trading day ends; Ioc: the rest is cancelled at once; Fok: whole or nothing; Gtd: until an instant, excluded.</summary>
public enum TimeInForce : byte { Day = 0, Ioc = 1, Fok = 2, Gtc = 3, Gtd = 4 }

/// <summary>Persisted, append-only.</summary>
public enum Phase : byte
{
    None = 0,
    Continuous = 1,
    Halt = 2,
    Close = 3,
    /// <summary>Orders and bids gather; nothing trades.</summary>
    Call = 4,
    /// <summary>What gathered trades, or the sale closes; lasts no time. A continuous instrument goes on to Continuous, the others back to where they were.</summary>
    Uncross = 5,
}

/// <summary>What happens when a taker would meet its own control group. Persisted, append-only. In a Place, Default is the instrument's.</summary>
public enum SelfTrade : byte { Default = 0, CancelNewest = 1, None = 2, CancelOldest = 3, CancelBoth = 4, Decrement = 5 }

/// <summary>Which terms of an order a Replace changes; the others stay. Persisted, append-only bits.</summary>
[Flags]
public enum Changes : byte { None = 0, Price = 1, Lots = 2, Stop = 4, Display = 8, Until = 16 }

/// <summary>Persisted, append-only bits; which bit belongs to which command stands beside it.</summary>
[Flags]
public enum CommandFlags : byte
{
    None = 0,
    /// <summary>ListInstrument: both legs of a trade stay locked until Settle or Unwind.</summary>
    Conditional = 1,
    /// <summary>ListInstrument: an account without a Permit may not trade it.</summary>
    PermitNeeded = 2,
    /// <summary>Permit: may buy.</summary>
    MayBuy = 4,
    /// <summary>Permit: may sell.</summary>
    MaySell = 8,
    /// <summary>BlockAccount: set = blocked, clear = free again.</summary>
    Blocked = 16,
    /// <summary>Place: only rests; where it would trade it is cancelled instead.</summary>
    PostOnly = 32,
    /// <summary>ListInstrument: nothing is locked and no balance moves; for studies, never for a market of people.</summary>
    RiskOff = 64,
    /// <summary>ListInstrument: prices may be zero and negative (then the seller pays); such an instrument has no fee.</summary>
    Negative = 128,
}

/// <summary>
/// One entry of the journal, 96 bytes, little-endian, fields overlaid by kind. Layout is part of the stored format: a change is a new
/// <see cref="Version"/>. Asset 0 is money in fen; asset n &gt; 0 is the right of instrument n in lots.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = SizeBytes)]
public struct Command
{
    public const int SizeBytes = 96;
    public const byte CurrentVersion = 2;

    [FieldOffset(0)] public CommandKind Kind;
    [FieldOffset(1)] public byte Version;
    [FieldOffset(2)] public Side Side;
    [FieldOffset(3)] public OrderType Type;
    /// <summary>Replace.</summary>
    [FieldOffset(3)] public Changes Changes;
    /// <summary>OpenSale.</summary>
    [FieldOffset(3)] public Ties Ties;
    [FieldOffset(4)] public TimeInForce TimeInForce;
    /// <summary>OpenSale.</summary>
    [FieldOffset(4)] public Undersubscribed Undersubscribed;
    [FieldOffset(5)] public CommandFlags Flags;
    /// <summary>SetPhase. ListInstrument: the first phase; None = Continuous, or Call where the mode gathers.</summary>
    [FieldOffset(6)] public Phase Phase;
    /// <summary>Place: 1 = a listing, which stands and takes nothing.</summary>
    [FieldOffset(6)] public byte Listing;
    /// <summary>Place: what this taker does to its own group. SetTerms: the instrument's default; Default = CancelNewest.</summary>
    [FieldOffset(7)] public SelfTrade SelfTrade;
    /// <summary>Unix time in microseconds, never less than the command before; stamped by the keeper.</summary>
    [FieldOffset(8)] public long AtMicros;
    /// <summary>Dense account number from the registry, 1 or more; 0 where no account speaks. BustTrade: the buyer.</summary>
    [FieldOffset(16)] public int Account;
    /// <summary>Dense instrument number from the registry, 1 or more; as an asset, 0 is money.</summary>
    [FieldOffset(20)] public int Instrument;

    /// <summary>Cancel, Replace: the order's number; 0 where <see cref="ClientHigh"/> names it (Cancel only). Take: the listing's. Accept, Decline: the proposal's.</summary>
    [FieldOffset(24)] public long Order;
    /// <summary>Propose: the other account.</summary>
    [FieldOffset(24)] public int Counterparty;
    /// <summary>Settle, Unwind, BustTrade: the trade's number.</summary>
    [FieldOffset(24)] public long Trade;
    /// <summary>Deposit, Withdraw, Seize, LiftSeizure: the number of the transfer or freeze that asked; echoed in the output. GroupAccount: the group, 1 or more; 0 = its own.</summary>
    [FieldOffset(24)] public long Reference;
    /// <summary>Place, Replace, Propose: limit in ticks; must be 0 with Market and Stop. OpenSale: the reserve, 0 = none.</summary>
    [FieldOffset(32)] public long Ticks;
    /// <summary>Place: quantity. Replace: the new total, filled part included; at or below what is filled the rest is cancelled. Settle, Unwind: this part. BustTrade: all of it. OpenSale: the supply.</summary>
    [FieldOffset(40)] public long Lots;
    /// <summary>Deposit, Withdraw, Seize, LiftSeizure: fen or lots. Permit: position limit in lots, 0 = none.</summary>
    [FieldOffset(40)] public long Amount;
    /// <summary>
    /// Place, Take, Propose, OpenSale, Replace, Cancel: high half of the 128-bit digest of the client order id; 0,0 where there is none. In a Replace it is the order's new
    /// id; without one a Replace asks for a total, so that asking twice is asking once.
    /// </summary>
    [FieldOffset(48)] public ulong ClientHigh;
    [FieldOffset(56)] public ulong ClientLow;
    /// <summary>Place, Replace: the last price that sets a stop off; 0 where there is none.</summary>
    [FieldOffset(64)] public long StopTicks;
    /// <summary>Place, Replace: lots that an iceberg shows; 0 = all of it.</summary>
    [FieldOffset(72)] public long Display;
    /// <summary>Place: least lots of one meeting; 0 = any, equal to Lots = all or none.</summary>
    [FieldOffset(80)] public long MinLots;
    /// <summary>Place, Replace: end of a Gtd order; ArmTimer: when it goes off; SetTerms: when the instrument itself ends, 0 = never; OpenSale: when it closes, 0 = when somebody says so; SetPhase to Call: when it uncrosses by itself (a drawn instant stands in the journal), 0 = likewise. Unix microseconds.</summary>
    [FieldOffset(88)] public long UntilMicros;

    /// <summary>ListInstrument: ticks × lots × Num / Den is fen. Both positive, lowest terms.</summary>
    [FieldOffset(24)] public long Num;
    [FieldOffset(32)] public long Den;
    /// <summary>ListInstrument, SetLimits: both limits included; 1 and <see cref="long.MaxValue"/> where there is no band.</summary>
    [FieldOffset(40)] public long LowerTicks;
    [FieldOffset(48)] public long UpperTicks;
    /// <summary>ListInstrument, SetFee: fee of each side in millionths of the amount.</summary>
    [FieldOffset(56)] public int FeeMillionths;
    /// <summary>ListInstrument, SetLimits: the price that limits and corridors are reckoned from; 0 = none yet.</summary>
    [FieldOffset(64)] public long ReferenceTicks;

    /// <summary>SetTerms: least and most lots of one order; 0 = none.</summary>
    [FieldOffset(24)] public long LotsLeast;
    [FieldOffset(32)] public long LotsMost;
    /// <summary>SetTerms: most fen of one order at its limit; 0 = none.</summary>
    [FieldOffset(40)] public long ValueMost;
    /// <summary>SetTerms: how long a volatility halt lasts (microseconds); 0 = until somebody resumes.</summary>
    [FieldOffset(48)] public long HaltMicros;
    /// <summary>SetTerms: a trade further from the last price than so many millionths halts instead; 0 = none.</summary>
    [FieldOffset(56)] public int VolatilityMillionths;
    /// <summary>SetTerms: closes that must pass before what was bought can be sold; 0 = at once.</summary>
    [FieldOffset(60)] public byte TPlus;
    /// <summary>SetTerms: price levels that one taker reaches; 0 = all.</summary>
    [FieldOffset(61)] public byte Levels;
    /// <summary>SetTerms.</summary>
    [FieldOffset(62)] public Priority Priority;
    [FieldOffset(63)] public PriceRule PriceRule;
    [FieldOffset(64)] public MarketRemainder MarketRemainder;
    /// <summary>SetTerms: least and most lots of a negotiated trade; both 0 = as of an order.</summary>
    [FieldOffset(72)] public long NegotiatedLeast;
    [FieldOffset(80)] public long NegotiatedMost;
    /// <summary>ListInstrument.</summary>
    [FieldOffset(60)] public Mode Mode;
    /// <summary>SetLimits: limits of negotiated prices, both included; both 0 = none.</summary>
    [FieldOffset(72)] public long NegotiatedLower;
    [FieldOffset(80)] public long NegotiatedUpper;

    /// <summary>OpenSale (Ascending, Descending): how far one bid may go beyond the best, or the first beyond the reserve; 0 = any.</summary>
    [FieldOffset(24)] public long MaxStep;
    /// <summary>OpenSale (Ascending, Descending): how far a bid must go beyond the best; 0 = a tick.</summary>
    [FieldOffset(64)] public long Increment;
    /// <summary>OpenSale (Sealed): what random ties are drawn from.</summary>
    [FieldOffset(64)] public long Seed;
    /// <summary>OpenSale (Ascending, Descending): a bid in the last so many microseconds moves the close to so long after it; 0 = never.</summary>
    [FieldOffset(72)] public long ExtendMicros;
    /// <summary>OpenSale (Sealed): most of the supply that one control group can have, in millionths; 0 = all.</summary>
    [FieldOffset(80)] public int BidLimitMillionths;
    /// <summary>OpenSale (Ascending, Descending): how often the close may move; 0 = without end.</summary>
    [FieldOffset(84)] public int ExtensionsMost;

    /// <summary>StartDay: when the trading day ends (Unix microseconds) and how long days are.</summary>
    [FieldOffset(24)] public long DayEndsMicros;
    [FieldOffset(32)] public long DayLengthMicros;

    /// <summary>BustTrade: the trade as the journal has it.</summary>
    [FieldOffset(32)] public int Seller;
    [FieldOffset(64)] public long TradeAmount;
    [FieldOffset(72)] public long BuyFee;
    [FieldOffset(80)] public long SellFee;
}
