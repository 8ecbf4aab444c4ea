using Trading.Matching.Core;

namespace Trading.Matching.Tests;

public sealed class NamingAnOrder
{
    private readonly Scene scene = new(Ask.StartDay(Ask.Morning + Ask.Day), Ask.List(1), Ask.Deposit(1, 1, 10), Ask.Deposit(2, Ask.Money, 100));

    private void EndDays(int days) => scene.Do(Ask.Advance(Ask.Morning + (days * Ask.Day)));

    [Fact]
    public void The_same_again_points_to_the_first_answer_and_changes_nothing()
    {
        var first = scene.Enters(Ask.Sell(1, 1, 10, 5, id: 77));
        Assert.Equal(first, scene.Market.Sequence);
        var again = Assert.Single(scene.Do(Ask.Sell(1, 1, 10, 5, id: 77)));
        Assert.Equal((OutputKind.Repeated, first), (again.Kind, again.Original));
        Assert.Equal([(10L, 5L, 1)], scene.Asks(1));
    }

    [Fact]
    public void Other_content_under_a_name_that_was_heard_is_refused()
    {
        scene.Enters(Ask.Sell(1, 1, 10, 5, id: 77));
        scene.Refuses(Ask.Sell(1, 1, 10, 4, id: 77), Refusal.ClientOrderIdReused);
        scene.Refuses(Ask.Sell(1, 1, 11, 5, id: 77), Refusal.ClientOrderIdReused);
        scene.Enters(Ask.Buy(2, 1, 1, 5, id: 77));
    }

    [Fact]
    public void A_refusal_is_remembered_as_an_answer()
    {
        scene.Refuses(Ask.Sell(1, 1, 10, 11, id: 77), Refusal.InsufficientPosition);
        var asked = scene.Market.Sequence;
        scene.Do(Ask.Deposit(1, 1, 100));
        Assert.Equal((OutputKind.Repeated, asked), scene.Do(Ask.Sell(1, 1, 10, 11, id: 77)).Select(o => (o.Kind, o.Original)).Single());
        scene.Refuses(Ask.Sell(9, 1, 10, 11, id: 77), Refusal.InsufficientPosition);
        Assert.Equal(OutputKind.Repeated, scene.Do(Ask.Sell(9, 1, 10, 11, id: 77))[0].Kind);
    }

    [Fact]
    public void A_name_is_free_again_when_the_day_after_its_orders_death_has_ended()
    {
        scene.Enters(Ask.Sell(1, 1, 10, 5, id: 77));
        EndDays(1);
        Assert.Equal(OutputKind.Repeated, scene.Do(Ask.Sell(1, 1, 10, 5, id: 77))[0].Kind);
        EndDays(2);
        scene.Enters(Ask.Sell(1, 1, 10, 5, id: 77));
    }

    [Fact]
    public void A_name_is_kept_as_long_as_its_order_lives()
    {
        var order = scene.Enters(Ask.Sell(1, 1, 10, 5, TimeInForce.Gtc, 77));
        EndDays(40);
        scene.Refuses(Ask.Sell(1, 1, 10, 4, id: 77), Refusal.ClientOrderIdReused);
        Assert.Equal(order, scene.Do(Ask.CancelById(1, 77))[0].Order);
        scene.Refuses(Ask.CancelById(1, 77), Refusal.UnknownOrder);
        EndDays(41);
        Assert.Equal(OutputKind.Repeated, scene.Do(Ask.Sell(1, 1, 10, 5, TimeInForce.Gtc, 77))[0].Kind);
        EndDays(42);
        scene.Enters(Ask.Sell(1, 1, 10, 4, id: 77));
    }

    [Fact]
    public void Nobody_cancels_what_is_not_theirs()
    {
        var order = scene.Enters(Ask.Sell(1, 1, 10, 5, id: 77));
        scene.Refuses(Ask.Cancel(2, order), Refusal.UnknownOrder);
        scene.Refuses(Ask.CancelById(2, 77), Refusal.UnknownOrder);
        scene.Refuses(Ask.Cancel(1, 0), Refusal.UnknownOrder);
        Assert.Equal(OutputKind.Cancelled, scene.Do(Ask.Cancel(1, order))[0].Kind);
        scene.Holds(1, 1, 10, 0);
    }
}
