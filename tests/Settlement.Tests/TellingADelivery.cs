using NodaTime;
using Trading.Settlement.Contracts;
using Trading.Settlement.Deliveries;

namespace Trading.Settlement.Tests;

/// <summary>A wake-up tells what is new, and no wake-up tells anything twice.</summary>
public sealed class TellingADelivery
{
    private static readonly Duration Again = Duration.FromSeconds(2);
    private static readonly Duration Noon = Duration.FromHours(12);
    private readonly Telling telling = new(Again);

    [Fact]
    public void Tells_once_however_often_it_is_woken()
    {
        for (var woken = 0; woken < 50; woken++) Assert.Equal(woken == 0 ? [1L, 2L] : [], Tell(Noon + Duration.FromMilliseconds(30 * woken), (1, 1), (2, 1)));
    }

    [Fact]
    public void Tells_again_what_was_not_answered_in_time()
    {
        Tell(Noon, (1, 1));
        Assert.Equal([], Tell(Noon + Again - Duration.FromMilliseconds(1), (1, 1)));
        Assert.Equal([1], Tell(Noon + Again, (1, 1)));
    }

    [Fact]
    public void Tells_a_new_version_and_a_new_trade_at_once()
    {
        Tell(Noon, (1, 1), (2, 1));
        Assert.Equal([1, 3], Tell(Noon, (1, 2), (2, 1), (3, 1)));
    }

    [Fact]
    public void Tells_again_at_once_what_did_not_leave()
    {
        Assert.Single(telling.Due([Changed(1, 1)], Noon));
        Assert.Single(telling.Due([Changed(1, 1)], Noon));
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("[]", null)]
    [InlineData("{\"message\":7}", null)]
    [InlineData("{\"message\":{\"tradeNo\":\"7\",\"version\":2}}", null)]
    [InlineData("{\"message\":{\"tradeNo\":7}}", null)]
    [InlineData("{\"message\":{\"tradeNo\":0,\"version\":2}}", null)]
    [InlineData("{\"message\":{\"tradeNo\":7,\"version\":2}}", 7L)]
    public void Reads_whose_news_a_body_carries(string body, long? trade) => Assert.Equal(trade, Parking.News(body)?.TradeNo);

    private IEnumerable<long> Tell(Duration now, params (long Trade, long Version)[] unanswered)
    {
        var due = telling.Due([.. unanswered.Select(u => Changed(u.Trade, u.Version))], now);
        telling.Told(due, now);
        return due.Select(d => d.TradeNo);
    }

    private static DeliveryChanged Changed(long trade, long version) => new(trade, version, DeliveryState.Executed, 1, 2, [], 0);
}
