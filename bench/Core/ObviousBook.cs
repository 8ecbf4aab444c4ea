namespace Trading.Bench.Core;

/// <summary>The book that anyone would write first, as the baseline of every run: no risk, no journal, no outputs, only matching.</summary>
internal sealed class ObviousBook(int instruments)
{
    private sealed class Order
    {
        public required uint Id { get; set; }
        public required bool IsBuy { get; init; }
        public required int Price { get; set; }
        public required int Left { get; set; }
        public required Side Book { get; init; }
    }

    private sealed class Side(IComparer<int> best)
    {
        public SortedDictionary<int, LinkedList<Order>> Levels { get; } = new(best);
    }

    private readonly (Side Bids, Side Asks)[] books = [.. Enumerable.Range(0, instruments).Select(_ => (new Side(Comparer<int>.Create((a, b) => b.CompareTo(a))), new Side(Comparer<int>.Default)))];
    private readonly Dictionary<uint, LinkedListNode<Order>> byId = [];

    public long Trades { get; private set; }

    public long Volume { get; private set; }

    public void Apply(in FlowRecord record)
    {
        switch (record.Op)
        {
            case FlowRecord.New:
                var (bids, asks) = books[record.Instrument];
                Enter(new() { Id = record.Id, IsBuy = record.Side == 0, Price = record.Price, Left = record.Quantity, Book = record.Side == 0 ? bids : asks }, record.Instrument);
                break;
            case FlowRecord.Cancel:
                if (byId.Remove(record.Id, out var gone)) Take(gone);
                break;
            default:
                if (!byId.Remove(record.Id, out var node)) break;
                var order = node.Value;
                order.Id = record.NewId;
                if (record.Price == order.Price && record.Quantity <= order.Left)
                {
                    order.Left = record.Quantity;
                    byId[record.NewId] = node;
                    break;
                }

                Take(node);
                (order.Price, order.Left) = (record.Price, record.Quantity);
                Enter(order, record.Instrument);
                break;
        }
    }

    private void Enter(Order order, int instrument)
    {
        var against = order.IsBuy ? books[instrument].Asks : books[instrument].Bids;
        while (order.Left > 0 && against.Levels.Count > 0)
        {
            var (price, level) = First(against);
            if (order.IsBuy ? price > order.Price : price < order.Price) break;
            var maker = level.First!.Value;
            var lots = Math.Min(order.Left, maker.Left);
            order.Left -= lots;
            maker.Left -= lots;
            Trades++;
            Volume += lots;
            if (maker.Left > 0) continue;
            byId.Remove(maker.Id);
            Take(level.First);
        }

        if (order.Left == 0) return;
        if (!order.Book.Levels.TryGetValue(order.Price, out var own)) order.Book.Levels[order.Price] = own = [];
        byId[order.Id] = own.AddLast(order);
    }

    private static (int Price, LinkedList<Order> Level) First(Side side)
    {
        using var levels = side.Levels.GetEnumerator();
        levels.MoveNext();
        return (levels.Current.Key, levels.Current.Value);
    }

    private static void Take(LinkedListNode<Order> node)
    {
        var (level, order) = (node.List!, node.Value);
        level.Remove(node);
        if (level.Count == 0) order.Book.Levels.Remove(order.Price);
    }
}
