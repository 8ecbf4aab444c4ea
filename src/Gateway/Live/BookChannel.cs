using System.Globalization;
using System.IO.Hashing;
using System.Text;
using NodaTime;
using Trading.Gateway.Market;
using Trading.Matching.Contracts;
using Trading.Matching.Core;

namespace Trading.Gateway.Live;

/// <summary>
/// One instrument's public picture and its last steps. Readers hold nothing here but a number: who is late gets one frame that spans what it
/// missed, who is too late gets a snapshot, and nobody waits for anybody.
/// </summary>
internal sealed class BookChannel
{
    /// <summary>Steps that can be resumed from.</summary>
    public const int StepsMost = 2_048;
    private const int MergedTradesMost = 1_000;
    private const int ChecksumLevels = 10;
    private const int ChecksumEvery = 100;

    private sealed record Step(FeedStep Fed, RawJson Frames);

    private readonly Lock gate = new();
    private readonly Tradable tradable;
    private readonly Queue<Step> steps = new();
    private readonly SortedDictionary<long, FeedLevel> bids = new(Comparer<long>.Create((a, b) => b.CompareTo(a)));
    private readonly SortedDictionary<long, FeedLevel> asks = [];
    private readonly Instant since;
    private long sequence;
    private TaskCompletionSource moved = New();

    /// <param name="at">When that picture was read.</param>
    public BookChannel(Tradable tradable, StandingBook? standing, IEnumerable<FeedLevel> levels, Instant at)
    {
        since = at;
        this.tradable = tradable;
        (sequence, Phase, LastTicks) = (standing?.Sequence ?? 0, standing?.Phase ?? Phase.None, standing?.LastTicks);
        foreach (var level in levels) Set(level);
    }

    public Tradable Tradable => tradable;

    public Phase Phase { get; private set; }

    public long? LastTicks { get; private set; }

    public long Sequence
    {
        get
        {
            lock (gate) return sequence;
        }
    }

    public void Apply(FeedStep step)
    {
        TaskCompletionSource waiting;
        lock (gate)
        {
            foreach (var level in step.Levels) Set(level);
            foreach (var trade in step.Trades)
            {
                if (!trade.Negotiated) LastTicks = trade.Ticks;
            }

            foreach (var phase in step.Phases)
            {
                // An uncrossing lasts no time.
                if (phase.Phase != Phase.Uncross) Phase = phase.Phase;
            }

            sequence = step.Sequence;
            steps.Enqueue(new(step, Frames(step.Previous, [step])));
            if (steps.Count > StepsMost) steps.Dequeue();
            (waiting, moved) = (moved, New());
        }

        waiting.TrySetResult();
    }

    /// <summary>What follows the number (null: a snapshot), and the number reached; no frames but a task to wait for where nothing follows.</summary>
    public (RawJson? Frames, long Reached, Task Moved) After(long? number)
    {
        lock (gate)
        {
            if (number == sequence) return (null, sequence, moved.Task);
            if (number is not { } after || after > sequence || steps.Count == 0 || after < steps.Peek().Fed.Previous) return (Snapshot(), sequence, Task.CompletedTask);
            var missed = steps.Where(s => s.Fed.Sequence > after).ToList();
            // Who is level but for the last step gets the bytes that everybody gets.
            if (missed is [var one] && one.Fed.Previous == after) return (one.Frames, sequence, Task.CompletedTask);
            return missed.Sum(s => s.Fed.Trades.Length) > MergedTradesMost
                ? (Snapshot(), sequence, Task.CompletedTask)
                : (Frames(after, [.. missed.Select(s => s.Fed)]), sequence, Task.CompletedTask);
        }
    }

    /// <summary>Trades, busts and phases each with its number, and one delta for every level touched; numbers grow, each frame names the one before it.</summary>
    private RawJson Frames(long after, IReadOnlyList<FeedStep> span)
    {
        var parts = new List<(long Sequence, Func<long, object> Frame)>();
        foreach (var step in span)
        {
            foreach (var trade in step.Trades.Where(t => t.Sequence > after)) parts.Add((trade.Sequence, previous => Frame(trade, previous)));
            foreach (var bust in step.Busts.Where(b => b.Sequence > after)) parts.Add((bust.Sequence, previous => Frame(tradable, bust, previous)));
            foreach (var session in step.Sessions.Where(e => e.Sequence > after)) parts.Add((session.Sequence, previous => Frame(tradable, session, previous)));
            foreach (var phase in step.Phases.Where(p => p.Sequence > after)) parts.Add((phase.Sequence, previous => Frame(tradable, phase, previous)));
        }

        var book = span.Max(s => s.BookSequence);
        if (book > after)
        {
            // As they stand now: levels are absolute, so a step that is sent twice changes nothing.
            var touched = span.SelectMany(s => s.Levels).Select(l => (l.Side, l.Ticks)).Distinct().ToList();
            var at = MarketEndpoints.At(span[^1].At);
            parts.Add((book, previous => Delta(previous, book, at, touched)));
        }

        parts.Sort((a, b) => a.Sequence.CompareTo(b.Sequence));
        var frames = new List<object>(parts.Count);
        foreach (var (number, frame) in parts)
        {
            frames.Add(frame(after));
            after = number;
        }

        return RawJson.Of(frames);
    }

    private object Frame(FeedTrade t, long previous) => new
    {
        type = "trade", symbol = tradable.Instrument.Symbol, sequence = t.Sequence, previousSequence = previous, at = MarketEndpoints.At(t.At),
        tradeNo = t.TradeNo.ToString(CultureInfo.InvariantCulture), price = tradable.Price(t.Ticks), quantity = tradable.Quantity(t.Lots), amount = Json.Yuan(t.Amount), aggressor = MarketEndpoints.Word(t.Aggressor), negotiated = t.Negotiated,
    };

    internal static object Frame(Tradable tradable, FeedPhase p, long previous) =>
        new { type = "phase", symbol = tradable.Instrument.Symbol, sequence = p.Sequence, previousSequence = previous, at = MarketEndpoints.At(p.At), phase = MarketEndpoints.Word(p.Phase) };

    internal static object Frame(Tradable tradable, FeedSession e, long previous)
    {
        var (symbol, at, price) = (tradable.Instrument.Symbol, MarketEndpoints.At(e.At), e.Ticks is { } ticks ? tradable.Price(ticks) : null);
        var (quantity, until) = (tradable.Quantity(e.Lots), e.Until is { } instant ? MarketEndpoints.At(instant) : null);
        var auctionId = e.Order.ToString(CultureInfo.InvariantCulture);
        return e.Kind switch
        {
            OutputKind.Uncrossed => new { type = "uncross", symbol, sequence = e.Sequence, previousSequence = previous, at, price, quantity, surplus = tradable.Quantity(e.Surplus), surplusSide = MarketEndpoints.Word(e.Side) },
            OutputKind.SaleOpened => new { type = "sale", symbol, sequence = e.Sequence, previousSequence = previous, at, auctionId, side = MarketEndpoints.Word(e.Side), reserve = price, quantity, until },
            OutputKind.Extended => new { type = "extended", symbol, sequence = e.Sequence, previousSequence = previous, at, auctionId, until },
            _ => (object)new { type = "auction", symbol, sequence = e.Sequence, previousSequence = previous, at, auctionId, price, quantity, bids = e.Bids, seed = e.Seed?.ToString(CultureInfo.InvariantCulture) },
        };
    }

    internal static object Frame(Tradable tradable, FeedBust b, long previous) => new
    {
        type = "bust", symbol = tradable.Instrument.Symbol, sequence = b.Sequence, previousSequence = previous, at = MarketEndpoints.At(b.At),
        tradeNo = b.TradeNo.ToString(CultureInfo.InvariantCulture), quantity = tradable.Quantity(b.Lots), amount = Json.Yuan(b.Amount),
    };

    private object Delta(long previous, long number, string at, List<(Side Side, long Ticks)> touched)
    {
        object[] Levels(Side side) => [.. touched.Where(t => t.Side == side).Select(t => Level(Of(side).TryGetValue(t.Ticks, out var level) ? level : new(side, t.Ticks, 0, 0)))];
        var (bidLevels, askLevels) = (Levels(Side.Buy), Levels(Side.Sell));
        return number / ChecksumEvery > previous / ChecksumEvery
            ? new { type = "delta", symbol = tradable.Instrument.Symbol, sequence = number, previousSequence = previous, at, bids = bidLevels, asks = askLevels, checksum = Checksum() }
            : new { type = "delta", symbol = tradable.Instrument.Symbol, sequence = number, previousSequence = previous, at, bids = bidLevels, asks = askLevels };
    }

    private RawJson Snapshot() => RawJson.Of(new object[]
    {
        new
        {
            type = "snapshot", symbol = tradable.Instrument.Symbol, sequence, previousSequence = 0, at = MarketEndpoints.At(steps.Count > 0 ? steps.Last().Fed.At : since), phase = MarketEndpoints.Word(Phase),
            last = LastTicks is { } last ? tradable.Price(last) : null, bids = bids.Values.Select(Level), asks = asks.Values.Select(Level), checksum = Checksum(),
        },
    });

    /// <summary>docs/protocol.md: CRC-32 of the ten best bids, then the ten best asks, each "price:quantity", joined by "|".</summary>
    private uint Checksum()
    {
        var best = bids.Values.Take(ChecksumLevels).Concat(asks.Values.Take(ChecksumLevels)).Select(l => tradable.Price(l.Ticks) + ":" + tradable.Quantity(l.Lots));
        return Crc32.HashToUInt32(Encoding.UTF8.GetBytes(string.Join('|', best)));
    }

    private object[] Level(FeedLevel level) => [tradable.Price(level.Ticks), tradable.Quantity(level.Lots), level.Orders];

    private SortedDictionary<long, FeedLevel> Of(Side side) => side == Side.Buy ? bids : asks;

    private void Set(FeedLevel level)
    {
        if (level.Lots > 0) Of(level.Side)[level.Ticks] = level;
        else Of(level.Side).Remove(level.Ticks);
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
