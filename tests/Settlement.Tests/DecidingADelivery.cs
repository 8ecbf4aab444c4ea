using NodaTime;
using Trading.Registry.Contracts;
using Trading.Settlement.Confirmations;
using Trading.Settlement.Contracts;
using Trading.Settlement.Deliveries;

namespace Trading.Settlement.Tests;

public sealed class DecidingADelivery
{
    private static readonly Instant Traded = Instant.FromUtc(2026, 3, 2, 1, 30), Later = Traded + Duration.FromHours(5);
    private static readonly Instant Deadline = DeliveryPlan.AnswerBy(World.Rules, 30, Traded)!.Value;
    private static readonly Actor County = new("kunshan", "county");
    private static readonly TradeSettlement Waiting = new(
        7, 100, 2, 1, 2, 11, 12, 5, 10, 50, 1, 1, DeliveryState.AwaitingConfirmation, Traded, Deadline, [new(DeliveryState.AwaitingConfirmation, Traded, Actor.System, null)],
        [new(StepKind.Confirmation, ["320583"], 30, MissedDeadline.Unwind, false, null)], 0, ["320583"]);

    private static readonly DeliveryEvent Executed = new DeliveryEvent.Executed(Waiting);
    private static readonly DeliveryEvent Confirmed = new DeliveryEvent.Confirmed(County, Later, "320583");
    private static readonly DeliveryEvent Rejected = new DeliveryEvent.Rejected(County, "no capacity", Later, "320583");

    [Fact]
    public void Begins_once() => Assert.Empty(DeliveryDecisions.Begin(Given(Executed), Waiting).Events);

    [Fact]
    public void Takes_one_answer_and_the_same_again_changes_nothing()
    {
        Assert.Equal([Confirmed], Answer(Given(Executed), approve: true).Events);
        Assert.Equal([Rejected], Answer(Given(Executed), approve: false).Events);
        Assert.Empty(Answer(Given(Executed, Confirmed), approve: true).Events);
        Assert.Null(Answer(Given(Executed, Confirmed), approve: true).Refused);
        Assert.Null(Answer(Given(Executed, Rejected, Unwound(10, 102)), approve: false).Refused);
    }

    [Fact]
    public void Refuses_another_answer_before_and_after_the_end()
    {
        Assert.Equal("CONFIRMATION_ALREADY_ANSWERED", Answer(Given(Executed, Confirmed), approve: false).Refused?.Code);
        Assert.Equal("CONFIRMATION_ALREADY_ANSWERED", Answer(Given(Executed, Confirmed, Settled(10, 102)), approve: false).Refused?.Code);
        Assert.Equal("CONFIRMATION_ALREADY_ANSWERED", Answer(Given(Executed, Rejected, Unwound(10, 102)), approve: true).Refused?.Code);
    }

    [Fact]
    public void Answers_another_authority_as_if_it_were_not_there() =>
        Assert.Equal(Answer(null, approve: true).Refused, DeliveryDecisions.Answer(Given(Executed), "321302", 0, new(true, null, null, County), [], Later, World.Rules).Refused);

    [Theory, InlineData(null), InlineData(""), InlineData("  ")]
    public void Is_not_rejected_without_a_reason(string? reason) =>
        Assert.Equal("REASON_REQUIRED", DeliveryDecisions.Answer(Given(Executed), "320583", 0, new(false, reason, null, County), [], Later, World.Rules).Refused?.Code);

    [Fact]
    public void Goes_back_when_the_countys_time_has_run_out_and_not_before()
    {
        Assert.Empty(DeliveryDecisions.DeadlinePassed(Given(Executed), Deadline - Duration.Epsilon, World.Rules).Events);
        Assert.IsType<DeliveryEvent.Rejected>(Assert.Single(DeliveryDecisions.DeadlinePassed(Given(Executed), Deadline, World.Rules).Events));
        Assert.Empty(DeliveryDecisions.DeadlinePassed(Given(Executed, Confirmed), Deadline, World.Rules).Events);
        Assert.Empty(DeliveryDecisions.DeadlinePassed(null, Deadline, World.Rules).Events);
    }

    [Fact]
    public void Stays_where_the_provinces_time_has_run_out() // ENE-CONF-001
    {
        var asked = Given(new DeliveryEvent.Executed(Waiting with { Steps = [Waiting.Steps[0] with { Missed = MissedDeadline.Alert }] }));
        Assert.Empty(DeliveryDecisions.DeadlinePassed(asked, Deadline + Duration.FromDays(365), World.Rules).Events);
    }

    [Theory]
    [InlineData(30, "2026-03-02T01:30:00Z", "2026-04-14T16:00:00Z")] // six weeks and a holiday after a Monday, its last day whole in Shanghai
    [InlineData(20, "2026-03-02T01:30:00Z", "2026-03-30T16:00:00Z")]
    [InlineData(20, "2026-03-06T17:00:00Z", "2026-04-03T16:00:00Z")] // Saturday already in Shanghai
    public void Counts_working_days_in_Shanghai(int days, string traded, string expected) =>
        Assert.Equal(NodaTime.Text.InstantPattern.General.Parse(expected).Value, DeliveryPlan.AnswerBy(World.Rules, days, NodaTime.Text.InstantPattern.General.Parse(traded).Value));

    [Fact]
    public void Concludes_part_by_part_and_each_place_in_the_journal_once()
    {
        var part = Settled(4, 102);
        Assert.Equal([part], DeliveryDecisions.Conclude(Given(Executed), part, 4, 102).Events);
        Assert.Empty(DeliveryDecisions.Conclude(Given(Executed, part), part, 4, 102).Events);
        Assert.Equal([Settled(6, 103)], DeliveryDecisions.Conclude(Given(Executed, part), Settled(6, 103), 6, 103).Events);
        Assert.Equal("QTY_ABOVE_TRADE", DeliveryDecisions.Conclude(Given(Executed, part), Settled(7, 103), 7, 103).Refused?.Code);
        Assert.Equal("UNKNOWN_TRADE", DeliveryDecisions.Conclude(null, part, 4, 102).Refused?.Code);
    }

    [Fact]
    public void Is_settled_when_the_last_part_is()
    {
        Assert.Equal((DeliveryState.Confirmed, 4L), State(Given(Executed, Confirmed, Settled(4, 102))));
        Assert.Equal((DeliveryState.Settled, 10L), State(Given(Executed, Confirmed, Settled(4, 102), Settled(6, 103))));
        Assert.Equal((DeliveryState.Unwound, 10L), State(Given(Executed, Rejected, Unwound(10, 102))));
    }

    [Fact]
    public void Stops_a_replay_on_an_event_that_cannot_follow()
    {
        Assert.Throws<InvalidOperationException>(() => Given(Confirmed));
        Assert.Throws<InvalidOperationException>(() => Given(Executed, Executed));
    }

    private static Delivery Given(params DeliveryEvent[] events) => events.Aggregate((Delivery?)null, Delivery.Evolve)!;

    private static (DeliveryState, long) State(Delivery d) => (d.Facts.State, d.DoneLots);

    private static Decision<DeliveryEvent> Answer(Delivery? delivery, bool approve) => DeliveryDecisions.Answer(delivery, "320583", 0, new(approve, "no capacity", null, County), [], Later, World.Rules);

    private static DeliveryEvent Settled(long lots, long sequence) => new DeliveryEvent.SettledPart(lots, lots * 5, 0, 0, Later, sequence);

    private static DeliveryEvent Unwound(long lots, long sequence) => new DeliveryEvent.UnwoundPart(lots, lots * 5, 0, 0, Later, sequence);
}
