using Trading.Gateway.Bots;
using Trading.Matching.Core;

namespace Trading.Gateway.Tests;

public sealed class ACrowdOfBots
{
    private static readonly Habits Usual = new(Makers: 3, Members: 6, Gap: 5, LotsUsual: 100, Lower: 9_000, Upper: 11_000);

    [Fact]
    public void Is_the_same_crowd_for_the_same_seed() => Assert.Equal(Day(7), Day(7));

    [Fact]
    public void Is_another_for_another_seed() => Assert.NotEqual(Day(7), Day(8));

    [Theory, InlineData(1), InlineData(2), InlineData(20_261_124)]
    public void Never_asks_for_what_the_market_would_refuse(int seed) => Assert.All(Day(seed), wish =>
    {
        if (wish is not Wish.Order order) return;
        Assert.InRange(order.Ticks, Usual.Lower, Usual.Upper);
        Assert.True(order.Lots > 0);
        // Who quotes does not take: nobody meets himself.
        Assert.Equal(order.AtOnce, order.Trader >= Usual.Makers);
    });

    [Fact]
    public void Quotes_both_sides_of_an_empty_book()
    {
        var wishes = Crowd.Decide(Mood.Of(10_000, new Random(1)), Usual, new([], []), [], new Random(1)).OfType<Wish.Order>().Where(o => !o.AtOnce).ToList();
        Assert.Contains(wishes, o => o.Side == Side.Buy && o.Ticks < 10_000);
        Assert.Contains(wishes, o => o.Side == Side.Sell && o.Ticks > 10_000);
    }

    [Fact]
    public void Withdraws_what_lies_on_the_wrong_side_of_fair() =>
        Assert.Contains(Crowd.Decide(Mood.Of(10_000, new Random(1)), Usual, new([], []), [new("1", 0, Side.Buy, 10_050)], new Random(1)), w => w is Wish.Withdraw);

    [Theory, InlineData(1), InlineData(2), InlineData(3)]
    public void Strays_from_home_and_is_pulled_back(int seed)
    {
        var chance = new Random(seed);
        var mood = Mood.Of(10_000, chance);
        var seen = new List<long>();
        for (var step = 0; step < 20_000; step++) seen.Add((mood = mood.Next(10_000, Usual.Lower, Usual.Upper, chance)).FairTicks);
        Assert.All(seen, fair => Assert.InRange(fair, Usual.Lower, Usual.Upper));
        Assert.True(seen.Max() - seen.Min() > 100);
        Assert.InRange(seen.Sum() / seen.Count, 9_600, 10_400);
    }

    private static List<Wish> Day(int seed)
    {
        var chance = new Random(seed);
        var mood = Mood.Of(10_000, chance);
        var wishes = new List<Wish>();
        for (var step = 0; step < 300; step++)
        {
            wishes.AddRange(Crowd.Decide(mood, Usual, new([(mood.FairTicks - 3, 50)], [(mood.FairTicks + 3, 50)]), [], chance));
            mood = mood.Next(10_000, Usual.Lower, Usual.Upper, chance);
        }

        return wishes;
    }
}
