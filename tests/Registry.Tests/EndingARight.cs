using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using NodaTime.Testing;
using Npgsql;
using Trading.Registry.Contracts;
using Trading.Registry.Participants;
using Trading.Registry.Policies.Pollutant;
using Trading.Support;

namespace Trading.Registry.Tests;

[Trait("layer", "integration")]
public sealed class EndingARight : IAsyncLifetime
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;
    private static readonly Actor Clerk = new("operator", "operator");
    private static readonly HoldingKey A = new(1, 1);
    private static readonly HoldingKey B = new(2, 1);
    private House house = null!;
    private int operations;

    private IRegister Register => house.The<IRegister>();

    public async ValueTask InitializeAsync()
    {
        house = await House.Open();
        foreach (var id in (string[])["a", "b"]) await house.Firm(id);
        await house.Right("TCE", RightClass.Energy, new(2026, 12, 31));
    }

    public ValueTask DisposeAsync() => house.DisposeAsync();

    // REG-INV-001.
    [Fact]
    public async Task Every_right_is_accounted_for_after_issue_transfer_surrender_and_cancellation()
    {
        await Do(new Instruction.IssueRight(A, 1_000, "initial", Next()), new Instruction.HandOver(A, 2, 300, "merger", Next()), new Instruction.Surrender(B, 100, "2025", Next()), new Instruction.Cancel(A, 50, "公益", Next()));
        Assert.Equal((650, 200), await Held());
        Assert.Equal(new Supply(1, 1_000, 100, 50, 0, 0, 0), await Count());
        // R-REG-13.
        var told = Assert.Single(await Register.Cancellations(long.MaxValue, 10, Stop));
        Assert.Equal((A, 50L, "公益", house.Clock.GetCurrentInstant()), (told.Holding, told.Units, told.Reason, told.At));
        await Holds();
    }

    // POL-OFF-001.
    [Fact]
    public async Task A_replacement_retires_what_the_ratio_asks_beyond_the_buyer()
    {
        await Do(new Instruction.IssueRight(A, 20_000, "initial", Next()));
        var (given, retired) = Replacement.Split(10_000, 2);
        await Do(new Instruction.Replace(A, 2, given - retired, retired, "环评批复", Next()));
        Assert.Equal((0, 10_000), await Held());
        Assert.Equal(new Supply(1, 20_000, 0, 0, 10_000, 0, 0), await Count());
        var refused = (await Register.Instruct(new Instruction.Replace(B, 1, 10_000, 1, "x", Next()), Clerk, Stop)).Refused;
        Assert.Equal(("INSUFFICIENT_AVAILABLE", "R-POL-07"), (refused?.Code, refused?.Rule));
        Assert.Equal("QTY_NOT_POSITIVE", (await Register.Instruct(new Instruction.Replace(B, 1, 10, -1, "x", Next()), Clerk, Stop)).Refused?.Code);
        await Holds();
    }

    // ENE-EXP-001.
    [Fact]
    public async Task A_right_ends_after_its_last_day_and_what_is_in_the_market_when_it_comes_back()
    {
        await Do(new Instruction.IssueRight(A, 1_200, "initial", Next()), new Instruction.IssueRight(B, 100, "initial", Next()));
        await Moved(B, new HoldingEvent.Earmarked(40, 1));
        house.Clock.Reset(Instant.FromUtc(2026, 12, 31, 15, 59));
        Assert.Equal(new(0, 0), await Register.Expire(Stop));
        house.Clock.Reset(Instant.FromUtc(2026, 12, 31, 16, 0));
        Assert.Equal(new(2, 1), await Register.Expire(Stop));
        Assert.Equal((0, 40), await Held());
        Assert.Equal(new(0, 1), await Register.Expire(Stop));
        await Moved(B, new HoldingEvent.Released(40, 1));
        Assert.Equal(new(1, 0), await Register.Expire(Stop));
        Assert.Equal((0, 0), await Held());
        Assert.Equal(new Supply(1, 1_300, 0, 0, 0, 1_300, 0), await Count());
        await Holds();
    }

    [Fact]
    public async Task Nothing_ends_that_is_not_available()
    {
        await Do(new Instruction.IssueRight(A, 100, "initial", Next()));
        await Moved(A, new HoldingEvent.Earmarked(60, 1));
        foreach (var asked in (Instruction[])[new Instruction.Surrender(A, 41, "2025", Next()), new Instruction.Cancel(A, 41, "公益", Next()), new Instruction.Retire(A, 41, "x", Next())])
        {
            var refused = (await Register.Instruct(asked, Clerk, Stop)).Refused;
            Assert.Equal("INSUFFICIENT_AVAILABLE", refused?.Code);
            Assert.Equal(["needed=41", "available=40"], refused!.Values.Select(v => $"{v.Key}={v.Value}"));
        }

        Assert.Equal("REASON_REQUIRED", (await Register.Instruct(new Instruction.Cancel(A, 1, " ", Next()), Clerk, Stop)).Refused?.Code);
        await Holds();
    }

    [Fact]
    public async Task A_counter_changed_by_hand_is_found()
    {
        await Do(new Instruction.IssueRight(A, 100, "initial", Next()), new Instruction.Surrender(A, 10, "2025", Next()));
        await using var command = house.Database.CreateCommand("update registry.supply set surrendered = 0, cancelled = 10");
        await command.ExecuteNonQueryAsync(Stop);
        var checks = await house.The<IRegistryVerification>().Verify(Stop);
        Assert.StartsWith("registry.supply instrument=1:", Assert.Single(checks.Single(c => c.Check == "registry.supply").Broken), StringComparison.Ordinal);
    }

    private string Next() => $"op-{++operations}";

    private async Task Do(params Instruction[] asked)
    {
        foreach (var one in asked) Assert.Null((await Register.Instruct(one, Clerk, Stop)).Refused);
    }

    private async Task<(long A, long B)> Held()
    {
        var holdings = house.The<IHoldings>();
        return ((await holdings.Of(1, Stop)).Sum(h => h.Total), (await holdings.Of(2, Stop)).Sum(h => h.Total));
    }

    private async Task<Supply> Count()
    {
        await using var select = house.Database.CreateCommand("select issued, surrendered, cancelled, retired, expired, reversed from registry.supply where instrument = 1");
        await using var row = await select.ExecuteReaderAsync(Stop);
        Assert.True(await row.ReadAsync(Stop));
        return new(1, row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5));
    }

    private async Task Moved(HoldingKey key, HoldingEvent happened)
    {
        var holdings = house.The<IHoldings>();
        await using var connection = await house.Database.OpenConnectionAsync(Stop);
        await using var transaction = await connection.BeginTransactionAsync(Stop);
        var locked = await holdings.Lock(connection, transaction, [key], Stop);
        await using var session = holdings.Session(connection, transaction, Clerk);
        await holdings.Book(session, connection, transaction, [new(locked[key], [happened])], Stop);
        await transaction.CommitAsync(Stop);
    }

    private Task Holds() => house.Holds();
}
