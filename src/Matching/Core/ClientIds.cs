using System.Numerics;
using System.Runtime.CompilerServices;

namespace Trading.Matching.Core;

/// <summary>What was asked under a client order id.</summary>
internal struct Heard
{
    public ulong High;
    public ulong Low;
    /// <summary>A digest of everything that was asked; a caller that made two contents of one digest would only fool itself.</summary>
    public ulong Content;
    /// <summary>Sequence of the command that asked first; 0 = this place is free.</summary>
    public long Sequence;
    /// <summary>The order it names; 0 = none.</summary>
    public long Order;
    public int Account;
}

/// <summary>
/// Client order ids that were heard: while the order lives, and until the close of the next trading day of its instrument. Ids of orders that died
/// (or were refused) are kept by the day of their death in two generations an instrument.
/// </summary>
internal sealed class ClientIds
{
    private struct Entry
    {
        public uint Tag;
        public int PlacePlusOne;
    }

    /// <summary>Places of ids that died since the last close, and before it.</summary>
    private sealed class Generations
    {
        public List<int> Today = [];
        public List<int> Before = [];
    }

    private Heard[] places = new Heard[1024];
    private Entry[] table = new Entry[4096];
    private Generations?[] byInstrument = new Generations?[16];
    private int[] freed = [];
    private int freedCount;
    private int used;

    public int Count { get; private set; }

    public ref Heard this[int place] => ref places[place];

    /// <summary>-1 = never heard, or forgotten.</summary>
    public int Find(int account, ulong high, ulong low)
    {
        var tag = Tag(account, high, low);
        for (var at = tag & ((uint)table.Length - 1); ; at = (at + 1) & ((uint)table.Length - 1))
        {
            ref var entry = ref table[at];
            if (entry.PlacePlusOne == 0) return -1;
            if (entry.Tag != tag) continue;
            ref var heard = ref places[entry.PlacePlusOne - 1];
            if (heard.High == high && heard.Low == low && heard.Account == account) return entry.PlacePlusOne - 1;
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
            if (used == places.Length) Array.Resize(ref places, places.Length * 2);
            place = used++;
        }

        ref var heard = ref places[place];
        (heard.High, heard.Low, heard.Content, heard.Sequence, heard.Order, heard.Account) = (high, low, content, sequence, order, account);
        if (++Count * 2 > table.Length) Widen();
        Enter(Tag(account, high, low), place);
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

    internal unsafe void* PlaceOf(int account, ulong high, ulong low) => Unsafe.AsPointer(ref table[Tag(account, high, low) & ((uint)table.Length - 1)]);

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
    public int Restore(in Heard heard, int instrument, int generation)
    {
        var place = Remember(heard.Account, heard.High, heard.Low, heard.Content, heard.Sequence, heard.Order);
        if (generation == 1) Of(instrument).Today.Add(place);
        else if (generation == 2) Of(instrument).Before.Add(place);
        return place;
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
        var tag = Tag(heard.Account, heard.High, heard.Low);
        var last = (uint)table.Length - 1;
        var hole = tag & last;
        while (table[hole].PlacePlusOne != place + 1) hole = (hole + 1) & last;
        for (var at = (hole + 1) & last; table[at].PlacePlusOne != 0; at = (at + 1) & last)
        {
            var home = table[at].Tag & last;
            if (unchecked(((at - home) & last) < ((at - hole) & last))) continue;
            table[hole] = table[at];
            hole = at;
        }

        table[hole] = default;
        heard = default;
        Count--;
        if (freedCount == freed.Length) Array.Resize(ref freed, Math.Max(1024, freed.Length * 2));
        freed[freedCount++] = place;
    }

    private void Enter(uint tag, int place)
    {
        var at = tag & ((uint)table.Length - 1);
        while (table[at].PlacePlusOne != 0) at = (at + 1) & ((uint)table.Length - 1);
        table[at] = new() { Tag = tag, PlacePlusOne = place + 1 };
    }

    private void Widen()
    {
        var before = table;
        table = new Entry[before.Length * 2];
        foreach (var entry in before)
        {
            if (entry.PlacePlusOne != 0) Enter(entry.Tag, entry.PlacePlusOne - 1);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Tag(int account, ulong high, ulong low)
    {
        unchecked
        {
            var mixed = (low ^ BitOperations.RotateLeft(high, 23) ^ (ulong)account) * 0x9E37_79B9_7F4A_7C15;
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
