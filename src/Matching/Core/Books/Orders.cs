using System.Runtime.CompilerServices;

namespace Trading.Matching.Core.Books;

/// <summary>
/// All open orders in one array; they point at each other by index, so that a full book costs the same as an empty one and nothing is
/// allocated once the arrays have their size. Numbers are found by their low bits: they are issued in order, so neighbours in time are neighbours
/// in the table, and what shares a place is chained. Slots are issued here and come from nowhere else, so that nobody checks them again.
/// </summary>
internal sealed class Orders(Accounts accounts)
{
    private Pinned<Order> slots = new(1024);
    private Pinned<Story> stories = new(1024);
    /// <summary>Slot + 1 of the order entered last at this place; 0 = none. Then the one before it, by slot.</summary>
    private Pinned<int> table = new(4096);
    private uint last = 4095;
    private Pinned<int> chained = new(1024);
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
        ref var order = ref this[slot];
        ref var story = ref Story(slot);
        if (order.Is(Marks.Told)) return ref story;
        order.Marks |= Marks.Told;
        story = default;
        story.Lots = order.Left;
        return ref story;
    }

    public long LotsOf(int slot) => this[slot].Is(Marks.Told) ? Story(slot).Lots : this[slot].Left;

    public long FilledOf(int slot) => this[slot].Is(Marks.Told) ? Story(slot).Filled : 0;

    /// <summary>Lots that the book shows of it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long ShownOf(int slot) => this[slot].Is(Marks.Iceberg) ? Story(slot).Shown : this[slot].Left;

    /// <summary>A slot for an order that is not open yet.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Take()
    {
        var slot = free;
        if (slot < 0) return TakeNew();
        free = this[slot].After;
        return slot;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private int TakeNew()
    {
        if (Used == slots.Length)
        {
            slots.Lengthen(slots.Length * 2);
            stories.Lengthen(stories.Length * 2);
            chained.Lengthen(chained.Length * 2);
        }

        return Used++;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Free(int slot, ref Order order)
    {
        order.Number = 0;
        order.After = free;
        free = slot;
    }

    /// <summary>From here on it is found by its number and stands last in its account's list.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Open(int slot) => Open(slot, ref accounts[this[slot].Account]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Open(int slot, ref Account account)
    {
        ref var order = ref this[slot];
        var before = account.LastOrder;
        order.AccountBefore = before;
        order.AccountAfter = -1;
        account.LastOrder = slot;
        if (before >= 0) this[before].AccountAfter = slot;
        else account.FirstOrder = slot;
        if ((uint)++Count * 4 > last) Widen(except: slot);
        Enter(order.Number, slot);
    }

    /// <summary>It must not be in a book any more.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Remove(int slot, ref Account account)
    {
        ref var order = ref this[slot];
        var (before, after) = (order.AccountBefore, order.AccountAfter);
        if (before != Order.NotOpen)
        {
            if (before >= 0) this[before].AccountAfter = after;
            else account.FirstOrder = after;
            if (after >= 0) this[after].AccountBefore = before;
            else account.LastOrder = before;
            Count--;
            ref var place = ref PlaceIn(order.Number);
            if (place == slot + 1) place = chained[slot];
            else Unchain(place - 1, slot);
        }

        Free(slot, ref order);
    }

    /// <summary>-1 = none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Find(long number)
    {
        var slot = PlaceIn(number) - 1;
        while (slot >= 0 && this[slot].Number != number) slot = chained[slot] - 1;
        return slot;
    }

    /// <summary>The order that was entered last at the number's place, for whoever fetches ahead: most often it is the one. Where there is none, any slot.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Guess(long number) => OrFirst(PlaceIn(number) - 1);

    /// <summary>The slot, or the first one where there is none: without a branch.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int OrFirst(int slot) => slot & ~(slot >> 31);

    /// <summary>Where the table will be read for this number, for whoever fetches ahead.</summary>
    internal unsafe void* PlaceOf(long number) => table.AddressOf((int)(unchecked((uint)number) & last));

    internal unsafe void* AddressOf(int slot) => slots.AddressOf(slot);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref int PlaceIn(long number) => ref table[(int)(unchecked((uint)number) & last)];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Enter(long number, int slot)
    {
        ref var place = ref PlaceIn(number);
        chained[slot] = place;
        place = slot + 1;
    }

    private void Unchain(int from, int slot)
    {
        while (chained[from] != slot + 1) from = chained[from] - 1;
        chained[from] = chained[slot];
    }

    private void Widen(int except)
    {
        table = new(table.Length * 2);
        last = (uint)table.Length - 1;
        for (var slot = 0; slot < Used; slot++)
        {
            if (slot != except && slots[slot].Number != 0 && slots[slot].AccountBefore != Order.NotOpen) Enter(slots[slot].Number, slot);
        }
    }
}
