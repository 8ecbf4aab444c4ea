using System.Text.Json;
using NodaTime;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;
using static Trading.Settlement.Tests.Postgres.House;

namespace Trading.Settlement.Tests.Postgres;

/// <summary>What moves rights and money in one transaction outside the market: reserve releases, realised pledges, deductions by a court.</summary>
/// <remarks>Failed when the award paid nobody, when the floor was not asked, when a deduction left the freeze as large as before, and when the freeze's own orderer carried it out.</remarks>
[Trait("layer", "integration")]
public sealed class RightsAgainstMoney
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;
    private static readonly Actor Regulator = new("regulator", "regulator");
    private static readonly Actor Banker = new("banker", "enterprise", "textile");

    [Fact]
    public async Task A_reserve_is_released_to_those_who_can_pay()
    {
        await using var house = await Open();
        var reserve = Got(await house.Register.Register(new Application("reserve", "91320583MA1XREQW14", "储备", "Reserve", ParticipantKind.Reserve, "320583", "Taihu"), Clerk, Stop));
        Got(await house.Register.Issue(new(reserve.Account, Energy), 1_000, "set aside", "r", Clerk, Stop));
        Got(await house.Funds.PayIn(Steel, 90_000, "p-1", Clerk, Stop));
        Got(await house.Funds.PayIn(Power, 50_000, "p-2", Clerk, Stop));
        var release = (await Approved(house, "release", new { reserve = "reserve", symbol = "ENE", quantity = 10m, price = 300m })).Id;
        Assert.Equal((0L, 1_000L), ((await house.Holding(reserve.Account, Energy)).Available, (await house.Holding(reserve.Account, Energy)).Held));
        var desk = house.The<IReleases>();
        Assert.Equal("PRICE_BELOW_LIMIT", (await desk.Ask(release, Steel, null, 100, 299.99m, "a", Clerk, Stop)).Refused?.Code);
        Assert.Equal("NOT_KEY_PROJECT", (await desk.Ask(release, Steel, "none", 100, 300m, "a", Clerk, Stop)).Refused?.Code);
        Assert.Equal("INSUFFICIENT_CASH", (await desk.Ask(release, Steel, null, 301, 300m, "a", Clerk, Stop)).Refused?.Code);
        var first = Got(await desk.Ask(release, Steel, null, 300, 300m, "a", Clerk, Stop));
        Assert.Equal(first, Got(await desk.Ask(release, Steel, null, 300, 300m, "a", Clerk, Stop)));
        Assert.Equal("IDEMPOTENCY_KEY_REUSED", (await desk.Ask(release, Steel, null, 299, 300m, "a", Clerk, Stop)).Refused?.Code);
        // Fails where whoever lost the race to the row does not look what won it.
        var atOnce = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => desk.Ask(release, Power, null, 100, 320m, "b", Clerk, Stop), Stop)));
        Assert.Single(atOnce.Select(Got).Distinct());
        await Approved(house, "release-award", new { release });
        Assert.Equal([(Steel, 300L, 90_000L), (Power, 100L, 32_000L)], (await desk.Requests(release, null, Stop)).Select(r => (r.Account, r.Awarded, r.Paid)));
        Assert.Equal((0L, 18_000L, 122_000L), ((await house.Fund(Steel)).Available, (await house.Fund(Power)).Available, (await house.Fund(reserve.Account)).Available));
        Assert.Equal((600L, 0L), ((await house.Holding(reserve.Account, Energy)).Available, (await house.Holding(reserve.Account, Energy)).Held));
        Assert.Equal((300L, 100L), ((await house.Holding(Steel, Energy)).Available, (await house.Holding(Power, Energy)).Available));
        Assert.Equal("RELEASE_STATE", (await desk.Ask(release, Steel, null, 1, 300m, "c", Clerk, Stop)).Refused?.Code);
        Assert.Equal("RELEASE_STATE", (await house.The<IProposals>().Propose("release-award", Json(new { release }), "文", Clerk, Stop)).Refused?.Code);
        Assert.Empty(await house.Broken());
    }

    [Fact]
    public async Task A_pledge_is_realised_at_no_less_than_its_floor()
    {
        await using var house = await Open();
        await house.Move(Steel, TransferKind.ReleaseRight, Carbon, 50);
        await house.Rest();
        var asked = Got(await house.The<IProposals>().Propose("pledge", Json(new { pledgor = "steel", symbol = "CEA", quantity = 40m, pledgee = "textile", contract = "c", value = 1m, registration = "z" }), "c", new("s", "enterprise", "steel"), Stop));
        Got(await house.The<IProposals>().Decide(asked.Id, true, null, Banker, Stop));
        await house.Trade(Carbon, 1_000, 1);
        await house.Rest();
        Got(await house.Funds.PayIn(Power, 33_000, "p", Clerk, Stop));
        async Task<string?> Sell(decimal price, decimal quantity = 40m) => (await house.The<IProposals>().Propose("pledge-realisation", Json(new { pledge = asked.Id, buyer = "power", quantity, price }), "逾期", Banker, Stop)).Refused?.Code;
        // Last traded at 10.00; the floor is 0.8 of it.
        Assert.Equal("PRICE_BELOW_LIMIT", await Sell(7.99m));
        Assert.Equal("HOLD_STANDING", await Sell(8m, 41m));
        var sale = Got(await house.The<IProposals>().Propose("pledge-realisation", Json(new { pledge = asked.Id, buyer = "power", quantity = 40m, price = 8m }), "逾期", Banker, Stop));
        var before = (await house.Fund(Textile)).Available;
        Got(await house.The<IProposals>().Decide(sale.Id, true, null, Regulator, Stop));
        Assert.Equal((1_000L, before + 32_000), ((await house.Fund(Power)).Available, (await house.Fund(Textile)).Available));
        Assert.Equal((0L, 40L), ((await house.Holding(Steel, Carbon)).Pledged, (await house.Holding(Power, Carbon)).Available));
        Assert.Empty(await house.The<IPledges>().Standing(null, Stop));
        Assert.Empty(await house.Broken());
    }

    [Fact]
    public async Task A_court_takes_of_what_it_froze()
    {
        await using var house = await Open();
        await house.Place(Steel, Carbon, Matching.Core.Side.Sell, 1_000, 60);
        var freeze = Got(await house.Freezes.Order(Steel, Carbon, 70, House.Warrant("court 1"), Clerk, Stop));
        Assert.Equal("FREEZE_STATE", (await house.Freezes.OrderDeduction(freeze.Id, new(Textile, 1, "court 2"), Clerk, Stop)).Refused?.Code);
        Got(await house.Freezes.CarryOut(freeze.Id, Second, Stop));
        await house.Rest();
        Assert.Equal("INSUFFICIENT_AVAILABLE", (await house.Freezes.OrderDeduction(freeze.Id, new(Textile, 71, "court 2"), Clerk, Stop)).Refused?.Code);
        Assert.Equal("SAME_ACCOUNT", (await house.Freezes.OrderDeduction(freeze.Id, new(Steel, 1, "court 2"), Clerk, Stop)).Refused?.Code);
        Assert.Equal(FreezeState.DeductOrdered, Got(await house.Freezes.OrderDeduction(freeze.Id, new(Power, 20, "court 2"), Clerk, Stop)).State);
        Assert.Equal("FOUR_EYES", (await house.Freezes.CarryOut(freeze.Id, Clerk, Stop)).Refused?.Code);
        var after = Got(await house.Freezes.CarryOut(freeze.Id, Second, Stop));
        Assert.Equal((FreezeState.Active, 50L, 50L, 20L), (after.State, after.Amount, after.Taken, after.Deducted));
        Assert.Equal((50L, 20L), ((await house.Holding(Steel, Carbon)).Frozen, (await house.Holding(Power, Carbon)).Available));
        Got(await house.Freezes.OrderDeduction(freeze.Id, new(Power, 50, "court 3"), Clerk, Stop));
        Assert.Equal(FreezeState.Deducted, Got(await house.Freezes.CarryOut(freeze.Id, Second, Stop)).State);
        Assert.Equal("FREEZE_STATE", (await house.Freezes.OrderLift(freeze.Id, "court 4", Clerk, Stop)).Refused?.Code);
        await house.Rest();
        Assert.Empty(await house.Broken());

        Got(await house.Funds.PayIn(Textile, 700, "p", Clerk, Stop));
        var money = Got(await house.Freezes.Order(Textile, 0, 500, House.Warrant("court 5"), Clerk, Stop));
        Got(await house.Freezes.CarryOut(money.Id, Second, Stop));
        Got(await house.Freezes.OrderDeduction(money.Id, new(Power, 300, "court 6"), Clerk, Stop));
        Assert.Equal((200L, 300L), (Got(await house.Freezes.CarryOut(money.Id, Second, Stop)).Taken, (await house.Fund(Power)).Available));
        Got(await house.Freezes.OrderLift(money.Id, "court 7", Clerk, Stop));
        Got(await house.Freezes.CarryOut(money.Id, Second, Stop));
        Assert.Equal((400L, 0L), ((await house.Fund(Textile)).Available, (await house.Fund(Textile)).Frozen));
        Assert.Empty(await house.Broken());
    }

    private static async Task<Proposal> Approved(House house, string kind, object body)
    {
        var asked = Got(await house.The<IProposals>().Propose(kind, Json(body), "文", Clerk, Stop));
        return Got(await house.The<IProposals>().Decide(asked.Id, true, null, Regulator, Stop));
    }

    private static string Json(object body) => JsonSerializer.Serialize(body);
}
