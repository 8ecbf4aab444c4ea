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
        ("update settlement.payouts set fen = fen + 1 where id = 1", "settlement.payouts id=1: 6 fen in state 1"),
        ("update settlement.payouts set state = 5 where id = 1", "settlement.payouts id=1: 5 fen in state 5"),
        ("update settlement.payouts set state = 3 where id = 2", "settlement.payouts id=2: 7 fen in state 3"),
        ("delete from settlement.payouts where id = 1", "settlement.postings entry=payout/1: there is no such payout"),
        // Row and postings agree, and every entry balances: only the payouts know what is held.
        ("with f as (update settlement.fund_accounts set paying_out = paying_out - 1, available = available + 1 where account = 2) insert into settlement.postings (entry, account, bucket, fen) values ('fix', 2, 6, -1), ('fix', 2, 1, 1)", "settlement.payouts id=1,2 account=2: rows say 12 fen are held, and 11 lie"),
        ("delete from settlement.bank_lines where fen = -8", "settlement.payouts id=3: the bank's statement has no line"),
        ("update settlement.payment_files set fen = fen + 1", "settlement.payment_files number=1: row says 2 of 16 fen, its payouts say 2 of 15"),
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
        Got(await house.Funds.PayIn(Textile, 100, "in-v", Clerk, Stop));
        var payouts = new List<Payout>();
        foreach (var fen in (long[])[5, 7, 8]) payouts.Add(Got(await house.The<IPayouts>().Ask(Textile, fen, $"o-{fen}", Clerk, Stop)));
        await house.Execute("update settlement.payouts set four_eyes = true where id = 1");
        Got(await house.The<IPayouts>().Send(Clerk, Stop));
        Got(await house.The<IBank>().Take(new("s", new(2026, 3, 2), [new(payouts[2].Reference, null, -8, "")], []), Clerk, Stop));
        Assert.Empty(await house.Broken());
        var missed = new List<string>();
        foreach (var (change, named) in Hands)
        {
            await house.Execute("create schema kept; create table kept.f as table settlement.fund_accounts; create table kept.p as table settlement.postings; create table kept.y as table settlement.payments; create table kept.d as table settlement.deliveries; create table kept.t as table settlement.transfers; create table kept.h as table registry.holdings; create table kept.z as table settlement.freezes; create table kept.s as table settlement.positions; create table kept.o as table settlement.payouts; create table kept.n as table settlement.payment_files; create table kept.l as table settlement.bank_lines");
            Assert.True(await house.Execute(change) > 0, change);
            var broken = await house.Broken();
            if (!broken.Any(b => b.StartsWith(named, StringComparison.Ordinal))) missed.Add($"{change}: {string.Join("; ", broken)}");
            await house.Execute(
                """
                truncate settlement.fund_accounts, settlement.postings, settlement.payments, settlement.deliveries, settlement.transfers, settlement.freezes, settlement.positions, settlement.alerts, settlement.desk, settlement.payouts, settlement.payment_files, settlement.bank_lines;
                delete from registry.holdings;
                insert into settlement.fund_accounts table kept.f; insert into settlement.postings overriding system value table kept.p; insert into settlement.payments table kept.y;
                insert into settlement.deliveries table kept.d; insert into settlement.transfers overriding system value table kept.t; insert into registry.holdings table kept.h;
                insert into settlement.freezes overriding system value table kept.z; insert into settlement.positions table kept.s;
                insert into settlement.payment_files table kept.n; insert into settlement.payouts overriding system value table kept.o; insert into settlement.bank_lines overriding system value table kept.l; drop schema kept cascade
                """);
        }

        Assert.True(missed.Count == 0, string.Join("\n", missed));
        Assert.Empty(await house.Broken());
    }
}
