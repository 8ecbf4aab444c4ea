using NodaTime;
using Trading.Matching.Core;
using Trading.Registry.Contracts;
using Trading.Settlement.Confirmations;
using Trading.Settlement.Contracts;
using Trading.Settlement.Freezes;
using static Trading.Settlement.Tests.Postgres.House;

namespace Trading.Settlement.Tests.Postgres;

[Trait("layer", "integration")]
public sealed class TheDesksOnPostgres
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Custody_answers_a_repeated_request_with_the_first_transfer_and_refuses_what_cannot_be()
    {
        await using var house = await Open();
        var first = await house.Move(Steel, TransferKind.ReleaseMoney, 0, 100, "r-1");
        await house.Rest();
        var again = await house.Move(Steel, TransferKind.ReleaseMoney, 0, 100, "r-1");
        Assert.Equal((first.Id, TransferStatus.Done), (again.Id, again.Status));
        Assert.Equal("IDEMPOTENCY_KEY_REUSED", (await house.Custody.Move(Steel, TransferKind.ReleaseMoney, 0, 101, "r-1", Clerk, Stop)).Refused?.Code);
        Assert.Equal("TOO_MANY_DECIMALS", (await house.Custody.Move(Steel, TransferKind.ReleaseRight, Energy, 15, null, Clerk, Stop)).Refused?.Code);
        Assert.Equal("QTY_NOT_POSITIVE", (await house.Custody.Move(Steel, TransferKind.ReleaseRight, Carbon, 0, null, Clerk, Stop)).Refused?.Code);
        Assert.Equal("UNKNOWN_INSTRUMENT", (await house.Custody.Move(Steel, TransferKind.EarmarkRight, 9, 1, null, Clerk, Stop)).Refused?.Code);
        foreach (var nobody in (int[])[-1, 0, 99])
            Assert.Equal("UNKNOWN_ACCOUNT", (await house.Custody.Move(nobody, TransferKind.EarmarkRight, Carbon, 1, null, Clerk, Stop)).Refused?.Code);
        Assert.Null(await house.Custody.Transfer(Textile, first.Id, Stop));
        Assert.Equal(again, await house.Custody.Transfer(Steel, first.Id, Stop));
        Assert.Equal(100, (await house.Fund(Steel)).Available);
        Assert.Empty(await house.Broken());
    }

    [Fact]
    public async Task Sixteen_earmarks_at_once_never_take_more_than_there_is()
    {
        await using var house = await Open();
        Got(await house.Funds.PayIn(Steel, 1_000, "in-more", Clerk, Stop));
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => house.Custody.Move(Steel, TransferKind.EarmarkMoney, 0, 100, null, Clerk, Stop))));
        Assert.Equal(10, outcomes.Count(o => o.Refused is null));
        Assert.All(outcomes.Where(o => o.Refused is not null), o => Assert.Equal("INSUFFICIENT_CASH", o.Refused!.Code));
        await house.Rest();
        Assert.Equal((0L, 1_001_000L), ((await house.Fund(Steel)).Available, (await house.Fund(Steel)).InMarket));
        Assert.Empty(await house.Broken());
    }

    [Fact]
    public async Task The_settler_and_the_desks_do_not_wait_for_each_other_for_ever()
    {
        await using var house = await Open();
        for (var round = 0; round < 5; round++)
        {
            await house.Trade(Carbon, 100, 5);
            await house.Trade(Carbon, 100, 5, seller: Textile, buyer: Steel);
            await Task.WhenAll(
                Task.Run(() => house.Step()),
                Task.Run(() => house.Move(Steel, TransferKind.ReleaseMoney, 0, 10)),
                Task.Run(() => house.Move(Textile, TransferKind.ReleaseRight, Energy, 10)),
                Task.Run(async () => Got(await house.Funds.PayIn(Textile, 10, $"more-{round}", Clerk, Stop))),
                Task.Run(async () => Got(await house.Freezes.CarryOut(Got(await house.Freezes.Order(Steel, Energy, 5, House.Warrant("court"), Clerk, Stop)).Id, Second, Stop))));
        }

        await house.Rest();
        Assert.Empty(await house.Broken());
    }

    [Fact]
    public async Task Money_is_paid_in_and_out_once_for_each_reference_of_the_bank()
    {
        await using var house = await Open();
        Assert.Equal(500, Got(await house.Funds.PayIn(Steel, 500, "bank-1", Clerk, Stop)).Available);
        Assert.Equal(500, Got(await house.Funds.PayIn(Steel, 500, "bank-1", Clerk, Stop)).Available);
        Assert.Equal("IDEMPOTENCY_KEY_REUSED", (await house.Funds.PayIn(Textile, 500, "bank-1", Clerk, Stop)).Refused?.Code);
        Assert.Equal("IDEMPOTENCY_KEY_REUSED", (await house.Funds.PayOut(Steel, 500, "bank-1", Clerk, Stop)).Refused?.Code);
        Assert.Equal("INSUFFICIENT_CASH", (await house.Funds.PayOut(Steel, 501, "bank-2", Clerk, Stop)).Refused?.Code);
        Assert.Equal(100, Got(await house.Funds.PayOut(Steel, 400, "bank-2", Clerk, Stop)).Available);
        Assert.Equal(100, Got(await house.Funds.PayOut(Steel, 400, "bank-2", Clerk, Stop)).Available);
        Assert.Equal("AMOUNT_NOT_POSITIVE", (await house.Funds.PayIn(Steel, 0, "bank-3", Clerk, Stop)).Refused?.Code);
        foreach (var nobody in (int[])[-1, 0, 99]) Assert.Equal("UNKNOWN_ACCOUNT", (await house.Funds.PayIn(nobody, 1, "bank-4", Clerk, Stop)).Refused?.Code);
        Assert.Equal(-3_000_100, await house.Scalar<long>("select available from settlement.fund_accounts where account = -1"));
        Assert.Empty(await house.Broken());
    }

    [Fact]
    public async Task A_freeze_is_ordered_by_one_and_carried_out_and_lifted_by_another()
    {
        await using var house = await Open();
        await house.Place(Steel, Carbon, Side.Sell, 1_000, 60);
        Assert.Equal("REASON_REQUIRED", (await house.Freezes.Order(Steel, Carbon, 1, House.Warrant(" "), Clerk, Stop)).Refused?.Code);
        Assert.Equal("UNKNOWN_ACCOUNT", (await house.Freezes.Order(99, Carbon, 1, House.Warrant("court"), Clerk, Stop)).Refused?.Code);
        var freeze = Got(await house.Freezes.Order(Steel, Carbon, 70, House.Warrant("court 1"), Clerk, Stop));
        Assert.Equal("FOUR_EYES", (await house.Freezes.CarryOut(freeze.Id, Clerk, Stop)).Refused?.Code);
        Assert.Equal(FreezeState.Active, Got(await house.Freezes.CarryOut(freeze.Id, Second, Stop)).State);
        await house.Rest();
        Assert.Equal((70L, 30L), ((await house.Holding(Steel, Carbon)).Frozen, (await house.Holding(Steel, Carbon)).Earmarked));
        Assert.Equal(70, Assert.Single(await house.Freezes.All(0, 10, Stop)).Taken);
        Assert.Empty(await house.Broken());

        Assert.Equal("REASON_REQUIRED", (await house.Freezes.OrderLift(freeze.Id, "", Second, Stop)).Refused?.Code);
        Got(await house.Freezes.OrderLift(freeze.Id, "court 2", Second, Stop));
        Assert.Equal("court 2", await house.Scalar<string>("select lift_document from settlement.freezes"));
        Assert.Equal("FOUR_EYES", (await house.Freezes.CarryOut(freeze.Id, Second, Stop)).Refused?.Code);
        Assert.Equal(FreezeState.Lifted, Got(await house.Freezes.CarryOut(freeze.Id, Clerk, Stop)).State);
        Assert.Equal("FREEZE_STATE", (await house.Freezes.CarryOut(freeze.Id, Clerk, Stop)).Refused?.Code);
        Assert.Equal("NOT_FOUND", (await house.Freezes.CarryOut(99, Second, Stop)).Refused?.Code);
        await house.Rest();
        Assert.Equal((0L, 70L), ((await house.Holding(Steel, Carbon)).Frozen, (await house.Holding(Steel, Carbon)).Available));
        Assert.Empty(await house.Broken());
    }

    /// <summary>R-REG-06. Seen failing: a claim measured once for a whole batch of the desk.</summary>
    [Fact]
    public async Task What_a_waiting_freeze_is_owed_cannot_be_given_away_before_it_is_taken()
    {
        await using var house = await Open();
        var freeze = Got(await house.Freezes.Order(Steel, Energy, 5_000, House.Warrant("court 1"), Clerk, Stop));
        Got(await house.Freezes.CarryOut(freeze.Id, Second, Stop));
        var register = house.The<IRegister>();
        // Brought and given away at once, time and again; nobody has taken it for the freeze yet.
        var tried = await Task.WhenAll(Enumerable.Range(0, 40).Select(n => n % 2 == 0
            ? register.Issue(new(Steel, Energy), 10, "late", $"late-{n}", Clerk, Stop)
            : register.Instruct(new Instruction.Surrender(new(Steel, Energy), 10, "2025", $"gone-{n}"), Clerk, Stop)));
        Assert.Equal(20, tried.Count(t => t.Refused?.Code == "INSUFFICIENT_AVAILABLE"));
        Assert.Equal(200, (await house.Holding(Steel, Energy)).Available);
        Assert.Equal(1, await house.The<FreezeDesk>().TakeStanding(Stop));
        Assert.Equal(0, (await house.Holding(Steel, Energy)).Available);
        // What lies beyond the claim is the holder's.
        Got(await house.Freezes.OrderLift(freeze.Id, "court 2", Clerk, Stop));
        Got(await house.Freezes.CarryOut(freeze.Id, Second, Stop));
        Got(await register.Instruct(new Instruction.Surrender(new(Steel, Energy), 10, "2025", "mine"), Clerk, Stop));
    }

    /// <summary>Seen failing: the balances of the order looked up as the only ones that are locked.</summary>
    [Fact]
    public async Task A_deduction_is_carried_out_once_however_many_try()
    {
        await using var house = await Open();
        var freeze = Got(await house.Freezes.Order(Steel, 0, 100, House.Warrant("court 1"), Clerk, Stop));
        Got(await house.Freezes.CarryOut(freeze.Id, Second, Stop));
        await house.Rest();
        Got(await house.Freezes.OrderDeduction(freeze.Id, new(Textile, 60, "court 2"), Clerk, Stop));
        var tried = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => house.Freezes.CarryOut(freeze.Id, Second, Stop)));
        Assert.Single(tried, t => t.Refused is null);
        Assert.Equal(9, tried.Count(t => t.Refused?.Code == "FREEZE_STATE"));
    }

    [Fact]
    public async Task A_freeze_that_waits_takes_a_release_on_its_way_a_payment_and_what_the_register_brings()
    {
        await using var house = await Open();
        await house.Move(Steel, TransferKind.ReleaseRight, Carbon, 100);
        var right = Got(await house.Freezes.Order(Steel, Carbon, 150, House.Warrant("court 1"), Clerk, Stop));
        Got(await house.Freezes.CarryOut(right.Id, Second, Stop));
        await house.Rest();
        Assert.Equal((100L, 0L), ((await house.Holding(Steel, Carbon)).Frozen, (await house.Holding(Steel, Carbon)).Available));

        // The register knows nothing of freezes: the look of the upkeep finds it, and so would a request to use it.
        Got(await house.Register.Issue(new(Steel, Carbon), 30, "later", "issue-late", Clerk, Stop));
        Assert.Equal("INSUFFICIENT_AVAILABLE", (await house.Custody.Move(Steel, TransferKind.EarmarkRight, Carbon, 1, null, Clerk, Stop)).Refused?.Code);
        Assert.Equal(1, await house.The<FreezeDesk>().TakeStanding(Stop));
        Assert.Equal((130L, 0L), ((await house.Holding(Steel, Carbon)).Frozen, (await house.Holding(Steel, Carbon)).Available));
        Assert.Equal(0, await house.The<FreezeDesk>().TakeStanding(Stop));

        var money = Got(await house.Freezes.Order(Textile, 0, 1_000_500, House.Warrant("court 2"), Clerk, Stop));
        Got(await house.Freezes.CarryOut(money.Id, Second, Stop));
        await house.Rest();
        Assert.Equal(200, Got(await house.Funds.PayIn(Textile, 700, "in-late", Clerk, Stop)).Available);
        Assert.Equal(1_000_500, (await house.Fund(Textile)).Frozen);
        await house.Rest();
        Assert.Empty(await house.Broken());
    }

    [Fact]
    public async Task A_county_that_does_not_answer_in_time_gives_the_trade_back_and_for_the_province_somebody_is_called()
    {
        await using var house = await Open();
        var (county, province, answered) = (await house.Trade(Cod, 3, 40), await house.Trade(Energy, 500, 7), await house.Trade(Cod, 3, 1));
        await house.Rest();
        Got(await house.Confirmations.Answer("320583", answered, 0, new(true, null, null, County), Stop));
        var deadlines = house.The<Deadlines>();
        Assert.Equal(0, await deadlines.Step(Stop));
        house.Clock.Advance(Duration.FromDays(45));
        Assert.Equal(2, await deadlines.Step(Stop));
        Assert.Equal(0, await deadlines.Step(Stop));
        await house.Rest();
        var back = (await house.Settlements.Settlement(Steel, county, Stop))!;
        Assert.Equal((DeliveryState.Unwound, "system"), (back.State, back.Timeline[1].By.User));
        Assert.Equal(DeliveryState.AwaitingConfirmation, (await house.Settlements.Settlement(Steel, province, Stop))!.State);
        Assert.Equal(DeliveryState.Settled, (await house.Settlements.Settlement(Steel, answered, Stop))!.State);
        Assert.Equal(province, await house.Scalar<long>("select trade_no from settlement.alerts where kind = 2"));
        Assert.Equal("CONFIRMATION_ALREADY_ANSWERED", (await house.Confirmations.Answer("320583", county, 0, new(true, null, null, County), Stop)).Refused?.Code);
        Assert.Empty(await house.Broken());
    }

    [Fact]
    public async Task A_listing_is_taken_once_and_its_terms_must_be_possible()
    {
        await using var house = await Open();
        var carbon = (await house.Listings.Current(Stop))[Carbon];
        Assert.Equal(carbon, Got(await house.Listings.List(carbon, Clerk, Stop)));
        Assert.Equal("INSTRUMENT_EXISTS", (await house.Listings.List(carbon with { FeeMillionths = 1 }, Clerk, Stop)).Refused?.Code);
        Assert.Equal("UNKNOWN_INSTRUMENT", (await house.Listings.List(carbon with { Instrument = 9 }, Clerk, Stop)).Refused?.Code);
        Got(await house.Register.Register(new Product("NOX", "氮", "NOX", RightClass.Pollutant, "NOX", null, null, "t/a", 3, VenueMode.Operate, null, null), Clerk, Stop));
        var nox = new Listing(4, new(1m, 0.002m), null, null, null, null, 0, 2);
        foreach (var wrong in (Listing[])[nox with { UnitsPerLot = 1 }, nox with { Unit = new(0m, 0.002m) }, nox with { LowerTicks = 5, UpperTicks = 4 }])
            Assert.Equal("INSTRUMENT_TERMS_INVALID", (await house.Listings.List(wrong, Clerk, Stop)).Refused?.Code);
        Assert.Equal("UNKNOWN_PROCEDURE", (await house.Listings.List(nox with { Procedure = "province" }, Clerk, Stop)).Refused?.Code);
        Got(await house.Listings.List(nox, Clerk, Stop));
        Assert.Contains(4, (await house.Listings.Current(Stop)).Keys);
        await house.Listings.RefreshPermits(Stop);
        await house.Rest();
        Assert.Empty(await house.Broken());
    }
}
