using Trading.Registry.Contracts;

namespace Trading.Registry.Tests;

public sealed class DecidingAHolding
{
    private static readonly Holding AHolding = Given(new HoldingEvent.Issued(100, "initial"), new HoldingEvent.Earmarked(60, 1));

    [Fact]
    public void Earmarks_what_is_available() => Assert.Equal([new HoldingEvent.Earmarked(40, 2)], Earmark.Decide(AHolding, 40, 2).Events);

    [Fact]
    public void Refuses_to_earmark_more_than_is_available() => Refuses("INSUFFICIENT_AVAILABLE", Earmark.Decide(AHolding, 41, 2));

    [Theory, InlineData(0), InlineData(-1), InlineData(long.MinValue)]
    public void Refuses_what_is_no_quantity(long units) => Refuses("QTY_NOT_POSITIVE", Earmark.Decide(AHolding, units, 2));

    [Fact]
    public void Refuses_to_release_more_than_is_in_the_market() => Refuses("INSUFFICIENT_AVAILABLE", Release.Decide(AHolding, 61, 2));

    [Fact]
    public void Seizes_what_is_available_and_no_more() => Assert.Equal([new HoldingEvent.Frozen(40, 7)], Seize.Decide(AHolding, 90, 7).Events);

    [Fact]
    public void Refuses_to_lift_more_than_is_frozen() => Refuses("INSUFFICIENT_AVAILABLE", Lift.Decide(AHolding, 1, 7));

    [Fact]
    public void Refuses_a_transfer_to_oneself() => Refuses("SAME_ACCOUNT", TransferRight.Decide(AHolding, AHolding, 1, "merger").Out);

    [Fact]
    public void Refuses_an_issue_beyond_what_can_be_counted() => Refuses("SUPPLY_OVERFLOW", Issue.Decide(long.MaxValue - 5, 6, "initial"));

    [Fact]
    public void Stops_at_an_event_that_would_put_a_bucket_below_zero() =>
        Assert.Throws<InvalidOperationException>(() => Holding.Evolve(AHolding, new HoldingEvent.Sold(61, 1)));

    private static Holding Given(params HoldingEvent[] happened) => happened.Aggregate(Holding.Empty(new(1, 1)), Holding.Evolve);

    private static void Refuses(string code, Decision<HoldingEvent> decision)
    {
        Assert.Equal(code, decision.Refused?.Code);
        Assert.Empty(decision.Events);
    }
}
