using NodaTime;
using NodaTime.Text;
using Trading.Matching.Core;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;
using Trading.Settlement.Deliveries;

namespace Trading.Settlement.Tests;

/// <summary>
/// A trade passes the steps of its class in order (R-POL-13, R-ENE-06). Seen failing: a step over at its first answer; an authority that confirms its own government's
/// trade; a repeat of one answer taken for the next step's; one person as both; a part that takes the rest along; the next step's clock begun at the trade.
/// </summary>
public sealed class TakingSteps
{
    private static readonly Instant Traded = Instant.FromUtc(2026, 3, 2, 1, 30);
    private static readonly Participant Seller = Firm(1, "steel", "320583"), Buyer = Firm(2, "textile", "320282");
    private static readonly Actor Kunshan = new("kunshan", "county", "c320583"), Yixing = new("yixing", "county"), Wuxi = new("wuxi", "county"), Regulator = new("regulator", "regulator"), Other = new("regulator2", "regulator");

    [Fact]
    public void One_after_the_other_and_the_market_hears_of_the_last()
    {
        var walk = new Walk("permitsOfBoth", RightClass.Pollutant, 100_000_000);
        Assert.Equal((DeliveryState.AwaitingConfirmation, "2026-03-16T16:00:00Z"), walk.Stands());
        // The buyer's prefecture and county have a place further on: not yet.
        Assert.Equal("CONFIRMATION_UNKNOWN", walk.Says("320282", 5, Yixing));
        Assert.Null(walk.Says("320583", 0, Kunshan));
        Assert.Equal(["320200"], walk.Waiting);
        walk.Now = At("2026-03-10T02:00:00Z");
        Assert.Null(walk.Says("320200", 1, Wuxi));
        // The clock of a step begins with the step.
        Assert.Equal((DeliveryState.AwaitingNotice, "2026-03-13T16:00:00Z"), walk.Stands());
        Assert.Equal("NOTICE_RUNS", walk.Says("320000", 2, Regulator));
        walk.Late(At("2026-03-13T15:59:59Z"));
        Assert.Equal(DeliveryState.AwaitingNotice, walk.Stands().State);
        walk.Late(At("2026-03-13T16:00:00Z"));
        Assert.Equal((DeliveryState.AwaitingContract, "2026-03-20T16:00:00Z"), walk.Stands());
        Assert.Null(walk.Says("buyer", 3, new("textile", "enterprise", "textile")));
        Assert.Equal(["seller"], walk.Waiting);
        Assert.Null(walk.Says("seller", 3, new("steel", "enterprise", "steel")));
        Assert.Null(walk.Says("buyer", 4, new("textile", "enterprise", "textile")));
        Assert.Equal(["320583", "320282"], walk.Waiting);
        Assert.Null(walk.Says("320282", 5, Yixing));
        // Again, and it is not the other's answer.
        Assert.Null(walk.Says("320282", 5, Yixing));
        Assert.Equal(["320583"], walk.Waiting);
        Assert.Empty(walk.Told);
        Assert.Null(walk.Says("320583", 5, Kunshan));
        Assert.Equal(DeliveryState.Confirmed, walk.Stands().State);
        Assert.Equal([(CommandKind.Settle, 10L)], walk.Told);
        // A repeat of the first answer is not one at the last step; another word is too late.
        Assert.Null(walk.Says("320583", 0, Kunshan));
        Assert.Equal("CONFIRMATION_ALREADY_ANSWERED", walk.Says("320583", 0, Kunshan, approve: false));
        Assert.Equal([DeliveryState.AwaitingConfirmation, DeliveryState.Confirmed, DeliveryState.AwaitingConfirmation, DeliveryState.Confirmed, DeliveryState.AwaitingNotice, DeliveryState.NoticeEnded,
            DeliveryState.AwaitingContract, DeliveryState.ContractSigned, DeliveryState.ContractSigned, DeliveryState.AwaitingPayment, DeliveryState.Paid, DeliveryState.AwaitingPermitChange,
            DeliveryState.PermitChanged, DeliveryState.PermitChanged, DeliveryState.Confirmed], walk.Timeline);
    }

    [Fact]
    public void One_no_ends_it_and_an_objection_ends_a_notice()
    {
        var walk = new Walk("permitsOfBoth", RightClass.Pollutant, 100_000_000);
        Assert.Null(walk.Says("320583", 0, Kunshan));
        Assert.Null(walk.Says("320200", 1, Wuxi));
        Assert.Null(walk.Says("320000", 2, Regulator, approve: false));
        Assert.Equal([(CommandKind.Unwind, 10L)], walk.Told);
        Assert.Equal((DeliveryState.Rejected, 0), (walk.Stands().State, walk.Waiting.Length));
    }

    [Fact]
    public void A_missed_time_sends_back_or_waits_as_the_step_says()
    {
        var pollutant = new Walk("permitsOfBoth", RightClass.Pollutant, 100_000_000);
        pollutant.Late(At("2026-03-16T16:00:00Z"));
        Assert.Equal([(CommandKind.Unwind, 10L)], pollutant.Told);
        var energy = new Walk("province", RightClass.Energy, 100_000_000);
        energy.Late(At("2027-03-16T16:00:00Z"));
        Assert.Equal(DeliveryState.AwaitingConfirmation, energy.Stands().State);
        Assert.Null(energy.Says("320000", 0, Regulator));
        Assert.Equal([(CommandKind.Settle, 10L)], energy.Told);
    }

    [Fact]
    public void Above_an_amount_two_people_say_the_same()
    {
        var walk = new Walk("countiesThenProvince", RightClass.Energy, 1_000_000_001);
        Assert.Null(walk.Says("320583", 0, Kunshan));
        Assert.Null(walk.Says("320282", 0, Yixing));
        Assert.Null(walk.Says("320000", 1, Regulator, lots: 4));
        Assert.Empty(walk.Told);
        Assert.Equal("FOUR_EYES", walk.Says("320000", 1, Regulator, lots: 4));
        // Another figure is another proposal.
        Assert.Null(walk.Says("320000", 1, Other, lots: 5));
        Assert.Empty(walk.Told);
        Assert.Null(walk.Says("320000", 1, Regulator, lots: 5));
        Assert.Equal([(CommandKind.Settle, 5L), (CommandKind.Unwind, 5L)], walk.Told);
        Assert.Equal((DeliveryState.Settled, 5L), walk.Ends(5, 5));
        // At the limit itself one is enough.
        var below = new Walk("countiesThenProvince", RightClass.Energy, 1_000_000_000);
        Assert.Null(below.Says("320583", 0, Kunshan));
        Assert.Null(below.Says("320282", 0, Yixing));
        Assert.Null(below.Says("320000", 1, Regulator));
        Assert.Equal([(CommandKind.Settle, 10L)], below.Told);
    }

    [Fact]
    public void A_part_only_where_the_step_allows_it()
    {
        var walk = new Walk("province", RightClass.Energy, 100);
        Assert.Equal("PART_NOT_ALLOWED", walk.Says("320000", 0, Regulator, lots: 4));
        var check = new Walk("securityCheck", RightClass.Power, 100);
        Assert.Equal("QTY_ABOVE_TRADE", check.Says("320000", 0, Regulator, lots: 11));
        Assert.Equal("QTY_ABOVE_TRADE", check.Says("320000", 0, Regulator, lots: 0));
        Assert.Null(check.Says("320000", 0, Regulator, lots: 10));
        Assert.Equal([(CommandKind.Settle, 10L)], check.Told);
    }

    [Theory]
    [InlineData(300_000, new long[] { 200_000, 160_000 }, new long[] { 166_667, 133_333 })] // PWR-SEC-001
    [InlineData(360_000, new long[] { 200_000, 160_000 }, new long[] { 200_000, 160_000 })]
    [InlineData(400_000, new long[] { 200_000, 160_000 }, new long[] { 200_000, 160_000 })]
    [InlineData(0, new long[] { 2, 1 }, new long[] { 0, 0 })]
    [InlineData(2, new long[] { 1, 1, 1 }, new long[] { 1, 1, 0 })]
    [InlineData(long.MaxValue - 1, new[] { long.MaxValue, long.MaxValue }, new[] { (long.MaxValue - 1) / 2, (long.MaxValue - 1) / 2 })]
    public void A_check_shares_what_passes_and_loses_no_lot(long most, long[] lots, long[] passed) => Assert.Equal(passed, Confirmations.Curtailment.ProRata(most, lots));

    [Fact]
    public void Whoever_is_affected_does_not_decide()
    {
        // Kunshan's own government sells: the province stands in for it.
        var county = new Walk("permitsOfBoth", RightClass.Pollutant, 100, Firm(1, "c320583", "320583") with { Kind = ParticipantKind.County });
        Assert.Equal(["320000"], county.Waiting);
        var walk = new Walk("permitsOfBoth", RightClass.Pollutant, 100);
        Assert.Equal("AFFECTED_PERSON", walk.Says("320583", 0, new("zhang", "county", "steel")));
    }

    [Fact]
    public void Steps_between_counties_are_not_asked_inside_one()
    {
        var walk = new Walk("countiesThenProvince", RightClass.Energy, 100, Buyer with { Account = 1, Id = "mill" });
        Assert.Equal(["320282"], walk.Waiting);
        Assert.Null(walk.Says("320282", 0, Yixing));
        Assert.Equal([(CommandKind.Settle, 10L)], walk.Told);
    }

    [Fact]
    public void An_unknown_procedure_is_refused_by_name() => Assert.Equal("UNKNOWN_PROCEDURE", DeliveryPlan.Of(World.Rules, RightClass.Energy, "permitsOfBoth", Seller, Buyer, Traded).Refused?.Code);

    private static Instant At(string text) => InstantPattern.General.Parse(text).Value;

    private static Participant Firm(int account, string id, string region) => new(account, id, "91320583MA1XG7KD23", "企业", "Firm", ParticipantKind.Enterprise, region, "Taihu");

    private sealed class Walk
    {
        private Delivery delivery;

        public Walk(string procedure, RightClass of, long amount, Participant? seller = null)
        {
            var steps = DeliveryPlan.Of(World.Rules, of, procedure, seller ?? Seller, Buyer, Traded).Value!;
            var state = Delivery.Awaiting(steps[0].Kind);
            delivery = Delivery.Evolve(null, new DeliveryEvent.Executed(new(7, 100, 2, 2, 1, 11, 12, 5, 10, amount, 1, 1, state, Traded, DeliveryPlan.AnswerBy(World.Rules, steps[0].WorkingDays, Traded),
                [new(state, Traded, Actor.System, null)], [.. steps], 0, steps[0].Asked)));
        }

        public Instant Now { get; set; } = Traded;
        public List<(CommandKind Kind, long Lots)> Told { get; } = [];
        public string[] Waiting => [.. delivery.Facts.Waiting];
        public DeliveryState[] Timeline => [.. delivery.Facts.Timeline.Select(t => t.State)];

        public (DeliveryState State, string? By) Stands() => (delivery.Facts.State, delivery.Facts.AnswerBy is { } by ? InstantPattern.General.Format(by) : null);

        public string? Says(string who, int step, Actor by, bool approve = true, long? lots = null) =>
            Follow(DeliveryDecisions.Answer(delivery, who, step, new(approve, approve ? null : "总量超出", lots, by), ["steel", "textile"], Now, World.Rules));

        public void Late(Instant now)
        {
            Now = now;
            Assert.Null(Follow(DeliveryDecisions.DeadlinePassed(delivery, now, World.Rules)));
        }

        public (DeliveryState, long) Ends(long settled, long unwound)
        {
            delivery = Delivery.Evolve(delivery, new DeliveryEvent.SettledPart(settled, settled, 0, 0, Now, 200));
            delivery = Delivery.Evolve(delivery, new DeliveryEvent.UnwoundPart(unwound, unwound, 0, 0, Now, 201));
            return (delivery.Facts.State, delivery.Facts.SettledLots);
        }

        private string? Follow(Decision<DeliveryEvent> decision)
        {
            Told.AddRange(DeliveryDecisions.ToMarket(delivery, decision.Events).Select(c => (c.Kind, c.Lots)));
            foreach (var happened in decision.Events) delivery = Delivery.Evolve(delivery, happened);
            return decision.Refused?.Code;
        }
    }
}
