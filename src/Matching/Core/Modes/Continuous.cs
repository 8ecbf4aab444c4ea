using System.Runtime.CompilerServices;
using Trading.Matching.Core.Books;

namespace Trading.Matching.Core;

/// <summary>Continuous double auction (滚动撮合): price, then time; a trade is at the resting order's price.</summary>
public sealed partial class Market
{
    /// <summary>What the trades of the command under way reached: it decides which stops go off.</summary>
    private bool lineTraded;
    private long lineLow;
    private long lineHigh;
    /// <summary>Outside of it nothing trades in this command: the market halts instead.</summary>
    private long corridorLow;
    private long corridorHigh;
    /// <summary>Stops that go off in this command, by number; empty between commands.</summary>
    private readonly PriorityQueue<int, long> elected = new();

    private void Begin(Instrument instrument)
    {
        lineTraded = false;
        (corridorLow, corridorHigh) = (long.MinValue, long.MaxValue);
        if (instrument.Terms.VolatilityMillionths == 0) return;
        var anchor = instrument.Traded ? instrument.LastTicks : instrument.ReferenceTicks;
        if (anchor == 0) return;
        var width = Int128.Abs(anchor) * instrument.Terms.VolatilityMillionths / 1_000_000;
        corridorLow = (long)Int128.Max(anchor - width, long.MinValue);
        corridorHigh = (long)Int128.Min(anchor + width, long.MaxValue);
    }

    /// <summary>The order meets the other side as far as it may; what is left rests or leaves.</summary>
    private void Enter(int slot, Instrument instrument, in Command cause, OutputBuffer outputs)
    {
        ref var order = ref orders[slot];
        var against = instrument.Against(order.Side);
        var reason = CancelReason.None;
        if (Expired(slot, cause.AtMicros))
        {
            Leave(slot, CancelReason.Expired, in cause, outputs);
            return;
        }

        var limit = LimitOf(in order);
        if (against.Meets(limit))
        {
            if (order.Is(Marks.PostOnly)) reason = CancelReason.PostOnly;
            else if ((order.TimeInForce != TimeInForce.Fok && !order.Is(Marks.MinLots)) || FindsEnough(slot, instrument, limit))
            {
                reason = Walk(slot, instrument, limit, in cause, outputs);
                if (order.Number == 0) return;
            }
        }

        if (reason is CancelReason.None or CancelReason.Ioc && order.Left > 0)
        {
            reason = order.TimeInForce switch
            {
                TimeInForce.Fok => CancelReason.Fok,
                _ when order.Type == OrderType.Market => CancelReason.MarketRemainder,
                TimeInForce.Ioc => CancelReason.Ioc,
                _ => reason,
            };
        }

        if (order.Left == 0) Finish(slot, in cause, outputs);
        else if (reason == CancelReason.None) Rest(slot, instrument);
        else Leave(slot, reason, in cause, outputs);
        if (reason == CancelReason.Volatility) Halt(instrument, in cause, outputs);
    }

    /// <summary>The price an order trades at, at worst.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long LimitOf(in Order order) => !order.AtAnyPrice ? order.Ticks : order.Side == Side.Buy ? long.MaxValue : long.MinValue;

    private bool Expired(int slot, long at) =>
        orders[slot].TimeInForce == TimeInForce.Gtd && orders.Story(slot).UntilMicros <= at;

    private bool FindsEnough(int slot, Instrument instrument, long limit)
    {
        ref var order = ref orders[slot];
        var enough = order.TimeInForce == TimeInForce.Fok ? order.Left : Math.Min(orders.Story(slot).MinLots, order.Left);
        return Reachable(instrument, order.Side, limit, order.Left, order.Account, SelfTradeOf(slot, instrument)).Lots >= enough;
    }

    private SelfTrade SelfTradeOf(int slot, Instrument instrument) => RuleOf(orders[slot].Is(Marks.Told) ? orders.Story(slot).SelfTrade : SelfTrade.Default, instrument);

    /// <summary>An order's own word, or else the instrument's.</summary>
    private static SelfTrade RuleOf(SelfTrade own, Instrument instrument) => own == SelfTrade.Default ? instrument.Terms.SelfTrade : own;

    private void Rest(int slot, Instrument instrument)
    {
        ref var order = ref orders[slot];
        order.Marks |= Marks.Resting;
        // As a taker it may have gone into its first tip.
        if (order.Is(Marks.Iceberg)) orders.Story(slot).Shown = Math.Min(orders.Story(slot).Display, order.Left);
        if (order.AccountBefore == Order.NotOpen) Open(slot);
        instrument.Of(order.Side).Rest(slot, order.Ticks);
    }

    /// <summary>Maker by maker, best price first. None: nothing stops it but its own size or what the book has.</summary>
    private CancelReason Walk(int slot, Instrument instrument, long limit, in Command cause, OutputBuffer outputs)
    {
        ref var order = ref orders[slot];
        var against = instrument.Against(order.Side);
        var group = accounts[order.Account].Group;
        var levels = 0;
        for (var level = against.Best; level >= 0;)
        {
            var ticks = against.TicksOf(level);
            if (!against.Reaches(limit, ticks)) break;
            if (instrument.Terms.Levels > 0 && levels++ == instrument.Terms.Levels) return CancelReason.Ioc;
            if (ticks < corridorLow || ticks > corridorHigh) return CancelReason.Volatility;
            for (var at = against[level].First; at >= 0;)
            {
                ref var maker = ref orders[at];
                var next = maker.After;
                if (accounts[maker.Account].Group == group && SelfTradeOf(slot, instrument) is not SelfTrade.None and var rule)
                {
                    if (rule == SelfTrade.CancelNewest) return CancelReason.SelfTrade;
                    if (rule == SelfTrade.Decrement) Decrement(slot, at, instrument, level, in cause, outputs);
                    else Leave(at, CancelReason.SelfTrade, in cause, outputs);
                    if (rule == SelfTrade.CancelBoth) return CancelReason.SelfTrade;
                    if (order.Number == 0) return CancelReason.None;
                    at = next;
                    continue;
                }

                if (maker.Is(Marks.MinLots) && Math.Min(order.Left, maker.Left) < Math.Min(orders.Story(at).MinLots, maker.Left))
                {
                    at = next;
                    continue;
                }

                if (Trade(slot, at, ticks, level, instrument, in cause, outputs) && next < 0) next = at;
                if (order.Left == 0) return CancelReason.None;
                at = next;
            }

            level = against.Best;
            // What was skipped still stands at this price or at a better one.
            if (level >= 0 && against.Reaches(ticks, against.TicksOf(level))) level = against.Worse(ticks);
        }

        return CancelReason.None;
    }

    /// <summary>What an order would get now, by the very walk: up to its limit, up to its lots, past what it skips, and no further than its own group lets it.</summary>
    private (long Lots, Int128 TicksLots) Reachable(Instrument instrument, Side side, long limit, long lots, int account, SelfTrade rule)
    {
        var book = instrument.Against(side);
        var group = accounts[account].Group;
        var (left, taken, ticksLots, levels) = (lots, 0L, (Int128)0, 0);
        for (var level = book.Best; level >= 0 && left > 0; level = book.Worse(book.TicksOf(level)))
        {
            var ticks = book.TicksOf(level);
            if (!book.Reaches(limit, ticks) || (instrument.Terms.Levels > 0 && levels++ == instrument.Terms.Levels) || ticks < corridorLow || ticks > corridorHigh) break;
            var hidden = (Int128)0;
            for (var at = book[level].First; at >= 0 && left > 0; at = orders[at].After)
            {
                ref var maker = ref orders[at];
                if (accounts[maker.Account].Group == group && rule != SelfTrade.None)
                {
                    if (rule is SelfTrade.CancelNewest or SelfTrade.CancelBoth) return (taken, ticksLots);
                    if (rule == SelfTrade.Decrement) left -= Math.Min(left, maker.Left);
                    continue;
                }

                if (maker.Is(Marks.MinLots) && Math.Min(left, maker.Left) < Math.Min(orders.Story(at).MinLots, maker.Left)) continue;
                var shown = orders.ShownOf(at);
                hidden += maker.Left - shown;
                var take = Math.Min(left, shown);
                (left, taken) = (left - take, taken + take);
                ticksLots += PaidAt(side, ticks) * take;
            }

            // Refilled tips stand behind all others of their price.
            var more = (long)Int128.Min(left, hidden);
            (left, taken) = (left - more, taken + more);
            ticksLots += PaidAt(side, ticks) * more;
        }

        return (taken, ticksLots);
    }

    /// <summary>What a side pays at a price: where prices may be negative, nothing at those at which it is paid.</summary>
    private static Int128 PaidAt(Side side, long ticks) => side == Side.Buy ? Math.Max(ticks, 0) : Math.Min(ticks, 0);

    /// <summary>True where the maker was an iceberg whose next tip now stands last at its price.</summary>
    private bool Trade(int taker, int maker, long ticks, int level, Instrument instrument, in Command cause, OutputBuffer outputs)
    {
        var aggressor = orders[taker].Side;
        var (buySlot, sellSlot) = aggressor == Side.Buy ? (taker, maker) : (maker, taker);
        ref var buy = ref orders[buySlot];
        ref var sell = ref orders[sellSlot];
        var shown = orders.ShownOf(maker);
        var lots = Math.Min(orders[taker].Left, shown);
        var (amount, buyFee, sellFee) = Reckoned(buySlot, sellSlot, ticks, lots, instrument);
        buy.Left -= lots;
        sell.Left -= lots;
        instrument.BuyLots -= lots;
        instrument.SellLots -= lots;
        (instrument.Traded, instrument.LastTicks) = (true, ticks);
        instrument.Day.Add(ticks, lots, amount);
        if (!lineTraded) (lineTraded, lineLow, lineHigh) = (true, ticks, ticks);
        else if (ticks < lineLow) lineLow = ticks;
        else if (ticks > lineHigh) lineHigh = ticks;
        ref var trade = ref Traded(instrument, ticks, lots, in buy, in sell, amount, buyFee, sellFee, aggressor, in cause, outputs);
        var (buyer, seller) = (buy.Account, sell.Account);
        // The book first: what money coming free sets off must find it whole.
        var refilled = false;
        if (orders[maker].Left == 0)
        {
            instrument.Against(aggressor).Take(maker, level, shown);
            orders[maker].Marks &= ~Marks.Resting;
        }
        else
        {
            instrument.Against(aggressor).Shrink(level, lots);
            if (orders[maker].Is(Marks.Iceberg)) refilled = Refill(maker, lots, level, instrument.Against(aggressor));
            trade.Shown = orders.ShownOf(maker);
        }

        Book(buySlot, sellSlot, lots, amount, buyFee, sellFee, instrument, in cause, outputs);
        if (instrument.Conditional) Pend(instrument, buyer, seller, lots, amount, buyFee, sellFee);
        if (orders[maker].Left == 0) Finish(maker, in cause, outputs);
        return refilled;
    }

    /// <summary>A trade of two orders gets its number, and is said.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref Output Traded(Instrument instrument, long ticks, long lots, in Order buy, in Order sell, long amount, long buyFee, long sellFee, Side aggressor, in Command cause, OutputBuffer outputs)
    {
        ref var trade = ref Traded(instrument, ticks, lots, buy.Account, sell.Account, amount, buyFee, sellFee, in cause, outputs);
        trade.BuyOrder = buy.Number;
        trade.SellOrder = sell.Number;
        trade.Side = aggressor;
        return ref trade;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref Output Traded(Instrument instrument, long ticks, long lots, int buyer, int seller, long amount, long buyFee, long sellFee, in Command cause, OutputBuffer outputs)
    {
        trades++;
        ref var trade = ref outputs.Next(OutputKind.Trade, in cause);
        trade.Instrument = instrument.Number;
        trade.TradeNo = trades;
        trade.Ticks = ticks;
        trade.Lots = lots;
        trade.Buyer = buyer;
        trade.Seller = seller;
        trade.Amount = amount;
        trade.BuyFee = buyFee;
        trade.SellFee = sellFee;
        trade.Pending = (byte)(instrument.Conditional ? 1 : 0);
        return ref trade;
    }

    /// <summary>The trade that was said last waits for its outcome.</summary>
    private void Pend(Instrument instrument, int buyer, int seller, long lots, long amount, long buyFee, long sellFee) =>
        pending.Put(new() { Number = trades, Instrument = instrument.Number, Buyer = buyer, Seller = seller, Lots = lots, Amount = amount, BuyFee = buyFee, SellFee = sellFee });

    private bool Refill(int maker, long lots, int level, OrderBook book)
    {
        ref var story = ref orders.Story(maker);
        story.Shown -= lots;
        if (story.Shown > 0) return false;
        story.Shown = Math.Min(story.Display, orders[maker].Left);
        book.Refill(maker, level);
        return true;
    }

    /// <summary>
    /// A fill's money is the difference of two roundings of the buyer's sum, paid to the seller unchanged; fees the same way. An order filled at
    /// once and whole needs no story of it.
    /// </summary>
    private (long Amount, long BuyFee, long SellFee) Reckoned(int buySlot, int sellSlot, long ticks, long lots, Instrument instrument)
    {
        if (instrument.Negative) return (Paid(buySlot, sellSlot, ticks, lots, instrument), 0, 0);
        ref var buy = ref orders[buySlot];
        ref var sell = ref orders[sellSlot];
        long amount, buyFee, sellFee;
        if (!buy.Is(Marks.Told) && buy.Left == lots)
        {
            instrument.Fen((Int128)ticks * lots, out amount);
            buyFee = instrument.Fee(amount, buy.Number);
        }
        else
        {
            ref var story = ref orders.Told(buySlot);
            story.Filled += lots;
            story.TicksLots += (Int128)ticks * lots;
            instrument.Fen(story.TicksLots, out var all);
            amount = all - story.Amount;
            story.Amount = all;
            buyFee = instrument.Fee(all, buy.Number) - story.Fee;
            story.Fee += buyFee;
        }

        if (!sell.Is(Marks.Told) && sell.Left == lots) return (amount, buyFee, Math.Min(instrument.Fee(amount, sell.Number), amount > 0 ? amount : 0));
        ref var told = ref orders.Told(sellSlot);
        told.Filled += lots;
        told.TicksLots += (Int128)ticks * lots;
        // Money that went round may have passed a seller more often than there is money; his fee then stands still.
        told.Amount = (long)Int128.Min((Int128)told.Amount + amount, long.MaxValue);
        // At a rate of at most one the fee due never grows by more than the fill pays; the minimum says so for whoever changes the rates.
        sellFee = Math.Min(instrument.Fee(told.Amount, sell.Number) - told.Fee, amount);
        told.Fee += sellFee;
        return (amount, buyFee, sellFee);
    }

    /// <summary>
    /// Where prices may be negative the order that pays is the one whose sum is rounded: the buyer's above zero, the seller's below. So neither ever
    /// pays more than was locked for it.
    /// </summary>
    private long Paid(int buySlot, int sellSlot, long ticks, long lots, Instrument instrument)
    {
        orders.Told(buySlot).Filled += lots;
        orders.Told(sellSlot).Filled += lots;
        ref var payer = ref orders.Story(ticks < 0 ? sellSlot : buySlot);
        payer.TicksLots += (Int128)ticks * lots;
        instrument.Fen(payer.TicksLots, out var all);
        var amount = all - payer.Amount;
        payer.Amount = all;
        return amount;
    }

    /// <summary>Both own group: each loses the smaller open quantity, the resting one first; the one that reaches nothing leaves.</summary>
    private void Decrement(int taker, int maker, Instrument instrument, int level, in Command cause, OutputBuffer outputs)
    {
        var lots = Math.Min(orders[taker].Left, orders[maker].Left);
        var takerEnds = orders[taker].Left == lots;
        if (orders[maker].Left == lots) Leave(maker, CancelReason.SelfTrade, in cause, outputs);
        else Lose(maker, lots, instrument, level, in cause, outputs);
        if (takerEnds) Leave(taker, CancelReason.SelfTrade, in cause, outputs);
        else Lose(taker, lots, instrument, -1, in cause, outputs);
    }

    private void Lose(int slot, long lots, Instrument instrument, int level, in Command cause, OutputBuffer outputs)
    {
        ref var order = ref orders[slot];
        ref var story = ref orders.Told(slot);
        var shown = orders.ShownOf(slot);
        order.Left -= lots;
        story.Lots -= lots;
        if (order.Is(Marks.Iceberg)) story.Shown = Math.Min(story.Shown, order.Left);
        if (level >= 0) instrument.Against(order.Side == Side.Buy ? Side.Sell : Side.Buy).Shrink(level, shown - orders.ShownOf(slot));
        ref var decremented = ref Of(in order, OutputKind.Decremented, in cause, outputs);
        decremented.Lots = lots;
        decremented.Left = order.Left;
        decremented.Shown = level >= 0 ? orders.ShownOf(slot) : 0;
        Unlock(slot, lots, instrument, in cause, outputs);
    }

    /// <summary>An output about an order that is open: which it is, whose, and at what price.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref Output Of(in Order order, OutputKind kind, in Command cause, OutputBuffer outputs)
    {
        ref var said = ref outputs.Next(kind, in cause);
        said.Instrument = order.Instrument;
        said.Account = order.Account;
        said.Order = order.Number;
        said.Side = order.Side;
        said.Ticks = PriceOf(in order);
        return ref said;
    }

    /// <summary>A market order has no price to speak of.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long PriceOf(in Order order) => order.Type is OrderType.Market or OrderType.Stop ? 0 : order.Ticks;

    /// <summary>Stops that the command's trades reached go off one at a time, lowest number first; what they set off joins.</summary>
    private void Elect(Instrument instrument, in Command cause, OutputBuffer outputs)
    {
        while (lineTraded && instrument.Phase == Phase.Continuous)
        {
            Gather(instrument.BuyStops, lineHigh);
            Gather(instrument.SellStops, lineLow);
            if (!elected.TryDequeue(out var first, out _)) return;
            Trigger(first, instrument, in cause, outputs);
        }

        // The market halted: whoever was not heard yet waits on.
        while (elected.TryDequeue(out var slot, out _))
        {
            orders[slot].Marks |= Marks.Waiting;
            instrument.Stops(orders[slot].Side).Rest(slot, orders.Story(slot).StopTicks);
        }
    }

    private void Gather(OrderBook stops, long price)
    {
        for (var level = stops.Best; level >= 0 && stops.Reaches(price, stops.TicksOf(level)); level = stops.Best)
        {
            var slot = stops[level].First;
            stops.Take(slot, level, orders.ShownOf(slot));
            orders[slot].Marks &= ~Marks.Waiting;
            elected.Enqueue(slot, orders[slot].Number);
        }
    }

    private void Trigger(int slot, Instrument instrument, in Command cause, OutputBuffer outputs)
    {
        ref var order = ref orders[slot];
        order.Type = order.Type == OrderType.Stop ? OrderType.Market : OrderType.Limit;
        Of(in order, OutputKind.Triggered, in cause, outputs);
        Come(slot, instrument, listing: false, in cause, outputs);
    }

    private void Halt(Instrument instrument, in Command cause, OutputBuffer outputs)
    {
        Turn(instrument, Phase.Halt, in cause, outputs);
        if (instrument.Terms.HaltMicros == 0 || instrument.Terms.HaltMicros > long.MaxValue - Math.Max(cause.AtMicros, 0)) return;
        instrument.ResumesMicros = cause.AtMicros + instrument.Terms.HaltMicros;
        Expect(new(instrument.ResumesMicros, DueKind.HaltEnds, instrument.Number));
    }
}
