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
}

/// <summary>Persisted, append-only.</summary>
public enum Side : byte { None = 0, Buy = 1, Sell = 2 }

/// <summary>Persisted, append-only.</summary>
public enum OrderType : byte { Limit = 0, Market = 1 }

/// <summary>Persisted, append-only. Day: until the trading day ends; Ioc: the rest is cancelled at once; Fok: whole or nothing.</summary>
public enum TimeInForce : byte { Day = 0, Ioc = 1, Fok = 2, Gtc = 3 }

/// <summary>Persisted, append-only.</summary>
public enum Phase : byte { None = 0, Continuous = 1, Halt = 2, Close = 3 }

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
}

/// <summary>
/// One entry of the journal, 64 bytes, little-endian, fields overlaid by kind. Layout is part of the stored format: a change is a new
/// <see cref="Version"/>. Asset 0 is money in fen; asset n &gt; 0 is the right of instrument n in lots.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = SizeBytes)]
public struct Command
{
    public const int SizeBytes = 64;
    public const byte CurrentVersion = 1;

    [FieldOffset(0)] public CommandKind Kind;
    [FieldOffset(1)] public byte Version;
    [FieldOffset(2)] public Side Side;
    [FieldOffset(3)] public OrderType Type;
    [FieldOffset(4)] public TimeInForce TimeInForce;
    [FieldOffset(5)] public CommandFlags Flags;
    /// <summary>SetPhase. ListInstrument: the first phase; None = Continuous.</summary>
    [FieldOffset(6)] public Phase Phase;
    /// <summary>Unix time in microseconds, never less than the command before; stamped by the keeper.</summary>
    [FieldOffset(8)] public long AtMicros;
    /// <summary>Dense account number from the registry, 1 or more; 0 where no account speaks.</summary>
    [FieldOffset(16)] public int Account;
    /// <summary>Dense instrument number from the registry, 1 or more; as an asset, 0 is money.</summary>
    [FieldOffset(20)] public int Instrument;

    /// <summary>Cancel, Replace: the order's number; 0 where <see cref="ClientHigh"/> names it (Cancel only).</summary>
    [FieldOffset(24)] public long Order;
    /// <summary>Settle, Unwind: the trade's number.</summary>
    [FieldOffset(24)] public long Trade;
    /// <summary>Deposit, Withdraw, Seize, LiftSeizure: the number of the transfer or freeze that asked; echoed in the output.</summary>
    [FieldOffset(24)] public long Reference;
    /// <summary>Place, Replace: limit in ticks; must be 0 with Market.</summary>
    [FieldOffset(32)] public long Ticks;
    /// <summary>Place: quantity. Replace: the new total, filled part included; at or below what is filled the rest is cancelled. Settle, Unwind: this part.</summary>
    [FieldOffset(40)] public long Lots;
    /// <summary>Deposit, Withdraw, Seize, LiftSeizure: fen or lots. Permit: position limit in lots, 0 = none.</summary>
    [FieldOffset(40)] public long Amount;
    /// <summary>
    /// Place, Replace, Cancel: high half of the 128-bit digest of the client order id; 0,0 where there is none. Replace does not read it: it
    /// asks for a total, so that asking twice is asking once.
    /// </summary>
    [FieldOffset(48)] public ulong ClientHigh;
    [FieldOffset(56)] public ulong ClientLow;

    /// <summary>ListInstrument: ticks × lots × Num / Den is fen. Both positive, lowest terms.</summary>
    [FieldOffset(24)] public long Num;
    [FieldOffset(32)] public long Den;
    /// <summary>ListInstrument, SetLimits: both limits included; 1 and <see cref="long.MaxValue"/> where there is no band.</summary>
    [FieldOffset(40)] public long LowerTicks;
    [FieldOffset(48)] public long UpperTicks;
    /// <summary>ListInstrument: fee of each side in millionths of the amount.</summary>
    [FieldOffset(56)] public int FeeMillionths;

    /// <summary>StartDay: when the trading day ends (Unix microseconds) and how long days are; Advance at or past the end rolls it.</summary>
    [FieldOffset(24)] public long DayEndsMicros;
    [FieldOffset(32)] public long DayLengthMicros;
}
