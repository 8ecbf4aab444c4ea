using System.Runtime.CompilerServices;

namespace Trading.Matching.Core.Books;

/// <summary>One side of a book, or the stops that wait on one side: orders at prices, better prices first, at one price first come first.</summary>
/// <param name="higherFirst">The best is the highest price: bids, and stops of sellers.</param>
internal sealed class OrderBook(bool higherFirst, Orders orders)
{
    private readonly Ladder ladder = new();
    private readonly long mirror = higherFirst ? 0 : -1;

    public int Count => ladder.Count;

    public int Best
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ladder.Best;
    }

    /// <summary>Would an order of the other side with this limit trade at all?</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Meets(long limit) => ladder.Best >= 0 && ladder.BestRank >= (limit ^ mirror);

    public ref readonly Level this[int level]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref ladder[level];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long TicksOf(int level) => ladder.RankOf(level) ^ mirror;

    /// <summary>The level at a price at which something stands.</summary>
    public int LevelOf(long ticks) => ladder.Find(ticks ^ mirror);

    /// <summary>The next worse level than this price, whether or not anything stands at it; -1 = none.</summary>
    public int Worse(long ticks) => ladder.Below(ticks ^ mirror);

    /// <summary>Would an order of the other side with this limit trade at this price?</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Reaches(long limit, long ticks) => higherFirst ? ticks >= limit : ticks <= limit;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Rest(int slot, long ticks) => Rest(slot, ticks, orders.ShownOf(slot));

    /// <param name="shown">Lots that the book shows of it.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Rest(int slot, long ticks, long shown)
    {
        ref var order = ref orders[slot];
        ref var at = ref ladder[ladder.Open(ticks ^ mirror)];
        var last = at.Last;
        order.Before = last;
        order.After = -1;
        at.Last = slot;
        at.Count++;
        at.Lots += shown;
        if (last >= 0) orders[last].After = slot;
        else at.First = slot;
    }

    /// <summary>Shown lots of a resting order fell: filled, decremented, or replaced by fewer.</summary>
    public void Shrink(long ticks, long lots)
    {
        if (lots != 0) ladder[ladder.Find(ticks ^ mirror)].Lots -= lots;
    }

    public void Shrink(int level, long lots) => ladder[level].Lots -= lots;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(int slot, long ticks) => Take(slot, ladder.Open(ticks ^ mirror), orders.ShownOf(slot));

    /// <param name="lots">What the level still counts of it.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(int slot, int level, long lots)
    {
        ref var order = ref orders[slot];
        ref var at = ref ladder[level];
        var (before, after) = (order.Before, order.After);
        at.Lots -= lots;
        if (--at.Count == 0)
        {
            ladder.Close(level);
            return;
        }

        if (before >= 0) orders[before].After = after;
        else at.First = after;
        if (after >= 0) orders[after].Before = before;
        else at.Last = before;
    }

    /// <summary>An iceberg's tip was eaten: the next one stands last at its price.</summary>
    public void Refill(int slot, int level)
    {
        ref var order = ref orders[slot];
        ref var at = ref ladder[level];
        at.Lots += orders.ShownOf(slot);
        if (at.Last == slot) return;
        if (order.Before >= 0) orders[order.Before].After = order.After;
        else at.First = order.After;
        orders[order.After].Before = order.Before;
        (order.Before, order.After) = (at.Last, -1);
        orders[at.Last].After = slot;
        at.Last = slot;
    }
}
