using System.Buffers.Binary;
using System.Collections.Immutable;
using Trading.Matching.Core;
using Trading.Matching.Journal;

namespace Trading.Matching.Contracts;

/// <summary>A whole batch as bytes, for whatever carries it to other processes. The hash travels with it and is reckoned again on arrival.</summary>
public static class BatchFormat
{
    private const byte Version = 2;
    private const int HeadBytes = 1 + 8 + 4 + 8 + 3 * 4;

    public static byte[] Pack(Batch batch)
    {
        var (commands, outputs, texts) = (batch.PackedCommands, batch.PackedOutputs, BatchBytes.Of(batch.Texts));
        var bytes = new byte[HeadBytes + 2 * BatchBytes.HashBytes + commands.Length + outputs.Length + texts.Length];
        var at = bytes.AsSpan();
        at[0] = Version;
        BinaryPrimitives.WriteInt64LittleEndian(at[1..], batch.FirstSequence);
        BinaryPrimitives.WriteInt32LittleEndian(at[9..], batch.Count);
        BinaryPrimitives.WriteInt64LittleEndian(at[13..], batch.Epoch);
        BinaryPrimitives.WriteInt32LittleEndian(at[21..], commands.Length);
        BinaryPrimitives.WriteInt32LittleEndian(at[25..], outputs.Length);
        BinaryPrimitives.WriteInt32LittleEndian(at[29..], texts.Length);
        at = at[HeadBytes..];
        foreach (var part in (ReadOnlySpan<ReadOnlyMemory<byte>>)[batch.PreviousHash, batch.Hash, commands, outputs, texts])
        {
            part.Span.CopyTo(at);
            at = at[part.Length..];
        }

        return bytes;
    }

    /// <exception cref="InvalidDataException">Not a whole batch, or not the one that was packed.</exception>
    public static Batch Unpack(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeadBytes + 2 * BatchBytes.HashBytes || bytes[0] != Version) throw new InvalidDataException("no batch");
        var (first, count, epoch) = (BinaryPrimitives.ReadInt64LittleEndian(bytes[1..]), BinaryPrimitives.ReadInt32LittleEndian(bytes[9..]), BinaryPrimitives.ReadInt64LittleEndian(bytes[13..]));
        int[] lengths = [BinaryPrimitives.ReadInt32LittleEndian(bytes[21..]), BinaryPrimitives.ReadInt32LittleEndian(bytes[25..]), BinaryPrimitives.ReadInt32LittleEndian(bytes[29..])];
        bytes = bytes[HeadBytes..];
        if (Array.Exists(lengths, l => l < 0) || bytes.Length - 2 * BatchBytes.HashBytes != (long)lengths[0] + lengths[1] + lengths[2]) throw new InvalidDataException($"batch {first} was cut");
        var (previous, hash) = (bytes[..BatchBytes.HashBytes].ToArray(), bytes[BatchBytes.HashBytes..(2 * BatchBytes.HashBytes)].ToArray());
        bytes = bytes[(2 * BatchBytes.HashBytes)..];
        var batch = BatchBytes.Open(new(
            first, count, epoch, BatchBytes.Version, bytes[..lengths[0]].ToArray(), bytes.Slice(lengths[0], lengths[1]).ToArray(), bytes[(lengths[0] + lengths[1])..].ToArray(), previous, hash));
        return BatchBytes.HashOf(batch).AsSpan().SequenceEqual(hash) ? batch : throw new InvalidDataException($"batch {first} is not what was packed");
    }
}
