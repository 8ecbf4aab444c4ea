namespace Trading.Matching.Core;

/// <summary>What time does by itself, in the order in which it does it at one instant.</summary>
internal enum DueKind : byte { OrderExpires = 1, TimerGoesOff = 2, HaltEnds = 3, InstrumentEnds = 4, SaleEnds = 5, CallEnds = 6 }

/// <param name="Key">Order number, account or instrument.</param>
internal readonly record struct Due(long Micros, DueKind Kind, long Key) : IComparable<Due>
{
    public int CompareTo(Due other)
    {
        if (Micros != other.Micros) return Micros.CompareTo(other.Micros);
        return Kind != other.Kind ? Kind.CompareTo(other.Kind) : Key.CompareTo(other.Key);
    }
}

/// <summary>A heap of what is due, earliest first. What was put off or has gone meanwhile stays until it comes up, and is then found to be stale.</summary>
internal sealed class DueList(Predicate<Due> stale)
{
    private Due[] heap = new Due[64];

    public int Count { get; private set; }

    public Due First => heap[0];

    public void Add(Due due)
    {
        if (Count == heap.Length) MakeRoom();
        Sift(due);
    }

    /// <summary>Stale entries go before the heap grows, so that orders which come and go do not fill it.</summary>
    private void MakeRoom()
    {
        var kept = 0;
        for (var i = 0; i < Count; i++)
        {
            if (!stale(heap[i])) heap[kept++] = heap[i];
        }

        if (kept > heap.Length / 2) Array.Resize(ref heap, heap.Length * 2);
        // Sifting writes no further than it has read.
        for (Count = 0; Count < kept;) Sift(heap[Count]);
    }

    private void Sift(Due due)
    {
        var at = Count++;
        while (at > 0 && due.CompareTo(heap[(at - 1) / 2]) < 0)
        {
            heap[at] = heap[(at - 1) / 2];
            at = (at - 1) / 2;
        }

        heap[at] = due;
    }

    public void RemoveFirst()
    {
        var last = heap[--Count];
        var at = 0;
        while ((2 * at) + 1 < Count)
        {
            var child = (2 * at) + 1;
            if (child + 1 < Count && heap[child + 1].CompareTo(heap[child]) < 0) child++;
            if (last.CompareTo(heap[child]) <= 0) break;
            heap[at] = heap[child];
            at = child;
        }

        heap[at] = last;
    }
}
