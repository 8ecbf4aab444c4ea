using System.Globalization;
using Trading.Matching.Core;
using Trading.Settlement.Contracts;
using static Trading.Settlement.Tests.World;

namespace Trading.Settlement.Tests;

/// <summary>Anything anybody may ask, in any order, the settler now and then behind: what is held is always what there is.</summary>
public sealed class ConservingRightsAndMoney
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 20)];

    [Theory, MemberData(nameof(Seeds))]
    public void After_every_step(int seed)
    {
        var random = new Random(seed);
        var world = new World(random.Next(3) * 25_000);
        var seen = new SortedDictionary<string, int>(StringComparer.Ordinal);
        for (var step = 0; step < 700; step++)
        {
            var told = string.Create(CultureInfo.InvariantCulture, $"seed {seed} step {step}");
            Step(world, random, seen);
            world.IsWhole(told);
            Assert.True(world.Alerts.Count == 0, $"{told}: {world.Alerts.FirstOrDefault().Text}");
        }

        world.Rest();
        world.IsWhole(string.Create(CultureInfo.InvariantCulture, $"seed {seed} at rest"));
        // A seed that never trades, confirms or freezes shows nothing.
        foreach (var needed in (string[])["traded", "settled", "unwound", "seized", "released", "refused", "lifted", "busted"]) Assert.True(seen.ContainsKey(needed), $"seed {seed} has no {needed}: {string.Join(' ', seen)}");
    }

    private static void Step(World world, Random random, SortedDictionary<string, int> seen)
    {
        var (account, instrument) = (random.Next(1, 4), random.Next(1, 4));
        var perLot = world.Listings[instrument].UnitsPerLot;
        switch (random.Next(13))
        {
            case 0:
                world.Issue(account, instrument, random.Next(1, 80) * perLot);
                break;
            case 1:
                world.PayIn(account, random.Next(1, 200_000));
                break;
            case 2:
                Count(world.Move(account, TransferKind.EarmarkRight, instrument, random.Next(1, 40) * perLot).Refused is null ? "earmarked" : "refused");
                break;
            case 3:
                Count(world.Move(account, TransferKind.EarmarkMoney, 0, random.Next(1, 150_000)).Refused is null ? "earmarked" : "refused");
                break;
            case 4:
                _ = random.Next(2) == 0
                    ? world.Move(account, TransferKind.ReleaseRight, instrument, random.Next(1, 20) * perLot)
                    : world.Move(account, TransferKind.ReleaseMoney, 0, random.Next(1, 40_000));
                break;
            case 5 or 6 or 7:
                var orders = Enumerable.Range(0, random.Next(1, 6)).Select(_ =>
                {
                    var (who, what, ticks, lots) = (random.Next(1, 4), random.Next(1, 4), random.Next(90, 111), random.Next(1, 12));
                    return random.Next(2) == 0 ? Sell(who, what, ticks, lots) : Buy(who, what, ticks, lots);
                }).ToArray();
                foreach (var output in world.Trade(orders).Outputs.Span) Heard(output.Kind);
                break;
            case 8:
                var open = world.Deliveries.Values.Where(d => d.Facts.State == DeliveryState.AwaitingConfirmation).Select(d => d.Facts).ToList();
                if (open.Count > 0 && open[random.Next(open.Count)] is { } trade) Assert.Null(world.Answer(trade.Waiting[0], trade.TradeNo, random.Next(2) == 0));
                break;
            case 9 when random.Next(3) == 0:
                var asset = random.Next(4);
                // Every other one asks for more than lies outside the market.
                var within = random.Next(2) == 0 ? 0 : asset == 0 ? world.Fund(account).Available : world.Holding(account, asset).Available;
                world.Frozen(account, asset, within + random.Next(1, asset == 0 ? 6_000 : 60));
                break;
            case 10:
                var active = world.Freezes.Values.Where(f => f.State == FreezeState.Active).ToList();
                if (active.Count == 0) break;
                world.Lift(active[random.Next(active.Count)].Id);
                Count("lifted");
                break;
            case 12:
                var asked = world.Busts.Values.Where(b => b.State == BustState.Asked).ToList();
                if (asked.Count > 0) _ = random.Next(4) == 0 ? world.Withdraw(asked[0].Id) : world.Approve(asked[0].Id);
                var settled = world.Deliveries.Values.Where(d => d.Facts is { State: DeliveryState.Settled, Final: true }).Select(d => d.Facts.TradeNo).ToList();
                if (settled.Count > 0) world.AskBust(settled[random.Next(settled.Count)]);
                if (world.Busts.Values.Any(b => b.State == BustState.Busted)) Count("busted");
                break;
            default:
                world.Settle();
                break;
        }

        void Heard(OutputKind kind) => Count(kind switch
        {
            OutputKind.Trade => "traded",
            OutputKind.Settled => "settled",
            OutputKind.Unwound => "unwound",
            OutputKind.Seized => "seized",
            OutputKind.Withdrawn => "released",
            _ => "other",
        });

        void Count(string what) => seen[what] = seen.GetValueOrDefault(what) + 1;
    }
}
