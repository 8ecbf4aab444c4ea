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

/// <summary>An id that was looked for and not found, and where it belongs: good until the next id is remembered.</summary>
internal readonly record struct Unheard(int Account, ulong Key, uint Hash, uint End);

/// <summary>
/// Client order ids that were heard: while the order lives, and until the close of the next trading day of its instrument. Ids of orders that died
/// (or were refused) are kept by the day of their death in two generations an instrument.
/// </summary>
internal sealed class ClientIds
{
    /// <summary>Places, from 1, in the low bits, and above them as much of the id's hash as there is room for: a wrong id is seldom looked up.</summary>
    private Pinned<uint> table;
    private uint last;
    private Pinned<Heard> places;
    private uint placeMask;
    private readonly DiedIds died;
    private int[] freed = [];
    private int freedCount;
    private int used;

    /// <param name="room">Ids for which memory is taken, and touched, now: an order must not wait for the system to bring a page.</param>
    public ClientIds(int room)
    {
        places = new((int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(64, room)));
        table = new(places.Length * 2);
        last = (uint)table.Length - 1;
        placeMask = ((uint)places.Length * 2) - 1;
        for (var i = 0; i < places.Length; i += 16) places[i].Sequence = 0;
        for (var i = 0; i < table.Length; i += 512) table[i] = 0;
        died = new(places.Length);
    }

    public int Count { get; private set; }

    public ref Heard this[int place]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref places[place];
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

    /// <summary>-1 = never heard, or forgotten.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Find(int account, ulong high, ulong low, out Unheard unheard)
    {
        var (key, mask) = (Heard.KeyOf(high, low), placeMask);
        var hash = Hash(account, key);
        for (var at = hash & last; ; at = (at + 1) & last)
        {
            var entry = table[(int)at];
            if (entry == 0)
            {
                unheard = new(account, key, hash, at);
                return -1;
            }

            if (((entry ^ hash) & ~mask) != 0) continue;
            ref var heard = ref this[(int)(entry & mask) - 1];
            if (heard.Key != key || heard.Account != account) continue;
            unheard = default;
            return (int)(entry & mask) - 1;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Remember(in Unheard unheard, ulong content, long sequence, long order)
    {
        int place;
        var end = unheard.End;
        if (freedCount > 0)
        {
            place = freed[--freedCount];
        }
        else
        {
            if (used == places.Length)
            {
                Widen();
                end = FreeFor(unheard.Hash);
            }

            place = used++;
        }

        ref var heard = ref this[place];
        heard.Key = unheard.Key;
        heard.Content = content;
        heard.Sequence = sequence;
        heard.Order = order;
        heard.Account = unheard.Account;
        Count++;
        table[(int)end] = Entry(unheard.Hash, place);
        return place;
    }

    /// <summary>From now on it is kept until the instrument's next close but one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Died(int place, int instrument)
    {
        if (place >= 0) died.Add(instrument, place);
    }

    public void DayEnded(int instrument)
    {
        foreach (var place in died.Of(instrument, today: false)) Forget(place);
        died.Roll(instrument);
    }

    /// <param name="named">0: any place will do.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal unsafe void* PlaceOf(int account, ulong high, ulong low, uint named) => table.AddressOf((int)(Hash(account, Heard.KeyOf(high, low)) & last & unchecked(0U - named)));

    /// <summary>Ids in the order of their sequences, and of those of the dead which instrument and generation keeps them (1 = today's, 2 = before; 0 = alive).</summary>
    public IEnumerable<(int Place, int Instrument, int Generation)> All()
    {
        var kept = new (long Sequence, int Place, int Instrument, int Generation)[Count];
        var (instruments, generations) = (new int[used], new byte[used]);
        for (var instrument = 0; instrument < died.Instruments; instrument++)
        {
            foreach (var place in died.Of(instrument, today: true)) (instruments[place], generations[place]) = (instrument, 1);
            foreach (var place in died.Of(instrument, today: false)) (instruments[place], generations[place]) = (instrument, 2);
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
        Enter(used);
        if (generation != 0) died.Add(instrument, used, today: generation == 1);
        return used++;
    }

    private void Forget(int place)
    {
        ref var heard = ref places[place];
        var hole = Hash(heard.Account, heard.Key) & last;
        while ((table[(int)hole] & placeMask) != (uint)place + 1) hole = (hole + 1) & last;
        for (var at = (hole + 1) & last; table[(int)at] != 0; at = (at + 1) & last)
        {
            ref var other = ref places[(int)(table[(int)at] & placeMask) - 1];
            var home = Hash(other.Account, other.Key) & last;
            if (unchecked(((at - home) & last) < ((at - hole) & last))) continue;
            table[(int)hole] = table[(int)at];
            hole = at;
        }

        table[(int)hole] = 0;
        heard = default;
        Count--;
        if (freedCount == freed.Length) Array.Resize(ref freed, Math.Max(1024, freed.Length * 2));
        freed[freedCount++] = place;
    }

    private void Enter(int place)
    {
        var hash = Hash(places[place].Account, places[place].Key);
        table[(int)FreeFor(hash)] = Entry(hash, place);
    }

    private uint FreeFor(uint hash)
    {
        var at = hash & last;
        while (table[(int)at] != 0) at = (at + 1) & last;
        return at;
    }

    private uint Entry(uint hash, int place) => (hash & ~placeMask) | ((uint)place + 1);

    /// <summary>Room for as many again; everything has another place in the table from now on.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Widen()
    {
        places.Lengthen(places.Length * 2);
        table = new(places.Length * 2);
        last = (uint)table.Length - 1;
        placeMask = ((uint)places.Length * 2) - 1;
        for (var place = 0; place < used; place++)
        {
            if (places[place].Sequence != 0) Enter(place);
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
