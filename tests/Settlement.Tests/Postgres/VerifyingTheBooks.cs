using Trading.Settlement.Contracts;
using static Trading.Settlement.Tests.Postgres.House;

namespace Trading.Settlement.Tests.Postgres;

/// <summary>A hand on one row, and the check that names it; each change is taken back before the next.</summary>
[Trait("layer", "integration")]
public sealed class VerifyingTheBooks
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    /// <summary>What is done to which row, and how the finding begins.</summary>
    private static readonly (string Change, string Named)[] Hands =
    [
        ("update settlement.fund_accounts set available = available + 1 where account = 2", "settlement.fund_accounts account=2: row says"),
        ("update settlement.fund_accounts set in_market = in_market - 1, available = available + 1 where account = 1", "settlement.fund_accounts account=1: row says"),
        ("update settlement.fund_accounts set available = available + 1 where account = 0", "settlement.fund_accounts account=0: row says"),
        // Row and postings agree, and every entry balances: only the journal knows what the fees were.
        ("with f as (update settlement.fund_accounts set available = available + case account when 0 then -1 else 1 end where account in (0, 3)) insert into settlement.postings (entry, account, bucket, fen) values ('fix', 0, 1, -1), ('fix', 3, 1, 1)", "settlement.fund_accounts account=0: row says"),
        ("update settlement.postings set fen = fen + 1 where id = (select min(id) from settlement.postings where entry like 'trade/1/%')", "settlement.postings entry=trade/1/"),
        ("delete from settlement.postings where entry like 'trade/1/%'", "settlement.fund_accounts account=1: row says"),
        ("update settlement.payments set fen = fen + 1 where reference = 'in-1'", "settlement.payments reference=in-1:"),
        ("delete from settlement.payments where reference = 'in-2'", "settlement.postings entry=payment/in-2:"),
        ("update settlement.deliveries set amount = amount + 1 where trade_no = 1", "settlement.deliveries trade_no=1: row says"),
        ("update settlement.deliveries set buyer = 3 where trade_no = 2", "settlement.deliveries trade_no=2: row says"),
        ("update settlement.deliveries set state = 5 where trade_no = 1", "settlement.deliveries trade_no=1: state Unwound"),
        ("update settlement.deliveries set done_lots = 0 where trade_no = 2", "settlement.deliveries trade_no=2: row says"),
        ("update settlement.deliveries set timeline = '[]' where trade_no = 2", "settlement.deliveries trade_no=2: row says version"),
        ("update settlement.deliveries set version = version + 1 where trade_no = 3", "settlement.deliveries trade_no=3: row says version"),
        ("delete from settlement.deliveries where trade_no = 1", "settlement.deliveries trade_no=1: the journal has this trade"),
        ("insert into settlement.deliveries select 99, sequence, instrument, buyer, seller, buy_order, sell_order, ticks, lots, amount, buy_fee, sell_fee, state, executed_us, answer_by_us, done_lots, timeline, version, announced, heard, steps, step, waiting, settled_lots, proposed from settlement.deliveries where trade_no = 1", "settlement.deliveries trade_no=99: the journal has no such trade"),
        ("update settlement.transfers set status = 3 where id = 1", "settlement.transfers id=1: row says Refused, journal says Done"),
        ("update settlement.transfers set amount = amount + 1 where id = 1", "settlement.transfers id=1:"),
        ("delete from settlement.transfers where id = 1", "settlement.transfers id=1:"),
        ("update registry.holdings set earmarked = earmarked - 1, available = available + 1 where account = 1 and instrument = 1", "registry.holdings account=1 instrument=1: earmarked"),
        ("update registry.holdings set awaiting = awaiting - 1, available = available + 1 where account = 1 and instrument = 3", "registry.holdings account=1 instrument=3: earmarked"),
        ("update settlement.freezes set taken = taken - 1 where id = 1", "settlement.freezes id=1 account=3 instrument=1:"),
        ("update settlement.freezes set state = 4 where id = 1", "settlement.freezes id=none account=3 instrument=1:"),
        ("update settlement.positions set sequence = sequence - 1", "registry.holdings account=3 instrument=1: earmarked"),
        ("update settlement.positions set sequence = sequence + 1", "settlement.position"),
        ("insert into settlement.alerts (sequence, trade_no, text, at_us) values (1, 1, 'no', 0)", "settlement.alerts id="),
    ];

    [Fact]
    public async Task Finds_every_changed_row_and_names_it()
    {
        await using var house = await Open();
        await house.Trade(Carbon, 1_000, 30);
        var settled = await house.Trade(Cod, 3, 40);
        await house.Trade(Energy, 500, 7);
        await house.Rest();
        Got(await house.Confirmations.Answer("320583", settled, 0, new(true, null, null, County), Stop));
        var freeze = Got(await house.Freezes.Order(Power, Carbon, 60, House.Warrant("court 1"), Clerk, Stop));
        Got(await house.Freezes.CarryOut(freeze.Id, Second, Stop));
        await house.Rest();
        Assert.Empty(await house.Broken());
        var missed = new List<string>();
        foreach (var (change, named) in Hands)
        {
            await house.Execute("create schema kept; create table kept.f as table settlement.fund_accounts; create table kept.p as table settlement.postings; create table kept.y as table settlement.payments; create table kept.d as table settlement.deliveries; create table kept.t as table settlement.transfers; create table kept.h as table registry.holdings; create table kept.z as table settlement.freezes; create table kept.s as table settlement.positions");
            Assert.True(await house.Execute(change) > 0, change);
            var broken = await house.Broken();
            if (!broken.Any(b => b.StartsWith(named, StringComparison.Ordinal))) missed.Add($"{change}: {string.Join("; ", broken)}");
            await house.Execute(
                """
                truncate settlement.fund_accounts, settlement.postings, settlement.payments, settlement.deliveries, settlement.transfers, settlement.freezes, settlement.positions, settlement.alerts, settlement.desk;
                delete from registry.holdings;
                insert into settlement.fund_accounts table kept.f; insert into settlement.postings overriding system value table kept.p; insert into settlement.payments table kept.y;
                insert into settlement.deliveries table kept.d; insert into settlement.transfers overriding system value table kept.t; insert into registry.holdings table kept.h;
                insert into settlement.freezes overriding system value table kept.z; insert into settlement.positions table kept.s; drop schema kept cascade
                """);
        }

        Assert.True(missed.Count == 0, string.Join("\n", missed));
        Assert.Empty(await house.Broken());
    }
}
