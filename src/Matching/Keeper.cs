using System.Collections.Immutable;
using System.Threading.Channels;
using NodaTime;
using Trading.Matching.Contracts;
using Trading.Matching.Core;
using Trading.Matching.Journal;

namespace Trading.Matching;

/// <summary>
/// Gather, apply, commit, hand out: the one loop that changes the market. Nothing leaves before the commit; after any failure of storage
/// the memory is ahead of the journal and this keeper is over.
/// </summary>
internal sealed class Keeper(Market market, IJournalStore store, IClock clock, Committed committed, Standing from, long epoch)
{
    /// <summary>Commands in one row, at most; tens of thousands would make one caller wait for many.</summary>
    private const int BatchMost = 4_096;
    private const int InboxMost = 512;
    private const int QueueMost = 16_384;
    private const int AppendTries = 3;
    private static readonly Duration LookEvery = Duration.FromMilliseconds(100);

    private sealed class Waiting(in Command command, string? clientId) : TaskCompletionSource<Answer>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public readonly Command Command = command;
        public readonly string? ClientId = clientId;
    }

    private readonly Channel<Waiting> entries = Channel.CreateBounded<Waiting>(new BoundedChannelOptions(QueueMost) { SingleReader = true });
    private readonly OutputBuffer outputs = new();
    private readonly List<Command> commands = [];
    private int[] ends = new int[BatchMost + InboxMost + 1];
    private readonly List<(int Index, Waiting Entry)> callers = [];
    private readonly List<long> carried = [];
    private Standing standing = from;
    private Instant looked = Instant.MinValue;

    /// <summary>Epoch under which it writes; raised by itself when the outcome of a write was unknown.</summary>
    public long Epoch { get; private set; } = epoch;

    public Standing Standing => standing;

    public Market Market => market;

    public ValueTask<Answer> Submit(Command command, string? clientId, CancellationToken stop)
    {
        var waiting = new Waiting(in command, clientId);
        if (!entries.Writer.TryWrite(waiting))
            throw new MarketUnavailableException(entries.Reader.Completion.IsCompleted ? "the market has stopped" : $"{QueueMost} commands wait already", outcomeUnknown: false);
        committed.Wake();
        return new(waiting.Task.WaitAsync(stop));
    }

    /// <summary>One batch. False: there was nothing to do.</summary>
    /// <exception cref="MarketUnavailableException">Deposed, or the outcome of a write stayed unknown. Any exception ends this keeper: call <see cref="Stop"/>.</exception>
    public async Task<bool> Step(CancellationToken stop)
    {
        await Gather(stop);
        if (commands.Count == 0) return false;
        var texts = ImmutableSortedDictionary<int, string>.Empty;
        if (callers.Exists(c => c.Entry.ClientId is not null))
        {
            var some = ImmutableSortedDictionary.CreateBuilder<int, string>();
            foreach (var (index, entry) in callers)
            {
                if (entry.ClientId is { } text) some[index] = text;
            }

            texts = some.ToImmutable();
        }

        outputs.Clear();
        if (ends.Length < commands.Count) ends = new int[commands.Count];
        market.Apply(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(commands), outputs, ends);
        var written = outputs.Written.ToArray();
        var batch = await Commit([.. commands], written, texts, stop);
        standing = Reliving.After(batch);
        // Whoever asked hears first; those who follow have time.
        HandOut(batch, written);
        committed.Add(batch);
        return true;
    }

    /// <summary>Answers whoever still waits; nobody may submit after this.</summary>
    public void Stop(bool outcomeUnknown)
    {
        entries.Writer.TryComplete();
        foreach (var (_, entry) in callers) entry.TrySetException(new MarketUnavailableException("the market stopped before it could answer", outcomeUnknown));
        callers.Clear();
        while (entries.Reader.TryRead(out var entry)) entry.TrySetException(new MarketUnavailableException("the market has stopped", outcomeUnknown: false));
    }

    /// <summary>Returns when there may be something to do; blocks the thread that calls, which is the keeper's own.</summary>
    public void WaitForWork()
    {
        if (entries.Reader.Count > 0) return;
        var due = market.NextDueMicros;
        var wait = LookEvery;
        if (due != long.MaxValue) wait = Duration.Max(Duration.Zero, Duration.Min(wait, Time.Instant(due) - clock.GetCurrentInstant()));
        committed.WaitForWork(wait);
    }

    private async Task Gather(CancellationToken stop)
    {
        commands.Clear();
        carried.Clear();
        callers.Clear();
        var now = clock.GetCurrentInstant();
        // Public time never goes back, whatever the machine's clock does.
        var at = Math.Max(Time.Micros(now), standing.LastAtMicros);
        if (market.NextDueMicros <= at) Add(new Command { Kind = CommandKind.Advance }, at);
        if (committed.TakeStaged() || now - looked >= LookEvery || now < looked)
        {
            looked = now;
            var pending = await store.Pending(InboxMost, stop);
            foreach (var (id, command) in pending)
            {
                carried.Add(id);
                Add(in command, at);
            }

            if (pending.Count == InboxMost) committed.Staged();
        }

        while (commands.Count < BatchMost && entries.Reader.TryRead(out var entry))
        {
            callers.Add((commands.Count, entry));
            Add(in entry.Command, at);
        }
    }

    private void Add(in Command asked, long atMicros)
    {
        var command = asked;
        command.Version = Command.CurrentVersion;
        command.AtMicros = atMicros;
        commands.Add(command);
    }

    private async Task<Batch> Commit(Command[] taken, Output[] written, ImmutableSortedDictionary<int, string> texts, CancellationToken stop)
    {
        for (var tries = 0; tries < AppendTries; tries++)
        {
            var batch = BatchBytes.Seal(standing.LastSequence + 1, Epoch, taken, written, texts, standing.Hash);
            switch (await store.Append(batch, carried, stop))
            {
                case Append.Committed:
                    return batch;
                case Append.Deposed:
                    throw new MarketUnavailableException($"epoch {Epoch} no longer leads", outcomeUnknown: false);
                default:
                    // Raising our own epoch waits for the write under way and shuts the door behind it; only then can reading tell.
                    Epoch = await store.RaiseEpoch(Epoch, stop) ?? throw new MarketUnavailableException($"epoch {Epoch} no longer leads", outcomeUnknown: true);
                    var there = await store.Holding(batch.FirstSequence, stop);
                    if (there is null) continue;
                    if (!there.Hash.Span.SequenceEqual(batch.Hash.Span)) throw new MarketUnavailableException($"another batch {batch.FirstSequence} was committed", outcomeUnknown: false);
                    return batch;
            }
        }

        throw new MarketUnavailableException($"the batch after {standing.LastSequence} could not be written in {AppendTries} tries", outcomeUnknown: false);
    }

    private void HandOut(Batch batch, Output[] written)
    {
        var at = Time.Instant(batch.Commands.Span[^1].AtMicros);
        foreach (var (index, entry) in callers)
        {
            var begin = index == 0 ? 0 : ends[index - 1];
            entry.TrySetResult(new(batch.FirstSequence + index, at, ImmutableArray.Create(written, begin, ends[index] - begin)));
        }

        callers.Clear();
    }
}
