using System.Buffers;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using Trading.Matching.Contracts;
using Trading.Matching.Core;

namespace Trading.Matching.Journal;

/// <summary>Where a journal ends: what the next batch must follow.</summary>
internal readonly record struct Standing(long LastSequence, ReadOnlyMemory<byte> Hash, long LastAtMicros)
{
    public static readonly Standing Empty = new(0, BatchBytes.NoHash, 0);
}

/// <summary>Lives a journal again, batch by batch, and says where it is not what was written.</summary>
/// <param name="from">Where the journal stood when the market was as it is now.</param>
internal sealed class Reliving(Market market, Standing from)
{
    /// <summary>Enough that neither side waits for the other's slow moment.</summary>
    private const int RowsAhead = 8;
    private readonly OutputBuffer outputs = new();
    private int[] ends = new int[1024];

    public Market Market { get; } = market;

    public Standing Standing { get; private set; } = from;

    public static Reliving FromTheBeginning() => new(new Market(MarketOptions.Served), Standing.Empty);

    /// <summary>Goes on from a snapshot, where the journal holds the very batch after which it was taken.</summary>
    /// <exception cref="SnapshotDamagedException">It is not of this journal, or cannot be read.</exception>
    public static Reliving FromSnapshot(StoredSnapshot snapshot, Batch? after)
    {
        var sequence = snapshot.After.LastSequence;
        if (after is null || After(after) is var there && (there.LastSequence != sequence || !there.Hash.Span.SequenceEqual(snapshot.After.Hash.Span) || there.LastAtMicros != snapshot.After.LastAtMicros))
            throw new SnapshotDamagedException(sequence, "the journal holds another batch there");
        try
        {
            var market = Market.Restore(snapshot.Bytes, MarketOptions.Served);
            return market.Sequence == sequence ? new(market, snapshot.After) : throw new SnapshotDamagedException(sequence, $"the market in it stands at {market.Sequence}");
        }
        catch (SnapshotUnreadableException unreadable)
        {
            throw new SnapshotDamagedException(sequence, unreadable.Message);
        }
    }

    /// <summary>Null, or what is wrong with the row itself: its place, its link, its hash.</summary>
    public static string? Chain(Standing before, Batch batch) => Chain(before.LastSequence, before.Hash.Span, StoredBatch.Of(batch));

    public static string? Chain(long lastSequence, ReadOnlySpan<byte> lastHash, in StoredBatch stored)
    {
        if (stored.FirstSequence != lastSequence + 1) return $"begins at {stored.FirstSequence} where {lastSequence + 1} follows";
        if (!stored.PreviousHash.Span.SequenceEqual(lastHash)) return "its previous hash is not the hash of the batch before";
        if (stored.Version != BatchBytes.Version) return $"version {stored.Version} is not known here";
        return BatchBytes.HashOf(in stored).AsSpan().SequenceEqual(stored.Hash.Span) ? null : "its bytes do not give its hash";
    }

    public static Standing After(Batch batch) => new(batch.LastSequence, batch.Hash, batch.Commands.Span[^1].AtMicros);

    /// <summary>Applies the batch. Null, or why the market it gives is not the market that was.</summary>
    public string? Follow(Batch batch) => Chain(Standing, batch) ?? Live(batch.Commands.Span, batch.PackedOutputs.Span, batch.LastSequence, batch.Hash);

    /// <summary>
    /// Some batches of what follows: rows are read, checked and unpacked ahead while those before them are lived. What is lived is what is stored, never what this
    /// process remembers of it. False: there were none.
    /// </summary>
    /// <exception cref="JournalDamagedException">Names the batch where history and market part; the market stands before it.</exception>
    public async Task<bool> Some(PostgresJournal journal, int most, CancellationToken stop)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var opened = Channel.CreateBounded<Opened>(new BoundedChannelOptions(RowsAhead) { SingleReader = true, SingleWriter = true });
        var (from, some) = (Standing, false);
        var reading = Task.Run(() => ReadAhead(journal, from, most, opened.Writer, over.Token), CancellationToken.None);
        try
        {
            await foreach (var next in opened.Reader.ReadAllAsync(stop))
            {
                var broken = Live(next.Commands.AsSpan(0, next.Row.Count), next.Row.Outputs.Span, next.Row.LastSequence, next.Row.Hash);
                ArrayPool<Command>.Shared.Return(next.Commands);
                if (broken is not null) throw new JournalDamagedException(next.Row.FirstSequence, broken);
                some = true;
            }
        }
        finally
        {
            await over.CancelAsync();
            await reading;
        }

        return some;
    }

    /// <summary>Whether the rows are what was written needs no market, only the row before.</summary>
    private static async Task ReadAhead(PostgresJournal journal, Standing from, int most, ChannelWriter<Opened> into, CancellationToken stop)
    {
        try
        {
            var (last, hash) = (from.LastSequence, from.Hash);
            await foreach (var row in journal.Stored(last, most, stop))
            {
                if (Chain(last, hash.Span, in row) is { } broken) throw new JournalDamagedException(row.FirstSequence, broken);
                await into.WriteAsync(Opened.Of(row), stop);
                (last, hash) = (row.LastSequence, row.Hash);
            }

            into.Complete();
        }
        catch (Exception failed)
        {
            // Told to whoever lives the rows, after those before it.
            into.Complete(failed);
        }
    }

    private string? Live(ReadOnlySpan<Command> commands, ReadOnlySpan<byte> stored, long lastSequence, ReadOnlyMemory<byte> hash)
    {
        outputs.Clear();
        if (ends.Length < commands.Length) ends = new int[commands.Length];
        Market.Apply(commands, outputs, ends);
        if (!Packing.Says(stored, outputs.Written)) return Parted(stored);
        Standing = new(lastSequence, hash, commands[^1].AtMicros);
        return null;
    }

    private string Parted(ReadOnlySpan<byte> stored)
    {
        try
        {
            var lived = outputs.Written;
            var (there, at) = (Packing.Unpack<Output>(stored), 0);
            while (at < lived.Length && at < there.Length && MemoryMarshal.AsBytes(lived.Slice(at, 1)).SequenceEqual(MemoryMarshal.AsBytes<Output>(there.AsSpan(at, 1)))) at++;
            return $"the market gives {lived.Length} outputs where {there.Length} are stored; they part at output {at}";
        }
        catch (InvalidDataException unreadable)
        {
            return unreadable.Message;
        }
    }

    /// <summary>A sound row with its commands, in an array that is lent.</summary>
    private readonly record struct Opened(StoredBatch Row, Command[] Commands)
    {
        public static Opened Of(StoredBatch row)
        {
            try
            {
                var count = Packing.CountOf<Command>(row.Commands.Span);
                if (count != row.Count) throw new InvalidDataException($"{count} commands where {row.Count} are counted");
                var commands = ArrayPool<Command>.Shared.Rent(count);
                Packing.Unpack(row.Commands.Span, commands.AsSpan(0, count));
                return new(row, commands);
            }
            catch (InvalidDataException damaged)
            {
                throw new JournalDamagedException(row.FirstSequence, damaged.Message);
            }
        }
    }
}
