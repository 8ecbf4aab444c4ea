using NodaTime;
using Trading.Matching.Contracts;
using Trading.Matching.Core;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;
using static Trading.Settlement.Tests.Postgres.House;

namespace Trading.Settlement.Tests.Postgres;

/// <summary>What an account had in the morning, all that moved, and what it had when the day was over (R-SET-08).</summary>
[Trait("layer", "integration")]
public sealed class StatingADay
{
    private const int LinesMost = 1_000;
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;
    private static readonly LocalDate First = new(2026, 3, 2);

    // Seen to fail with the lines of the day read up to now instead of up to its end (the desk then finds the sum wrong itself), with the opening of rights folded an
    // event too far, with every posting booked at one time, and with another fee shown to the seller.
    [Fact]
    public async Task Opening_and_all_that_moved_are_closing_and_closing_is_what_the_books_say()
    {
        await using var house = await Open();
        var final = await house.Trade(Carbon, 1_000, 30);
        await house.Rest();
        var desk = house.The<IBusts>();
        house.Clock.Advance(Duration.FromDays(1));
        Got(await desk.Approve(Got(await desk.Ask(final, "typed a price too much", Clerk, Stop)).Id, Second, Stop));
        var conditional = await house.Trade(Cod, 7_000, 40);
        await house.Rest();
        Got(await house.Confirmations.Answer("320583", conditional, 0, new(true, null, null, County), Stop));
        await house.Rest();
        Got(await house.Funds.PayIn(Textile, 900, "in/by bank", Clerk, Stop));
        Got(await house.Freezes.CarryOut(Got(await house.Freezes.Order(Textile, 0, 500, Warrant("(2026) 1"), Clerk, Stop)).Id, Second, Stop));
        await house.Rest();
        house.Clock.Advance(Duration.FromDays(1));
        Got(await house.Funds.PayOut(Textile, 400, "out", Clerk, Stop));
        Got(await house.Register.Transfer(new(Textile, Cod), Power, 15, "merger", "hand-over", Clerk, Stop));
        foreach (var account in (int[])[Steel, Textile, Power])
        {
            var days = new List<DailyStatement>();
            for (var day = 0; day < 3; day++) days.Add(Got(await house.The<IStatements>().Of(account, First.PlusDays(day), LinesMost, Stop)));
            Assert.Equal([true, true, false], days.Select(d => d.Over));
            foreach (var day in days)
            {
                Assert.Equal(day.Closing, day.Lines.Aggregate(day.Opening, (sum, line) => sum + line.Change));
                Assert.All(day.Rights, r => Assert.Equal(r.Closing, r.Lines.Aggregate(r.Opening, (held, line) => Holding.Evolve(held, line.Happened))));
                Assert.All(day.Lines.Select(l => l.At).Concat(day.Rights.SelectMany(r => r.Lines.Select(l => l.At))), at => Assert.Equal(day.Day, Eligibility.Day(at)));
            }

            Assert.All(days.Zip(days.Skip(1)), pair => Assert.Equal(pair.First.Closing, pair.Second.Opening));
            Assert.All(days.Zip(days.Skip(1)), pair => Assert.Equal(Held(pair.First.Rights, r => r.Closing), Held(pair.Second.Rights, r => r.Opening)));
            Assert.Equal(new FundAccount(account, 0, 0, 0, 0), days[0].Opening);
            Assert.Equal(await house.Fund(account), days[2].Closing);
            Assert.Equal((await house.The<IHoldings>().Of(account, Stop)).Where(h => h.Total > 0), days[2].Rights.Select(r => r.Closing).Where(h => h.Total > 0));
        }

        var (bought, sold) = (await Lines(house, Textile), await Lines(house, Steel));
        Assert.Equal([MoneyKind.PayIn, MoneyKind.IntoMarket, MoneyKind.Bought, MoneyKind.Busted, MoneyKind.SetAside, MoneyKind.Bought, MoneyKind.PayIn, MoneyKind.Frozen, MoneyKind.PayOut], bought.Select(l => l.Kind));
        Assert.Equal(["in-2", $"{final}", $"{final}", $"{conditional}", $"{conditional}", "in/by bank", "1", "out"], bought.Where(l => l.Kind != MoneyKind.IntoMarket).Select(l => l.Reference));
        // A thousandth of 300.00 and a twentieth of 280.00, paid and, where the trade was taken back, given back.
        Assert.Equal([30L, -30L, 1_400L], bought.Select(l => l.Fee?.Total).OfType<long>().Where(fee => fee != 0));
        Assert.Equal([30L, -30L, 1_400L], sold.Select(l => l.Fee?.Total).OfType<long>().Where(fee => fee != 0));
        Assert.Equal("OUT_OF_RANGE", (await house.The<IStatements>().Of(Steel, First.PlusDays(3), LinesMost, Stop)).Refused?.Code);
        Assert.Equal("OUT_OF_RANGE", (await house.The<IStatements>().Of(Textile, First.PlusDays(1), 4, Stop)).Refused?.Code);
        Assert.Empty(await house.Broken());
    }

    // Seen to fail with a trade that still waits taken for a settled one.
    [Fact]
    public async Task Of_a_trade_what_was_delivered_is_said_of_each_side_and_to_nobody_else()
    {
        await using var house = await Open();
        var (desk, trade) = (house.The<IStatements>(), await house.Trade(Cod, 7_000, 40));
        await house.Rest();
        Assert.Equal("TRADE_NOT_SETTLED", (await desk.Delivered(Textile, trade, Stop)).Refused?.Code);
        Got(await house.Confirmations.Answer("320583", trade, 0, new(true, null, null, County), Stop));
        await house.Rest();
        Assert.Equal("NOT_FOUND", (await desk.Delivered(Power, trade, Stop)).Refused?.Code);
        var (bought, sold) = (Got(await desk.Delivered(Textile, trade, Stop)), Got(await desk.Delivered(Steel, trade, Stop)));
        Assert.Equal((40L, 28_000L, new FeeParts(1_400, 0)), (bought.Lots, bought.Amount, bought.Fee));
        Assert.Equal((bought.Lots, bought.Amount, bought.At), (sold.Lots, sold.Amount, sold.At));
        Assert.Equal(sold.Trade.Timeline[^1].At, sold.At);
    }

    // Seen to fail with each posting given its own known time alone; the first of it, that joined every entry by a number, failed on the bank's references.
    [Fact]
    public async Task What_was_booked_before_times_were_kept_stays_in_its_order()
    {
        await using var house = await Open();
        await house.Trade(Carbon, 1_000, 30);
        await house.Rest();
        house.Clock.Advance(Duration.FromDays(1));
        Got(await house.Funds.PayIn(Textile, 900, "later", Clerk, Stop));
        var kept = await house.Scalar<string>("select string_agg(entry || ' ' || booked_us / 86400000000, ',' order by id) from settlement.postings where entry not like 'payment/%'");
        var assembly = typeof(SettlementSchema).Assembly;
        using var script = new StreamReader(assembly.GetManifestResourceStream(assembly.GetManifestResourceNames().Single(n => n.Contains("when-money-moved", StringComparison.Ordinal)))!);
        await house.Execute("alter table settlement.postings drop column booked_us;" + await script.ReadToEndAsync(Stop));
        Assert.Equal(kept, await house.Scalar<string>("select string_agg(entry || ' ' || booked_us / 86400000000, ',' order by id) from settlement.postings where entry not like 'payment/%'"));
        Assert.Equal(0, await house.Scalar<long>("select count(*) from (select booked_us - lag(booked_us) over (order by id) back from settlement.postings) s where back < 0"));
        Got(await house.The<IStatements>().Of(Textile, First.PlusDays(1), LinesMost, Stop));
        Assert.Empty(await house.Broken());
    }

    private static async Task<List<MoneyLine>> Lines(House house, int account)
    {
        var all = new List<MoneyLine>();
        for (var day = 0; day < 3; day++) all.AddRange(Got(await house.The<IStatements>().Of(account, First.PlusDays(day), LinesMost, Stop)).Lines);
        return all;
    }

    private static Holding[] Held(IReadOnlyList<RightsOfDay> rights, Func<RightsOfDay, Holding> which) => [.. rights.Select(which).Where(h => h.Total > 0)];
}
