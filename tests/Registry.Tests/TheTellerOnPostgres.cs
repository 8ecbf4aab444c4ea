using System.Diagnostics;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Trading.Registry.Contracts;
using Trading.Registry.Holdings;
using Trading.Registry.Participants;
using Trading.Support;

namespace Trading.Registry.Tests;

[Trait("layer", "integration")]
public sealed class TheTellerOnPostgres(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Accounts = 40;
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;
    private static readonly Actor Clerk = new("operator", "operator");
    private static readonly HoldingKey Reserve = new(1, 1);
    private House house = null!;

    private Teller Teller => house.The<Teller>();
    private IHoldings Holdings => house.The<IHoldings>();

    public async ValueTask InitializeAsync()
    {
        house = await House.Open();
        for (var n = 1; n <= Accounts; n++) await house.Firm($"firm-{n}");
        await house.Right("COD", RightClass.Pollutant, new(2026, 12, 31));
        Assert.Null((await Teller.Ask(Issue(Reserve, 100_000, "first"), Clerk, Stop)).Refused);
    }

    public ValueTask DisposeAsync() => house.DisposeAsync();

    [Fact]
    public async Task One_reserve_hands_over_to_five_hundred_at_once_without_livelock()
    {
        var other = house.Another();
        var (here, before, watch) = (Teller, Teller.Count, Stopwatch.StartNew());
        var there = other.GetRequiredService<Teller>();
        var answers = await Task.WhenAll(Enumerable.Range(0, 500).Select(n => (n % 2 == 0 ? here : there).Ask(Give(Reserve, 2 + (n % (Accounts - 1)), 10, $"sale-{n}"), Clerk, Stop)));
        var transactions = here.Count.Transactions - before.Transactions + there.Count.Transactions;
        output.WriteLine($"500 transfers out of one reserve by two processes: {watch.ElapsedMilliseconds} ms, {transactions} transactions");
        Assert.All(answers, a => Assert.Null(a.Refused));
        Assert.Equal(95_000, Assert.Single(await Holdings.Of(1, Stop)).Available);
        Assert.InRange(transactions, 2, 250);
        await Holds();
    }

    [Fact]
    public async Task A_refused_one_changes_nothing_and_hurts_nobody()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 60).Select(n => Teller.Ask(Give(Reserve, 2, n % 3 == 0 ? 1_000_000 : 5, $"mixed-{n}"), Clerk, Stop)));
        Assert.Equal(20, answers.Count(a => a.Refused?.Code == "INSUFFICIENT_AVAILABLE"));
        Assert.Equal(100_000 - (40 * 5), Assert.Single(await Holdings.Of(1, Stop)).Available);
        // Not remembered: under the same key, what can be done is done.
        Assert.Null((await Teller.Ask(Give(Reserve, 2, 5, "mixed-0"), Clerk, Stop)).Refused);
        await Holds();
    }

    [Fact]
    public async Task A_repeat_gets_the_first_result_whatever_happened_since()
    {
        var first = await Teller.Ask(Give(Reserve, 2, 10, "c-1"), Clerk, Stop);
        await Teller.Ask(Give(Reserve, 3, 90, "c-2"), Clerk, Stop);
        var again = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Teller.Ask(Give(Reserve, 2, 10, "c-1"), Clerk, Stop)));
        Assert.All(again, a => Assert.Equal(first.Value, a.Value));
        Assert.Equal(99_990, first.Value!.Available);
        Assert.Equal("IDEMPOTENCY_KEY_REUSED", (await Teller.Ask(Give(Reserve, 2, 11, "c-1"), Clerk, Stop)).Refused?.Code);
        await Holds();
    }

    [Fact]
    public async Task A_poisoned_one_fails_alone_and_an_unknown_outcome_is_read_back()
    {
        var broken = 0;
        Teller.BeforeCommit = done => done > 1 && Interlocked.Increment(ref broken) <= 3 ? throw new InvalidOperationException("poison") : Task.CompletedTask;
        Teller.AfterCommit = done => done == 1 && Interlocked.Increment(ref broken) % 5 == 0 ? throw new IOException("the answer was lost") : Task.CompletedTask;
        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(n => Teller.Ask(Give(Reserve, 2, 1, $"p-{n}"), Clerk, Stop)));
        (Teller.BeforeCommit, Teller.AfterCommit) = (null, null);
        Assert.All(answers, a => Assert.Null(a.Refused));
        Assert.True(broken > 3, "nothing broke");
        Assert.Equal(99_900, Assert.Single(await Holdings.Of(1, Stop)).Available);
        await Holds();
    }

    [Fact]
    public async Task A_list_is_done_whole_or_not_at_all_and_once()
    {
        var list = Enumerable.Range(0, 3_000).Select(n => (Instruction)Issue(new(1 + (n % Accounts), 1), 7, $"row-{n}")).ToList();
        var (_, _, place, refused) = await Teller.Ask([.. list.Take(500), Give(new(5, 1), 6, 1_000_000, "too-much")], Clerk, Stop);
        Assert.Equal((500, "INSUFFICIENT_AVAILABLE"), (place, refused?.Code));
        Assert.Equal(100_000, (await Holdings.Of(1, Stop)).Sum(h => h.Total));
        for (var twice = 0; twice < 2; twice++) Assert.All(await Task.WhenAll(list.Chunk(500).Select(c => Teller.Ask(c, Clerk, Stop))), a => Assert.Null(a.Refused));
        await using var issued = house.Database.CreateCommand("select issued from registry.supply where instrument = 1");
        Assert.Equal(100_000 + 21_000L, await issued.ExecuteScalarAsync(Stop));
        await Holds();
    }

    // REG-RACE-001.
    [Fact]
    public async Task Of_two_uses_of_one_balance_exactly_one_succeeds_a_thousand_times()
    {
        const int Rounds = 1_000;
        var other = house.Another();
        var (here, there, watch) = (Teller, other.GetRequiredService<Teller>(), Stopwatch.StartNew());
        var (byTeller, byMarket) = (0, 0);
        for (var round = 0; round < Rounds; round++)
        {
            // Everything is in one account and both want all of it.
            var (from, to) = (new HoldingKey(1 + (round % 2), 1), 1 + ((round + 1) % 2));
            var second = round % 2 == 0 ? Outcome(there.Ask(Give(from, to, 100_000, $"b-{round}"), Clerk, Stop)) : Earmark(from, 100_000, round);
            var both = await Task.WhenAll(Outcome(here.Ask(Give(from, to, 100_000, $"a-{round}"), Clerk, Stop)), second);
            Assert.Single(both, done => done);
            if (both[0]) byTeller++;
            else if (round % 2 == 0) byMarket++;
            else
            {
                byMarket++;
                await Release(from, 100_000, round);
                Assert.True(await Outcome(here.Ask(Give(from, to, 100_000, $"again-{round}"), Clerk, Stop)));
            }
        }

        output.WriteLine($"{Rounds} rounds, each by exactly one: {byTeller} by this desk, {byMarket} by the other process or the market's earmark; {watch.ElapsedMilliseconds} ms");
        await Holds();
    }

    [Fact]
    public async Task Each_event_says_who_did_it_and_marten_reads_the_stream()
    {
        await Task.WhenAll(Enumerable.Range(0, 30).Select(n => Teller.Ask(Give(Reserve, 2, n + 1, $"who-{n}"), new($"user-{n}", "operator"), Stop)));
        await using var session = house.The<IDocumentStore>().LightweightSession();
        var stream = await session.Events.FetchStreamAsync(Reserve.Stream, token: Stop);
        Assert.Equal(31, stream.Count);
        foreach (var told in stream.Skip(1)) Assert.Equal($"user-{((HoldingEvent.TransferredOut)told.Data).Units - 1}", told.GetHeader("user")?.ToString());
        Assert.Equal(await Holdings.Of(1, Stop), [stream.Select(e => (HoldingEvent)e.Data).Aggregate(Holding.Empty(Reserve), Holding.Evolve)]);
    }

    private static Instruction.IssueRight Issue(HoldingKey key, long units, string operation) => new(key, units, "initial", operation);

    private static Instruction.HandOver Give(HoldingKey from, int to, long units, string operation) => new(from, to, units, "merger", operation);

    private static async Task<bool> Outcome(Task<Outcome<Holding>> asked) => (await asked).Refused is null;

    private Task<bool> Earmark(HoldingKey key, long units, long transfer) => AsSettlement(key, h => Contracts.Earmark.Decide(h, units, transfer));

    private async Task Release(HoldingKey key, long units, long transfer) => Assert.True(await AsSettlement(key, h => Contracts.Release.Decide(h, units, transfer)));

    private async Task<bool> AsSettlement(HoldingKey key, Func<Holding, Decision<HoldingEvent>> decide)
    {
        await using var connection = await house.Database.OpenConnectionAsync(Stop);
        await using var transaction = await connection.BeginTransactionAsync(Stop);
        var locked = await Holdings.Lock(connection, transaction, [key], Stop);
        var decision = decide(locked[key]);
        if (decision.Refused is not null) return false;
        await using var session = Holdings.Session(connection, transaction, Clerk);
        await Holdings.Book(session, connection, transaction, [new(locked[key], decision.Events)], Stop);
        await transaction.CommitAsync(Stop);
        return true;
    }


    private Task Holds() => house.Holds();
}
