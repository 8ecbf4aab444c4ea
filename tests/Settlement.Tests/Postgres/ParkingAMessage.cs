using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;
using Trading.Settlement.Deliveries;
using static Trading.Settlement.Tests.Postgres.House;

namespace Trading.Settlement.Tests.Postgres;

/// <summary>What nobody can handle is laid aside with its reason, stands in nobody's way, and is told again when somebody has seen to it.</summary>
[Trait("layer", "integration")]
public sealed class ParkingAMessage
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    /// <remarks>Failed when the announcer told again what was parked, and when a faulted message was discarded.</remarks>
    [Fact]
    public async Task A_message_that_cannot_be_handled_is_parked_and_the_others_go_on()
    {
        await using var house = await Open(whole: true);
        var parked = house.The<IParkedMessages>();
        await house.Execute("create function choke() returns trigger language plpgsql as 'begin if new.trade_no = 1 then raise exception ''trade % is poison'', new.trade_no; end if; return new; end'");
        await house.Execute("create trigger choke before insert on settlement.notices for each row execute function choke()");
        var (poison, other) = (await house.Trade(Carbon, 1_000, 30), await house.Trade(Carbon, 1_000, 20));
        var one = Assert.Single(await Until(() => parked.All(ParkedState.Parked, long.MaxValue, 10, Stop), p => p.Count > 0));
        Assert.Equal(("NoticeLog", poison, 2L, ParkedState.Parked), (one.Queue, one.TradeNo, one.Version, one.State));
        Assert.Contains("trade 1 is poison", one.Reason, StringComparison.Ordinal);
        await Until(() => Told(other), told => told);
        // Nobody answered it, and it is not told again before somebody has looked.
        Assert.Empty(await Announcer.Unanswered(house.Database, 0, Stop));
        Assert.False(await Told(poison));
        // Told again too soon it is parked once more; both settled meanwhile, for the bus is only the wake-up.
        Got(await parked.TellAgain(one.Id, Clerk, Stop));
        var again = Assert.Single(await Until(() => parked.All(ParkedState.Parked, long.MaxValue, 10, Stop), p => p.Count > 0));
        Assert.NotEqual(one.Id, again.Id);
        Assert.Equal(DeliveryState.Settled, (await house.Settlements.Settlement(Textile, poison, Stop))!.State);
        await house.Execute("drop trigger choke on settlement.notices");
        Got(await parked.TellAgain(again.Id, Second, Stop));
        await Until(() => Told(poison), told => told);
        Assert.Equal("MESSAGE_STATE", (await parked.TellAgain(again.Id, Clerk, Stop)).Refused?.Code);
        Assert.Equal((ParkedState.ToldAgain, Second), (await parked.All(null, long.MaxValue, 10, Stop))[0] is var told ? (told.State, told.By!) : default);

        async Task<bool> Told(long trade) => await house.Scalar<bool>($"select announced = version from settlement.deliveries where trade_no = {trade}");
    }

    [Fact]
    public async Task What_cannot_be_read_counts_on_one_row_and_is_put_away_with_a_reason()
    {
        await using var house = await Open(whole: true);
        var (parking, parked) = (house.The<Parking>(), house.The<IParkedMessages>());
        await parking.Put("NoticeLog", "\0 garbage", "unreadable", Stop);
        await parking.Put("NoticeLog", "\0 garbage", "unreadable", Stop);
        await parking.Put("NoticeLog", """{"message":{"tradeNo":7,"version":2}}""", "no", Stop);
        var (news, garbage) = (await parked.All(null, long.MaxValue, 10, Stop)) is [var second, var first] ? (second, first) : default;
        Assert.Equal((2, (long?)null), (garbage!.Tries, garbage.TradeNo));
        Assert.Equal((7L, 2L), (news!.TradeNo, news.Version));
        Assert.Equal("MESSAGE_UNREADABLE", (await parked.TellAgain(garbage.Id, Clerk, Stop)).Refused?.Code);
        Assert.Equal("MESSAGE_READABLE", (await parked.SetAside(news.Id, "old", Clerk, Stop)).Refused?.Code);
        Assert.Equal("REASON_REQUIRED", (await parked.SetAside(garbage.Id, " ", Clerk, Stop)).Refused?.Code);
        Assert.Equal("NOT_FOUND", (await parked.SetAside(999, "?", Clerk, Stop)).Refused?.Code);
        Assert.Equal("somebody's test", Got(await parked.SetAside(garbage.Id, " somebody's test ", Clerk, Stop)).Why);
        // The same again is a new row.
        await parking.Put("NoticeLog", "\0 garbage", "unreadable", Stop);
        Assert.Equal(3, (await parked.All(null, long.MaxValue, 10, Stop)).Count);
    }
}
