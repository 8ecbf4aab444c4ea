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
        /// <summary>The price at which an auction left it in the book, where it was not replaced since.</summary>
        public long? RestedTicks { get; set; }
        public long? TicksNow => Replaced?.Ticks ?? RestedTicks;
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

    public sealed record SaleChange(long Number, long? UntilMicros, Output? Closed, long Sequence);

    public sealed record ProposalEnd(long Number, CancelReason Reason, long? TradeNo, long AtMicros);

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
    public List<Output> SalesOpened { get; } = [];
    public List<SaleChange> Sales { get; } = [];
    public List<(Output Said, string? ClientId)> Proposed { get; } = [];
    /// <summary>Cancelled orders stand here too: which of them were proposals the table knows.</summary>
    public List<ProposalEnd> ProposalsEnded { get; } = [];
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
            case OutputKind.Accepted:
                var entered = alive[output.Order] = Enter(batch, Asked(in command, in output), in output);
                entered.Waiting = output.Waiting == 1;
                if (output.Waiting == 2) entered.Shown = 0;
                Touch(output.Instrument);
                break;
            case OutputKind.SaleOpened:
                alive[output.Order] = Enter(batch, Asked(in command, in output), in output);
                SalesOpened.Add(output);
                Touch(output.Instrument);
                Touch(output.Instrument);
                break;
            case OutputKind.Extended:
                Sales.Add(new(output.Order, output.UntilMicros, null, batch.SequenceOf(in output)));
                Touch(output.Instrument);
                break;
            case OutputKind.SaleClosed:
                Sales.Add(new(output.Order, null, output, batch.SequenceOf(in output)));
                var ended = Changed(output.Order, in output);
                // What took it away before has said why.
                if (ended.Cancelled == CancelReason.None) ended.Cancelled = CancelReason.Close;
                Touch(output.Instrument);
                Touch(output.Instrument);
                break;
            case OutputKind.Uncrossed:
                Touch(output.Instrument);
                break;
            case OutputKind.Rested:
                var rested = Changed(output.Order, in output);
                if (rested.Replaced is { } before) rested.Replaced = before with { Ticks = output.Ticks };
                else rested.RestedTicks = output.Ticks;
                rested.Shown = output.Shown;
                Touch(output.Instrument);
                break;
            case OutputKind.Proposed:
                Proposed.Add((output, batch.Texts.GetValueOrDefault(output.CommandIndex)));
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
            case OutputKind.Rejected when command.Kind is CommandKind.Place or CommandKind.Take && output.Code != Refusal.ClientOrderIdReused:
                Enter(batch, in command, in output);
                break;
            case OutputKind.Trade:
                var trade = new TradeRow(output.TradeNo, batch.SequenceOf(in output), output.Instrument, output.Ticks, output.Lots, output.Amount,
                    output.Side, output.Pending != 0, Time.Instant(output.AtMicros), Negotiated: output.Negotiated != 0);
                Trades.Add(trade);
                // Two numbers: the trade, and the book after it (FeedStep counts the same way).
                Touch(output.Instrument);
                var book = Touch(output.Instrument);
                if (output.Negotiated != 0)
                {
                    ProposalsEnded.Add(new(output.BuyOrder, CancelReason.None, output.TradeNo, output.AtMicros));
                    break;
                }

                Fill(output.BuyOrder, in output, output.Side == Side.Buy ? null : output.Shown);
                Fill(output.SellOrder, in output, output.Side == Side.Sell ? null : output.Side == Side.None ? output.SellShown : output.Shown);
                book.LastTicks = output.Ticks;
                break;
            case OutputKind.Busted:
                Busted.Add((output.TradeNo, output.AtMicros));
                Touch(output.Instrument);
                break;
            case OutputKind.Cancelled:
                var cancelled = Changed(output.Order, in output);
                cancelled.Cancelled = output.Reason;
                ProposalsEnded.Add(new(output.Order, output.Reason, null, output.AtMicros));
                Touch(output.Instrument);
                break;
            case OutputKind.Replaced:
                var replaced = Changed(output.Order, in output);
                replaced.Replaced = (output.Ticks, output.Lots, output.Display);
                (replaced.LotsLost, replaced.Shown) = (0, output.Waiting == 2 ? 0 : output.Shown);
                if (output.Waiting == 1) replaced.Waiting = true;
                if ((command.Changes & Changes.Stop) != 0) replaced.StopTicks = command.StopTicks;
                if ((command.Changes & Changes.Until) != 0) replaced.UntilMicros = command.UntilMicros;
                replaced.ClientId = batch.Texts.GetValueOrDefault(output.CommandIndex) ?? replaced.ClientId;
                Touch(output.Instrument);
                break;
            case OutputKind.Listed or OutputKind.PhaseChanged:
                // An uncrossing lasts no time: what the phase is after it is said, or is what it was.
                if (output.Phase == Phase.Uncross) Touch(output.Instrument);
                else Touch(output.Instrument).Phase = output.Phase;
                break;
        }
    }

    /// <summary>The order as if it had been placed: of what was taken or put up for sale the output says the terms.</summary>
    private static Command Asked(in Command command, in Output output)
    {
        if (command.Kind == CommandKind.Place) return command;
        var sale = output.Kind == OutputKind.SaleOpened;
        return new()
        {
            Kind = CommandKind.Place, Account = output.Account, Instrument = output.Instrument, Side = output.Side, TimeInForce = sale ? TimeInForce.Gtc : TimeInForce.Ioc,
            Ticks = sale ? Math.Max(output.Ticks, 1) : output.Ticks, Lots = output.Lots,
        };
    }

    private OrderChange Enter(Batch batch, in Command command, in Output output)
    {
        var order = new OrderChange(output.Kind == OutputKind.Rejected ? 0 : output.Order)
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

    /// <param name="shown">Null: of the one that came.</param>
    private void Fill(long number, in Output trade, long? shown)
    {
        var order = Changed(number, in trade);
        order.Shown = shown;
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
