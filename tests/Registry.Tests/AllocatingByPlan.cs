using System.Text.Json;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using NodaTime.Testing;
using Npgsql;
using Trading.Registry.Contracts;
using Trading.Registry.Participants;
using Trading.Support;

namespace Trading.Registry.Tests;

/// <summary>Plans, buy-back, caps, standings and readings through proposals, on PostgreSQL.</summary>
[Trait("layer", "integration")]
public sealed class AllocatingByPlan : IAsyncLifetime
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;
    private static readonly Actor Operator = new("operator", "operator");
    private static readonly Actor Regulator = new("regulator", "regulator");
    private House house = null!;

    public async ValueTask InitializeAsync()
    {
        house = await House.Open();
        foreach (var (id, kind) in ((string, ParticipantKind)[])[("mill", ParticipantKind.Enterprise), ("works", ParticipantKind.Enterprise), ("reserve", ParticipantKind.Reserve), ("county", ParticipantKind.County)]) await house.Firm(id, kind);
        await house.Right("COD", RightClass.Pollutant, new(2030, 12, 31));
    }

    public ValueTask DisposeAsync() => house.DisposeAsync();

    [Fact]
    public async Task Approval_gives_all_of_a_plan_and_a_refusal_none()
    {
        await house.Approved(await house.Proposed("cap", new { region = "320583", indicator = "COD", year = 2026, limit = 5m, newQuota = 0m }));
        var asked = await house.Proposed("allocation", new { plan = "2026", symbol = "COD", lines = new[] { Line("mill", 3m), Line("works", 2.001m) } });
        Assert.Equal("CAP_EXCEEDED", (await Decide(asked, true)).Refused?.Code);
        Assert.Empty(await The<IAllocations>().All(null, null, 0, 10, Stop));
        Assert.Equal(0, (await The<IHoldings>().Of(1, Stop)).Sum(h => h.Total));
        Assert.Equal(ProposalState.Proposed, (await The<IProposals>().Find(asked.Id, Stop))!.State);
        await house.Approved(await house.Proposed("allocation", new { plan = "2026", symbol = "COD", lines = new[] { Line("mill", 3m), Line("works", 2m) } }));
        Assert.Equal([3_000L, 2_000L], (await The<IAllocations>().All(null, "2026", 0, 10, Stop)).Select(a => a.Standing));
        var cap = Assert.Single(await The<ICaps>().Now("320583", "COD", 2026, Stop));
        Assert.Equal((50_000L, 50_000L), (cap.Limit, cap.Allocated));
        await house.Holds();
    }

    // Fails where FourEyes does not compare the two, or the desk does not ask who may approve.
    [Fact]
    public async Task One_person_is_not_two_and_nobody_decides_his_own()
    {
        var asked = await house.Proposed("standing", new { participant = "county", change = new { creditScore = 40 } });
        Assert.Equal("FORBIDDEN", (await The<IProposals>().Decide(asked.Id, true, null, new("operator2", "operator"), Stop)).Refused?.Code);
        Assert.Equal("FOUR_EYES", (await The<IProposals>().Decide(asked.Id, true, null, new("operator", "regulator"), Stop)).Refused?.Code);
        Assert.Equal("AFFECTED_PERSON", (await The<IProposals>().Decide(asked.Id, true, null, new("clerk", "regulator", "county"), Stop)).Refused?.Code);
        Assert.Equal("REASON_REQUIRED", (await The<IProposals>().Decide(asked.Id, false, " ", Regulator, Stop)).Refused?.Code);
        await house.Approved(asked);
        Assert.Equal("PROPOSAL_STATE", (await Decide(asked, true)).Refused?.Code);
        Assert.Equal(40, (await The<IDirectory>().Current(Stop)).Standing(4).CreditScore);
    }

    [Fact]
    public async Task A_surplus_goes_back_to_the_reserve_at_what_was_paid_for_the_months_left()
    {
        await house.Approved(await house.Proposed("standing", new { participant = "mill", change = new { sector = "textileDyeing" } }));
        await house.Approved(await house.Proposed("allocation", new { plan = "paid", symbol = "COD", lines = new[] { new { participant = "mill", quantity = 4m, basis = "paid", years = 3 } } }));
        var given = Assert.Single(await The<IAllocations>().All(1, null, 0, 10, Stop));
        Assert.Equal((4_500m, 5_400_000L, new LocalDate(2029, 3, 1)), (given.Price, given.Fen, given.ValidThrough));
        house.Clock.AdvanceDays(365);
        await house.Approved(await house.Proposed("buy-back", new { allocation = given.Id, quantity = 1.5m }));
        var back = Assert.Single(await The<IAllocations>().BuyBacks(given.Id, Stop));
        Assert.Equal((1_500L, 24, 1_350_000L), (back.Units, back.Months, back.Fen));
        Assert.Equal(2_500, Assert.Single(await The<IHoldings>().Of(1, Stop)).Available);
        Assert.Equal(1_500, Assert.Single(await The<IHoldings>().Of(3, Stop)).Available);
        Assert.Equal("ALLOCATION_STANDING", (await The<IProposals>().Propose("buy-back", JsonSerializer.Serialize(new { allocation = given.Id, quantity = 2.501m }), "文号", Operator, Stop)).Refused?.Code);
        var cap = Assert.Single(await The<ICaps>().Now("320583", "COD", 2027, Stop));
        Assert.Equal((25_000L, 15_000L), (cap.Allocated, cap.Reserve));
    }

    /// <summary>A tariff changes between two plans: the first stays as it was judged. Fails where Of takes the last version.</summary>
    [Fact]
    public async Task Yesterdays_plan_keeps_yesterdays_tariff_and_an_instant_is_read_as_it_was()
    {
        await house.Approved(await house.Proposed("standing", new { participant = "mill", change = new { sector = "textileDyeing" } }));
        var line = new { participant = "mill", quantity = 1m, basis = "paid", years = 1 };
        await house.Approved(await house.Proposed("allocation", new { plan = "before", symbol = "COD", lines = new[] { line } }));
        var before = house.Clock.GetCurrentInstant();
        house.Clock.AdvanceHours(1);
        await house.Approved(await house.Proposed("rule", new { key = "pollutant/tariffs", effectiveFrom = (string?)null, content = new { prices = new[] { new { basin = "Taihu", indicator = "COD", sectors = new[] { "textileDyeing" }, yuanPerTonneYear = "9000" } } } }));
        await house.Approved(await house.Proposed("allocation", new { plan = "after", symbol = "COD", lines = new[] { line } }));
        Assert.Equal([4_500m, 9_000m], (await The<IAllocations>().All(1, null, 0, 10, Stop)).Select(a => a.Price));
        var book = await The<IRules>().Current(Stop);
        Assert.Equal(450_000, Quotes.PaidUse("Taihu", "textileDyeing", 1, [("COD", 1m)], book, before).Value![0].Fen);
        Assert.Equal(900_000, Quotes.PaidUse("Taihu", "textileDyeing", 1, [("COD", 1m)], book, house.Clock.GetCurrentInstant()).Value![0].Fen);
    }

    // Fails where the right is read as of now.
    [Fact]
    public async Task A_year_above_the_right_opens_one_case_and_a_later_purchase_does_not_shrink_it()
    {
        await house.Approved(await house.Proposed("allocation", new { plan = "2026", symbol = "COD", lines = new[] { Line("mill", 20m) } }));
        house.Clock.AdvanceDays(10);
        var hour = Instant.FromUtc(2026, 3, 5, 3, 0);
        Assert.Null(await The<IUsage>().Read(1, "COD", [new(hour, 232_000, ReadingQuality.Measured)], "CEMS", Operator, Stop));
        Assert.Equal("HOUR_IN_FUTURE", (await The<IUsage>().Read(1, "COD", [new(Instant.FromUtc(2026, 4, 1, 0, 0), 1, ReadingQuality.Measured)], "CEMS", Operator, Stop))?.Code);
        Assert.Equal("NOT_AN_HOUR", (await The<IUsage>().Read(1, "COD", [new(hour + Duration.FromMinutes(1), 1, ReadingQuality.Measured)], "CEMS", Operator, Stop))?.Code);
        house.Clock.AdvanceDays(400);
        var year = (await The<IUsage>().Reconcile(1, "COD", 2026, Operator, Stop)).Value!;
        Assert.Equal((232_000L, 200_000L, 32_000L, 8_760, 8_759), (year.Use.Actual, year.Use.Held, year.Use.Excess, year.Use.Hours, year.Use.Missing));
        await house.Approved(await house.Proposed("allocation", new { plan = "late", symbol = "COD", lines = new[] { Line("mill", 100m) } }));
        var again = (await The<IUsage>().Reconcile(1, "COD", 2026, Operator, Stop)).Value!;
        Assert.Equal((year.Case!.Id, 200_000L, false), (again.Case!.Id, again.Use.Held, again.Case.LaterPurchaseCures));
        Assert.Equal(232_000, Assert.Single(await The<ICaps>().Now("320583", "COD", 2026, Stop)).Used);
    }

    private T The<T>() where T : notnull => house.The<T>();

    private static object Line(string participant, decimal quantity) => new { participant, quantity, basis = "free", years = 5 };

    private Task<Outcome<Proposal>> Decide(Proposal proposal, bool approve) => The<IProposals>().Decide(proposal.Id, approve, null, Regulator, Stop);
}
