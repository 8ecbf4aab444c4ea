using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Trading.Matching.Core;

namespace Trading.Matching.Journal;

/// <summary>A row of the journal as it lies there: nothing of it is unpacked, and nothing was looked at.</summary>
internal readonly record struct StoredBatch(
    long FirstSequence, int Count, long Epoch, short Version, ReadOnlyMemory<byte> Commands, ReadOnlyMemory<byte> Outputs, ReadOnlyMemory<byte> Texts, ReadOnlyMemory<byte> PreviousHash,
    ReadOnlyMemory<byte> Hash)
{
    public long LastSequence => FirstSequence + Count - 1;

    public static StoredBatch Of(Contracts.Batch batch) =>
        new(batch.FirstSequence, batch.Count, batch.Epoch, BatchBytes.Version, batch.PackedCommands, batch.PackedOutputs, BatchBytes.Of(batch.Texts), batch.PreviousHash, batch.Hash);
}

/// <summary>
/// How a batch lies in its row: commands and outputs packed from their little-endian structs, texts as (index, length, UTF-8) runs.
/// The hash covers everything but the row's commit time.
/// </summary>
internal static class BatchBytes
{
    public const short Version = 2;
    public const int HashBytes = 32;

    public static readonly byte[] NoHash = new byte[HashBytes];

    static BatchBytes()
    {
        if (!BitConverter.IsLittleEndian) throw new PlatformNotSupportedException("the journal is little-endian");
    }

    public static byte[] Of<T>(ReadOnlySpan<T> structs) where T : unmanaged => MemoryMarshal.AsBytes(structs).ToArray();

    /// <exception cref="InvalidDataException">The bytes are not a whole number of structs.</exception>
    public static T[] Structs<T>(ReadOnlySpan<byte> bytes, int size) where T : unmanaged => bytes.Length % size == 0
        ? MemoryMarshal.Cast<byte, T>(bytes).ToArray()
        : throw new InvalidDataException($"{bytes.Length} bytes are no whole number of {typeof(T).Name} of {size}");

    public static byte[] Of(ImmutableSortedDictionary<int, string> texts)
    {
        if (texts.Count == 0) return [];
        using var into = new MemoryStream();
        Span<byte> number = stackalloc byte[4];
        foreach (var (index, text) in texts)
        {
            BinaryPrimitives.WriteInt32LittleEndian(number, index);
            into.Write(number);
            var utf8 = Encoding.UTF8.GetBytes(text);
            BinaryPrimitives.WriteInt32LittleEndian(number, utf8.Length);
            into.Write(number);
            into.Write(utf8);
        }

        return into.ToArray();
    }

    /// <exception cref="InvalidDataException">The runs do not fill the bytes exactly.</exception>
    public static ImmutableSortedDictionary<int, string> Texts(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty) return ImmutableSortedDictionary<int, string>.Empty;
        var texts = ImmutableSortedDictionary.CreateBuilder<int, string>();
        while (bytes.Length >= 8)
        {
            var index = BinaryPrimitives.ReadInt32LittleEndian(bytes);
            var length = BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]);
            if (length < 0 || length > bytes.Length - 8) break;
            texts[index] = Encoding.UTF8.GetString(bytes.Slice(8, length));
            bytes = bytes[(8 + length)..];
        }

        return bytes.IsEmpty ? texts.ToImmutable() : throw new InvalidDataException("the texts of a batch end in the middle");
    }

    /// <summary>SHA-256 over previous hash, first sequence, count, epoch, version and the three payloads with their lengths.</summary>
    public static byte[] Hash(
        ReadOnlySpan<byte> previous, long firstSequence, int count, long epoch, ReadOnlySpan<byte> commands, ReadOnlySpan<byte> outputs, ReadOnlySpan<byte> texts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> head = stackalloc byte[40];
        BinaryPrimitives.WriteInt64LittleEndian(head, firstSequence);
        BinaryPrimitives.WriteInt32LittleEndian(head[8..], count);
        BinaryPrimitives.WriteInt64LittleEndian(head[12..], epoch);
        BinaryPrimitives.WriteInt16LittleEndian(head[20..], Version);
        BinaryPrimitives.WriteInt32LittleEndian(head[24..], commands.Length);
        BinaryPrimitives.WriteInt32LittleEndian(head[28..], outputs.Length);
        BinaryPrimitives.WriteInt32LittleEndian(head[32..], texts.Length);
        hash.AppendData(previous);
        hash.AppendData(head);
        hash.AppendData(commands);
        hash.AppendData(outputs);
        hash.AppendData(texts);
        return hash.GetHashAndReset();
    }

    /// <summary>Seals commands and outputs into the batch that follows <paramref name="previousHash"/>.</summary>
    public static Contracts.Batch Seal(
        long firstSequence, long epoch, Command[] commands, Output[] outputs, ImmutableSortedDictionary<int, string> texts, ReadOnlyMemory<byte> previousHash)
    {
        var open = new Contracts.Batch(firstSequence, commands.Length, epoch, commands, outputs, texts, previousHash, default);
        return open with { Hash = HashOf(open) };
    }

    /// <summary>A batch from what is stored or carried of it. Its hash is not looked at.</summary>
    /// <exception cref="InvalidDataException">The bytes are none of ours, or are not so many commands as are counted.</exception>
    public static Contracts.Batch Open(in StoredBatch stored)
    {
        if (stored.Version != Version) throw new InvalidDataException($"version {stored.Version} is not known here");
        var commands = Packing.Unpack<Command>(stored.Commands.Span);
        if (commands.Length != stored.Count) throw new InvalidDataException($"{commands.Length} commands where {stored.Count} are counted");
        return new(stored.FirstSequence, stored.Count, stored.Epoch, commands, Packing.Unpack<Output>(stored.Outputs.Span), Texts(stored.Texts.Span), stored.PreviousHash, stored.Hash)
        {
            PackedCommands = stored.Commands, PackedOutputs = stored.Outputs,
        };
    }

    public static byte[] HashOf(in StoredBatch stored) =>
        Hash(stored.PreviousHash.Span, stored.FirstSequence, stored.Count, stored.Epoch, stored.Commands.Span, stored.Outputs.Span, stored.Texts.Span);

    public static byte[] HashOf(Contracts.Batch batch) => HashOf(StoredBatch.Of(batch));
}
