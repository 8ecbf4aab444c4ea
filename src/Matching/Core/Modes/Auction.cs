using System.Runtime.InteropServices;
using Trading.Matching.Core.Books;

namespace Trading.Matching.Core;

/// <summary>One order's part in an auction.</summary>
internal struct Entrant
{
    public int Slot;
    /// <summary>The worst price at which it takes part; a market order without a cap has none.</summary>
    public long Limit;
    public long Lots;
    /// <summary>What the auction gives it.</summary>
    public long Given;
    /// <summary>It stands before all prices.</summary>
    public bool AtMarket;
}

/// <summary>What auctions have in common: who stands, who is given how much, and a trade between two orders that both stand.</summary>
public sealed partial class Market
{
    private readonly List<Entrant> buyers = [];
    private readonly List<Entrant> sellers = [];
    /// <summary>Remainders of a sharing out, and the place of each in its level.</summary>
    private readonly List<(Int128 Remainder, int Place)> remainders = [];

    /// <summary>In phase Call, or with a bid: the order stands, and nothing trades.</summary>
    private void Join(int slot, Instrument instrument, in Command cause, OutputBuffer outputs)
    {
        ref var order = ref orders[slot];
        if (Expired(slot, cause.AtMicros)) Leave(slot, CancelReason.Expired, in cause, outputs);
        else if (order.Type == OrderType.Market) Gather(slot, instrument);
        else
        {
            var beaten = instrument.IsSale && !instrument.Sealed ? StandingBid(instrument) : -1;
            Rest(slot, instrument);
            if (instrument.Sealed) Spread(order.Account, instrument);
            else if (instrument.IsSale) Lead(slot, beaten, instrument, in cause, outputs);
        }
    }

    /// <summary>It waits beside the book for the uncrossing, first come first.</summary>
    private void Gather(int slot, Instrument instrument)
    {
        ref var order = ref orders[slot];
        order.Marks |= Marks.Gathered;
        if (order.AccountBefore == Order.NotOpen) Open(slot);
        instrument.Queue(order.Side).Rest(slot, 0);
    }

    private void Uncross(Instrument instrument, in Command cause, OutputBuffer outputs)
    {
        switch (instrument.Mode)
        {
            case Mode.Continuous or Mode.Call: UncrossCall(instrument, in cause, outputs); break;
            case Mode.HighLow: UncrossHighLow(instrument, in cause, outputs); break;
            case Mode.Listing: ShareOut(instrument, in cause, outputs); break;
            default: CloseSale(instrument, in cause, outputs); break;
        }
    }

    /// <summary>One side in the order in which it is served: market orders, then price, then time. An order with a least quantity takes no part.</summary>
    private void Stand(Instrument instrument, Side side, List<Entrant> into)
    {
        into.Clear();
        var (queue, book) = (instrument.Queue(side), instrument.Of(side));
        if (instrument.Mode != Mode.Listing && queue.Best >= 0)
        {
            for (var slot = queue[queue.Best].First; slot >= 0; slot = orders[slot].After)
                into.Add(new() { Slot = slot, Limit = LimitOf(in orders[slot]), Lots = orders[slot].Left, AtMarket = true });
        }

        for (var level = book.Best; level >= 0; level = book.Worse(book.TicksOf(level)))
        {
            for (var slot = book[level].First; slot >= 0; slot = orders[slot].After)
            {
                if (!orders[slot].Is(Marks.MinLots)) into.Add(new() { Slot = slot, Limit = orders[slot].Ticks, Lots = orders[slot].Left });
            }
        }
    }

    /// <summary>Gives the first so many lots to those who stand; at the last price level by time, or by the share of each with the largest remainders first.</summary>
    private void Give(Span<Entrant> side, long lots, bool proRata)
    {
        for (var i = 0; i < side.Length && lots > 0;)
        {
            var (end, level) = (i, 0L);
            while (end < side.Length && side[end].AtMarket == side[i].AtMarket && (side[i].AtMarket || side[end].Limit == side[i].Limit)) level += side[end++].Lots;
            if (level <= lots || !proRata)
            {
                for (; i < end; i++) lots -= side[i].Given = Math.Min(lots, side[i].Lots);
            }
            else
            {
                Share(side[i..end], lots, level);
                return;
            }
        }
    }

    /// <summary>Each the floor of its share in lots; lots left go by largest remainder, then time (R-AUC-03, R-PWR-07).</summary>
    /// <param name="of">What they want together; more than there is.</param>
    private void Share(Span<Entrant> level, long lots, long of)
    {
        remainders.Clear();
        var left = lots;
        for (var i = 0; i < level.Length; i++)
        {
            var share = (Int128)lots * level[i].Lots;
            left -= level[i].Given = (long)(share / of);
            remainders.Add((share % of, i));
        }

        remainders.Sort(static (a, b) => a.Remainder != b.Remainder ? b.Remainder.CompareTo(a.Remainder) : a.Place.CompareTo(b.Place));
        for (var i = 0; i < left; i++) level[remainders[i].Place].Given++;
    }

    /// <summary>Two pointers over both sides, as much as each was given.</summary>
    /// <param name="price">Null: each pair's own mean.</param>
    private void Pair(long? price, Instrument instrument, in Command cause, OutputBuffer outputs)
    {
        var buying = CollectionsMarshal.AsSpan(buyers);
        var selling = CollectionsMarshal.AsSpan(sellers);
        var (buy, sell) = (0, 0);
        while (true)
        {
            while (buy < buying.Length && buying[buy].Given == 0) buy++;
            while (sell < selling.Length && selling[sell].Given == 0) sell++;
            if (buy == buying.Length || sell == selling.Length) return;
            var lots = Math.Min(buying[buy].Given, selling[sell].Given);
            buying[buy].Given -= lots;
            selling[sell].Given -= lots;
            Cross(buying[buy].Slot, selling[sell].Slot, price ?? Mean(buying[buy].Limit, selling[sell].Limit), lots, Side.None, instrument, in cause, outputs);
        }
    }

    /// <summary>Half up to the tick.</summary>
    private static long Mean(long one, long other) => (long)(((Int128)one + other + 1) >> 1);

    /// <summary>A trade of two orders that both stand.</summary>
    /// <param name="aggressor">Whose order took the other's, where one did.</param>
    private void Cross(int buySlot, int sellSlot, long ticks, long lots, Side aggressor, Instrument instrument, in Command cause, OutputBuffer outputs)
    {
        var (amount, buyFee, sellFee) = Reckoned(buySlot, sellSlot, ticks, lots, instrument);
        instrument.BuyLots -= lots;
        instrument.SellLots -= lots;
        (instrument.Traded, instrument.LastTicks) = (true, ticks);
        instrument.Day.Add(ticks, lots, amount);
        var (buyShown, sellShown) = (Reduce(buySlot, lots, instrument), Reduce(sellSlot, lots, instrument));
        ref var buy = ref orders[buySlot];
        ref var sell = ref orders[sellSlot];
        ref var trade = ref Traded(instrument, ticks, lots, in buy, in sell, amount, buyFee, sellFee, aggressor, in cause, outputs);
        (trade.Shown, trade.SellShown) = aggressor switch { Side.Buy => (sellShown, 0), Side.Sell => (buyShown, 0), _ => (buyShown, sellShown) };
        var (buyer, seller) = (buy.Account, sell.Account);
        Book(buySlot, sellSlot, lots, amount, buyFee, sellFee, instrument, in cause, outputs);
        if (instrument.Conditional) Pend(instrument, buyer, seller, lots, amount, buyFee, sellFee);
        if (buy.Left == 0) Finish(buySlot, in cause, outputs);
        if (sell.Left == 0) Finish(sellSlot, in cause, outputs);
    }

    /// <summary>A standing order loses lots; hidden ones too, for in an auction all of them take part.</summary>
    /// <returns>Lots that it shows now.</returns>
    private long Reduce(int slot, long lots, Instrument instrument)
    {
        ref var order = ref orders[slot];
        var before = orders.ShownOf(slot);
        order.Left -= lots;
        if (order.Is(Marks.Iceberg)) orders.Story(slot).Shown = Math.Min(before, order.Left);
        var gathered = order.Is(Marks.Gathered);
        var (book, at) = gathered ? (instrument.Queue(order.Side), 0) : (instrument.Of(order.Side), order.Ticks);
        if (order.Left > 0)
        {
            book.Shrink(at, before - orders.ShownOf(slot));
            return orders.ShownOf(slot);
        }

        // What the level still counts is what it showed.
        book.Shrink(at, before);
        book.Take(slot, at);
        order.Marks &= ~(Marks.Resting | Marks.Gathered);
        return 0;
    }
}
