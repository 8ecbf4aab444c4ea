namespace Trading.Matching.Core.Books;

/// <summary>One price of one side; its orders stand in a chain, first come first.</summary>
internal struct Level
{
    public long Ticks;
    public long Lots;
    public int Count;
    public int First;
    public int Last;
}

/// <summary>One side of a book: levels sorted so that the best stands last, where taking it away moves nothing.</summary>
internal sealed class OrderBook(Side side, Orders orders)
{
    private Level[] levels = new Level[64];
    private int[] sorted = new int[64];
    private int freeLevel = -1;
    private int usedLevels;

    /// <summary>Prices with at least one order.</summary>
    public int Count { get; private set; }

    /// <summary>Slot of the order first in time at the best price; -1 = empty.</summary>
    public int First => Count == 0 ? -1 : levels[sorted[Count - 1]].First;

    /// <param name="rank">0 = best.</param>
    public ref readonly Level Ranked(int rank) => ref levels[sorted[Count - 1 - rank]];

    public void Rest(int slot)
    {
        ref var order = ref orders[slot];
        var level = LevelOf(order.Ticks);
        ref var at = ref levels[level];
        (order.Level, order.Before, order.After) = (level, at.Last, -1);
        if (at.Last >= 0) orders[at.Last].After = slot;
        else at.First = slot;
        at.Last = slot;
        at.Count++;
        at.Lots += order.Left;
    }

    /// <summary>Lots of a resting order fell: filled, or replaced by fewer.</summary>
    public void Shrink(int slot, long lots) => levels[orders[slot].Level].Lots -= lots;

    public void Take(int slot)
    {
        ref var order = ref orders[slot];
        ref var at = ref levels[order.Level];
        if (order.Before >= 0) orders[order.Before].After = order.After;
        else at.First = order.After;
        if (order.After >= 0) orders[order.After].Before = order.Before;
        else at.Last = order.Before;
        at.Count--;
        at.Lots -= order.Left;
        if (at.Count == 0) Close(order.Level);
        order.Level = -1;
    }

    /// <summary>Would an order with this limit trade at this price? A market order's limit is 0.</summary>
    public bool Reaches(long limit, long ticks) => limit == 0 || (side == Side.Sell ? ticks <= limit : ticks >= limit);

    /// <summary>Σ lots of one level may pass what a long holds: deposits bound rights, but not the lots of buy orders at tiny prices.</summary>
    public bool HasRoom(long ticks, long lots)
    {
        var place = Search(ticks);
        return place < 0 || levels[sorted[place]].Lots <= long.MaxValue - lots;
    }

    private int LevelOf(long ticks)
    {
        var place = Search(ticks);
        if (place >= 0) return sorted[place];
        int level;
        if (freeLevel >= 0)
        {
            level = freeLevel;
            freeLevel = levels[level].First;
        }
        else
        {
            if (usedLevels == levels.Length) Array.Resize(ref levels, levels.Length * 2);
            level = usedLevels++;
        }

        levels[level] = new() { Ticks = ticks, First = -1, Last = -1 };
        if (Count == sorted.Length) Array.Resize(ref sorted, sorted.Length * 2);
        var at = ~place;
        Array.Copy(sorted, at, sorted, at + 1, Count - at);
        sorted[at] = level;
        Count++;
        return level;
    }

    private void Close(int level)
    {
        var place = Search(levels[level].Ticks);
        Array.Copy(sorted, place + 1, sorted, place, Count - place - 1);
        Count--;
        levels[level].First = freeLevel;
        freeLevel = level;
    }

    private int Search(long ticks)
    {
        var (low, high) = (0, Count - 1);
        while (low <= high)
        {
            var middle = (low + high) >> 1;
            var there = levels[sorted[middle]].Ticks;
            if (there == ticks) return middle;
            // Worse prices stand first: low bids, high asks.
            if (side == Side.Buy ? there < ticks : there > ticks) low = middle + 1;
            else high = middle - 1;
        }

        return ~low;
    }
}
