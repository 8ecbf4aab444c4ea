using Npgsql;
using Trading.Matching.Contracts;
using Trading.Matching.Core;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;
using static Trading.Settlement.Tests.Postgres.House;

namespace Trading.Settlement.Tests.Postgres;

[Trait("layer", "integration")]
public sealed class TheSettlerOnPostgres
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Walks_a_final_and_two_conditional_trades_to_their_ends()
    {
        await using var house = await Open();
        var final = await house.Trade(Carbon, 1_000, 30);
        var (kept, returned) = (await house.Trade(Cod, 3, 40), await house.Trade(Energy, 500, 7));
        await house.Rest();
        Assert.Equal((70L, 130L), ((await house.Holding(Steel, Carbon)).Earmarked, (await house.Holding(Textile, Carbon)).Earmarked));
        Assert.Equal(DeliveryState.Settled, (await house.Settlements.Settlement(Textile, final, Stop))!.State);
        Assert.Null(await house.Settlements.Settlement(Power, final, Stop));
        Assert.Equal((60L, 40L), ((await house.Holding(Steel, Cod)).Earmarked, (await house.Holding(Steel, Cod)).Awaiting));
        Assert.Empty(await house.Broken());

        Got(await house.Confirmations.Answer("320583", kept, 0, new(true, null, null, County), Stop));
        Got(await house.Confirmations.Answer(PlannedStep.Province, returned, 0, new(false, "over the cap", null, County), Stop));
        Assert.Equal("CONFIRMATION_ALREADY_ANSWERED", (await house.Confirmations.Answer("320583", kept, 0, new(false, "again", null, County), Stop)).Refused?.Code);
        await house.Rest();
        var settled = (await house.Settlements.Settlement(Steel, kept, Stop))!;
        Assert.Equal([DeliveryState.AwaitingConfirmation, DeliveryState.Confirmed, DeliveryState.Settled], settled.Timeline.Select(s => s.State));
        Assert.Equal("kunshan", settled.Timeline[1].By.User);
        Assert.Equal("over the cap", (await house.Settlements.Settlement(Steel, returned, Stop))!.Timeline[1].Reason);
        Assert.Equal(40, (await house.Holding(Textile, Cod)).Available);
        Assert.Equal(1_000, (await house.Holding(Steel, Energy)).Earmarked);
        // 30 × 10.00 and 40 × 0.003 yuan; fees of a thousandth and of a twentieth on each side.
        Assert.Equal(1_000_000 - 30_000 - 30 - 12 - 1, (await house.Fund(Textile)).InMarket);
        Assert.Equal(1_000_000 + 30_000 - 30 + 12 - 1, (await house.Fund(Steel)).InMarket);
        Assert.Equal(62, await house.Scalar<long>("select available from settlement.fund_accounts where account = 0"));
        Assert.Empty(await house.Broken());
        Assert.Equal([returned, kept, final], (await house.Settlements.Of(Steel, null, long.MaxValue, 10, Stop)).Select(s => s.TradeNo));
    }

    [Fact]
    public async Task Writes_nothing_under_an_epoch_that_has_passed()
    {
        await using var house = await Open();
        await house.Trade(Carbon, 1_000, 30);
        var before = await Rows(house);
        await house.Execute("update matching.epoch set epoch = epoch + 1 where role = 'settler'");
        await Assert.ThrowsAsync<MarketUnavailableException>(() => house.Step());
        Assert.Equal(before, await Rows(house));
    }

    [Fact]
    public async Task Books_once_whether_the_commit_or_only_its_answer_is_lost()
    {
        await using var house = await Open();
        await house.Trade(Carbon, 1_000, 30);
        var before = await Rows(house);
        house.Commit.LoseNext = true;
        await Assert.ThrowsAsync<NpgsqlException>(() => house.Step());
        Assert.Equal(before, await Rows(house));
        house.Commit.LoseAnswerOfNext = true;
        await Assert.ThrowsAsync<NpgsqlException>(() => house.Step());
        var after = await Rows(house);
        Assert.NotEqual(before, after);
        await house.Rest();
        Assert.Equal(after, await Rows(house));
        Assert.Equal(1_000_000 - 30_000 - 30, (await house.Fund(Textile)).InMarket);
        Assert.Empty(await house.Broken());
    }

    [Fact]
    public async Task Blocks_both_sides_of_what_it_cannot_book_and_goes_on()
    {
        await using var house = await Open();
        Assert.Equal(1, await house.Execute("update registry.holdings set earmarked = 5, available = 95 where account = 1 and instrument = 1"));
        var lame = await house.Trade(Carbon, 1_000, 30);
        var sound = await house.Trade(Carbon, 1_000, 10, seller: Power, buyer: Textile);
        await house.Rest();
        Assert.Null(await house.Settlements.Settlement(Steel, lame, Stop));
        Assert.Equal(DeliveryState.Settled, (await house.Settlements.Settlement(Power, sound, Stop))!.State);
        Assert.Equal(Refusal.AccountBlocked, (await house.Place(Steel, Carbon, Side.Sell, 1, 1)).Outputs[0].Code);
        Assert.Equal(Refusal.AccountBlocked, (await house.Place(Textile, Carbon, Side.Buy, 1, 1)).Outputs[0].Code);
        Assert.NotEqual(Refusal.AccountBlocked, (await house.Place(Power, Carbon, Side.Sell, 1, 1)).Outputs[0].Code);
        var broken = await house.Broken();
        Assert.Contains(broken, b => b.StartsWith("settlement.alerts id=1:", StringComparison.Ordinal) && b.Contains("below zero", StringComparison.Ordinal));
        Assert.Contains(broken, b => b.StartsWith($"settlement.deliveries trade_no={lame}:", StringComparison.Ordinal));
        Assert.Contains(broken, b => b.StartsWith("registry.holdings account=1 instrument=1:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Knows_a_listing_the_moment_the_market_does()
    {
        await using var house = await Open();
        // Another process lists: nothing here is told, and what was read a moment ago is still fresh.
        await house.Listings.Current(Stop);
        Got(await house.Register.Register(new Registry.Contracts.Product("NOX", "氮氧化物", "NOX", Registry.Contracts.RightClass.Pollutant, "NOX", null, null, "t/a", 3, Registry.Contracts.VenueMode.Operate, null, null), Clerk, Stop));
        var elsewhere = new Listings.ListingBoard(house.Database, house.The<Registry.Contracts.IDirectory>(), house.The<Registry.Contracts.IRules>(), house.The<IHoldings>(), house.The<IMarketInbox>(), house.Clock);
        Got(await elsewhere.List(new(4, new(1m, 0.001m), null, null, null, null, 0, 1), Clerk, Stop));
        Got(await house.Register.Issue(new(Steel, 4), 10, "initial", "issue-4", Clerk, Stop));
        await using (var connection = await house.Database.OpenConnectionAsync(Stop))
        await using (var transaction = await connection.BeginTransactionAsync(Stop))
        {
            await house.The<IMarketInbox>().Stage(connection, transaction, [new() { Kind = CommandKind.Deposit, Account = Steel, Instrument = 4, Amount = 10, Reference = 1 }], Stop);
            await transaction.CommitAsync(Stop);
        }

        house.The<IMarketInbox>().Wake();
        await Until(() => house.Scalar<long>("select count(*) from matching.inbox where taken_by is null"), n => n == 0);
        await house.Execute("update registry.holdings set earmarked = 10, available = 0 where account = 1 and instrument = 4");
        var trade = await house.Trade(4, 5, 10);
        await house.Rest();
        Assert.Equal(DeliveryState.Settled, (await house.Settlements.Settlement(Steel, trade, Stop))?.State);
        Assert.Equal(0, await house.Scalar<long>("select count(*) from settlement.alerts"));
    }

    private static Task<string> Rows(House house) => house.Scalar<string>(
        """
        select md5(string_agg(t, '|' order by t)) from (
            select 'h' || h::text t from registry.holdings h union all select 'f' || f::text from settlement.fund_accounts f union all select 'p' || p::text from settlement.postings p
            union all select 'd' || d::text from settlement.deliveries d union all select 's' || s::text from settlement.positions s union all select 'e' || e.seq_id from events.mt_events e) all_rows
        """);
}
