using System.Runtime.CompilerServices;

namespace Trading.Matching.Core;

[Flags]
internal enum AccountMarks : byte
{
    None = 0,
    Blocked = 1,
    /// <summary>A freeze claims something of it.</summary>
    Claimed = 2,
    /// <summary>Was named by a command.</summary>
    Known = 4,
}

/// <summary>An account's money in fen and what else every order asks of it, in half a cache line.</summary>
internal struct Account
{
    public long Free;
    /// <summary>Behind open orders and conditional trades.</summary>
    public long Locked;
    /// <summary>Slots of its open orders, in the order of their numbers; -1 = none.</summary>
    public int FirstOrder;
    public int LastOrder;
    /// <summary>Its control group: below zero a named one, else the account itself.</summary>
    public int Group;
    public AccountMarks Marks;

    public readonly bool Is(AccountMarks mark) => (Marks & mark) == mark;
}

[Flags]
internal enum PositionMarks { None = 0, Permitted = 1, MayBuy = 2, MaySell = 4 }

/// <summary>One account's lots of one instrument, half a cache line. Free + Locked is what the account has in the market.</summary>
internal struct Position
{
    public long Free;
    /// <summary>Behind open orders and conditional trades.</summary>
    public long Locked;
    /// <summary>Lots of open buy orders and of conditional buys, for the position limit.</summary>
    public long Coming;
    /// <summary>Its place among the instrument's <see cref="Instrument.Holds"/>; 0 = it has none.</summary>
    public int Hold;
    public PositionMarks Marks;

    /// <summary>No permit, no limit, nothing bought lately.</summary>
    public readonly bool IsPlain => (Hold | (int)Marks) == 0;
}

/// <summary>What few positions have.</summary>
internal struct Hold
{
    public int Account;
    /// <summary>Position limit in lots; 0 = none.</summary>
    public long Limit;
    /// <summary>Lots bought too lately to be sold; never more than is free.</summary>
    public long Fresh;
}

/// <summary>What a freeze still claims of an asset. One that has all it asked for stays, with nothing left, until it is lifted.</summary>
internal struct Claim
{
    public int Account;
    public int Asset;
    public long Reference;
    public long Left;
}

/// <summary>All accounts by their dense number, what freezes claim of them, and how much of each asset is in the market.</summary>
internal sealed class Accounts
{
    /// <summary>A number beyond this is a fault of whoever staged the command, not an account.</summary>
    public const int NumberMost = 1 << 20;

    private Pinned<Account> byNumber = Nobody();
    private long[] totals = new long[16];

    /// <summary>Oldest first: the first freeze is satisfied first (轮候冻结, R-REG-06).</summary>
    public readonly List<Claim> Claims = [];
    /// <summary>Dead-man timers by account, Unix microseconds; 0 = none.</summary>
    private long[] timers = [];

    public int Highest { get; private set; }

    /// <summary>The number must have been opened: whoever holds an order or a trade was.</summary>
    public ref Account this[int number]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref byNumber[number];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Possible(int number) => number is >= 1 and <= NumberMost;

    /// <summary>Makes room for a possible number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref Account Open(int number)
    {
        if (number >= byNumber.Length) Widen(number);
        ref var account = ref byNumber[number];
        if (!account.Is(AccountMarks.Known))
        {
            account.Marks |= AccountMarks.Known;
            Highest = Math.Max(Highest, number);
        }

        return ref account;
    }

    internal unsafe void* AddressOf(int number) => byNumber.AddressOf(number);

    public bool Knows(int number) => number > 0 && number <= Highest && byNumber[number].Is(AccountMarks.Known);

    /// <summary>Σ over all accounts. It never passes <see cref="long.MaxValue"/>, so no balance and no sum of balances can overflow.</summary>
    public ref long Total(int asset)
    {
        if (asset >= totals.Length) Array.Resize(ref totals, Math.Max(asset + 1, totals.Length * 2));
        return ref totals[asset];
    }

    public int Assets => totals.Length;

    public long Timer(int account) => account < timers.Length ? timers[account] : 0;

    public void SetTimer(int account, long micros)
    {
        if (account >= timers.Length)
        {
            if (micros == 0) return;
            Array.Resize(ref timers, byNumber.Length);
        }

        timers[account] = micros;
    }

    /// <summary>Account 0 is nobody's: what is sold without a seller, where no balance counts, stands there.</summary>
    private static Pinned<Account> Nobody()
    {
        var accounts = new Pinned<Account>(1);
        accounts[0] = new() { FirstOrder = -1, LastOrder = -1 };
        return accounts;
    }

    private void Widen(int number)
    {
        var before = byNumber.Length;
        byNumber.Lengthen(Math.Max(64, checked((int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)number + 1))));
        for (var i = before; i < byNumber.Length; i++) byNumber[i] = new() { FirstOrder = -1, LastOrder = -1, Group = i };
    }
}
