using System.Runtime.InteropServices;
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
    public static string? Chain(Standing before, Batch batch)
    {
        if (batch.FirstSequence != before.LastSequence + 1) return $"begins at {batch.FirstSequence} where {before.LastSequence + 1} follows";
        if (!batch.PreviousHash.Span.SequenceEqual(before.Hash.Span)) return "its previous hash is not the hash of the batch before";
        return BatchBytes.HashOf(batch).AsSpan().SequenceEqual(batch.Hash.Span) ? null : "its bytes do not give its hash";
    }

    public static Standing After(Batch batch) => new(batch.LastSequence, batch.Hash, batch.Commands.Span[^1].AtMicros);

    /// <summary>Applies the batch. Null, or why the market it gives is not the market that was.</summary>
    public string? Follow(Batch batch)
    {
        if (Chain(Standing, batch) is { } broken) return broken;
        outputs.Clear();
        var commands = batch.Commands.Span;
        if (ends.Length < commands.Length) ends = new int[commands.Length];
        Market.Apply(commands, outputs, ends);
        var lived = outputs.Written;
        var stored = batch.Outputs.Span;
        if (!MemoryMarshal.AsBytes(lived).SequenceEqual(MemoryMarshal.AsBytes(stored)))
        {
            var at = 0;
            while (at < lived.Length && at < stored.Length && MemoryMarshal.AsBytes(lived.Slice(at, 1)).SequenceEqual(MemoryMarshal.AsBytes(stored.Slice(at, 1)))) at++;
            return $"the market gives {lived.Length} outputs where {stored.Length} are stored; they part at output {at}";
        }

        Standing = After(batch);
        return null;
    }

    /// <summary>Some batches of what follows. False: there were none.</summary>
    /// <exception cref="JournalDamagedException">Names the batch where history and market part.</exception>
    public async Task<bool> Some(IJournal journal, int most, CancellationToken stop)
    {
        var batches = await journal.Read(Standing.LastSequence, most, stop);
        foreach (var batch in batches)
        {
            if (Follow(batch) is { } broken) throw new JournalDamagedException(batch.FirstSequence, broken);
        }

        return batches.Count > 0;
    }
}
