using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using NodaTime;
using Trading.Gateway.Market;
using Trading.Matching.Contracts;
using Trading.Matching.Core;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;

namespace Trading.Gateway.Live;

/// <summary>
/// Follows the committed market and keeps what live readers read: a channel an instrument, the tape of all, and the last batches for private readers.
/// It begins at the blotter's tables, so that every gateway and every start gives the same numbers. It never speaks to the leader.
/// </summary>
internal sealed partial class Relay(IBlotter blotter, IBatchFeed feed, IDirectory directory, IListings listings, IClock clock, PrivateBells bells, ILogger<Relay> log) : BackgroundService
{
    private static readonly Duration Pause = Duration.FromMilliseconds(500);
    private static readonly Duration NameAgain = Duration.FromMilliseconds(200);

    private readonly ConcurrentDictionary<int, BookChannel> channels = [];
    private readonly ConcurrentDictionary<int, DayBoard> days = [];
    private TaskCompletionSource opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool follows;

    public Tape Tape { get; } = new();

    /// <summary>It follows; what it shows is at most a moment old.</summary>
    public bool Follows => follows;

    public bool Channel(int instrument, [NotNullWhen(true)] out BookChannel? channel) => channels.TryGetValue(instrument, out channel);

    public DayText Day(Tradable tradable)
    {
        var today = Eligibility.Day(clock.GetCurrentInstant());
        days.TryGetValue(tradable.Instrument.Number, out var day);
        return DayText.Of(tradable, channels.TryGetValue(tradable.Instrument.Number, out var channel) ? channel.LastTicks : null, day?.Date == today ? day : null);
    }

    /// <summary>Waits, at most some seconds, for the channel of an instrument that was listed a moment ago.</summary>
    /// <exception cref="RefusedException">STORE_UNAVAILABLE: the market is not followed now.</exception>
    public async Task<BookChannel> Opened(int instrument, CancellationToken stop)
    {
        for (var until = clock.GetCurrentInstant() + Duration.FromSeconds(10); clock.GetCurrentInstant() < until;)
        {
            var next = Volatile.Read(ref opened).Task;
            if (channels.TryGetValue(instrument, out var channel)) return channel;
            await Task.WhenAny(next, Task.Delay(TimeSpan.FromSeconds(1), stop));
            stop.ThrowIfCancellationRequested();
        }

        throw Json.No("STORE_UNAVAILABLE");
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        FeedBooks? books = null;
        // Folded but not yet shown: a failure between the two must lose none of them.
        var pending = new Queue<FeedStep>();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                books ??= await Begin(stoppingToken);
                await Apply(pending, stoppingToken);
                follows = true;
                await foreach (var batch in feed.From(books.Sequence, stoppingToken))
                {
                    foreach (var step in books.Add(batch)) pending.Enqueue(step);
                    bells.Heard(batch);
                    await Apply(pending, stoppingToken);
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failed)
            {
                // The picture stands as it is and the fold goes on where it stopped: what was applied was committed.
                follows = false;
                Failed(log, failed.Message);
                await Task.Delay(Pause.ToTimeSpan(), stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task<FeedBooks> Begin(CancellationToken stop)
    {
        var today = Eligibility.Day(clock.GetCurrentInstant());
        var start = await blotter.Standing(Eligibility.Begin(today), stop);
        var books = new FeedBooks(start);
        var levels = books.Levels.ToLookup(l => l.Instrument, l => l.Level);
        foreach (var day in start.Days) days[day.Instrument] = new(today, day.Open, day.High, day.Low, day.Lots, day.Amount);
        foreach (var book in start.Books) Open(book.Instrument, new(await Named(book.Instrument, stop), book, levels[book.Instrument], clock.GetCurrentInstant()));
        bells.Begin(start.Sequence);
        return books;
    }

    private async Task Apply(Queue<FeedStep> pending, CancellationToken stop)
    {
        while (pending.TryPeek(out var step))
        {
            // Whatever can fail comes first; what follows is done whole.
            if (!channels.TryGetValue(step.Instrument, out var channel))
            {
                channel = new(await Named(step.Instrument, stop), null, [], step.At);
                Open(step.Instrument, channel);
            }

            var catalog = step.Trades.Length + step.Busts.Length > 0 ? await directory.Current(stop) : null;
            channel.Apply(step);
            if (step.Trades.Length + step.Phases.Length + step.Sessions.Length + step.Busts.Length > 0) Show(step, channel.Tradable, catalog);
            pending.Dequeue();
        }
    }

    private void Open(int instrument, BookChannel channel)
    {
        channels[instrument] = channel;
        Interlocked.Exchange(ref opened, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
    }

    /// <summary>On the tape: the public line and the supervisor's, who sees the parties (R-DIS-03).</summary>
    private void Show(FeedStep step, Tradable tradable, Catalog? catalog)
    {
        var (shown, supervised) = (new List<object>(), new List<object>());
        foreach (var t in step.Trades)
        {
            // What two agreed on moves no figure of the day (R-CEA-09).
            if (!t.Negotiated) days.AddOrUpdate(step.Instrument, _ => DayBoard.After(null, Eligibility.Day(t.At), t), (_, before) => DayBoard.After(before, Eligibility.Day(t.At), t));
            var today = days.GetValueOrDefault(step.Instrument) is { } board && board.Date == Eligibility.Day(t.At) ? board : null;
            var text = DayText.Of(tradable, t.Negotiated ? channels[step.Instrument].LastTicks : t.Ticks, today);
            var (symbol, tradeNo, at) = (tradable.Instrument.Symbol, t.TradeNo.ToString(CultureInfo.InvariantCulture), MarketEndpoints.At(t.At));
            var (price, quantity, amount, aggressor) = (tradable.Price(t.Ticks), tradable.Quantity(t.Lots), Json.Yuan(t.Amount), MarketEndpoints.Word(t.Aggressor));
            shown.Add(new
            {
                type = "trade", symbol, sequence = t.Sequence, previousSequence = t.Sequence - 1, at, tradeNo, price, quantity, amount, aggressor, negotiated = t.Negotiated,
                last = text.Last, open = text.Open, high = text.High, low = text.Low, volume = text.Volume, change = text.Change, changePercent = text.ChangePercent,
            });
            supervised.Add(new { type = "trade", symbol, sequence = t.Sequence, at, tradeNo, price, quantity, amount, aggressor, negotiated = t.Negotiated, buyer = Counterparty.Show(catalog?.Participant(t.Buyer)), seller = Counterparty.Show(catalog?.Participant(t.Seller)) });
        }

        foreach (var b in step.Busts)
        {
            var (symbol, tradeNo, at, quantity, amount) = (tradable.Instrument.Symbol, b.TradeNo.ToString(CultureInfo.InvariantCulture), MarketEndpoints.At(b.At), tradable.Quantity(b.Lots), Json.Yuan(b.Amount));
            shown.Add(BookChannel.Frame(tradable, b, b.Sequence - 1));
            supervised.Add(new { type = "bust", symbol, sequence = b.Sequence, at, tradeNo, quantity, amount, buyer = Counterparty.Show(catalog?.Participant(b.Buyer)), seller = Counterparty.Show(catalog?.Participant(b.Seller)) });
        }

        foreach (var e in step.Sessions)
        {
            var line = BookChannel.Frame(tradable, e, e.Sequence - 1);
            shown.Add(line);
            supervised.Add(line);
        }

        foreach (var p in step.Phases)
        {
            var line = BookChannel.Frame(tradable, p, p.Sequence - 1);
            shown.Add(line);
            supervised.Add(line);
        }

        Tape.Add(tradable.Instrument.Class, RawJson.Of(shown), RawJson.Of(supervised));
    }

    /// <summary>A listing is committed before the market can hear of it; only a cache may not have it yet.</summary>
    private async Task<Tradable> Named(int instrument, CancellationToken stop)
    {
        while (true)
        {
            if ((await directory.Current(stop)).Instrument(instrument) is { } named && (await listings.Current(stop)).TryGetValue(instrument, out var listing)) return new(named, listing);
            await Task.Delay(NameAgain.ToTimeSpan(), stop);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The live feed waits: {Reason}")]
    private static partial void Failed(ILogger log, string reason);
}

internal static class Counterparty
{
    public static object? Show(Participant? p) => p is null ? null : new { id = p.Id, nameZh = p.NameZh, nameEn = p.NameEn };
}
