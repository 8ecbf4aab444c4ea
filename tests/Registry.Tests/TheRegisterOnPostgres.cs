using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Trading.Registry.Contracts;
using Trading.Registry.Participants;
using Trading.Support;

namespace Trading.Registry.Tests;

[Trait("layer", "integration")]
public sealed class TheRegisterOnPostgres : IAsyncLifetime
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;
    private static readonly Actor Clerk = new("operator", "operator");
    private static readonly HoldingKey Key = new(1, 1);
    private House house = null!;

    private IRegister Register => house.The<IRegister>();
    private IHoldings Holdings => house.The<IHoldings>();

    public async ValueTask InitializeAsync()
    {
        house = await House.Open();
        foreach (var id in (string[])["a", "b"]) await house.Firm(id);
        await house.Right("COD", RightClass.Pollutant, new(2026, 12, 31));
        Assert.Null((await Register.Issue(Key, 1_000, "initial", "issue-1", Clerk, Stop)).Refused);
    }

    public ValueTask DisposeAsync() => house.DisposeAsync();

    [Fact]
    public async Task A_repeated_issue_counts_once_and_another_under_its_key_is_refused()
    {
        Assert.Equal(1_000, (await Register.Issue(Key, 1_000, "initial", "issue-1", Clerk, Stop)).Value?.Available);
        Assert.Equal("IDEMPOTENCY_KEY_REUSED", (await Register.Issue(Key, 999, "initial", "issue-1", Clerk, Stop)).Refused?.Code);
        await Holds();
    }

    [Fact]
    public async Task Sixteen_at_once_never_earmark_more_than_there_is()
    {
        var taken = await Task.WhenAll(Enumerable.Range(1, 16).Select(n => Task.Run(async () =>
        {
            await using var connection = await house.Database.OpenConnectionAsync(Stop);
            await using var transaction = await connection.BeginTransactionAsync(Stop);
            var locked = await Holdings.Lock(connection, transaction, [Key], Stop);
            var decision = Earmark.Decide(locked[Key], 100, n);
            if (decision.Refused is not null) return 0;
            await using var session = Holdings.Session(connection, transaction, Clerk);
            await Holdings.Book(session, connection, transaction, [new(locked[Key], decision.Events)], Stop);
            await transaction.CommitAsync(Stop);
            return 100;
        })));
        Assert.Equal(1_000, taken.Sum());
        var after = Assert.Single(await Holdings.Of(1, Stop));
        Assert.Equal((0L, 1_000L), (after.Available, after.Earmarked));
        await Holds();
    }

    [Fact]
    public async Task What_the_caller_rolls_back_leaves_no_event()
    {
        await using (var connection = await house.Database.OpenConnectionAsync(Stop))
        await using (var transaction = await connection.BeginTransactionAsync(Stop))
        {
            var locked = await Holdings.Lock(connection, transaction, [Key], Stop);
            await using var session = Holdings.Session(connection, transaction, Clerk);
            await Holdings.Book(session, connection, transaction, [new(locked[Key], [new HoldingEvent.Earmarked(1, 1)])], Stop);
            await transaction.RollbackAsync(Stop);
        }

        await Holds();
        Assert.Equal(1_000, Assert.Single(await Holdings.Of(1, Stop)).Available);
    }

    [Fact]
    public async Task A_transfer_keeps_the_sum()
    {
        Assert.Null((await Register.Transfer(Key, 2, 300, "merger", "t-1", Clerk, Stop)).Refused);
        Assert.Equal(700, Assert.Single(await Holdings.Of(1, Stop)).Available);
        Assert.Equal(300, Assert.Single(await Holdings.Of(2, Stop)).Available);
        Assert.Equal("INSUFFICIENT_AVAILABLE", (await Register.Transfer(Key, 2, 701, "merger", "t-2", Clerk, Stop)).Refused?.Code);
        await Holds();
    }

    [Fact]
    public async Task A_balance_changed_by_hand_is_found_and_its_row_is_named()
    {
        await using var command = house.Database.CreateCommand("update registry.holdings set available = available + 1 where account = 1");
        await command.ExecuteNonQueryAsync(Stop);
        var checks = await house.The<IRegistryVerification>().Verify(Stop);
        Assert.Contains(checks.Single(c => c.Check == "registry.holdings").Broken, b => b.StartsWith("registry.holdings account=1 instrument=1:", StringComparison.Ordinal));
        Assert.NotEmpty(checks.Single(c => c.Check == "registry.supply").Broken);
    }

    private Task Holds() => house.Holds();
}
