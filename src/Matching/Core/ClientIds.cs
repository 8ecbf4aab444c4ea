using System.Numerics;
using System.Runtime.CompilerServices;

namespace Trading.Matching.Core;

/// <summary>What was asked under a client order id.</summary>
internal struct Heard
{
    /// <summary>Both halves of the id's digest in one; two ids of one account that shared it would have to be sought for on purpose.</summary>
    public ulong Key;
    /// <summary>A digest of everything that was asked; a caller that made two contents of one digest would only fool itself.</summary>
    public ulong Content;
    /// <summary>Sequence of the command that asked first; 0 = this place is free.</summary>
    public long Sequence;
    /// <summary>The order it names; 0 = none.</summary>
    public long Order;
    public int Account;

    public static ulong KeyOf(ulong high, ulong low) => low ^ BitOperations.RotateLeft(high, 23);
}

/// <summary>
/// Client order ids that were heard: while the order lives, and until the close of the next trading day of its instrument. Ids of orders that died
/// (or were refused) are kept by the day of their death in two generations an instrument.
/// </summary>
internal sealed class ClientIds
{
    /// <summary>Places of ids that died since the last close, and before it.</summary>
    private sealed class Generations
    {
        public List<int> Today = [];
        public List<int> Before = [];
    }

    /// <summary>Places, from 1, in the low bits, and above them as much of the id's hash as there is room for: a wrong id is seldom looked up.</summary>
    private uint[] table;
    private Heard[] places;
    private uint placeMask;
    private Generations?[] byInstrument = new Generations?[16];
    private int[] freed = [];
    private int freedCount;
    private int used;

    /// <param name="room">Ids for which memory is taken, and touched, now: an order must not wait for the system to bring a page.</param>
    public ClientIds(int room)
    {
        places = new Heard[(int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(64, room))];
        table = new uint[places.Length * 2];
        placeMask = ((uint)places.Length * 2) - 1;
        for (var i = 0; i < places.Length; i += 16) places[i].Sequence = 0;
        for (var i = 0; i < table.Length; i += 512) table[i] = 0;
    }

    public int Count { get; private set; }

    public ref Heard this[int place] => ref places[place];

    /// <summary>-1 = never heard, or forgotten.</summary>
    public int Find(int account, ulong high, ulong low)
    {
        var entries = table;
        var (key, last) = (Heard.KeyOf(high, low), (uint)entries.Length - 1);
        var hash = Hash(account, key);
        for (var at = hash & last; ; at = (at + 1) & last)
        {
            var entry = entries[at];
            if (entry == 0) return -1;
            if (((entry ^ hash) & ~placeMask) != 0) continue;
            ref var heard = ref places[(entry & placeMask) - 1];
            if (heard.Key == key && heard.Account == account) return (int)(entry & placeMask) - 1;
        }
    }

    /// <summary>The id must not be there.</summary>
    public int Remember(int account, ulong high, ulong low, ulong content, long sequence, long order)
    {
        int place;
        if (freedCount > 0)
        {
            place = freed[--freedCount];
        }
        else
        {
            if (used == places.Length) Widen();
            place = used++;
        }

        ref var heard = ref places[place];
        (heard.Key, heard.Content, heard.Sequence, heard.Order, heard.Account) = (Heard.KeyOf(high, low), content, sequence, order, account);
        Count++;
        Enter(Hash(account, heard.Key), place);
        return place;
    }

    /// <summary>From now on it is kept until the instrument's next close but one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Died(int place, int instrument)
    {
        if (place >= 0) Of(instrument).Today.Add(place);
    }

    public void DayEnded(int instrument)
    {
        if (instrument >= byInstrument.Length || byInstrument[instrument] is not { } generations) return;
        foreach (var place in generations.Before) Forget(place);
        generations.Before.Clear();
        (generations.Today, generations.Before) = (generations.Before, generations.Today);
    }

    internal unsafe void* PlaceOf(int account, ulong high, ulong low) => Unsafe.AsPointer(ref table[Hash(account, Heard.KeyOf(high, low)) & ((uint)table.Length - 1)]);

    /// <summary>Ids in the order of their sequences, and of those of the dead which instrument and generation keeps them (1 = today's, 2 = before; 0 = alive).</summary>
    public IEnumerable<(int Place, int Instrument, int Generation)> All()
    {
        var kept = new (long Sequence, int Place, int Instrument, int Generation)[Count];
        var (instruments, generations) = (new int[used], new byte[used]);
        for (var instrument = 0; instrument < byInstrument.Length; instrument++)
        {
            if (byInstrument[instrument] is not { } lists) continue;
            foreach (var place in lists.Today) (instruments[place], generations[place]) = (instrument, 1);
            foreach (var place in lists.Before) (instruments[place], generations[place]) = (instrument, 2);
        }

        var at = 0;
        for (var place = 0; place < used; place++)
        {
            if (places[place].Sequence != 0) kept[at++] = (places[place].Sequence, place, instruments[place], generations[place]);
        }

        Array.Sort(kept, (a, b) => a.Sequence.CompareTo(b.Sequence));
        foreach (var (_, place, instrument, generation) in kept) yield return (place, instrument, generation);
    }

    /// <summary>For a snapshot: an id with its place among the dead.</summary>
    public int Restore(Heard heard, int instrument, int generation)
    {
        if (used == places.Length) Widen();
        places[used] = heard;
        Count++;
        Enter(Hash(heard.Account, heard.Key), used);
        if (generation == 1) Of(instrument).Today.Add(used);
        else if (generation == 2) Of(instrument).Before.Add(used);
        return used++;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Generations Of(int instrument)
    {
        if (instrument >= byInstrument.Length) Array.Resize(ref byInstrument, Math.Max(instrument + 1, byInstrument.Length * 2));
        return byInstrument[instrument] ??= new();
    }

    private void Forget(int place)
    {
        ref var heard = ref places[place];
        var last = (uint)table.Length - 1;
        var hole = Hash(heard.Account, heard.Key) & last;
        while ((table[hole] & placeMask) != (uint)place + 1) hole = (hole + 1) & last;
        for (var at = (hole + 1) & last; table[at] != 0; at = (at + 1) & last)
        {
            ref var other = ref places[(table[at] & placeMask) - 1];
            var home = Hash(other.Account, other.Key) & last;
            if (unchecked(((at - home) & last) < ((at - hole) & last))) continue;
            table[hole] = table[at];
            hole = at;
        }

        table[hole] = 0;
        heard = default;
        Count--;
        if (freedCount == freed.Length) Array.Resize(ref freed, Math.Max(1024, freed.Length * 2));
        freed[freedCount++] = place;
    }

    private void Enter(uint hash, int place)
    {
        var last = (uint)table.Length - 1;
        var at = hash & last;
        while (table[at] != 0) at = (at + 1) & last;
        table[at] = (hash & ~placeMask) | ((uint)place + 1);
    }

    private void Widen()
    {
        Array.Resize(ref places, places.Length * 2);
        table = new uint[places.Length * 2];
        placeMask = ((uint)places.Length * 2) - 1;
        for (var place = 0; place < used; place++)
        {
            if (places[place].Sequence != 0) Enter(Hash(places[place].Account, places[place].Key), place);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Hash(int account, ulong key)
    {
        unchecked
        {
            var mixed = (key ^ ((ulong)account * 0xC2B2_AE3D_27D4_EB4F)) * 0x9E37_79B9_7F4A_7C15;
            return (uint)(mixed >> 32);
        }
    }
}

/// <summary>A plain 64-bit mix over words: the same on every machine, and no secret.</summary>
internal struct Mix()
{
    public ulong Value { get; private set; } = 14_695_981_039_346_656_037;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(ulong word)
    {
        unchecked
        {
            Value = (Value ^ word) * 0x9E37_79B9_7F4A_7C15;
            Value ^= Value >> 32;
        }
    }
}
