using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Trading.Matching.Journal;

/// <summary>
/// Structs of eight-byte words in a few bytes: of each only the words that differ from the struct before, and of these only the bytes between the first
/// and the last that do. A row of a thousand orders is a quarter as long, and what is short is quickly flushed. There is one way to write a value.
/// </summary>
internal static class Packing
{
    /// <summary>A word's bytes, and what says where they belong.</summary>
    private const int WordMost = 9;

    public static byte[] Pack<T>(ReadOnlySpan<T> structs) where T : unmanaged
    {
        var bytes = ArrayPool<byte>.Shared.Rent(Most<T>(structs.Length));
        var packed = bytes.AsSpan(0, Pack(structs, bytes)).ToArray();
        ArrayPool<byte>.Shared.Return(bytes);
        return packed;
    }

    /// <summary>Whether these bytes are these structs. There is one way to write them, so nothing is unpacked to tell.</summary>
    public static bool Says<T>(ReadOnlySpan<byte> packed, ReadOnlySpan<T> structs) where T : unmanaged
    {
        var bytes = ArrayPool<byte>.Shared.Rent(Most<T>(structs.Length));
        var same = packed.SequenceEqual(bytes.AsSpan(0, Pack(structs, bytes)));
        ArrayPool<byte>.Shared.Return(bytes);
        return same;
    }

    /// <summary>One word more than they can need: each is written whole, and what was too much is written over.</summary>
    private static int Most<T>(int count) where T : unmanaged => sizeof(int) + (count * (sizeof(ushort) + (Unsafe.SizeOf<T>() / sizeof(ulong) * WordMost))) + sizeof(ulong);

    private static int Pack<T>(ReadOnlySpan<T> structs, byte[] bytes) where T : unmanaged
    {
        var size = Unsafe.SizeOf<T>() / sizeof(ulong);
        var words = MemoryMarshal.Cast<T, ulong>(structs);
        BinaryPrimitives.WriteInt32LittleEndian(bytes, structs.Length);
        var at = sizeof(int);
        for (var first = 0; first < words.Length; first += size)
        {
            var (head, differs) = (at, 0);
            at += sizeof(ushort);
            for (var i = 0; i < size; i++)
            {
                var word = words[first + i] ^ (first == 0 ? 0 : words[first + i - size]);
                if (word == 0) continue;
                differs |= 1 << i;
                var low = BitOperations.TrailingZeroCount(word) / 8;
                var length = 8 - low - (BitOperations.LeadingZeroCount(word) / 8);
                bytes[at] = (byte)((low << 4) | length);
                BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(at + 1), word >> (low * 8));
                at += 1 + length;
            }

            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(head), (ushort)differs);
        }

        return at;
    }

    /// <exception cref="InvalidDataException">The bytes are not what <see cref="Pack"/> writes.</exception>
    public static T[] Unpack<T>(ReadOnlySpan<byte> bytes) where T : unmanaged
    {
        var structs = GC.AllocateUninitializedArray<T>(CountOf<T>(bytes));
        Unpack(bytes, structs.AsSpan());
        return structs;
    }

    /// <exception cref="InvalidDataException">They are too few bytes for what they say they hold.</exception>
    public static int CountOf<T>(ReadOnlySpan<byte> bytes) where T : unmanaged
    {
        if (bytes.Length < sizeof(int)) throw Cut<T>();
        var count = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        return count >= 0 && (long)count * sizeof(ushort) <= bytes.Length - sizeof(int) ? count : throw Cut<T>();
    }

    /// <param name="structs">As long as <see cref="CountOf"/> says.</param>
    /// <exception cref="InvalidDataException">The bytes are not what <see cref="Pack"/> writes.</exception>
    public static void Unpack<T>(ReadOnlySpan<byte> bytes, Span<T> structs) where T : unmanaged
    {
        var size = Unsafe.SizeOf<T>() / sizeof(ulong);
        bytes = bytes[sizeof(int)..];
        var words = MemoryMarshal.Cast<T, ulong>(structs);
        for (var first = 0; first < words.Length; first += size)
        {
            var one = words.Slice(first, size);
            if (first == 0) one.Clear();
            else words.Slice(first - size, size).CopyTo(one);
            if (bytes.Length < sizeof(ushort)) throw Cut<T>();
            var differs = (uint)BinaryPrimitives.ReadUInt16LittleEndian(bytes);
            bytes = bytes[sizeof(ushort)..];
            if (differs >> size != 0) throw new InvalidDataException($"a {typeof(T).Name} of {size} words says that others differ");
            for (; differs != 0; differs &= differs - 1)
            {
                if (bytes.IsEmpty) throw Cut<T>();
                var (low, length) = (bytes[0] >> 4, bytes[0] & 15);
                if (length < 1 || low + length > 8) throw new InvalidDataException($"a word of {typeof(T).Name} has {length} bytes from {low}");
                if (bytes.Length < 1 + length) throw Cut<T>();
                if (bytes[1] == 0 || bytes[length] == 0) throw new InvalidDataException($"a word of {typeof(T).Name} is longer than it must be");
                var word = bytes.Length > 8 ? BinaryPrimitives.ReadUInt64LittleEndian(bytes[1..]) & (ulong.MaxValue >> (64 - (8 * length))) : Gathered(bytes.Slice(1, length));
                one[BitOperations.TrailingZeroCount(differs)] ^= word << (low * 8);
                bytes = bytes[(1 + length)..];
            }
        }

        if (!bytes.IsEmpty) throw new InvalidDataException($"{bytes.Length} bytes follow the last {typeof(T).Name}");
    }

    private static ulong Gathered(ReadOnlySpan<byte> bytes)
    {
        var word = 0UL;
        for (var i = bytes.Length - 1; i >= 0; i--) word = (word << 8) | bytes[i];
        return word;
    }

    private static InvalidDataException Cut<T>() => new($"the bytes of a {typeof(T).Name} end in the middle");
}
