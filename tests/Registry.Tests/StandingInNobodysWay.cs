using System.Text.Json;
using NodaTime;
using Trading.Registry.Contracts;

namespace Trading.Registry.Tests;

/// <summary>
/// What one participant does stops nothing of another's, and what was decided once counts once, on PostgreSQL. Seen failing: the house's keys without their mark; caps booked
/// beside a repeat; a county that proposes anywhere; a debit whose obligation is not claimed; a lease that stops those after it.
/// </summary>
[Trait("layer", "integration")]
public sealed class StandingInNobodysWay : IAsyncLifetime
{
    private const int Mill = 1, Works = 2, Bank = 3, Reserve = 4;
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;
    private static readonly Actor Operator = new("operator", "operator"), Regulator = new("regulator", "regulator"), Miller = new("miller", "enterprise", "mill"), County = new("county", "county", "suzhou");
    private static readonly HoldingKey Key = new(Mill, 1);
    private House house = null!;

    public async ValueTask InitializeAsync()
    {
        house = await House.Open();
        foreach (var (id, region) in ((string, string)[])[("mill", "320583"), ("works", "320505"), ("bank", "320583")]) await house.Firm(id, region: region);
        await house.Firm("reserve", ParticipantKind.Reserve, "320500");
        await house.Firm("suzhou", ParticipantKind.County, "320505");
        await house.Right("COD", RightClass.Pollutant, new(2030, 12, 31));
        Assert.Null((await The<IRegister>().Issue(Key, 10_000, "initial", "first", Operator, Stop)).Refused);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await house.Holds();
        }
        finally
        {
            await house.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_key_of_the_house_cannot_be_used_up_by_a_holder()
    {
        var hold = await house.Proposed("hold", new { participant = "mill", symbol = "COD", quantity = 1m });
        var debit = await house.Proposed("compliance-debit", new { participant = "mill", symbol = "COD", quantity = 1m, obligation = "2025" });
        foreach (var guessed in (string[])[$"hold/{hold.Id}", $"debit/{debit.Id}", $"surrender/debit/{debit.Id}", $"lift/debit/{debit.Id}", "court-7", "proposal-3-1"])
            Assert.Null((await The<IRegister>().Instruct(new Instruction.Surrender(Key, 1, "x", guessed), Miller, Stop)).Refused);
        await house.Approved(hold);
        await house.Approved(debit);
        await house.Approved(await house.Proposed("transfer", new { symbol = "COD", from = "mill", to = "works", quantity = 1m, operation = "court-7", serials = (object?)null }));
        await house.Approved(await house.Proposed("allocation", new { plan = "2026", symbol = "COD", lines = new[] { new { participant = "mill", quantity = 1m, basis = "free", years = 1 } } }));
        Assert.Equal((10_000 - 6 - 1_000 - 1_000 - 1_000 + 1_000, 1_000), ((await Now()).Available, (await Now()).Held));
    }

    [Fact]
    public async Task An_obligation_is_debited_once_unless_it_was_turned_down()
    {
        var turnedDown = await house.Proposed("compliance-debit", new { participant = "mill", symbol = "COD", quantity = 1m, obligation = "2025" });
        Assert.Equal("OBLIGATION_MET", await Refused("compliance-debit", new { participant = "mill", symbol = "COD", quantity = 1m, obligation = " 2025 " }));
        Assert.Null((await The<IProposals>().Decide(turnedDown.Id, false, "数额有误", Regulator, Stop)).Refused);
        await house.Approved(await house.Proposed("compliance-debit", new { participant = "mill", symbol = "COD", quantity = 2m, obligation = "2025" }));
        Assert.Equal("OBLIGATION_MET", await Refused("compliance-debit", new { participant = "mill", symbol = "COD", quantity = 99m, obligation = "2025" }));
        Assert.Equal(8_000, (await Now()).Available);
    }

    [Fact]
    public async Task Caps_follow_what_moves_between_counties_and_not_its_repeat()
    {
        foreach (var _ in (int[])[1, 2])
        {
            await house.Approved(await house.Proposed("transfer", new { symbol = "COD", from = "mill", to = "works", quantity = 2m, operation = "court-7", serials = (object?)null }));
            await house.Approved(await house.Proposed("replacement", new { symbol = "COD", from = "mill", to = "works", quantity = 1m, strategic = false, operation = "new-7" }));
        }

        Assert.Equal((3_0000L, 3_0000L), ((await Cap("320583")).Out, (await Cap("320505")).In));
    }

    [Fact]
    public async Task A_county_proposes_for_its_own_area()
    {
        Assert.Equal("FORBIDDEN", await Refused("replacement", new { symbol = "COD", from = "works", to = "mill", quantity = 1m, strategic = false, operation = "r" }, County));
        Assert.Null(await Refused("replacement", new { symbol = "COD", from = "mill", to = "works", quantity = 1m, strategic = false, operation = "r" }, County));
        await house.Approved(await house.Proposed("allocation", new { plan = "2026", symbol = "COD", lines = new[] { new { participant = "mill", quantity = 1m, basis = "free", years = 1 }, new { participant = "works", quantity = 1m, basis = "free", years = 1 } } }));
        var given = (await The<IAllocations>().All(null, "2026", 0, 10, Stop)).ToDictionary(a => a.Account, a => a.Id);
        Assert.Equal("FORBIDDEN", await Refused("buy-back", new { allocation = given[Mill], quantity = 1m }, County));
        Assert.Null(await Refused("buy-back", new { allocation = given[Works], quantity = 1m }, County));
    }

    [Fact]
    public async Task A_lease_that_is_stuck_keeps_no_other_from_its_return()
    {
        foreach (var quantity in (decimal[])[1, 2]) await house.Approved(await house.Proposed("lease", new { symbol = "COD", from = "mill", to = "bank", quantity, through = "2026-03-31" }));
        // As no door can: the first one's hold is gone.
        await using (var spoil = house.Database.CreateCommand("update registry.holds set standing = 0, ended_us = 1 where units = 1000")) await spoil.ExecuteNonQueryAsync(Stop);
        house.Clock.Advance(Duration.FromDays(40));
        await Assert.ThrowsAsync<AggregateException>(() => The<IRightLeases>().ReturnDue(Stop));
        Assert.Equal([2_000L], (await The<IRightLeases>().All(null, long.MaxValue, 10, Stop)).Where(l => l.ReturnedAt is not null).Select(l => l.Units));
        await using (var mend = house.Database.CreateCommand("update registry.holds set standing = 1000, ended_us = null where units = 1000")) await mend.ExecuteNonQueryAsync(Stop);
        Assert.Equal(1, await The<IRightLeases>().ReturnDue(Stop));
    }

    [Fact]
    public async Task An_account_is_closed_when_it_is_empty_and_receives_nothing_after()
    {
        var closing = new { participant = "mill", change = new { state = "closed" } };
        var asked = await house.Proposed("standing", closing);
        Assert.Equal("ACCOUNT_NOT_EMPTY", (await The<IProposals>().Decide(asked.Id, true, null, Regulator, Stop)).Refused?.Code);
        Assert.Null((await The<IRegister>().Instruct(new Instruction.Surrender(Key, 10_000, "2025", "all"), Miller, Stop)).Refused);
        await house.Approved(asked);
        Assert.Equal("ACCOUNT_STATE", await Refused("transfer", new { symbol = "COD", from = "works", to = "mill", quantity = 1m, operation = "t", serials = (object?)null }));
        Assert.Equal("ACCOUNT_STATE", await Refused("allocation", new { plan = "2027", symbol = "COD", lines = new[] { new { participant = "mill", quantity = 1m, basis = "free", years = 1 } } }));
    }

    [Fact]
    public async Task A_hand_over_that_was_ordered_is_answered_though_the_pair_may_no_longer()
    {
        var first = await The<ITransferOrders>().Order(Key, Bank, 1_000, "并购", "h-1", Miller, Stop);
        Assert.Null(first.Refused);
        await house.Approved(await house.Proposed("standing", new { participant = "mill", change = new { state = "suspended" } }));
        Assert.Equal("ACCOUNT_STATE", (await The<ITransferOrders>().Order(Key, Bank, 1_000, "并购", "h-2", Miller, Stop)).Refused?.Code);
        Assert.Equal(first.Value!.Id, (await The<ITransferOrders>().Order(Key, Bank, 1_000, "并购", "h-1", Miller, Stop)).Value?.Id);
        Assert.Equal("IDEMPOTENCY_KEY_REUSED", (await The<ITransferOrders>().Order(Key, Bank, 999, "并购", "h-1", Miller, Stop)).Refused?.Code);
    }

    private T The<T>() where T : notnull => house.The<T>();

    private async Task<Holding> Now() => await The<IHoldings>().Of(Key, Stop);

    private async Task<Cap> Cap(string region) => Assert.Single(await The<ICaps>().Now(region, "COD", 2026, Stop));

    private async Task<string?> Refused(string kind, object body, Actor? by = null) => (await The<IProposals>().Propose(kind, JsonSerializer.Serialize(body), "文件", by ?? Operator, Stop)).Refused?.Code;
}
