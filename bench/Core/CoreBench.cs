using System.Diagnostics;
using System.Globalization;
using Trading.Matching.Core;

namespace Trading.Bench.Core;

/// <summary>The market that `serve` builds, alone on a thread: every command copied into a batch, risk and retries looked at, every output written.</summary>
internal static class CoreBench
{
    public const int BatchMost = 1024;
    private const int Accounts = 10_000;
    private const int Operations = 3_000_000;
    private const ulong Seed = 7;
    private const string Baseline = "obvious C# book (SortedDictionary, LinkedList, Dictionary), matching alone";

    /// <param name="only">A, B or C; null: all, and how cost grows with depth.</param>
    public static IEnumerable<Figure> Run(int runs, string? only, Action<string> say)
    {
        var allocated = new List<decimal>();
        foreach (var (name, instruments, depth) in ((string, int, int)[])[("A", 1, 1_000), ("B", 1, 10_000), ("C", 100, 92_000)])
        {
            if (only is not null && only != name) continue;
            say($"flow {name}: making {Operations:N0} operations at depth {depth:N0} over {instruments} instruments");
            var flow = new FlowMaker(instruments, depth, Accounts, Seed).Make(Operations);
            foreach (var figure in Measure(name, flow, runs, say, allocated)) yield return figure;
        }

        yield return Alloc(allocated);
        if (only is not null) yield break;
        yield return Depth(runs, say);
        yield return Restore(runs, say);
    }

    /// <summary>One flow, from wherever it comes; also says what it traded.</summary>
    public static IEnumerable<Figure> Measure(string name, Flow flow, int runs, Action<string> say)
    {
        var allocated = new List<decimal>();
        foreach (var figure in Measure(name, flow, runs, say, allocated)) yield return figure;
        yield return Alloc(allocated);
    }

    /// <summary>Over every run of every flow.</summary>
    private static Figure Alloc(List<decimal> bytes) => Figure.Of("core.alloc", "bytes/operation", bytes, null, null);

    private static IEnumerable<Figure> Measure(string name, Flow flow, int runs, Action<string> say, List<decimal> bytes)
    {
        say(Told(flow));
        var (rates, bases, p999) = (new List<decimal>(), new List<decimal>(), new List<decimal>());
        for (var run = -1; run < runs; run++)
        {
            var operations = (decimal)(flow.Records.Length - flow.Warm);
            var baseline = operations / Obvious(flow);
            var (seconds, allocated) = Batched(flow);
            if (run < 0) continue;
            bases.Add(baseline);
            rates.Add(operations / seconds);
            bytes.Add(allocated / operations);
            p999.Add(Slowest(flow));
            say(string.Create(CultureInfo.InvariantCulture, $"  run {run + 1}: {rates[^1]:N0} operations/s, baseline {bases[^1]:N0}, p99.9 {p999[^1]:N0} ns"));
        }

        yield return Figure.Of($"core.{name}", "operations/s", rates, Baseline, bases);
        yield return Figure.Of($"core.p999.{name}", "ns", p999, null, null);
    }

    private static Figure Depth(int runs, Action<string> say)
    {
        say("one book at depth 1,000 and at 100,000");
        var (shallow, deep) = (new FlowMaker(1, 1_000, Accounts, Seed).Make(1_000_000), new FlowMaker(1, 100_000, Accounts, Seed).Make(1_000_000));
        var ratios = new List<decimal>();
        for (var run = -1; run < runs; run++)
        {
            var (little, much) = (Batched(shallow).Seconds, Batched(deep).Seconds);
            if (run >= 0) ratios.Add(much / little);
        }

        return Figure.Of("core.depth", "cost ratio", ratios, null, null);
    }

    /// <summary>A start from a snapshot of a market with a million open orders, beside placing them anew.</summary>
    private static Figure Restore(int runs, Action<string> say)
    {
        const int Orders = 1_000_000;
        say($"a snapshot of {Orders:N0} open orders");
        var records = new FlowRecord[Orders];
        for (var i = 0; i < Orders; i++)
        {
            var side = (byte)(i % 2);
            records[i] = new() { Op = FlowRecord.New, Side = side, Instrument = (ushort)(i % 100), Id = (uint)i, Price = side == 0 ? 9_999 - (i / 200 % 500) : 10_001 + (i / 200 % 500), Quantity = 1 + (i % 90), Account = (uint)(i * 7L % Accounts) };
        }

        var flow = new Flow(records, 0);
        var (restored, placed) = (new List<decimal>(), new List<decimal>());
        for (var run = -1; run < runs; run++)
        {
            var (market, outputs) = Opened(flow);
            var commands = flow.Commands(market.Sequence);
            var (batch, ends) = (new Command[BatchMost], new int[BatchMost]);
            var began = Stopwatch.GetTimestamp();
            Feed(market, outputs, commands, batch, ends);
            var anew = Stopwatch.GetTimestamp() - began;
            var snapshot = market.Snapshot();
            GC.Collect();
            began = Stopwatch.GetTimestamp();
            var again = Market.Restore(snapshot, MarketOptions.Served with { Room = Orders });
            var took = Stopwatch.GetTimestamp() - began;
            if (again.OpenOrders != Orders || !again.Snapshot().AsSpan().SequenceEqual(snapshot)) throw new InvalidOperationException("a restored market is another one");
            if (run < 0) continue;
            restored.Add(took / (decimal)Stopwatch.Frequency);
            placed.Add(anew / (decimal)Stopwatch.Frequency);
        }

        return Figure.Of("core.restore", "s", restored, "placing the same million orders", placed);
    }

    private static (decimal Seconds, decimal Allocated) Batched(Flow flow)
    {
        var (market, outputs) = Opened(flow);
        var commands = flow.Commands(market.Sequence);
        var (batch, ends) = (new Command[BatchMost], new int[BatchMost]);
        Feed(market, outputs, commands.AsSpan(0, flow.Warm), batch, ends);
        GC.Collect();
        var before = GC.GetAllocatedBytesForCurrentThread();
        var began = Stopwatch.GetTimestamp();
        Feed(market, outputs, commands.AsSpan(flow.Warm), batch, ends);
        var took = Stopwatch.GetTimestamp() - began;
        return (took / (decimal)Stopwatch.Frequency, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void Feed(Market market, OutputBuffer outputs, ReadOnlySpan<Command> commands, Command[] batch, int[] ends)
    {
        for (var at = 0; at < commands.Length; at += BatchMost)
        {
            var some = commands[at..Math.Min(commands.Length, at + BatchMost)];
            some.CopyTo(batch);
            outputs.Clear();
            market.Apply(batch.AsSpan(0, some.Length), outputs, ends);
        }
    }

    /// <summary>Each command timed by itself, without its neighbours to fetch ahead for: the slower way.</summary>
    private static decimal Slowest(Flow flow)
    {
        var (market, outputs) = Opened(flow);
        var commands = flow.Commands(market.Sequence);
        var (batch, ends) = (new Command[BatchMost], new int[BatchMost]);
        Feed(market, outputs, commands.AsSpan(0, flow.Warm), batch, ends);
        var ticks = new long[commands.Length - flow.Warm];
        GC.Collect();
        for (var i = flow.Warm; i < commands.Length; i++)
        {
            outputs.Clear();
            var began = Stopwatch.GetTimestamp();
            market.Apply(in commands[i], outputs);
            ticks[i - flow.Warm] = Stopwatch.GetTimestamp() - began;
        }

        Array.Sort(ticks);
        return ticks[(int)(ticks.Length * 0.999m)] * 1_000_000_000m / Stopwatch.Frequency;
    }

    private static decimal Obvious(Flow flow)
    {
        var book = new ObviousBook(flow.Instruments);
        foreach (ref var record in flow.Records.AsSpan(0, flow.Warm)) book.Apply(in record);
        GC.Collect();
        var began = Stopwatch.GetTimestamp();
        foreach (ref var record in flow.Records.AsSpan(flow.Warm)) book.Apply(in record);
        return (Stopwatch.GetTimestamp() - began) / (decimal)Stopwatch.Frequency;
    }

    private static (Market Market, OutputBuffer Outputs) Opened(Flow flow)
    {
        var (market, outputs) = (new Market(MarketOptions.Served with { Room = flow.Records.Length * 6 / 10 }), new OutputBuffer());
        foreach (var command in flow.Opening())
        {
            outputs.Clear();
            market.Apply(in command, outputs);
        }

        return (market, outputs);
    }

    /// <summary>Trades, volume and the hash over all trades in order: h = 31·h + (maker id xor taker id·2²⁰ xor price·2⁴⁴ xor quantity).</summary>
    private static string Told(Flow flow)
    {
        var (market, outputs) = Opened(flow);
        var commands = flow.Commands(market.Sequence);
        var idOf = new Dictionary<long, uint>();
        var (trades, volume, hash) = (0L, 0L, 0UL);
        for (var i = 0; i < commands.Length; i++)
        {
            outputs.Clear();
            market.Apply(in commands[i], outputs);
            foreach (ref readonly var output in outputs.Written)
            {
                if (output.Kind == OutputKind.Accepted) idOf[output.Order] = flow.Records[i].Id;
                else if (output.Kind == OutputKind.Replaced) idOf[output.Order] = flow.Records[i].NewId;
                else if (output.Kind == OutputKind.Trade)
                {
                    var (buy, sell) = (idOf[output.BuyOrder], idOf[output.SellOrder]);
                    var (maker, taker) = output.Side == Side.Buy ? (sell, buy) : (buy, sell);
                    trades++;
                    volume += output.Lots;
                    hash = unchecked((31 * hash) + ((ulong)maker ^ ((ulong)taker << 20) ^ ((ulong)output.Ticks << 44) ^ (ulong)output.Lots));
                }
            }
        }

        var plain = new ObviousBook(flow.Instruments);
        foreach (ref var record in flow.Records.AsSpan()) plain.Apply(in record);
        return string.Create(CultureInfo.InvariantCulture, $"{trades} trades, volume {volume}, hash {hash:x16} (the obvious book: {plain.Trades} trades, volume {plain.Volume})");
    }
}
