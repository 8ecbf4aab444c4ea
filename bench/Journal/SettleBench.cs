using System.Diagnostics;

namespace Trading.Bench.Journal;

/// <summary>Trades on their way into the books: how many a second when they wait, how long one waits when they come evenly, and how long an outage is worked off.</summary>
internal static class SettleBench
{
    private const int InOne = 20_000;
    private const int Outage = 100_000;
    private const int ASecond = 500;

    public static async Task<Figure> Dvp(BenchMarket market, int runs, Action<string> say)
    {
        say($"settle.dvp: {InOne} trades wait, and are settled; beside it the same rows changed by hand");
        var hand = await Hand(market);
        var (settled, bare) = (new List<decimal>(), new List<decimal>());
        for (var run = -1; run < runs; run++)
        {
            var seconds = await Drained(market, InOne, null);
            var byHand = await hand.Run(InOne);
            if (run < 0) continue;
            settled.Add(InOne / seconds);
            bare.Add(byHand);
        }

        return Figure.Of("settle.dvp", "settlements/s", settled, "the same rows changed by a hand-written batch, trades/s", bare);
    }

    public static async Task<Figure> AfterAnOutage(BenchMarket market, Action<string> say)
    {
        say($"settle.outage: {Outage} trades while nobody settles");
        var hand = await Hand(market);
        return Figure.Of("settle.outage", "s", [await Drained(market, Outage, say)], "the same rows changed by a hand-written batch, s", [Outage / await hand.Run(Outage)]);
    }

    public static async Task<Figure> Latency(BenchMarket market, string connectionString, int runs, Action<string> say)
    {
        say($"settle.latency: {ASecond} trades/s, from the answer to the settlement's commit");
        var (p50, p99, bare) = (new List<decimal>(), new List<decimal>(), new List<decimal>());
        for (var run = -1; run < runs; run++)
        {
            var (_, median) = await BareInserts.Measure(connectionString, 1, TimeSpan.FromSeconds(2));
            var waited = await market.Evenly(ASecond, TimeSpan.FromSeconds(5));
            if (run < 0) continue;
            bare.Add(median);
            p50.Add(waited[waited.Count / 2]);
            p99.Add(waited[(int)(waited.Count * 0.99m)]);
        }

        return Figure.Of("settle.latency", "ms", p50, "commit of a bare single-row insert, the median too", bare).With("p99", p99);
    }

    /// <summary>After some trades, for it writes what they wrote.</summary>
    private static async Task<HandWrittenBatch> Hand(BenchMarket market)
    {
        await market.Trades(1_000);
        await market.Settled();
        return await HandWrittenBatch.Make(market.Store);
    }

    /// <returns>Seconds from the settler's start until nothing waits.</returns>
    private static async Task<decimal> Drained(BenchMarket market, int trades, Action<string>? say)
    {
        await market.StopSettling();
        await market.Trades(trades);
        var watch = Stopwatch.StartNew();
        await market.StartSettling();
        await market.Settled(say);
        return (decimal)watch.Elapsed.TotalSeconds;
    }
}
