using System.Runtime.CompilerServices;

namespace Trading.Matching.Core;

/// <summary>
/// An array that stays where it is, read by index without asking whether the index is inside: for indices that this very code issued. Nothing that
/// a caller says may become one before it was compared with what there is.
/// </summary>
internal unsafe struct Pinned<T> where T : unmanaged
{
    private T[] array;
    private T* first;

    public Pinned(int length)
    {
        array = GC.AllocateArray<T>(length, pinned: true);
        first = (T*)Unsafe.AsPointer(ref array[0]);
    }

    public readonly int Length
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => array.Length;
    }

    public readonly ref T this[int index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref first[unchecked((uint)index)];
    }

    /// <summary>Where it stands; for fetching ahead the index may be any.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void* AddressOf(int index) => unchecked(first + (uint)index);

    public readonly Span<T> All => array;

    /// <summary>Longer, with what was in it; references into it are stale from here on.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Lengthen(int length)
    {
        var longer = new Pinned<T>(length);
        array.CopyTo(longer.array, 0);
        this = longer;
    }
}
