using Npgsql;
using Trading.Matching.Core;
using Trading.Settlement.Contracts;
using static Trading.Settlement.Tests.Postgres.House;

namespace Trading.Settlement.Tests.Postgres;

[Trait("layer", "integration")]
public sealed class BustingATrade
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    // Fails where the follower leaves busted_us alone, and where verification does not compare it.
    [Fact]
    public async Task Takes_it_back_in_books_blotter_and_journal()
    {
        await using var house = await Open();
        var (desk, trade) = (house.The<IBusts>(), await house.Trade(Carbon, 1_000, 30));
        await house.Rest();
        var bust = Got(await desk.Ask(trade, "typed a price too much", Clerk, Stop));
        Assert.Equal("FOUR_EYES", (await desk.Approve(bust.Id, Clerk, Stop)).Refused?.Code);
        Assert.Equal("NOT_FOUND", (await desk.Approve(99, Second, Stop)).Refused?.Code);
        Assert.Equal(BustState.Approved, Got(await desk.Approve(bust.Id, Second, Stop)).State);
        await house.Rest();
        Assert.Equal(BustState.Busted, Assert.Single(await desk.All(long.MaxValue, 10, Stop)).State);
        var settlement = (await house.Settlements.Settlement(Textile, trade, Stop))!;
        Assert.Equal([DeliveryState.Executed, DeliveryState.Settled, DeliveryState.Busted], settlement.Timeline.Select(s => s.State));
        Assert.Equal((100L, 100L, 1_000_000L, 1_000_000L), ((await house.Holding(Steel, Carbon)).Earmarked, (await house.Holding(Textile, Carbon)).Earmarked, (await house.Fund(Steel)).InMarket, (await house.Fund(Textile)).InMarket));
        Assert.Equal(0, await house.Scalar<long>("select available from settlement.fund_accounts where account = 0"));
        await Until(() => house.Scalar<long>("select count(*) from matching.trades where busted_us is not null"), n => n == 1);
        Assert.Empty(await house.Broken());
        await house.Execute("update matching.trades set busted_us = null");
        Assert.Contains(await house.Broken(), b => b.StartsWith($"matching.trades trade_no={trade}:", StringComparison.Ordinal));
        await house.Execute("update settlement.busts set state = 5");
        Assert.Contains(await house.Broken(), b => b.StartsWith("settlement.busts id=1 ", StringComparison.Ordinal));
    }

    // Fails where the market's refusal is not among what the settler hears (Concerns).
    [Fact]
    public async Task Ends_with_the_markets_refusal_and_can_be_asked_again()
    {
        await using var house = await Open();
        var (desk, trade) = (house.The<IBusts>(), await house.Trade(Carbon, 1_000, 30));
        await house.Rest();
        await house.Place(Textile, Carbon, Side.Sell, 2_000, 110);
        var asked = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => desk.Ask(trade, "an error", Clerk, Stop))));
        Assert.Equal(7, asked.Count(a => a.Refused?.Code == "BUST_STATE"));
        var bust = asked.Single(a => a.Refused is null).Value!;
        Got(await desk.Approve(bust.Id, Second, Stop));
        await house.Rest();
        var refused = (await desk.Bust(bust.Id, Stop))!;
        Assert.Equal((BustState.Refused, Refusal.InsufficientPosition, 30L, 20L), (refused.State, refused.Code, refused.Needed, refused.Had));
        Assert.Equal("BUST_STATE", (await desk.Approve(bust.Id, Second, Stop)).Refused?.Code);
        var again = Got(await desk.Ask(trade, "an error still", Second, Stop));
        Assert.Equal(BustState.Withdrawn, Got(await desk.Withdraw(again.Id, Clerk, Stop)).State);
        Assert.Equal("BUST_STATE", (await desk.Approve(again.Id, Clerk, Stop)).Refused?.Code);
        await house.Rest();
        Assert.Equal(DeliveryState.Settled, (await house.Settlements.Settlement(Steel, trade, Stop))!.State);
        Assert.Empty(await house.Broken());
    }

    // Fails where Approve does not ask for the state: whoever asks again after a lost answer tells the market twice.
    [Fact]
    public async Task Is_booked_once_whether_the_commit_or_only_its_answer_is_lost()
    {
        await using var house = await Open();
        var (desk, trade) = (house.The<IBusts>(), await house.Trade(Carbon, 1_000, 30));
        await house.Rest();
        var bust = Got(await desk.Ask(trade, "an error", Clerk, Stop));
        house.Commit.LoseNext = true;
        await Assert.ThrowsAsync<NpgsqlException>(() => desk.Approve(bust.Id, Second, Stop));
        Assert.Equal(0, await house.Scalar<long>("select count(*) from matching.inbox where taken_by is null"));
        house.Commit.LoseAnswerOfNext = true;
        await Assert.ThrowsAsync<NpgsqlException>(() => desk.Approve(bust.Id, Second, Stop));
        Assert.Equal("BUST_STATE", (await desk.Approve(bust.Id, Second, Stop)).Refused?.Code);
        await Until(() => house.Scalar<long>("select count(*) from matching.inbox where taken_by is null"), n => n == 0);
        house.Commit.LoseNext = true;
        await Assert.ThrowsAsync<NpgsqlException>(() => house.Step());
        Assert.Equal(BustState.Approved, (await desk.Bust(bust.Id, Stop))!.State);
        house.Commit.LoseAnswerOfNext = true;
        await Assert.ThrowsAsync<NpgsqlException>(() => house.Step());
        await house.Rest();
        Assert.Equal(BustState.Busted, (await desk.Bust(bust.Id, Stop))!.State);
        Assert.Equal(1, await house.Scalar<long>("select count(distinct entry) from settlement.postings where entry like 'bust/%'"));
        Assert.Equal(1_000_000, (await house.Fund(Textile)).InMarket);
        Assert.Empty(await house.Broken());
    }
}
