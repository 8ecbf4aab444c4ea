using System.Collections.Immutable;
using NodaTime;
using Trading.Matching.Core;
using Trading.Matching.Journal;

namespace Trading.Matching.Contracts;

/// <summary>One committed row of the journal: commands, what came of them, and the chain to the row before.</summary>
/// <param name="FirstSequence">Sequence of the first command; the next batch begins at FirstSequence + Count.</param>
/// <param name="Texts">Client order ids as the callers wrote them, by command index; empty where a command has none.</param>
public sealed record Batch(
    long FirstSequence,
    int Count,
    long Epoch,
    ReadOnlyMemory<Command> Commands,
    ReadOnlyMemory<Output> Outputs,
    ImmutableSortedDictionary<int, string> Texts,
    ReadOnlyMemory<byte> PreviousHash,
    ReadOnlyMemory<byte> Hash)
{
    private ReadOnlyMemory<byte>? packedCommands;
    private ReadOnlyMemory<byte>? packedOutputs;

    public long LastSequence => FirstSequence + Count - 1;

    /// <summary>The commands as they are stored and carried.</summary>
    internal ReadOnlyMemory<byte> PackedCommands
    {
        get => packedCommands ??= Packing.Pack(Commands.Span);
        init => packedCommands = value;
    }

    internal ReadOnlyMemory<byte> PackedOutputs
    {
        get => packedOutputs ??= Packing.Pack(Outputs.Span);
        init => packedOutputs = value;
    }

    public long SequenceOf(in Output output) => FirstSequence + output.CommandIndex;
}

/// <summary>What a caller hears after the commit of the batch that holds its command.</summary>
public sealed record Answer(long Sequence, Instant At, ImmutableArray<Output> Outputs);

/// <summary>Where orders enter the market. An answer means: committed under the current epoch, never lost.</summary>
public interface IOrderEntry
{
    /// <summary>Journals one command. AtMicros and Version are stamped by the keeper.</summary>
    /// <param name="clientId">The client order id as written (≤ 64 characters), kept beside the journal; null where there is none.</param>
    /// <exception cref="MarketUnavailableException">Not leading, stopping, or storage failed: the outcome is unknown or nothing happened;
    /// <see cref="MarketUnavailableException.OutcomeUnknown"/> says which.</exception>
    ValueTask<Answer> Submit(Command command, string? clientId, CancellationToken stop);
}

public sealed class MarketUnavailableException(string message, bool outcomeUnknown) : Exception(message)
{
    public bool OutcomeUnknown { get; } = outcomeUnknown;
}

/// <summary>Reads committed batches in order. Any number of readers, in any process.</summary>
public interface IJournal
{
    /// <summary>Batches after <paramref name="afterSequence"/> (a batch's last sequence, or 0), oldest first, at most <paramref name="most"/>.</summary>
    Task<IReadOnlyList<Batch>> Read(long afterSequence, int most, CancellationToken stop);

    /// <summary>The batch that holds <paramref name="sequence"/>, or null.</summary>
    Task<Batch?> Holding(long sequence, CancellationToken stop);

    /// <summary>Last committed sequence, 0 in an empty journal.</summary>
    Task<long> LastSequence(CancellationToken stop);

    /// <summary>Returns when something after the sequence may have been committed, or after <paramref name="atMost"/>.</summary>
    Task WaitBeyond(long sequence, Duration atMost, CancellationToken stop);
}

/// <summary>The stored history is not what was written. Nothing may be built on it.</summary>
public sealed class JournalDamagedException(long firstSequence, string what)
    : Exception($"matching.batches first_sequence={firstSequence}: {what}")
{
    public long FirstSequence { get; } = firstSequence;
}

/// <summary>Committed batches as they come, for readers who may be a moment late: from the journal itself, or from what carries it to many.</summary>
public interface IBatchFeed
{
    /// <summary>Every batch after the sequence, in order and without gaps; ends only with <paramref name="stop"/> or an exception, after which the reader asks anew.</summary>
    IAsyncEnumerable<Batch> From(long afterSequence, CancellationToken stop);
}
