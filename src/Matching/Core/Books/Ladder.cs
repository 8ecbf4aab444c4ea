using System.Numerics;
using System.Runtime.CompilerServices;

namespace Trading.Matching.Core.Books;

/// <summary>One price of one side; its orders stand in a chain, first come first.</summary>
internal struct Level
{
    /// <summary>Lots that are shown.</summary>
    public long Lots;
    public int Count;
    public int First;
    public int Last;
}

/// <summary>
/// Prices of one side, better ones higher. Sixty-four neighbouring ticks are a page, with one bit for each that is taken; pages stand sorted with the
/// best last, where taking one away moves nothing. A small table remembers where pages lie, so that most prices are found in one look, with a band
/// or without one.
/// </summary>
internal sealed class Ladder
{
    private const int PageBits = 6;
    private const int PageTicks = 1 << PageBits;
    private const int Remembered = 1024;

    private Pinned<int> recent = new(Remembered);
    private Pinned<Level> levels = new(PageTicks * 4);
    private Pinned<ulong> taken = new(4);
    private Pinned<long> ids = new(4);
    private int[] sorted = new int[4];
    private int pages;
    private int used;
    private int free = -1;

    /// <summary>Prices with at least one order.</summary>
    public int Count { get; private set; }

    /// <summary>The highest rank's level; -1 = empty.</summary>
    public int Best { get; private set; } = -1;

    /// <summary>Rank of <see cref="Best"/>; the lowest there is where nothing stands.</summary>
    public long BestRank { get; private set; } = long.MinValue;

    public ref Level this[int level]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref levels[level];
    }

    /// <summary>Rank of a level: its price, or its mirror on the side where lower is better.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long RankOf(int level) => (ids[level >> PageBits] << PageBits) + (level & (PageTicks - 1));

    /// <summary>The next level below a level that may itself be gone by now; -1 = none.</summary>
    public int Below(long rank)
    {
        var id = rank >> PageBits;
        var place = Search(id);
        if (place >= 0)
        {
            var page = sorted[place];
            var lower = taken[page] & ((1UL << (int)(rank & (PageTicks - 1))) - 1);
            if (lower != 0) return (page << PageBits) + Highest(lower);
            place--;
        }
        else
        {
            place = ~place - 1;
        }

        return place < 0 ? -1 : (sorted[place] << PageBits) + Highest(taken[sorted[place]]);
    }

    /// <summary>-1 where nothing stands at this rank.</summary>
    public int Find(long rank)
    {
        var page = PageOf(rank >> PageBits);
        return page >= 0 && (taken[page] & (1UL << (int)(rank & (PageTicks - 1)))) != 0 ? (page << PageBits) + (int)(rank & (PageTicks - 1)) : -1;
    }

    /// <summary>The level of this rank, opened if nothing stood there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Open(long rank)
    {
        var page = PageOf(rank >> PageBits);
        if (page < 0) page = OpenPage(rank >> PageBits);
        var level = (page << PageBits) + (int)(rank & (PageTicks - 1));
        ref var bits = ref taken[page];
        var bit = 1UL << (int)(rank & (PageTicks - 1));
        if ((bits & bit) == 0)
        {
            bits |= bit;
            ref var opened = ref levels[level];
            opened.Lots = 0;
            opened.Count = 0;
            opened.First = -1;
            opened.Last = -1;
            Count++;
            if (rank >= BestRank)
            {
                Best = level;
                BestRank = rank;
            }
        }

        return level;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Close(int level)
    {
        var page = level >> PageBits;
        ref var bits = ref taken[page];
        bits &= ~(1UL << (level & (PageTicks - 1)));
        Count--;
        if (bits == 0) ClosePage(page);
        if (level == Best) FindBest();
    }

    private void FindBest()
    {
        if (pages == 0)
        {
            (Best, BestRank) = (-1, long.MinValue);
            return;
        }

        var page = sorted[pages - 1];
        Best = (page << PageBits) + Highest(taken[page]);
        BestRank = RankOf(Best);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int PageOf(long id)
    {
        var page = recent[unchecked((int)id) & (Remembered - 1)];
        // A page that was closed has nothing taken, and may be another's by now: its id says so. What is remembered was once in use.
        return ids[page] == id && taken[page] != 0 ? page : Look(id);
    }

    private int Look(long id)
    {
        var place = Search(id);
        if (place < 0) return -1;
        recent[unchecked((int)id) & (Remembered - 1)] = sorted[place];
        return sorted[place];
    }

    private int OpenPage(long id)
    {
        int page;
        if (free >= 0)
        {
            page = free;
            free = levels[page << PageBits].First;
        }
        else
        {
            if (used == taken.Length)
            {
                levels.Lengthen(levels.Length * 2);
                taken.Lengthen(taken.Length * 2);
                ids.Lengthen(ids.Length * 2);
                Array.Resize(ref sorted, sorted.Length * 2);
            }

            page = used++;
        }

        ids[page] = id;
        taken[page] = 0;
        var at = ~Search(id);
        Array.Copy(sorted, at, sorted, at + 1, pages - at);
        sorted[at] = page;
        pages++;
        recent[unchecked((int)id) & (Remembered - 1)] = page;
        return page;
    }

    private void ClosePage(int page)
    {
        var place = Search(ids[page]);
        Array.Copy(sorted, place + 1, sorted, place, pages - place - 1);
        pages--;
        levels[page << PageBits].First = free;
        free = page;
    }

    private int Search(long id)
    {
        var (low, high) = (0, pages - 1);
        while (low <= high)
        {
            var middle = (low + high) >> 1;
            var there = ids[sorted[middle]];
            if (there == id) return middle;
            if (there < id) low = middle + 1;
            else high = middle - 1;
        }

        return ~low;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Highest(ulong bits) => 63 - BitOperations.LeadingZeroCount(bits);
}
