using Trading.Matching.Contracts;
using Trading.Matching.Core;

namespace Trading.Matching.Blotter;

/// <summary>What some batches change in the tables, worked out in memory: at most one row an order, whatever happened to it meanwhile.</summary>
internal sealed class BlotterFold
{
    /// <param name="Sequence">0 for an order that was entered before these batches.</param>
    public sealed class OrderChange(long number)
    {
        public long Number { get; } = number;
        public long Sequence { get; set; }
        public Command Entered { get; set; }
        public string? ClientId { get; set; }
        public Output Answer { get; set; }
        public long FilledMore { get; set; }
        public Int128 TicksLotsMore { get; set; }
        public (long Ticks, long Lots, long Display)? Replaced { get; set; }
        /// <summary>Lots lost to its own control group, since it was replaced if it was.</summary>
        public long LotsLost { get; set; }
        /// <summary>A stop: does it wait after these batches; null where nothing was said of it.</summary>
        public bool? Waiting { get; set; }
        /// <summary>What the book shows of it; null: a whole tip.</summary>
        public long? Shown { get; set; }
        public long? StopTicks { get; set; }
        public long? UntilMicros { get; set; }
        public CancelReason Cancelled { get; set; }
        public long ChangedMicros { get; set; }
    }

    public sealed class BookChange
    {
        public long Touches { get; set; }
        public Phase? Phase { get; set; }
        public long? LastTicks { get; set; }
    }

    private readonly Dictionary<long, OrderChange> alive = [];

    public List<OrderChange> Entered { get; } = [];
    public List<OrderChange> Older { get; } = [];
    public List<TradeRow> Trades { get; } = [];
    public List<(long TradeNo, long AtMicros)> Busted { get; } = [];
    public SortedDictionary<int, BookChange> Books { get; } = [];
    public long LastSequence { get; private set; }

    public void Add(Batch batch)
    {
        var commands = batch.Commands.Span;
        foreach (ref readonly var output in batch.Outputs.Span) Add(batch, in commands[output.CommandIndex], in output);
        LastSequence = batch.LastSequence;
    }

    private void Add(Batch batch, in Command command, in Output output)
    {
        switch (output.Kind)
        {
            case OutputKind.Accepted when command.Kind == CommandKind.Place:
                alive[output.Order] = Enter(batch, in command, in output);
                alive[output.Order].Waiting = output.Waiting != 0;
                Touch(output.Instrument);
                break;
            case OutputKind.Triggered:
                var triggered = Changed(output.Order, in output);
                (triggered.Waiting, triggered.Shown) = (false, null);
                Touch(output.Instrument);
                break;
            case OutputKind.Decremented:
                var decremented = Changed(output.Order, in output);
                if (decremented.Replaced is { } r) decremented.Replaced = r with { Lots = r.Lots - output.Lots };
                else decremented.LotsLost += output.Lots;
                decremented.Shown = output.Shown == 0 ? null : output.Shown;
                Touch(output.Instrument);
                break;
            // The first order under this client id keeps its row; a second one with other content never was an order.
            case OutputKind.Rejected when command.Kind == CommandKind.Place && output.Code != Refusal.ClientOrderIdReused:
                Enter(batch, in command, in output);
                break;
            case OutputKind.Trade:
                var trade = new TradeRow(output.TradeNo, batch.SequenceOf(in output), output.Instrument, output.Ticks, output.Lots, output.Amount,
                    output.Side, output.Pending != 0, Time.Instant(output.AtMicros));
                Trades.Add(trade);
                Fill(output.BuyOrder, in output, output.Side == Side.Buy);
                Fill(output.SellOrder, in output, output.Side == Side.Sell);
                // Two numbers: the trade, and the book after it (FeedStep counts the same way).
                Touch(output.Instrument);
                Touch(output.Instrument).LastTicks = output.Ticks;
                break;
            case OutputKind.Busted:
                Busted.Add((output.TradeNo, output.AtMicros));
                Touch(output.Instrument);
                break;
            case OutputKind.Cancelled:
                var cancelled = Changed(output.Order, in output);
                cancelled.Cancelled = output.Reason;
                Touch(output.Instrument);
                break;
            case OutputKind.Replaced:
                var replaced = Changed(output.Order, in output);
                replaced.Replaced = (output.Ticks, output.Lots, output.Display);
                (replaced.LotsLost, replaced.Shown) = (0, output.Shown);
                if (output.Waiting != 0) replaced.Waiting = true;
                if ((command.Changes & Changes.Stop) != 0) replaced.StopTicks = command.StopTicks;
                if ((command.Changes & Changes.Until) != 0) replaced.UntilMicros = command.UntilMicros;
                replaced.ClientId = batch.Texts.GetValueOrDefault(output.CommandIndex) ?? replaced.ClientId;
                Touch(output.Instrument);
                break;
            case OutputKind.Listed or OutputKind.PhaseChanged:
                Touch(output.Instrument).Phase = output.Phase;
                break;
        }
    }

    private OrderChange Enter(Batch batch, in Command command, in Output output)
    {
        var order = new OrderChange(output.Kind == OutputKind.Accepted ? output.Order : 0)
        {
            Sequence = batch.SequenceOf(in output),
            Entered = command,
            ClientId = batch.Texts.GetValueOrDefault(output.CommandIndex),
            Answer = output,
            ChangedMicros = output.AtMicros,
        };
        Entered.Add(order);
        return order;
    }

    private void Fill(long number, in Output trade, bool came)
    {
        var order = Changed(number, in trade);
        order.Shown = came ? null : trade.Shown;
        order.FilledMore += trade.Lots;
        order.TicksLotsMore += (Int128)trade.Ticks * trade.Lots;
    }

    private OrderChange Changed(long number, in Output output)
    {
        if (!alive.TryGetValue(number, out var order))
        {
            order = new(number);
            alive[number] = order;
            Older.Add(order);
        }

        order.ChangedMicros = output.AtMicros;
        return order;
    }

    private BookChange Touch(int instrument)
    {
        if (!Books.TryGetValue(instrument, out var book)) Books[instrument] = book = new();
        book.Touches++;
        return book;
    }
}
