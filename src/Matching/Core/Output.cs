using System.Runtime.InteropServices;

namespace Trading.Matching.Core;

/// <summary>What the market says happened. Persisted: numbers are never reused or changed, only appended.</summary>
public enum OutputKind : byte
{
    None = 0,
    /// <summary>An order passed every check. Order, Account, Side, Type, Ticks, Lots (its quantity), Display, Waiting where it is a stop that was not set off.</summary>
    Accepted = 1,
    /// <summary>A command was refused and changed nothing. Code, Account, and in Needed/Had the two values compared.</summary>
    Rejected = 2,
    /// <summary>The same client order id and content was heard before. Original = the sequence of the first.</summary>
    Repeated = 3,
    /// <summary>Ticks, Lots, BuyOrder, SellOrder, Buyer, Seller, Amount, BuyFee, SellFee, Side = aggressor, Pending on a conditional instrument.</summary>
    Trade = 4,
    /// <summary>Order left the book. Lots = what was left, Reason.</summary>
    Cancelled = 5,
    /// <summary>Order, Ticks, Lots = the new total, Display, Waiting; it may have lost its place.</summary>
    Replaced = 6,
    /// <summary>Instrument, Phase; also after Listed, with the first phase.</summary>
    PhaseChanged = 7,
    /// <summary>Deposit taken. Account, Instrument (asset), Amount, Reference.</summary>
    Deposited = 8,
    /// <summary>Withdrawal done. As Deposited.</summary>
    Withdrawn = 9,
    /// <summary>Free balance taken by a freeze, at once or later as it came free. As Deposited; Reference = the freeze.</summary>
    Seized = 10,
    /// <summary>What of the freeze was still unsatisfied is no longer claimed. Amount = that claim, 0 where all of it had been taken.</summary>
    SeizureLifted = 11,
    /// <summary>A part (Lots) of conditional trade TradeNo was delivered: Amount, BuyFee, SellFee are this part's, Buyer, Seller.</summary>
    Settled = 12,
    /// <summary>A part of conditional trade TradeNo came back to both sides. As Settled.</summary>
    Unwound = 13,
    /// <summary>Instrument, Flags, LowerTicks, UpperTicks.</summary>
    Listed = 14,
    /// <summary>Instrument, LowerTicks, UpperTicks. Resting orders outside stay.</summary>
    LimitsSet = 15,
    /// <summary>Account, Instrument, Flags, Amount = position limit.</summary>
    Permitted = 16,
    /// <summary>Account, Flags.</summary>
    AccountBlocked = 17,
    /// <summary>By StartDay, or when time rolled the day (after what that cancelled). DayEndsMicros, DayLengthMicros.</summary>
    DayStarted = 18,
    /// <summary>Instrument.</summary>
    TermsSet = 19,
    /// <summary>Account, Reference = its control group.</summary>
    Grouped = 20,
    /// <summary>Account, UntilMicros.</summary>
    TimerArmed = 21,
    /// <summary>Both legs of final trade TradeNo went back: Instrument, Buyer, Seller, Lots, Amount, BuyFee, SellFee.</summary>
    Busted = 22,
    /// <summary>An order met its own control group and lost Lots without a trade. Order, Account, Side, Ticks, Left.</summary>
    Decremented = 23,
    /// <summary>A stop was set off and enters now. Order, Account, Side, Ticks.</summary>
    Triggered = 24,
    /// <summary>An instrument's day is over. Ticks = its closing price (R-CEA-09), Lots and Amount traded in it.</summary>
    Closed = 25,
    /// <summary>Instrument, Amount = millionths that orders entering from now on pay; also where it is what it was.</summary>
    FeeSet = 26,
    /// <summary>Instrument, Account = whose (0 = nobody's), Order, Side, Ticks = reserve, Lots = supply, UntilMicros.</summary>
    SaleOpened = 27,
    /// <summary>A call was uncrossed. Instrument; Ticks where Priced; Lots, Left = surplus, Side = whose.</summary>
    Uncrossed = 28,
    /// <summary>Instrument, Order = the sale's, Account; Ticks where Priced, Lots sold, Bids; Seed where Seeded. The winners' trades follow.</summary>
    SaleClosed = 29,
    /// <summary>A late bid moved the close of a sale. Instrument, Order = the sale's, UntilMicros.</summary>
    Extended = 30,
    /// <summary>What an auction left of a market order stands in the book now. Order, Account, Side, Ticks, Lots, Shown.</summary>
    Rested = 31,
    /// <summary>Order = the proposal's number, Account, Counterparty, Side, Ticks, Lots.</summary>
    Proposed = 32,
}

/// <summary>Persisted, append-only.</summary>
public enum CancelReason : byte
{
    None = 0, User = 1, Ioc = 2, Fok = 3, SelfTrade = 4, Close = 5, MarketRemainder = 6, Seizure = 7, Blocked = 8,
    PostOnly = 9, Expired = 10, DeadMan = 11, Disconnect = 12, Volatility = 13, Outbid = 14, Declined = 15,
}

/// <summary>One output, 112 bytes, little-endian; the layout is part of the stored format. Unused fields are zero.</summary>
[StructLayout(LayoutKind.Explicit, Size = SizeBytes)]
public struct Output
{
    public const int SizeBytes = 112;

    [FieldOffset(0)] public OutputKind Kind;
    [FieldOffset(1)] public Side Side;
    [FieldOffset(2)] public Refusal Code;
    /// <summary>Cancelled.</summary>
    [FieldOffset(4)] public CancelReason Reason;
    /// <summary>Accepted.</summary>
    [FieldOffset(4)] public OrderType Type;
    [FieldOffset(5)] public Phase Phase;
    /// <summary>Trade: 1 = negotiated: it moves no last price and no closing price.</summary>
    [FieldOffset(5)] public byte Negotiated;
    /// <summary>SaleClosed: 1 = ties were drawn from Seed.</summary>
    [FieldOffset(5)] public byte Seeded;
    /// <summary>Trade: 1 = both legs stay locked until Settle or Unwind.</summary>
    [FieldOffset(6)] public byte Pending;
    /// <summary>Accepted, Replaced: 1 = a stop that waits, and stands in no book; 2 = it waits for an uncrossing where no public book shows it.</summary>
    [FieldOffset(6)] public byte Waiting;
    /// <summary>Uncrossed, SaleClosed: 1 = Ticks is the price; 0 = there is none.</summary>
    [FieldOffset(6)] public byte Priced;
    /// <summary>Listed, Permitted, AccountBlocked: as in the command.</summary>
    [FieldOffset(7)] public CommandFlags Flags;
    /// <summary>Which command of its batch caused it, from 0.</summary>
    [FieldOffset(8)] public int CommandIndex;
    [FieldOffset(12)] public int Instrument;
    [FieldOffset(16)] public int Account;
    [FieldOffset(16)] public int Buyer;
    [FieldOffset(20)] public int Seller;
    /// <summary>Proposed.</summary>
    [FieldOffset(20)] public int Counterparty;
    [FieldOffset(24)] public long Order;
    [FieldOffset(24)] public long BuyOrder;
    [FieldOffset(32)] public long SellOrder;
    /// <summary>Repeated: the sequence of the first answer.</summary>
    [FieldOffset(32)] public long Original;
    /// <summary>Deposited, Withdrawn, Seized, SeizureLifted, Grouped, and Rejected of these.</summary>
    [FieldOffset(32)] public long Reference;
    /// <summary>Trade, Settled, Unwound, Busted: counts all trades of the market from 1 without gaps.</summary>
    [FieldOffset(40)] public long TradeNo;
    /// <summary>SaleClosed.</summary>
    [FieldOffset(32)] public long Seed;
    /// <summary>A market order has none: 0.</summary>
    [FieldOffset(48)] public long Ticks;
    [FieldOffset(56)] public long Lots;
    /// <summary>Listed, LimitsSet: both included.</summary>
    [FieldOffset(48)] public long LowerTicks;
    [FieldOffset(56)] public long UpperTicks;
    /// <summary>DayStarted: when the day that begins will end (Unix microseconds), and how long days are.</summary>
    [FieldOffset(64)] public long DayEndsMicros;
    [FieldOffset(72)] public long DayLengthMicros;
    /// <summary>TimerArmed, SaleOpened, Extended.</summary>
    [FieldOffset(64)] public long UntilMicros;
    /// <summary>Fen that the buyer pays and the seller is paid, before fees (negative where the price was); or the asset's amount.</summary>
    [FieldOffset(64)] public long Amount;
    [FieldOffset(72)] public long BuyFee;
    [FieldOffset(80)] public long SellFee;
    /// <summary>Decremented: lots left open. Uncrossed: the surplus.</summary>
    [FieldOffset(64)] public long Left;
    /// <summary>SaleClosed: how many bids there were.</summary>
    [FieldOffset(64)] public long Bids;
    /// <summary>Accepted, Replaced: lots shown at a time; 0 = all.</summary>
    [FieldOffset(88)] public long Display;
    /// <summary>Rejected: what the command needed, and what there was (limit, balance, count: the code says which).</summary>
    [FieldOffset(88)] public long Needed;
    [FieldOffset(96)] public long Had;
    /// <summary>Trade of an auction (Side is None, not Negotiated): lots that the seller's order shows after it; Shown is the buyer's.</summary>
    [FieldOffset(88)] public long SellShown;
    /// <summary>Trade: lots that the resting order shows after it; Replaced, Rested: that the order shows; Decremented: likewise, 0 for the one that came.</summary>
    [FieldOffset(96)] public long Shown;
    /// <summary>Time of the command.</summary>
    [FieldOffset(104)] public long AtMicros;
}
