namespace Trading.Matching.Core;

/// <summary>One asset of one account. Free + Locked + Pending is what the account has in the market.</summary>
internal struct Balance
{
    public long Free;
    /// <summary>Behind open orders.</summary>
    public long Locked;
    /// <summary>Behind conditional trades.</summary>
    public long Pending;
    /// <summary>Lots of open buy orders and of conditional buys, for the position limit; of rights only.</summary>
    public long Coming;
}

/// <summary>May this account trade this instrument.</summary>
internal struct Permission
{
    public bool Set;
    public bool MayBuy;
    public bool MaySell;
    /// <summary>Lots; 0 = none.</summary>
    public long PositionLimit;
}

/// <summary>What a freeze still claims of an asset. One that has all it asked for stays, with nothing left, until it is lifted.</summary>
internal struct Claim
{
    public long Reference;
    public int Asset;
    public long Left;
}

internal sealed class Account(int number)
{
    private Balance[] balances = new Balance[4];
    private Permission[] permissions = new Permission[4];

    public int Number { get; } = number;
    public bool Blocked;
    /// <summary>Oldest first: the first freeze is satisfied first (轮候冻结, R-REG-06).</summary>
    public readonly List<Claim> Claims = [];
    /// <summary>Slots of its open orders, in the order of their numbers; -1 = none.</summary>
    public int FirstOrder = -1;
    public int LastOrder = -1;

    public int Assets => balances.Length;

    public ref Balance Of(int asset)
    {
        if (asset >= balances.Length) Array.Resize(ref balances, Math.Max(asset + 1, balances.Length * 2));
        return ref balances[asset];
    }

    public Balance Read(int asset) => asset < balances.Length ? balances[asset] : default;

    public ref Permission Permission(int instrument)
    {
        if (instrument >= permissions.Length) Array.Resize(ref permissions, Math.Max(instrument + 1, permissions.Length * 2));
        return ref permissions[instrument];
    }

    public Permission ReadPermission(int instrument) => instrument < permissions.Length ? permissions[instrument] : default;

    public int Permissions => permissions.Length;
}

/// <summary>All accounts by their dense number, and how much of each asset is in the market.</summary>
internal sealed class Accounts
{
    /// <summary>A number beyond this is a fault of whoever staged the command, not an account.</summary>
    public const int NumberMost = 1 << 20;

    private Account?[] byNumber = new Account?[64];
    private long[] totals = new long[16];

    public int Highest { get; private set; }

    public Account? Find(int number) => number > 0 && number < byNumber.Length ? byNumber[number] : null;

    /// <summary>Null where the number cannot be an account's.</summary>
    public Account? Open(int number)
    {
        if (number is < 1 or > NumberMost) return null;
        if (number >= byNumber.Length) Array.Resize(ref byNumber, Math.Max(number + 1, byNumber.Length * 2));
        Highest = Math.Max(Highest, number);
        return byNumber[number] ??= new(number);
    }

    /// <summary>Σ over all accounts. It never passes <see cref="long.MaxValue"/>, so no balance and no sum of balances can overflow.</summary>
    public ref long Total(int asset)
    {
        if (asset >= totals.Length) Array.Resize(ref totals, Math.Max(asset + 1, totals.Length * 2));
        return ref totals[asset];
    }

    public int Assets => totals.Length;
}
