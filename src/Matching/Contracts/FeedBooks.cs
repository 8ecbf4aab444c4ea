using System.Collections.Immutable;
using Trading.Matching.Core;

namespace Trading.Matching.Contracts;

/// <summary>Folds batches into public steps. Pure: the same batches after the same start give the same numbers on every gateway and after every restart.</summary>
public sealed class FeedBooks
{
    private sealed class Order(RestingOrder order)
    {
        public int Instrument { get; } = order.Instrument;
        public Side Side { get; } = order.Side;
        public long Ticks { get; set; } = order.Ticks;
        public long Left { get; set; } = order.Lots;
        public long Total { get; set; } = order.Total;
        public long Shown { get; set; } = order.Shown;
        public long Display { get; set; } = order.Display;

        /// <summary>What a fresh tip shows.</summary>
        public long Tip => Display == 0 ? Left : Math.Min(Display, Left);
    }

    private sealed class Touched(long previous)
    {
        public long Previous { get; } = previous;
        public long Sequence { get; set; } = previous;
        public long BookSequence { get; set; }
        public ImmutableArray<FeedTrade>.Builder Trades { get; } = ImmutableArray.CreateBuilder<FeedTrade>();
        public ImmutableArray<FeedPhase>.Builder Phases { get; } = ImmutableArray.CreateBuilder<FeedPhase>();
        public ImmutableArray<FeedSession>.Builder Sessions { get; } = ImmutableArray.CreateBuilder<FeedSession>();
        public ImmutableArray<FeedBust>.Builder Busts { get; } = ImmutableArray.CreateBuilder<FeedBust>();
        public HashSet<(Side Side, long Ticks)> Levels { get; } = [];
        public long AtMicros { get; set; }
    }

    private readonly Dictionary<long, Order> orders = [];
    private readonly Dictionary<(int Instrument, Side Side, long Ticks), (long Lots, int Orders)> levels = [];
    private readonly Dictionary<int, long> sequences = [];

    public FeedBooks(FeedStart start)
    {
        Sequence = start.Sequence;
        foreach (var book in start.Books) sequences[book.Instrument] = book.Sequence;
        foreach (var order in start.Orders) Rest(order);
    }

    /// <summary>Journal sequence up to which was folded.</summary>
    public long Sequence { get; private set; }

    /// <summary>Every level that stands, in no order.</summary>
    public IEnumerable<(int Instrument, FeedLevel Level)> Levels => levels.Select(l => (l.Key.Instrument, new FeedLevel(l.Key.Side, l.Key.Ticks, l.Value.Lots, l.Value.Orders)));

    /// <returns>One step for each instrument that the batch touched; empty for a batch heard before.</returns>
    /// <exception cref="JournalDamagedException">The batch does not follow.</exception>
    public IReadOnlyList<FeedStep> Add(Batch batch)
    {
        if (batch.LastSequence <= Sequence) return [];
        if (batch.FirstSequence != Sequence + 1) throw new JournalDamagedException(batch.FirstSequence, $"begins at {batch.FirstSequence} where {Sequence + 1} follows");
        var touched = new SortedDictionary<int, Touched>();
        foreach (ref readonly var output in batch.Outputs.Span) Add(in output, touched);
        Sequence = batch.LastSequence;
        var steps = new List<FeedStep>(touched.Count);
        foreach (var (instrument, t) in touched)
        {
            sequences[instrument] = t.Sequence;
            steps.Add(new(instrument, t.Previous, t.Sequence, Time.Instant(t.AtMicros), t.Trades.ToImmutable(), t.Phases.ToImmutable(), t.Sessions.ToImmutable(), t.Busts.ToImmutable(), t.BookSequence,
                [.. t.Levels.Select(l => levels.TryGetValue((instrument, l.Side, l.Ticks), out var at) ? new FeedLevel(l.Side, l.Ticks, at.Lots, at.Orders) : new FeedLevel(l.Side, l.Ticks, 0, 0))]));
        }

        return steps;
    }

    private void Add(in Output output, SortedDictionary<int, Touched> touched)
    {
        switch (output.Kind)
        {
            case OutputKind.Accepted or OutputKind.SaleOpened:
                var placed = Book(in output, touched);
                // A market order never rests, and what waits stands in no book yet.
                var hides = output.Waiting != 0 || output.Type is OrderType.Market or OrderType.Stop;
                // A sale without a reserve stands at the least price there is.
                var resting = new RestingOrder(output.Order, output.Instrument, output.Side, output.Kind == OutputKind.SaleOpened ? Math.Max(output.Ticks, 1) : output.Ticks, output.Lots, output.Lots,
                    hides ? 0 : output.Display == 0 ? output.Lots : output.Display, output.Display);
                Rest(resting);
                if (!hides) placed.Levels.Add((resting.Side, resting.Ticks));
                if (output.Kind == OutputKind.SaleOpened) Session(in output, placed);
                break;
            case OutputKind.SaleClosed:
                // Nobody takes back what a sale did not sell: its end is the end of its order.
                var sold = Book(in output, touched);
                Leave(output.Order, sold);
                Session(in output, sold);
                break;
            case OutputKind.Uncrossed or OutputKind.Extended:
                Session(in output, Touch(in output, touched));
                break;
            case OutputKind.Rested:
                var rested = Book(in output, touched);
                if (!orders.TryGetValue(output.Order, out var left)) break;
                left.Ticks = output.Ticks;
                Show(left, output.Shown, rested);
                break;
            case OutputKind.Triggered:
                var triggered = Book(in output, touched);
                // As a market order it never rests.
                if (orders.TryGetValue(output.Order, out var stop) && (stop.Ticks != 0 || output.Ticks != 0)) Show(stop, stop.Tip, triggered);
                break;
            case OutputKind.Decremented:
                var lost = Book(in output, touched);
                if (!orders.TryGetValue(output.Order, out var less)) break;
                (less.Left, less.Total) = (output.Left, less.Total - output.Lots);
                if (less.Shown != 0) Show(less, output.Shown == 0 ? less.Tip : output.Shown, lost);
                break;
            case OutputKind.Trade:
                var traded = Touch(in output, touched);
                traded.Trades.Add(new(++traded.Sequence, output.TradeNo, output.Ticks, output.Lots, output.Amount, output.Side, output.Negotiated != 0, output.Buyer, output.Seller, Time.Instant(output.AtMicros)));
                traded.BookSequence = ++traded.Sequence;
                Fill(output.BuyOrder, output.Lots, output.Side == Side.Buy ? null : output.Shown, traded);
                // What two agreed on stood in no book.
                if (output.Negotiated == 0) Fill(output.SellOrder, output.Lots, output.Side == Side.Sell ? null : output.Side == Side.None ? output.SellShown : output.Shown, traded);
                break;
            case OutputKind.Busted:
                var busted = Touch(in output, touched);
                busted.Busts.Add(new(++busted.Sequence, output.TradeNo, output.Lots, output.Amount, output.Buyer, output.Seller, Time.Instant(output.AtMicros)));
                break;
            case OutputKind.Cancelled:
                Leave(output.Order, Book(in output, touched));
                break;
            case OutputKind.Replaced:
                var replaced = Book(in output, touched);
                if (!orders.TryGetValue(output.Order, out var order)) break;
                Show(order, 0, replaced);
                (order.Left, order.Total, order.Ticks, order.Display) = (order.Left + output.Lots - order.Total, output.Lots, output.Ticks, output.Display);
                if (output.Waiting == 0) Show(order, output.Shown, replaced);
                break;
            case OutputKind.Listed or OutputKind.PhaseChanged:
                var phased = Touch(in output, touched);
                phased.Phases.Add(new(++phased.Sequence, output.Phase, Time.Instant(output.AtMicros)));
                break;
        }
    }

    private static void Session(in Output output, Touched touch)
    {
        var opens = output.Kind == OutputKind.SaleOpened;
        touch.Sessions.Add(new(++touch.Sequence, output.Kind, output.Order, output.Side, output.Priced != 0 || (opens && output.Ticks != 0) ? output.Ticks : null, output.Lots,
            output.Kind == OutputKind.Uncrossed ? output.Left : 0, output.Kind == OutputKind.SaleClosed ? output.Bids : 0,
            opens || output.Kind == OutputKind.Extended ? output.UntilMicros == 0 ? null : Time.Instant(output.UntilMicros) : null,
            output.Kind == OutputKind.SaleClosed && output.Seeded != 0 ? output.Seed : null, Time.Instant(output.AtMicros)));
    }

    private Touched Book(in Output output, SortedDictionary<int, Touched> touched)
    {
        var touch = Touch(in output, touched);
        touch.BookSequence = ++touch.Sequence;
        return touch;
    }

    private Touched Touch(in Output output, SortedDictionary<int, Touched> touched)
    {
        if (!touched.TryGetValue(output.Instrument, out var touch)) touched[output.Instrument] = touch = new(sequences.GetValueOrDefault(output.Instrument));
        touch.AtMicros = output.AtMicros;
        return touch;
    }

    /// <param name="shown">What the resting order shows after the fill; null for the one that came.</param>
    private void Fill(long number, long lots, long? shown, Touched touch)
    {
        if (!orders.TryGetValue(number, out var order)) return;
        order.Left -= lots;
        if (order.Left == 0) orders.Remove(number);
        if (order.Shown != 0) Show(order, order.Left == 0 ? 0 : shown ?? order.Tip, touch);
    }

    private void Leave(long number, Touched touch)
    {
        if (orders.Remove(number, out var order)) Show(order, 0, touch);
    }

    private void Rest(RestingOrder order)
    {
        var kept = new Order(order) { Shown = 0 };
        orders[order.Number] = kept;
        Show(kept, order.Shown, null);
    }

    /// <summary>The order shows so much from here on; 0 = it stands in no book.</summary>
    private void Show(Order order, long shown, Touched? touch)
    {
        var key = (order.Instrument, order.Side, order.Ticks);
        var (had, count) = levels.GetValueOrDefault(key);
        count += (shown == 0 ? 0 : 1) - (order.Shown == 0 ? 0 : 1);
        had += shown - order.Shown;
        if (shown != 0 || order.Shown != 0) touch?.Levels.Add((order.Side, order.Ticks));
        order.Shown = shown;
        if (count == 0) levels.Remove(key);
        else levels[key] = (had, count);
    }
}
