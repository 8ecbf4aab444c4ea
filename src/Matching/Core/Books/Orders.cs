namespace Trading.Matching.Core.Books;

/// <summary>One open order. What it has cost is reckoned from <see cref="TicksLots"/>, never from the sum of its rounded fills.</summary>
internal struct Order
{
    public long Number;
    public int Account;
    public int Instrument;
    public Side Side;
    public OrderType Type;
    public TimeInForce TimeInForce;
    public long Ticks;
    public long Lots;
    public long Filled;
    /// <summary>Σ ticks × lots of its fills.</summary>
    public UInt128 TicksLots;
    /// <summary>Fen of its fills so far, and fees taken of them.</summary>
    public long Amount;
    public long Fee;
    /// <summary>Fen (buy) or lots (sell) still locked for it.</summary>
    public long Lock;
    public ulong ClientHigh;
    public ulong ClientLow;
    /// <summary>Place in its price level; Level is -1 while it is not in the book.</summary>
    public int Level;
    public int Before;
    public int After;
    /// <summary>Neighbours in its account's list and in the list of all, both in the order of numbers.</summary>
    public int AccountBefore;
    public int AccountAfter;
    public int AllBefore;
    public int AllAfter;

    public readonly long Left => Lots - Filled;
}

/// <summary>
/// All open orders in one array; they point at each other by index, so that a full book costs the same as an empty one and nothing is
/// allocated once the array has its size.
/// </summary>
internal sealed class Orders
{
    private readonly Dictionary<long, int> slotOf = new(1024);
    private Order[] slots = new Order[1024];
    private int free = -1;
    private int used;

    /// <summary>First and last of all, in the order of numbers.</summary>
    public int First { get; private set; } = -1;
    public int Last { get; private set; } = -1;

    public ref Order this[int slot] => ref slots[slot];

    public int Count => slotOf.Count;

    /// <summary>-1 = none.</summary>
    public int Find(long number) => slotOf.TryGetValue(number, out var slot) ? slot : -1;

    public int Add(long number, Account account)
    {
        int slot;
        if (free >= 0)
        {
            slot = free;
            free = slots[slot].After;
        }
        else
        {
            if (used == slots.Length) Array.Resize(ref slots, slots.Length * 2);
            slot = used++;
        }

        ref var order = ref slots[slot];
        order = default;
        order.Number = number;
        order.Account = account.Number;
        order.Level = -1;
        (order.AllBefore, order.AllAfter) = (Last, -1);
        if (Last >= 0) slots[Last].AllAfter = slot;
        else First = slot;
        Last = slot;
        (order.AccountBefore, order.AccountAfter) = (account.LastOrder, -1);
        if (account.LastOrder >= 0) slots[account.LastOrder].AccountAfter = slot;
        else account.FirstOrder = slot;
        account.LastOrder = slot;
        slotOf.Add(number, slot);
        return slot;
    }

    /// <summary>The order must not be in a book any more.</summary>
    public void Remove(int slot, Account account)
    {
        ref var order = ref slots[slot];
        if (order.AllBefore >= 0) slots[order.AllBefore].AllAfter = order.AllAfter;
        else First = order.AllAfter;
        if (order.AllAfter >= 0) slots[order.AllAfter].AllBefore = order.AllBefore;
        else Last = order.AllBefore;
        if (order.AccountBefore >= 0) slots[order.AccountBefore].AccountAfter = order.AccountAfter;
        else account.FirstOrder = order.AccountAfter;
        if (order.AccountAfter >= 0) slots[order.AccountAfter].AccountBefore = order.AccountBefore;
        else account.LastOrder = order.AccountBefore;
        slotOf.Remove(order.Number);
        order.Number = 0;
        order.After = free;
        free = slot;
    }
}
