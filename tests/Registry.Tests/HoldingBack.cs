using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using NodaTime.Testing;
using Npgsql;
using Trading.Registry.Contracts;
using Trading.Registry.Participants;
using Trading.Support;

namespace Trading.Registry.Tests;

/// <summary>Holds by reason, pledges, leases, transfer orders and corrections, on PostgreSQL. After each, verify finds every right accounted for.</summary>
[Trait("layer", "integration")]
public sealed class HoldingBack : IAsyncLifetime
{
    private const int Mill = 1, Works = 2, Bank = 3;
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;
    private static readonly Actor Operator = new("operator", "operator");
    private static readonly Actor Regulator = new("regulator", "regulator");
    private static readonly Actor Miller = new("miller", "enterprise", "mill");
    private static readonly Actor Banker = new("banker", "enterprise", "bank");
    private static readonly HoldingKey Key = new(Mill, 1);
    private House house = null!;

    public async ValueTask InitializeAsync()
    {
        house = await House.Open();
        foreach (var (id, region) in ((string, string)[])[("mill", "320583"), ("works", "320505"), ("bank", "320583")]) await house.Firm(id, region: region);
        await house.Right("COD", RightClass.Pollutant, new(2030, 12, 31));
        await house.Right("ENE", RightClass.Energy, new(2030, 12, 31));
        Assert.Null((await The<IRegister>().Issue(Key, 10_000, "initial", "first", Operator, Stop)).Refused);
        Assert.Null((await The<IRegister>().Issue(new(Mill, 2), 10_000, "initial", "second", Operator, Stop)).Refused);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await The<ISerials>().Follow(Stop);
            await house.Holds();
        }
        finally
        {
            await house.DisposeAsync();
        }
    }

    [Fact]
    public async Task The_authority_keeps_back_and_lets_go()
    {
        var held = await house.Approved(await house.Proposed("hold", new { participant = "mill", symbol = "COD", quantity = 4m }));
        Assert.Equal((6_000L, 4_000L), await Now());
        var hold = Assert.Single(await The<IHolds>().Standing(Mill, null, Stop));
        Assert.Equal(($"hold/{held.Id}", HoldReason.Administrative, 4_000L), (hold.Reference, hold.Reason, hold.Standing));
        Assert.Equal("INSUFFICIENT_AVAILABLE", (await The<IRegister>().Transfer(Key, Works, 6_001, "x", "t", Operator, Stop)).Refused?.Code);
        Assert.Equal("NOT_FOUND", (await The<IProposals>().Propose("hold-lift", Json(new { participant = "mill", reference = "hold/77" }), "文", Operator, Stop)).Refused?.Code);
        await house.Approved(await house.Proposed("hold-lift", new { participant = "mill", reference = hold.Reference }));
        Assert.Equal((10_000L, 0L), await Now());
        Assert.Empty(await The<IHolds>().Standing(null, null, Stop));
    }

    // REG-NEG-001. Fails where the debit is no hold while it waits, or what came in meanwhile does not count.
    [Fact]
    public async Task What_is_owed_is_held_from_its_submission_and_what_is_missing_is_a_shortfall()
    {
        var asked = await house.Proposed("compliance-debit", new { participant = "mill", symbol = "COD", quantity = 12m, obligation = "2025" });
        Assert.Equal((0L, 10_000L), await Now());
        Assert.Equal("INSUFFICIENT_AVAILABLE", (await The<IRegister>().Transfer(Key, Works, 1, "x", "t", Operator, Stop)).Refused?.Code);
        Assert.Null((await The<IRegister>().Issue(Key, 500, "late", "third", Operator, Stop)).Refused);
        Assert.Null((await The<IProposals>().Decide(asked.Id, true, null, Regulator, Stop)).Refused);
        Assert.Equal((0L, 0L), await Now());
        var shortfall = Assert.Single(await The<IShortfalls>().All(Mill, long.MaxValue, 10, Stop));
        Assert.Equal((12_000L, 10_500L, 1_500L, 90_000L), (shortfall.Due, shortfall.Met, shortfall.Missing, shortfall.Fen));
        Assert.Equal(10_500, (await The<IRegister>().Supply(1, Stop)).Surrendered);
    }

    [Fact]
    public async Task A_debit_that_is_rejected_lets_go()
    {
        var asked = await house.Proposed("compliance-debit", new { participant = "mill", symbol = "COD", quantity = 3m, obligation = "2025" });
        Assert.Equal((7_000L, 3_000L), await Now());
        Assert.Null((await The<IProposals>().Decide(asked.Id, false, "计量有误", Regulator, Stop)).Refused);
        Assert.Equal((10_000L, 0L), await Now());
        Assert.Empty(await The<IShortfalls>().All(null, long.MaxValue, 10, Stop));
    }

    // REG-PLG-001. Fails where anybody but the pledgee may consent.
    [Fact]
    public async Task A_pledged_right_is_surrendered_when_its_pledgee_consents()
    {
        var pledge = await Pledged(8m);
        Assert.Equal(8_000, Assert.Single(await The<IPledges>().Standing("bank", Stop)).Standing);
        Assert.Equal("INSUFFICIENT_AVAILABLE", (await The<IRegister>().Transfer(Key, Works, 2_001, "x", "t", Operator, Stop)).Refused?.Code);
        var asked = new Instruction.Surrender(Key, 5_000, "2025", "s-1");
        var waits = (await The<ISurrenders>().Surrender(asked, Miller, Stop)).Value!.Waits!;
        Assert.Equal((0L, 2_000L), await Now());
        Assert.Equal(waits.Id, (await The<ISurrenders>().Surrender(asked, Miller, Stop)).Value!.Waits!.Id);
        Assert.Equal("FORBIDDEN", (await The<IProposals>().Decide(waits.Id, true, null, Regulator, Stop)).Refused?.Code);
        Assert.Equal("AFFECTED_PERSON", (await The<IProposals>().Decide(waits.Id, true, null, new("other", "enterprise", "mill"), Stop)).Refused?.Code);
        Assert.Null((await The<IProposals>().Decide(waits.Id, true, null, Banker, Stop)).Refused);
        var holding = (await The<IHoldings>().Of(Mill, Stop))[0];
        Assert.Equal((0L, 5_000L, 0L), (holding.Available, holding.Pledged, holding.Held));
        Assert.Equal(5_000, (await The<IRegister>().Supply(1, Stop)).Surrendered);
        // Done already: the same operation is answered, and nothing is asked again.
        Assert.Null((await The<ISurrenders>().Surrender(asked, Miller, Stop)).Value!.Waits);
        // The loan is paid back: the bank asks, the operator lets go, and nobody else may ask.
        Assert.Equal("FORBIDDEN", (await The<IProposals>().Propose("pledge-release", Json(new { pledge = pledge.Id, quantity = 5m }), "结清", Miller, Stop)).Refused?.Code);
        var release = (await The<IProposals>().Propose("pledge-release", Json(new { pledge = pledge.Id, quantity = 5m }), "结清", Banker, Stop)).Value!;
        Assert.Null((await The<IProposals>().Decide(release.Id, true, null, Operator, Stop)).Refused);
        Assert.Equal((5_000L, 0L), await Now());
        Assert.Empty(await The<IPledges>().Standing(null, Stop));
    }

    [Fact]
    public async Task Without_consent_what_was_kept_for_it_comes_back()
    {
        await Pledged(8m);
        var waits = (await The<ISurrenders>().Surrender(new(Key, 5_000, "2025", "s-1"), Miller, Stop)).Value!.Waits!;
        Assert.Null((await The<IProposals>().Decide(waits.Id, false, "贷款逾期", Banker, Stop)).Refused);
        Assert.Equal((2_000L, 0L), await Now());
        // More than the pledge and what is available together: plainly refused.
        Assert.Equal("INSUFFICIENT_AVAILABLE", (await The<ISurrenders>().Surrender(new(Key, 10_001, "2025", "s-2"), Miller, Stop)).Refused?.Code);
    }

    // R-POL-08. Fails where the lessee may pass it on, or the day after the last does not bring it back.
    [Fact]
    public async Task A_lease_is_used_and_not_sold_and_comes_back_by_itself()
    {
        Assert.Equal("LEASE_TERM", (await The<IProposals>().Propose("lease", Json(new { symbol = "COD", from = "mill", to = "bank", quantity = 1m, through = "2027-03-02" }), "合同", Operator, Stop)).Refused?.Code);
        await house.Approved(await house.Proposed("lease", new { symbol = "COD", from = "mill", to = "bank", quantity = 4m, through = "2026-06-30" }));
        var lessee = new HoldingKey(Bank, 1);
        Assert.Equal((0L, 4_000L), await Now(lessee));
        Assert.Equal("INSUFFICIENT_AVAILABLE", (await The<IRegister>().Transfer(lessee, Works, 1, "x", "t", Operator, Stop)).Refused?.Code);
        house.Clock.Reset(Instant.FromUtc(2026, 6, 30, 15, 59));
        Assert.Equal(0, await The<IRightLeases>().ReturnDue(Stop));
        house.Clock.Reset(Instant.FromUtc(2026, 6, 30, 16, 0));
        Assert.Equal(1, await The<IRightLeases>().ReturnDue(Stop));
        Assert.Equal(0, await The<IRightLeases>().ReturnDue(Stop));
        Assert.Equal((10_000L, 0L), await Now());
        Assert.NotNull(Assert.Single(await The<IRightLeases>().All(Bank, long.MaxValue, 10, Stop)).ReturnedAt);
    }

    // R-REG-12. Fails where the delay is not asked, or where the desk works at night.
    [Fact]
    public async Task A_transfer_to_a_stranger_waits_for_the_next_working_day_and_can_be_cancelled()
    {
        var first = await Ordered(100, "o-1");
        Assert.Equal((TransferOrderState.Delayed, Instant.FromUtc(2026, 3, 3, 2, 0)), (first.State, first.DueAt));
        Assert.Equal((9_900L, 100L), await Now(new(Mill, 2)));
        Assert.Equal(first.Id, (await Ordered(100, "o-1")).Id);
        var second = await Ordered(50, "o-2");
        Assert.Equal("NOT_FOUND", (await The<ITransferOrders>().Cancel(second.Id, Bank, Banker, Stop)).Refused?.Code);
        Assert.Equal(TransferOrderState.Cancelled, (await The<ITransferOrders>().Cancel(second.Id, Mill, Miller, Stop)).Value?.State);
        Assert.Equal("TRANSFER_STATE", (await The<ITransferOrders>().Cancel(second.Id, Mill, Miller, Stop)).Refused?.Code);
        house.Clock.Reset(Instant.FromUtc(2026, 3, 3, 1, 59));
        Assert.Equal(0, await The<ITransferOrders>().CarryOutDue(Stop));
        house.Clock.Reset(Instant.FromUtc(2026, 3, 3, 8, 0));
        Assert.Equal(0, await The<ITransferOrders>().CarryOutDue(Stop));
        house.Clock.Reset(Instant.FromUtc(2026, 3, 4, 2, 0));
        Assert.Equal(1, await The<ITransferOrders>().CarryOutDue(Stop));
        Assert.Equal((9_900L, 0L), await Now(new(Mill, 2)));
        Assert.Equal((100L, 0L), await Now(new(Bank, 2)));
        Assert.Equal("IDEMPOTENCY_KEY_REUSED", (await The<ITransferOrders>().Order(new(Mill, 2), Bank, 101, "并购", "o-1", Miller, Stop)).Refused?.Code);
    }

    [Fact]
    public async Task To_a_trusted_account_it_goes_at_once_up_to_the_limit_and_a_second_person_approves_more()
    {
        Assert.Null((await The<ITransferOrders>().Trust(Mill, Bank, Miller, Stop)).Refused);
        // Named today, trusted from the next working day on.
        Assert.Equal(TransferOrderState.Delayed, (await Ordered(1, "o-1")).State);
        house.Clock.Reset(Instant.FromUtc(2026, 3, 3, 2, 0));
        Assert.Equal(TransferOrderState.Completed, (await Ordered(1_000, "o-2")).State);
        Assert.Equal((1_000L, 0L), await Now(new(Bank, 2)));
        var more = await Ordered(1_001, "o-3");
        Assert.Equal((TransferOrderState.AwaitingApproval, null), (more.State, more.DueAt));
        Assert.Equal("AFFECTED_PERSON", (await The<ITransferOrders>().Decide(more.Id, true, new("miller-2", "enterprise", "mill"), Stop)).Refused?.Code);
        Assert.Equal("FOUR_EYES", (await The<ITransferOrders>().Decide(more.Id, true, new("miller", "regulator"), Stop)).Refused?.Code);
        Assert.Equal(TransferOrderState.Completed, (await The<ITransferOrders>().Decide(more.Id, true, Regulator, Stop)).Value?.State);
        Assert.Equal((2_001L, 0L), await Now(new(Bank, 2)));
        var no = await Ordered(2_000, "o-4");
        Assert.Equal(TransferOrderState.Rejected, (await The<ITransferOrders>().Decide(no.Id, false, Regulator, Stop)).Value?.State);
        // o-1 still waits, and nothing else is held.
        Assert.Equal((10_000L - 2_001 - 1, 1L), await Now(new(Mill, 2)));
        await The<ITransferOrders>().Distrust(Mill, Bank, Stop);
        Assert.Equal(TransferOrderState.Delayed, (await Ordered(1, "o-5")).State);
    }

    // What an authority confirms in the market it confirms here too, and what it forbids is forbidden.
    [Fact]
    public async Task No_order_goes_past_the_rules_of_the_pair()
    {
        Assert.Null((await The<ITransferOrders>().Trust(Mill, Bank, Miller, Stop)).Refused);
        house.Clock.Reset(Instant.FromUtc(2026, 3, 3, 2, 0));
        var asked = (await The<ITransferOrders>().Order(Key, Bank, 1, "并购", "o-1", Miller, Stop)).Value;
        Assert.Equal(TransferOrderState.AwaitingApproval, asked?.State);
        await house.Approved(await house.Proposed("standing", new { participant = "bank", change = new { creditScore = 10 } }));
        Assert.Equal("CREDIT_GRADE", (await The<ITransferOrders>().Order(Key, Bank, 1, "并购", "o-2", Miller, Stop)).Refused?.Code);
    }

    // R-REG-10, REG-FIX-001.
    [Fact]
    public async Task A_wrong_allocation_is_taken_back_in_part_and_a_wrong_plan_whole()
    {
        await house.Approved(await house.Proposed("cap", new { region = "320583", indicator = "COD", year = 2026, limit = 900m, newQuota = 0m }));
        await house.Approved(await house.Proposed("allocation", new { plan = "2026", symbol = "COD", lines = new[] { Line("bank", 500m), Line("mill", 20m) } }));
        var wrong = (await The<IAllocations>().All(Bank, "2026", 0, 10, Stop))[0];
        Assert.Null((await The<IRegister>().Transfer(new(Bank, 1), Works, 20_000, "sold", "t-1", Operator, Stop)).Refused);
        Assert.Equal("ALLOCATION_STANDING", (await The<IProposals>().Propose("correction", Json(new { allocation = wrong.Id, plan = (string?)null, shouldBe = 500m }), "笔误", Operator, Stop)).Refused?.Code);
        await house.Approved(await house.Proposed("correction", new { allocation = wrong.Id, plan = (string?)null, shouldBe = 50m }));
        Assert.Equal((30_000L, 0L), await Now(new(Bank, 1)));
        Assert.Equal((450_000L, 980_000L), ((await The<IRegister>().Supply(1, Stop)).Reversed, (await The<IRegister>().Supply(1, Stop)).Issued - 10_000 + 470_000 - 10_000));
        Assert.Equal(700_000L, Assert.Single(await The<ICaps>().Now("320583", "COD", 2026, Stop)).Allocated);
        // Twenty of the fifty are sold: the plan cannot be undone whole, so nothing of it is.
        var asked = await house.Proposed("correction", new { allocation = (long?)null, plan = "2026", shouldBe = (decimal?)null });
        Assert.Equal(("INSUFFICIENT_AVAILABLE", "R-REG-03"), ((await The<IProposals>().Decide(asked.Id, true, null, Regulator, Stop)).Refused is { } no) ? (no.Code, no.Rule) : default);
        Assert.Equal((30_000L, 0L), await Now(new(Bank, 1)));
        Assert.Null((await The<IRegister>().Transfer(new(Works, 1), Bank, 20_000, "back", "t-2", Operator, Stop)).Refused);
        Assert.Null((await The<IProposals>().Decide(asked.Id, true, null, Regulator, Stop)).Refused);
        Assert.Equal(((0L, 0L), (10_000L, 0L)), (await Now(new(Bank, 1)), await Now()));
        Assert.Equal(0, Assert.Single(await The<ICaps>().Now("320583", "COD", 2026, Stop)).Allocated);
        Assert.All(await The<IAllocations>().All(null, "2026", 0, 10, Stop), a => Assert.Equal(0, a.Standing));
        Assert.Equal("NOT_FOUND", (await The<IProposals>().Propose("correction", Json(new { allocation = (long?)null, plan = "2026", shouldBe = (decimal?)null }), "撤销", Operator, Stop)).Refused?.Code);
    }

    // REG-BLK-001. Fails where the pick is not asked for under lock, or not told in the event.
    [Fact]
    public async Task Numbers_are_picked_and_followed_from_issue_to_end()
    {
        Assert.Null((await Picked(501, 800, 300, "t-1")).Refused);
        Assert.Equal([(Mill, 1L, 500L), (Bank, 501L, 800L), (Mill, 801L, 10_000L)], (await The<ISerials>().Blocks(1, null, Stop)).Select(b => (b.Account, b.Range.First, b.Range.Last)));
        Assert.Equal("SERIALS_NOT_HELD", (await Picked(800, 801, 2, "t-2")).Refused?.Code);
        Assert.Equal("SERIALS_NOT_HELD", (await Picked(1, 10, 9, "t-3")).Refused?.Code);
        Assert.Null((await The<IRegister>().Instruct(new Instruction.Surrender(new(Bank, 1), 300, "2025", "s"), Banker, Stop)).Refused);
        Assert.Equal([(null, Mill, "right_issued"), (Mill, Bank, "right_transferred_in"), (Bank, null, "right_surrendered")], (await The<ISerials>().Trace(1, 600, Stop)).Select(m => (m.From, m.To, m.How)));
        Assert.Empty(await The<ISerials>().Trace(1, 10_001, Stop));
    }

    // R-REG-10. Seen failing: the numbers of the last surrender given back for the first's, and the window closed on what was asked in time.
    [Fact]
    public async Task A_surrender_that_was_wrong_is_taken_back_in_its_window_with_the_very_numbers()
    {
        var register = The<IRegister>();
        Assert.Null((await register.Instruct(new Instruction.Surrender(new(Mill, 1), 100, "2025", "s-1"), Miller, Stop)).Refused);
        Assert.Null((await register.Instruct(new Instruction.Surrender(new(Mill, 1), 50, "2026", "s-2"), Miller, Stop)).Refused);
        var (second, first) = ((await The<ISurrenders>().All(Mill, long.MaxValue, 10, Stop))[0], (await The<ISurrenders>().All(Mill, long.MaxValue, 10, Stop))[1]);
        Assert.Equal(("2025", 100L, "2026", 50L), (first.Obligation, first.Standing, second.Obligation, second.Standing));
        Assert.Equal("SURRENDER_STANDING", (await Asked(first.Id, 0.101m, Operator)).Refused?.Code);
        Assert.Equal("FORBIDDEN", (await Asked(first.Id, 0.1m, Banker)).Refused?.Code);
        Assert.Equal("NOT_FOUND", (await Asked(99, 0.1m, Operator)).Refused?.Code);
        var (mine, late) = ((await Asked(first.Id, 0.06m, Miller)).Value!, (await Asked(first.Id, 0.06m, Operator)).Value!);
        Assert.Equal("FOUR_EYES", (await The<IProposals>().Decide((await Asked(second.Id, 0.01m, Regulator)).Value!.Id, true, null, Regulator, Stop)).Refused?.Code);
        Assert.Null((await The<IProposals>().Decide(mine.Id, true, null, Regulator, Stop)).Refused);
        Assert.Equal("SURRENDER_STANDING", (await The<IProposals>().Decide(late.Id, true, null, Regulator, Stop)).Refused?.Code);
        Assert.Equal((9_910L, 90L), ((await Now()).Available, (await register.Supply(1, Stop)).Surrendered));
        // What the first surrender gave up, 1 to 100, and not what the second did.
        Assert.Equal([(1L, 60L), (151L, 10_000L)], (await The<ISerials>().Blocks(1, Mill, Stop)).Select(b => (b.Range.First, b.Range.Last)));
        Assert.Equal(["right_issued", "right_surrendered", "right_surrender_reversed"], (await The<ISerials>().Trace(1, 60, Stop)).Select(m => m.How));
        // Asked in time is in time; asked when the window is over is not.
        var inTime = (await Asked(first.Id, 0.04m, Miller)).Value!;
        house.Clock.AdvanceHours(24 * 40);
        Assert.Equal("REVERSAL_WINDOW", (await Asked(second.Id, 0.01m, Miller)).Refused?.Code);
        Assert.Null((await The<IProposals>().Decide(inTime.Id, true, null, Regulator, Stop)).Refused);
        Assert.Equal([(1L, 100L), (151L, 10_000L)], (await The<ISerials>().Blocks(1, Mill, Stop)).Select(b => (b.Range.First, b.Range.Last)));
        Assert.All(await The<IRegistryVerification>().Verify(Stop), c => Assert.Empty(c.Broken));

        Task<Outcome<Proposal>> Asked(long surrender, decimal quantity, Actor by) => The<IProposals>().Propose("surrender-reversal", Json(new { surrender, quantity }), "笔误", by, Stop);
    }

    // R-REG-10, R-REG-03: a debit that was taken back whole is owed anew. Seen failing: owed anew when a part was taken back.
    [Fact]
    public async Task A_debit_taken_back_whole_owes_nothing_and_may_be_submitted_again()
    {
        await house.Approved(await Debit(12m));
        var taken = Assert.Single(await The<ISurrenders>().All(Mill, long.MaxValue, 10, Stop));
        Assert.Null(Assert.Single(await The<IShortfalls>().All(Mill, long.MaxValue, 10, Stop)).ReversedAt);
        await house.Approved(await house.Proposed("surrender-reversal", new { surrender = taken.Id, quantity = 4m }));
        Assert.Null(Assert.Single(await The<IShortfalls>().All(Mill, long.MaxValue, 10, Stop)).ReversedAt);
        await house.Approved(await house.Proposed("surrender-reversal", new { surrender = taken.Id, quantity = 6m }));
        Assert.NotNull(Assert.Single(await The<IShortfalls>().All(Mill, long.MaxValue, 10, Stop)).ReversedAt);
        Assert.Equal((10_000L, 0L), ((await Now()).Available, (await The<IRegister>().Supply(1, Stop)).Surrendered));
        await house.Approved(await Debit(3m));
        Assert.Equal(7_000L, (await Now()).Available);
        Assert.All(await The<IRegistryVerification>().Verify(Stop), c => Assert.Empty(c.Broken));

        Task<Proposal> Debit(decimal quantity) => house.Proposed("compliance-debit", new { participant = "mill", symbol = "COD", quantity, obligation = "2025" });
    }

    [Fact]
    public async Task Yesterday_is_as_it_was()
    {
        var before = house.Clock.GetCurrentInstant();
        house.Clock.AdvanceHours(1);
        await house.Approved(await house.Proposed("hold", new { participant = "mill", symbol = "COD", quantity = 4m }));
        await house.Approved(await house.Proposed("standing", new { participant = "mill", change = new { creditScore = 60 } }));
        Assert.Equal((10_000L, 0L), (await The<IHoldings>().At(Mill, before, Stop)).Where(h => h.Key == Key).Select(h => (h.Available, h.Held)).Single());
        Assert.Equal((6_000L, 4_000L), (await The<IHoldings>().At(Mill, house.Clock.GetCurrentInstant(), Stop)).Where(h => h.Key == Key).Select(h => (h.Available, h.Held)).Single());
        Assert.Equal((100, 60), ((await The<IRegister>().StandingAt(Mill, before, Stop)).CreditScore, (await The<IRegister>().StandingAt(Mill, house.Clock.GetCurrentInstant(), Stop)).CreditScore));
    }

    private T The<T>() where T : notnull => house.The<T>();

    private Task<Outcome<Holding>> Picked(long first, long last, long units, string operation) =>
        The<IRegister>().Instruct(new Instruction.HandOver(Key, Bank, units, "picked", operation, new SerialRange(first, last)), Operator, Stop);

    private async Task<TransferOrder> Ordered(long units, string operation)
    {
        var (order, refused) = await The<ITransferOrders>().Order(new(Mill, 2), Bank, units, "并购", operation, Miller, Stop);
        Assert.Null(refused);
        return order!;
    }

    private async Task<Proposal> Pledged(decimal quantity)
    {
        var (asked, refused) = await The<IProposals>().Propose("pledge", Json(new { pledgor = "mill", symbol = "COD", quantity, pledgee = "bank", contract = "c-1", value = 1_000m, registration = "zd-1" }), "c-1", Miller, Stop);
        Assert.Null(refused);
        Assert.Null((await The<IProposals>().Decide(asked!.Id, true, null, Banker, Stop)).Refused);
        return asked;
    }

    private async Task<(long Available, long Held)> Now(HoldingKey? key = null) =>
        (await The<IHoldings>().Of((key ?? Key).Account, Stop)).Where(h => h.Key == (key ?? Key)).Select(h => (h.Available, h.Held)).SingleOrDefault();

    private static object Line(string participant, decimal quantity) => new { participant, quantity, basis = "free", years = 1 };

    private static string Json(object body) => JsonSerializer.Serialize(body);
}
