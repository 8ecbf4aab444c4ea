using System.Collections.Immutable;
using NodaTime;
using NodaTime.Testing;
using Npgsql;
using Trading.Matching.Contracts;
using Trading.Matching.Core;
using Trading.Matching.Journal;

namespace Trading.Matching.Tests.Keeper;

/// <summary>What readers in the leader's process get from memory, when they get their turn, and what they never get from there.</summary>
public sealed class ReadingBehindTheLeader
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    /// <remarks>Failed when a batch after a gap was held beside those before it.</remarks>
    [Fact]
    public void Nobody_is_led_over_a_gap()
    {
        var committed = new Committed();
        committed.Add(BatchOf(1, 2));
        committed.Add(BatchOf(3, 1));
        Assert.Equal([1L, 3L], committed.After(0, 10).Select(b => b.FirstSequence));
        Assert.Equal([3L], committed.After(2, 10).Select(b => b.FirstSequence));
        Assert.Equal([1L], committed.After(0, 1).Select(b => b.FirstSequence));
        // 4 was another's, or its answer was lost.
        committed.Add(BatchOf(5, 1));
        Assert.Empty(committed.After(0, 10));
        Assert.Empty(committed.After(3, 10));
        Assert.Equal([5L], committed.After(4, 10).Select(b => b.FirstSequence));
        committed.Beyond(9);
        Assert.Empty(committed.After(4, 10));
        Assert.Empty(committed.After(9, 10));
    }

    /// <remarks>Failed when nothing was let go.</remarks>
    [Fact]
    public void Holds_the_newest_and_no_more_than_fits()
    {
        const int Commands = 4_096;
        var committed = new Committed();
        for (var n = 0; n < 100; n++) committed.Add(BatchOf(1 + (n * Commands), Commands));
        Assert.Empty(committed.After(0, 100));
        var held = committed.After(80 * Commands, 100);
        Assert.Equal(20, held.Count);
        Assert.Equal((80 * Commands) + 1, held[0].FirstSequence);
    }

    /// <remarks>Failed when Some read as the other readers do.</remarks>
    [Fact]
    [Trait("layer", "integration")]
    public async Task Whoever_proves_the_journal_lives_what_is_stored()
    {
        await using var source = NpgsqlDataSource.Create(await MarketHost.Fresh());
        await using (var lead = source.CreateCommand("insert into matching.epoch values ('market', 1)")) await lead.ExecuteNonQueryAsync(Stop);
        var committed = new Committed();
        using var journal = new PostgresJournal(source, "test", committed);
        var (market, outputs) = (new Market(MarketOptions.Served), new OutputBuffer());
        var command = MarketHost.List(1) with { Version = Command.CurrentVersion, AtMicros = 1 };
        market.Apply(in command, outputs);
        var (stored, remembered) = (BatchBytes.Seal(1, 1, [command], outputs.Written.ToArray(), Texts, BatchBytes.NoHash), BatchOf(1, 1));
        Assert.Equal(Append.Committed, await journal.Append(stored, [], Stop));
        committed.Add(remembered);
        Assert.Same(remembered, Assert.Single(await journal.Read(0, 10, Stop)));
        var reliving = Reliving.FromTheBeginning();
        Assert.True(await reliving.Some(journal, 10, Stop));
        Assert.True(reliving.Standing.Hash.Span.SequenceEqual(stored.Hash.Span));
        Assert.False(await reliving.Some(journal, 10, Stop));
    }

    /// <remarks>Failed when a turn did not wait, and when nobody could ask.</remarks>
    [Fact]
    public async Task Takes_a_turn_at_most_once_in_a_while_unless_somebody_waits()
    {
        var clock = new FakeClock(Instant.FromUtc(2026, 3, 2, 1, 30));
        using var turns = new Turns(clock, Duration.FromHours(1));
        Assert.True(turns.Next(Stop).IsCompletedSuccessfully);
        var second = turns.Next(Stop);
        Assert.False(second.IsCompleted);
        turns.Ask();
        await second.WaitAsync(TimeSpan.FromSeconds(20), Stop);
        // However many ask before it begins, it is one turn.
        turns.Ask();
        turns.Ask();
        Assert.True(turns.Next(Stop).IsCompletedSuccessfully);
        Assert.False(turns.Next(new CancellationToken(canceled: false)) is { IsCompleted: true });
        clock.AdvanceHours(2);
        using var later = new Turns(clock, Duration.FromHours(1));
        await later.Next(Stop);
        clock.AdvanceHours(1);
        Assert.True(later.Next(Stop).IsCompletedSuccessfully);
    }

    private static ImmutableSortedDictionary<int, string> Texts => ImmutableSortedDictionary<int, string>.Empty;

    private static Batch BatchOf(long firstSequence, int count) => BatchBytes.Seal(firstSequence, 1, new Command[count], [], Texts, BatchBytes.NoHash);
}
