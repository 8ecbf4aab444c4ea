using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;
using NodaTime.Testing;
using Npgsql;
using Trading.Matching.Contracts;
using Trading.Matching.Core;
using Trading.Matching.Journal;
using static Trading.Matching.Tests.Keeper.MarketHost;
using Trading.Support;

namespace Trading.Matching.Tests.Keeper;

/// <summary>Followers and their snapshots on a real PostgreSQL, and what becomes of a stored history that was touched.</summary>
[Trait("layer", "integration")]
[Trait("faults", "yes")]
public sealed class StandingBy
{
    private static readonly int Flips = Faults.Rounds(usual: 200, all: 1_000);
    private static readonly SnapshotPace Eager = new(1, Duration.Zero, Duration.Zero);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <remarks>Failed when Begin gave an empty market, and when Snapshot left out the client order ids.</remarks>
    [Fact]
    public async Task A_snapshot_and_the_tail_give_the_market_that_the_journal_gives()
    {
        var database = await Traded(snapshots: true);
        await using var source = NpgsqlDataSource.Create(database);
        var (warm, whole) = (await FollowerOf(source).Begin(Stop), Reliving.FromTheBeginning());
        var from = warm.Standing.LastSequence;
        var journal = new PostgresJournal(source, "test", new());
        while (await warm.Some(journal, 3, Stop)) { }
        while (await whole.Some(journal, 64, Stop)) { }
        Assert.InRange(from, 1, whole.Standing.LastSequence - 1);
        Assert.Equal(whole.Standing.LastSequence, warm.Standing.LastSequence);
        Assert.Equal(whole.Market.Fingerprint(), warm.Market.Fingerprint());
        Assert.All(await new Verification(source).Verify(Stop), check => Assert.Empty(check.Broken));
    }

    /// <remarks>Failed when the checksum was not compared, and when the first damaged snapshot ended the start.</remarks>
    [Fact]
    public async Task A_damaged_snapshot_is_named_and_passed_over()
    {
        var database = await Traded(snapshots: true);
        await Execute(database, "update matching.snapshot_parts set bytes = set_byte(bytes, 40, get_byte(bytes, 40) # 1) where sequence = (select max(sequence) from matching.snapshots)");
        await using var source = NpgsqlDataSource.Create(database);
        var damaged = (await new SnapshotStore(source).Sequences(Stop))[0];
        var broken = Assert.Single((await new Verification(source).Verify(Stop)).Single(c => c.Check == "market.snapshots").Broken);
        Assert.Contains($"snapshot {damaged} ", broken, StringComparison.Ordinal);
        Assert.True((await FollowerOf(source).Begin(Stop)).Standing.LastSequence < damaged);
        await using var host = await Start(database);
        Assert.True(host.State.Leads);
    }

    /// <remarks>Failed when only the sequence was compared.</remarks>
    [Fact]
    public async Task A_snapshot_of_another_journal_is_passed_over()
    {
        var database = await Traded(snapshots: false);
        await using var source = NpgsqlDataSource.Create(database);
        var reliving = Reliving.FromTheBeginning();
        await reliving.Some(new PostgresJournal(source, "test", new()), 1, Stop);
        await new SnapshotStore(source).Put(new(reliving.Standing with { Hash = new byte[32] }, reliving.Market.Snapshot()), Stop);
        Assert.Equal(0, (await FollowerOf(source).Begin(Stop)).Standing.LastSequence);
    }

    /// <remarks>Failed when nobody looked back.</remarks>
    [Fact]
    public async Task Damage_before_the_snapshot_stops_the_market_too()
    {
        var database = await Traded(snapshots: true);
        await Execute(database, "update matching.batches set texts = texts || '\\x00'::bytea where first_sequence = 1");
        await using var host = await Start(database, waits: false);
        await host.Ended;
    }

    /// <summary>A row whose hash is right and whose outputs are not what its commands give: a forger's work, or another program's.</summary>
    /// <remarks>Failed when Follow compared hashes alone.</remarks>
    [Fact]
    public async Task A_market_that_parts_from_the_stored_outputs_does_not_lead()
    {
        var database = await Traded(snapshots: false);
        await using (var source = NpgsqlDataSource.Create(database))
        {
            var journal = new PostgresJournal(source, "test", new());
            var last = (await journal.Holding(await journal.LastSequence(Stop), Stop))!;
            var outputs = last.Outputs.ToArray();
            outputs[^1].Lots++;
            var forged = BatchBytes.Seal(last.FirstSequence, last.Epoch, last.Commands.ToArray(), outputs, last.Texts, last.PreviousHash);
            await using var write = source.CreateCommand("update matching.batches set outputs = $1, hash = $2 where first_sequence = $3");
            write.Parameters.Add(new() { Value = forged.PackedOutputs.ToArray() });
            write.Parameters.Add(new() { Value = forged.Hash.ToArray() });
            write.Parameters.Add(new() { Value = forged.FirstSequence });
            Assert.Equal(1, await write.ExecuteNonQueryAsync(Stop));
        }

        await using var host = await Start(database, waits: false);
        await host.Ended;
        Assert.False(host.State.Leads);
    }

    /// <remarks>Failed when the texts, and when the epoch, stood outside of the hash.</remarks>
    [Fact]
    public async Task Flipped_bits_are_all_found_where_they_are()
    {
        const int Seed = 20_261_125;
        var chance = new Random(Seed);
        var database = await Traded(snapshots: false);
        await using var source = NpgsqlDataSource.Create(database);
        var journal = new PostgresJournal(source, "test", new());
        var rows = await journal.Read(0, int.MaxValue, Stop);
        var byColumn = new SortedDictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < Flips; i++)
        {
            var row = rows[chance.Next(rows.Count)];
            var (column, change) = Flip(row, chance);
            await Do(change);
            var damaged = await Assert.ThrowsAsync<JournalDamagedException>(async () =>
            {
                var reliving = new Reliving(new Market(new MarketOptions()), Standing.Empty);
                while (await reliving.Some(journal, 64, Stop)) { }
            });
            // A wrong first sequence or count is met as the row after it is looked for.
            Assert.InRange(damaged.FirstSequence, column is "first_sequence" or "count" ? 1 : row.FirstSequence, column is "first_sequence" or "count" ? long.MaxValue : row.FirstSequence);
            await Do(column == "first_sequence" ? $"update matching.batches set first_sequence = {row.FirstSequence} where hash = '\\x{Convert.ToHexString(row.Hash.Span)}'" : change);
            byColumn[column] = byColumn.GetValueOrDefault(column) + 1;
        }

        Console.WriteLine($"bit flips, seed {Seed}: {Flips} of {Flips} found ({string.Join(", ", byColumn.Select(c => $"{c.Key} {c.Value}"))})");
        Assert.All(await new Verification(source).Verify(Stop), check => Assert.Empty(check.Broken));

        async Task Do(string sql)
        {
            await using var command = source.CreateCommand(sql);
            Assert.Equal(1, await command.ExecuteNonQueryAsync(Stop));
        }
    }

    private static (string Column, string Sql) Flip(Batch row, Random chance)
    {
        var texts = BatchBytes.Of(row.Texts).Length;
        while (true)
        {
            var (column, bits) = chance.Next(8) switch
            {
                0 or 1 => ("commands", row.PackedCommands.Length * 8),
                2 or 3 => ("outputs", row.PackedOutputs.Length * 8),
                4 => ("texts", texts * 8),
                5 => ("hash", 256),
                6 => ("previous_hash", 256),
                _ => (new[] { "epoch", "version", "count", "first_sequence" }[chance.Next(4)], 12),
            };
            if (bits == 0) continue;
            var bit = chance.Next(bits);
            if (bits != 12) return (column, $"update matching.batches set {column} = set_bit({column}, {bit}, 1 - get_bit({column}, {bit})) where first_sequence = {row.FirstSequence}");
            // A count of zero, and a sequence that is there already, PostgreSQL refuses by itself.
            if (column == "count" && (row.Count ^ (1 << bit)) == 0) continue;
            if (column == "first_sequence") return (column, $"update matching.batches set first_sequence = first_sequence # (1::bigint << {40 + bit}) where first_sequence = {row.FirstSequence}");
            return (column, $"update matching.batches set {column} = {column} # (1 << {bit}){(column == "version" ? "::smallint" : "")} where first_sequence = {row.FirstSequence}");
        }
    }

    private static Follower FollowerOf(NpgsqlDataSource source) =>
        new(new PostgresJournal(source, "test", new()), new SnapshotStore(source), Eager, new FakeClock(Instant.FromUtc(2026, 3, 2, 1, 30)), NullLogger<Follower>.Instance);

    /// <summary>A database in which a market traded; with snapshots, and something after the last of them, or without.</summary>
    private static async Task<string> Traded(bool snapshots)
    {
        var never = new SnapshotPace(long.MaxValue, Duration.FromDays(9), Duration.FromDays(9));
        var database = await Fresh();
        await using (var host = await Start(database, pace: snapshots ? Eager : never))
        {
            await host.Stage(List(1), Deposit(1, 1, 100_000), Deposit(2, 0, 100_000_000), Deposit(1, 0, 5_000), Deposit(2, 1, 7));
            await host.Until(m => m.Blotter.Book(1, 5, Stop), b => b.Phase == Phase.Continuous);
            await using var source = NpgsqlDataSource.Create(database);
            for (var round = 0; round < 12; round++)
            {
                var orders = Enumerable.Range(0, 8).Select(i => host.Entry.Submit(Named(Place(1 + (i % 2), i % 2 == 0 ? Side.Sell : Side.Buy, 500 + ((round + i) % 7), 1 + i), round, i), $"r{round}-{i}", Stop).AsTask()).ToArray();
                await Task.WhenAll(orders);
                if (snapshots && round % 6 == 5) await host.Until(async _ => (await new SnapshotStore(source).Sequences(Stop)).Count, count => count > round / 6);
            }
        }

        await using var after = await Start(database, pace: never);
        await after.Entry.Submit(Place(1, Side.Sell, 507, 3), null, Stop);
        return database;
    }

    private static Command Named(Command command, int round, int number)
    {
        (command.ClientHigh, command.ClientLow) = ((ulong)round + 1, (ulong)number);
        return command;
    }
}
