using System.Runtime.CompilerServices;

namespace Trading.Matching.Core;

/// <summary>
/// Places of ids whose orders ended, by instrument: since its last close, and before it. Kept in blocks of one array, so that a day's worth is written
/// in a row and asks for no memory.
/// </summary>
internal sealed class DiedIds
{
    private const int BlockBits = 8;
    private const int BlockPlaces = 1 << BlockBits;

    private struct Chain
    {
        /// <summary>Block + 1; 0 = none.</summary>
        public int First;
        public int Last;
        public int Count;
    }

    private int[] places;
    private int[] next;
    private int blocks;
    private int free;
    private Chain[] chains = new Chain[32];

    /// <param name="room">As many as fit before memory must grow.</param>
    public DiedIds(int room)
    {
        places = new int[room + (64 * BlockPlaces)];
        next = new int[places.Length >> BlockBits];
        for (var i = 0; i < places.Length; i += 1024) places[i] = 0;
    }

    public int Instruments => chains.Length / 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(int instrument, int place, bool today = true)
    {
        var which = (instrument * 2) + (today ? 0 : 1);
        if (which >= chains.Length) Array.Resize(ref chains, Math.Max(which + 2, chains.Length * 2));
        ref var chain = ref chains[which];
        var within = chain.Count & (BlockPlaces - 1);
        if (within == 0) Lengthen(ref chain);
        places[((chain.Last - 1) << BlockBits) + within] = place;
        chain.Count++;
    }

    public Walk Of(int instrument, bool today)
    {
        var which = (instrument * 2) + (today ? 0 : 1);
        return which < chains.Length ? new(this, chains[which].First, chains[which].Count) : default;
    }

    /// <summary>Over the places of one chain, in the order in which they came.</summary>
    public struct Walk
    {
        private readonly DiedIds of;
        private int block;
        private int left;
        private int within;

        internal Walk(DiedIds of, int block, int left) => (this.of, this.block, this.left) = (of, block, left);

        public int Current { get; private set; }

        public readonly Walk GetEnumerator() => this;

        public bool MoveNext()
        {
            if (left == 0) return false;
            if (within == BlockPlaces) (block, within) = (of.next[block - 1], 0);
            Current = of.places[((block - 1) << BlockBits) + within];
            within++;
            left--;
            return true;
        }
    }

    /// <summary>Those before are gone, and today's are those before.</summary>
    public void Roll(int instrument)
    {
        var which = instrument * 2;
        if (which >= chains.Length) return;
        var before = chains[which + 1];
        if (before.Count > 0) (next[before.Last - 1], free) = (free, before.First);
        chains[which + 1] = chains[which];
        chains[which] = default;
    }

    private void Lengthen(ref Chain chain)
    {
        var block = free;
        if (block != 0)
        {
            free = next[block - 1];
        }
        else
        {
            if (blocks == next.Length)
            {
                Array.Resize(ref places, places.Length * 2);
                Array.Resize(ref next, next.Length * 2);
            }

            block = ++blocks;
        }

        next[block - 1] = 0;
        if (chain.Count == 0) chain.First = block;
        else next[chain.Last - 1] = block;
        chain.Last = block;
    }
}
