using NodaTime;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;
using Trading.Settlement.Lots;
using static Trading.Settlement.Tests.Postgres.House;

namespace Trading.Settlement.Tests.Postgres;

/// <summary>R-SET-04, R-SET-07. Steel has a lot of COD, the others bid for it.</summary>
[Trait("layer", "integration")]
public sealed class LotsAndDeposits
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_loser_has_his_deposit_back_and_the_winner_the_right_against_the_rest()
    {
        await using var house = await Open();
        var lot = await Offered(house);
        Assert.Equal((0L, 100L), await Rights(house, Steel));
        Assert.Equal(lot, Got(await house.The<ILots>().Offer(Steel, Cod, 100, 10m, "offer", Clerk, Stop)));
        Assert.Equal("IDEMPOTENCY_KEY_REUSED", (await house.The<ILots>().Offer(Steel, Cod, 100, 11m, "offer", Clerk, Stop)).Refused?.Code);
        var laid = Got(await house.The<ILots>().Register(lot.Id, Textile, Clerk, Stop));
        Assert.Equal(laid, Got(await house.The<ILots>().Register(lot.Id, Textile, Clerk, Stop)));
        Got(await house.The<ILots>().Register(lot.Id, Power, Clerk, Stop));
        Assert.Equal("SAME_ACCOUNT", (await house.The<ILots>().Register(lot.Id, Steel, Clerk, Stop)).Refused?.Code);
        Assert.Equal("DEPOSITS_HELD", (await house.The<ILots>().Withdraw(lot.Id, Steel, Clerk, Stop)).Refused?.Code);
        Assert.Equal(laid.Fen * 2, (await house.Fund(-2)).Available);

        var (textile, power) = ((await house.Fund(Textile)).Available, (await house.Fund(Power)).Available);
        Assert.Equal("PRICE_BELOW_LIMIT", (await Propose(house, lot.Id, "textile", 9.99m)).Refused?.Code);
        Got(await Award(house, lot.Id, "textile", 12m));
        Assert.Equal((textile, power + laid.Fen), ((await house.Fund(Textile)).Available, (await house.Fund(Power)).Available));
        var awarded = (await house.The<ILots>().Find(lot.Id, Stop))!;
        Assert.Equal("FORBIDDEN", (await house.The<ILots>().Pay(lot.Id, Power, Clerk, Stop)).Refused?.Code);
        Assert.Equal(LotState.Settled, Got(await house.The<ILots>().Pay(lot.Id, Textile, Clerk, Stop)).State);
        Got(await house.The<ILots>().Pay(lot.Id, Textile, Clerk, Stop));
        Assert.Equal((textile - awarded.Fen + laid.Fen, 0L), ((await house.Fund(Textile)).Available, (await house.Fund(-2)).Available));
        Assert.Equal((awarded.Fen, (0L, 0L), (100L, 0L)), ((await house.Fund(Steel)).Available, await Rights(house, Steel), await Rights(house, Textile)));
        Assert.Equal([DepositState.Applied, DepositState.Returned], (await house.The<ILots>().Deposits(lot.Id, null, Stop)).Select(d => d.State));
        Assert.Empty(await house.Broken());
    }

    [Fact]
    public async Task Who_does_not_pay_in_time_loses_it_and_the_lot_is_listed_anew()
    {
        await using var house = await Open();
        var lot = await Offered(house);
        var laid = Got(await house.The<ILots>().Register(lot.Id, Textile, Clerk, Stop));
        Got(await Award(house, lot.Id, "textile", 10m));
        var due = (await house.The<ILots>().Find(lot.Id, Stop))!.PayBy!.Value;
        house.Clock.Reset(due - Duration.FromSeconds(1));
        Assert.Equal(0, await house.The<LotDesk>().DefaultDue(Stop));
        house.Clock.Reset(due);
        Assert.Equal("PAYMENT_OVERDUE", (await house.The<ILots>().Pay(lot.Id, Textile, Clerk, Stop)).Refused?.Code);
        Assert.Equal(1, await house.The<LotDesk>().DefaultDue(Stop));
        Assert.Equal(0, await house.The<LotDesk>().DefaultDue(Stop));
        var anew = (await house.The<ILots>().Find(lot.Id, Stop))!;
        Assert.Equal((LotState.Relisted, 2, false, null), (anew.State, anew.Round, anew.Bound, anew.Winner));
        Assert.Equal((laid.Fen, (100L, 0L)), ((await house.Fund(Steel)).Available, await Rights(house, Steel)));
        Assert.Equal(90, (await house.The<IRegister>().StandingAt(Textile, house.Clock.GetCurrentInstant(), Stop)).CreditScore);

        // The seller may have sold them meanwhile; and where he has not, the next who lays down a deposit binds them.
        Assert.Null((await house.Register.Transfer(new(Steel, Cod), Power, 1, "sold", "t-1", Clerk, Stop)).Refused);
        var cash = (await house.Fund(Textile)).Available;
        Assert.Equal("INSUFFICIENT_AVAILABLE", (await house.The<ILots>().Register(lot.Id, Textile, Clerk, Stop)).Refused?.Code);
        Assert.Equal(cash, (await house.Fund(Textile)).Available);
        Assert.Null((await house.Register.Transfer(new(Power, Cod), Steel, 1, "back", "t-2", Clerk, Stop)).Refused);
        Got(await house.The<ILots>().Register(lot.Id, Textile, Clerk, Stop));
        Assert.Equal((0L, 100L), await Rights(house, Steel));
        Assert.Empty(await house.Broken());
    }

    [Fact]
    public async Task A_lot_nobody_wants_is_withdrawn()
    {
        await using var house = await Open();
        var lot = await Offered(house);
        Assert.Equal("INSUFFICIENT_AVAILABLE", (await house.The<ILots>().Offer(Steel, Cod, 1, 10m, "more", Clerk, Stop)).Refused?.Code);
        Assert.Equal("FORBIDDEN", (await house.The<ILots>().Withdraw(lot.Id, Textile, Clerk, Stop)).Refused?.Code);
        Assert.Equal(LotState.Withdrawn, Got(await house.The<ILots>().Withdraw(lot.Id, Steel, Clerk, Stop)).State);
        Assert.Equal("LOT_STATE", (await house.The<ILots>().Register(lot.Id, Textile, Clerk, Stop)).Refused?.Code);
        Assert.Equal((100L, 0L), await Rights(house, Steel));
        Assert.Empty(await house.Broken());
    }

    /// <summary>Ten bids at once with money for one deposit each; ten times the same is once.</summary>
    [Fact]
    public async Task The_same_at_once_is_once()
    {
        await using var house = await Open();
        var lot = await Offered(house);
        var laid = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => house.The<ILots>().Register(lot.Id, Textile, Clerk, Stop)));
        Assert.Single(laid.Select(d => Got(d).Id).Distinct());
        Got(await Award(house, lot.Id, "textile", 10m));
        await Task.WhenAll(Enumerable.Range(0, 10).Select(async _ => Got(await house.The<ILots>().Pay(lot.Id, Textile, Clerk, Stop))));
        Assert.Equal((100L, 0L), await Rights(house, Textile));
        Assert.Empty(await house.Broken());
    }

    private static async Task<Lot> Offered(House house)
    {
        Got(await house.Register.Issue(new(Steel, Cod), 100, "later", "issue-late", Clerk, Stop));
        foreach (var account in (int[])[Textile, Power]) Got(await house.Funds.PayIn(account, 1_000_000, $"more-{account}", Clerk, Stop));
        return Got(await house.The<ILots>().Offer(Steel, Cod, 100, 10m, "offer", Clerk, Stop));
    }

    private static async Task<Outcome<Proposal>> Propose(House house, long lot, string participant, decimal price) =>
        await house.The<IProposals>().Propose("lot-award", System.Text.Json.JsonSerializer.Serialize(new { lot, participant, price }), "成交结果", Clerk, Stop);

    private static async Task<Outcome<Proposal>> Award(House house, long lot, string participant, decimal price) =>
        await house.The<IProposals>().Decide(Got(await Propose(house, lot, participant, price)).Id, true, null, new("regulator", "regulator"), Stop);

    private static async Task<(long Available, long Held)> Rights(House house, int account) => (await house.Holding(account, Cod)) is var h ? (h.Available, h.Held) : default;
}
