using NodaTime;
using Trading.Gateway.Market;
using Trading.Matching.Contracts;
using Trading.Registry.Contracts;

namespace Trading.Gateway.Live;

/// <summary>What was traded of one instrument on one day in Shanghai.</summary>
internal sealed record DayBoard(LocalDate Date, long Open, long High, long Low, long Lots, long Amount)
{
    public static DayBoard After(DayBoard? day, LocalDate date, FeedTrade t) => day is { } d && d.Date == date
        ? d with { High = Math.Max(d.High, t.Ticks), Low = Math.Min(d.Low, t.Ticks), Lots = d.Lots + t.Lots, Amount = d.Amount + t.Amount }
        : new(date, t.Ticks, t.Ticks, t.Ticks, t.Lots, t.Amount);
}

/// <summary>The figures of the day as people read them; null where nothing was traded.</summary>
internal sealed record DayText(string? Last, string? Open, string? High, string? Low, string? Volume, string? Amount, string? Change, string? ChangePercent)
{
    /// <param name="today">Null: nothing traded today, and the last price is an older day's.</param>
    public static DayText Of(Tradable t, long? lastTicks, DayBoard? today)
    {
        decimal? change = lastTicks is { } last && t.Listing.Reference is { } reference ? t.Listing.Unit.Price(last - reference) : null;
        decimal? percent = change is { } c && t.Listing.Reference is { } from and > 0 ? decimal.Round(c * 100 / t.Listing.Unit.Price(from), 2, MidpointRounding.AwayFromZero) : null;
        return new(lastTicks is { } l ? t.Price(l) : null, today is null ? null : t.Price(today.Open), today is null ? null : t.Price(today.High), today is null ? null : t.Price(today.Low),
            today is null ? null : t.Quantity(today.Lots), today is null ? null : Json.Yuan(today.Amount), change is { } d ? Json.Text(d) : null,
            percent is { } p ? p.ToString("0.00", System.Globalization.CultureInfo.InvariantCulture) : null);
    }
}

/// <summary>Trades and phases of every instrument in one order, for readers of many. A reader who is too late is told to begin anew.</summary>
internal sealed class Tape
{
    private const int EntriesMost = 4_096;
    private static readonly RawJson Reset = RawJson.Of(new object[] { new { type = "reset" } });

    private sealed record Entry(long Place, RightClass Class, RawJson Public, RawJson Supervised);

    private readonly Lock gate = new();
    private readonly Queue<Entry> entries = new();
    private long place;
    private TaskCompletionSource moved = New();

    public long Place
    {
        get
        {
            lock (gate) return place;
        }
    }

    public void Add(RightClass rightClass, RawJson shown, RawJson supervised)
    {
        TaskCompletionSource waiting;
        lock (gate)
        {
            entries.Enqueue(new(++place, rightClass, shown, supervised));
            if (entries.Count > EntriesMost) entries.Dequeue();
            (waiting, moved) = (moved, New());
        }

        waiting.TrySetResult();
    }

    /// <param name="classes">Null: all.</param>
    public (IReadOnlyList<RawJson> Frames, long Reached, Task Moved) After(long from, IReadOnlySet<RightClass>? classes, bool supervised)
    {
        lock (gate)
        {
            if (from == place) return ([], place, moved.Task);
            if (entries.Peek().Place > from + 1) return ([Reset], place, Task.CompletedTask);
            return ([.. entries.Where(e => e.Place > from && (classes is null || classes.Contains(e.Class))).Select(e => supervised ? e.Supervised : e.Public)], place, Task.CompletedTask);
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
