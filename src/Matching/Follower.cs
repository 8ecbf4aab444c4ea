using Microsoft.Extensions.Logging;
using NodaTime;
using Trading.Matching.Contracts;
using Trading.Matching.Journal;

namespace Trading.Matching;

/// <summary>How often a snapshot is taken.</summary>
/// <param name="Commands">So many commands after the last one, and no sooner than <paramref name="Pause"/>.</param>
/// <param name="Pause">Between two that this process takes.</param>
/// <param name="Quiet">A market in which little happens is kept too, after so long.</param>
internal sealed record SnapshotPace(long Commands, Duration Pause, Duration Quiet)
{
    public static readonly SnapshotPace Usual = new(50_000, Duration.FromSeconds(30), Duration.FromMinutes(10));
}

/// <summary>
/// A second market that lives the journal behind the leader and compares every output: it stands by to lead, and it takes the snapshots, which the
/// leader's thread has no time for.
/// </summary>
internal sealed partial class Follower(PostgresJournal journal, SnapshotStore snapshots, SnapshotPace pace, IClock clock, ILogger<Follower> log)
{
    private const int BatchesMost = 1_024;
    private const int LookBackMost = 64;
    private static readonly Duration LookAgain = Duration.FromMilliseconds(100);
    /// <summary>Old rows are read again while orders wait for the same disk.</summary>
    private static readonly Duration Breath = Duration.FromMilliseconds(20);

    /// <summary>The market of the newest snapshot that is sound and of this journal; where there is none, an empty one.</summary>
    public async Task<Reliving> Begin(CancellationToken stop)
    {
        foreach (var sequence in await snapshots.Sequences(stop))
        {
            try
            {
                if (await snapshots.Read(sequence, stop) is not { } snapshot) continue;
                var reliving = Reliving.FromSnapshot(snapshot, await journal.Holding(sequence, stop));
                Restored(log, sequence);
                return reliving;
            }
            catch (SnapshotDamagedException damaged)
            {
                PassedOver(log, damaged.Message);
            }
        }

        return Reliving.FromTheBeginning();
    }

    /// <summary>Follows until it is told to stop, and leaves the market where it then stands.</summary>
    /// <param name="looksBack">Between what is new it also reads the rows that a snapshot spared: damage is found, though nothing was built on it since.</param>
    /// <exception cref="JournalDamagedException">Names the batch where the history is damaged, or where this market and the leader's part.</exception>
    public async Task Follow(Reliving reliving, bool looksBack, CancellationToken stop)
    {
        var (old, spared) = (Standing.Empty, looksBack ? reliving.Standing.LastSequence : 0);
        var taken = (reliving.Standing.LastSequence, At: clock.GetCurrentInstant());
        using var turns = new Turns(clock, Turns.Usual);
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await turns.Next(stop);
                if (!await reliving.Some(journal, BatchesMost, stop)) await journal.WaitBeyond(reliving.Standing.LastSequence, old.LastSequence < spared ? Breath : LookAgain, stop);
                if (old.LastSequence < spared) old = await LookBack(old, stop);
                var (more, since) = (reliving.Standing.LastSequence - taken.LastSequence, clock.GetCurrentInstant() - taken.At);
                if (more == 0 || since < pace.Pause || (more < pace.Commands && since < pace.Quiet)) continue;
                taken = (reliving.Standing.LastSequence, clock.GetCurrentInstant());
                await Take(reliving, stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failed) when (failed is Npgsql.NpgsqlException or IOException or TimeoutException)
            {
                // A store that is away for a moment: the leader judges it, a follower looks again.
                Failed(log, failed.Message);
                await Task.Delay(LookAgain.ToTimeSpan(), stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Some old rows, by their chain and hashes alone.</summary>
    private async Task<Standing> LookBack(Standing old, CancellationToken stop)
    {
        var begun = old.LastSequence;
        await foreach (var row in journal.Stored(begun, LookBackMost, stop))
        {
            if (Reliving.Chain(old.LastSequence, old.Hash.Span, in row) is { } broken) throw new JournalDamagedException(row.FirstSequence, broken);
            old = old with { LastSequence = row.LastSequence, Hash = row.Hash };
        }

        return old.LastSequence > begun ? old : throw new JournalDamagedException(begun + 1, "the journal ends here, and a snapshot was taken later");
    }

    private async Task Take(Reliving reliving, CancellationToken stop)
    {
        var there = await snapshots.Sequences(stop);
        if (there.Count > 0 && there[0] >= reliving.Standing.LastSequence) return;
        var bytes = reliving.Market.Snapshot();
        await snapshots.Put(new(reliving.Standing, bytes), stop);
        Took(log, reliving.Standing.LastSequence, bytes.Length);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Market restored from the snapshot after sequence {Sequence}")]
    private static partial void Restored(ILogger log, long sequence);

    [LoggerMessage(Level = LogLevel.Error, Message = "Passed over: {Reason}")]
    private static partial void PassedOver(ILogger log, string reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Snapshot after sequence {Sequence}: {Bytes} bytes")]
    private static partial void Took(ILogger log, long sequence, int bytes);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The follower waits for the store: {Reason}")]
    private static partial void Failed(ILogger log, string reason);
}
