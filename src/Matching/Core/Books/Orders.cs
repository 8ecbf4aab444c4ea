using System.Runtime.CompilerServices;

namespace Trading.Matching.Core.Books;

/// <summary>
/// All open orders in one array; they point at each other by index, so that a full book costs the same as an empty one and nothing is
/// allocated once the arrays have their size. Numbers are found by their low bits: they are issued in order, so neighbours in time are neighbours
/// in the table.
/// </summary>
internal sealed class Orders(Accounts accounts)
{
    private struct Entry
    {
        public uint Low;
        public int SlotPlusOne;
    }

    private Order[] slots = new Order[1024];
    private Story[] stories = new Story[1024];
    private Entry[] table = new Entry[4096];
    private int free = -1;

    public int Count { get; private set; }

    /// <summary>Slots that were ever used: every open order lies below.</summary>
    public int Used { get; private set; }

    public ref Order this[int slot]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref slots[slot];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref Story Story(int slot) => ref stories[slot];

    /// <summary>The order's story, begun if it had none.</summary>
    public ref Story Told(int slot)
    {
        ref var order = ref slots[slot];
        ref var story = ref stories[slot];
        if (order.Is(Marks.Told)) return ref story;
        order.Marks |= Marks.Told;
        story = default;
        story.Lots = order.Left;
        return ref story;
    }

    public long LotsOf(int slot) => slots[slot].Is(Marks.Told) ? stories[slot].Lots : slots[slot].Left;

    public long FilledOf(int slot) => slots[slot].Is(Marks.Told) ? stories[slot].Filled : 0;

    /// <summary>Lots that the book shows of it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long ShownOf(int slot) => slots[slot].Is(Marks.Iceberg) ? stories[slot].Shown : slots[slot].Left;

    /// <summary>A slot for an order that is not open yet.</summary>
    public int Take()
    {
        if (free < 0)
        {
            if (Used == slots.Length)
            {
                Array.Resize(ref slots, slots.Length * 2);
                Array.Resize(ref stories, stories.Length * 2);
            }

            return Used++;
        }

        var slot = free;
        free = slots[slot].After;
        return slot;
    }

    private void Free(int slot)
    {
        ref var order = ref slots[slot];
        order.Number = 0;
        order.After = free;
        free = slot;
    }

    /// <summary>From here on it is found by its number and stands last in its account's list.</summary>
    public void Open(int slot)
    {
        ref var order = ref slots[slot];
        ref var account = ref accounts[order.Account];
        (order.AccountBefore, order.AccountAfter) = (account.LastOrder, -1);
        if (account.LastOrder >= 0) slots[account.LastOrder].AccountAfter = slot;
        else account.FirstOrder = slot;
        account.LastOrder = slot;
        if (++Count * 4 > table.Length) Widen();
        Enter(order.Number, slot);
    }

    /// <summary>It must not be in a book any more.</summary>
    public void Remove(int slot)
    {
        ref var order = ref slots[slot];
        if (order.AccountBefore == Order.NotOpen)
        {
            Free(slot);
            return;
        }

        ref var account = ref accounts[order.Account];
        if (order.AccountBefore >= 0) slots[order.AccountBefore].AccountAfter = order.AccountAfter;
        else account.FirstOrder = order.AccountAfter;
        if (order.AccountAfter >= 0) slots[order.AccountAfter].AccountBefore = order.AccountBefore;
        else account.LastOrder = order.AccountBefore;
        Count--;
        Forget(order.Number, slot);
        Free(slot);
    }

    /// <summary>-1 = none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Find(long number)
    {
        var entries = table;
        var low = unchecked((uint)number);
        for (var at = low & ((uint)entries.Length - 1); ; at = (at + 1) & ((uint)entries.Length - 1))
        {
            ref var entry = ref entries[at];
            if (entry.SlotPlusOne == 0) return -1;
            if (entry.Low == low && slots[entry.SlotPlusOne - 1].Number == number) return entry.SlotPlusOne - 1;
        }
    }

    /// <summary>Where the table will be read for this number, for whoever fetches ahead.</summary>
    internal unsafe void* PlaceOf(long number) => Unsafe.AsPointer(ref table[unchecked((uint)number) & ((uint)table.Length - 1)]);

    private void Enter(long number, int slot)
    {
        var low = unchecked((uint)number);
        var at = low & ((uint)table.Length - 1);
        while (table[at].SlotPlusOne != 0) at = (at + 1) & ((uint)table.Length - 1);
        table[at] = new() { Low = low, SlotPlusOne = slot + 1 };
    }

    /// <summary>What stands behind moves up, so that no search meets a hole.</summary>
    private void Forget(long number, int slot)
    {
        var last = (uint)table.Length - 1;
        var hole = unchecked((uint)number) & last;
        while (table[hole].SlotPlusOne != slot + 1) hole = (hole + 1) & last;
        for (var at = (hole + 1) & last; table[at].SlotPlusOne != 0; at = (at + 1) & last)
        {
            var home = table[at].Low & last;
            if (unchecked(((at - home) & last) < ((at - hole) & last))) continue;
            table[hole] = table[at];
            hole = at;
        }

        table[hole] = default;
    }

    private void Widen()
    {
        var before = table;
        table = new Entry[before.Length * 2];
        foreach (var entry in before)
        {
            if (entry.SlotPlusOne != 0) Enter(slots[entry.SlotPlusOne - 1].Number, entry.SlotPlusOne - 1);
        }
    }
}
