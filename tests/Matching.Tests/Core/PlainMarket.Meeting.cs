using System.Numerics;
using Trading.Matching.Core;

namespace Trading.Matching.Tests;

internal enum Meeting { Trade, Leave, Decrement, End }

/// <summary>Orders meet: first it is planned what will happen, then it happens.</summary>
internal sealed partial class PlainMarket
{
    private sealed record Step(Meeting Kind, PlainOrder? Maker = null, long Lots = 0, CancelReason Reason = CancelReason.None);

    /// <summary>Prices that the command's trades were made at.</summary>
    private readonly List<long> line = [];
    private (BigInteger Low, BigInteger High)? corridor;

    private void Begin(PlainInstrument instrument)
    {
        line.Clear();
        corridor = null;
        var anchor = (BigInteger)(instrument.Last ?? instrument.Reference);
        var width = BigInteger.Abs(anchor) * instrument.Terms.VolatilityMillionths / 1_000_000;
        if (instrument.Terms.VolatilityMillionths != 0 && anchor != 0) corridor = (anchor - width, anchor + width);
    }

    /// <summary>Best price first, then who has stood there longest.</summary>
    private IEnumerable<PlainOrder> Opposite(PlainOrder taker) =>
        open.Where(o => o.Instrument == taker.Instrument && o.Side != taker.Side && !o.Waiting && !o.Apart && taker.Takes(o.Ticks))
            .OrderBy(o => taker.Side == Side.Buy ? o.Ticks : -(BigInteger)o.Ticks).ThenBy(o => o.Since);

    /// <summary>Everything the order would meet if it came now, on copies.</summary>
    private List<Step> Plan(PlainOrder taker)
    {
        var (steps, left, rule, prices) = (new List<Step>(), taker.Left, taker.Instrument.Rule(taker.SelfTrade), 0);
        var pricesMost = taker.Instrument.Terms.Levels == 0 ? int.MaxValue : taker.Instrument.Terms.Levels;
        foreach (var price in Opposite(taker).GroupBy(o => o.Ticks).ToList())
        {
            if (left == 0) break;
            if (prices++ == pricesMost) return [.. steps, new(Meeting.End, Reason: CancelReason.Ioc)];
            if (corridor is var (low, high) && (price.Key < low || price.Key > high)) return [.. steps, new(Meeting.End, Reason: CancelReason.Volatility)];
            var queue = new Queue<(PlainOrder Real, PlainOrder Copy)>(price.Select(o => (o, o.Copy())));
            while (left > 0 && queue.TryDequeue(out var next))
            {
                var (real, maker) = next;
                if (rule != SelfTrade.None && OneGroup(real.Account, taker.Account))
                {
                    if (rule is SelfTrade.CancelOldest or SelfTrade.CancelBoth) steps.Add(new(Meeting.Leave, real));
                    if (rule is SelfTrade.CancelNewest or SelfTrade.CancelBoth) return [.. steps, new(Meeting.End, Reason: CancelReason.SelfTrade)];
                    if (rule != SelfTrade.Decrement) continue;
                    steps.Add(new(Meeting.Decrement, real, Math.Min(left, maker.Left)));
                    left -= Math.Min(left, maker.Left);
                    continue;
                }

                if (left < Math.Min(maker.Least, maker.Left)) continue;
                var lots = Math.Min(left, maker.Shows);
                steps.Add(new(Meeting.Trade, real, lots));
                left -= lots;
                Fill(maker, lots);
                if (maker.Display != 0 && maker.Left > 0) queue = maker.Tip > 0 ? queue : new(queue.Append((real, Refilled(maker))));
            }
        }

        return steps;
    }

    private static void Fill(PlainOrder order, long lots)
    {
        order.Filled += lots;
        order.Tip -= lots;
    }

    private static PlainOrder Refilled(PlainOrder order)
    {
        order.Tip = Math.Min(order.Display, order.Left);
        return order;
    }

    private void Enter(PlainOrder order)
    {
        if (Expired(order))
        {
            Leaves(order, CancelReason.Expired);
            return;
        }

        if (Stands(order))
        {
            Stand(order);
            return;
        }

        var reason = CancelReason.None;
        if (order.PostOnly && Opposite(order).Any()) reason = CancelReason.PostOnly;
        else
        {
            var steps = Plan(order);
            var enough = order.InForce == TimeInForce.Fok ? order.Left : Math.Min(order.Least, order.Left);
            var gets = steps.Where(s => s.Kind == Meeting.Trade).Aggregate(BigInteger.Zero, (sum, s) => sum + s.Lots);
            if (gets >= enough) reason = Happen(order, steps);
        }

        if (!open.Contains(order)) return;
        if (reason is CancelReason.None or CancelReason.Ioc)
        {
            if (order.InForce == TimeInForce.Fok) reason = CancelReason.Fok;
            else if (order.AtMarket) reason = CancelReason.MarketRemainder;
            else if (order.InForce == TimeInForce.Ioc || order.Instrument.Mode == Mode.Listing) reason = CancelReason.Ioc;
        }

        if (reason == CancelReason.None)
        {
            order.Since = entries++;
            Refilled(order);
        }
        else Leaves(order, reason);

        if (reason == CancelReason.Volatility) Halt(order.Instrument);
    }

    /// <summary>It meets nobody now: a call gathers, a listing is taken and takes nothing, what is shared out is shared later.</summary>
    private static bool Stands(PlainOrder order) => order.Instrument.Phase == Phase.Call || (order.Instrument.Mode == Mode.Listing && (order.Listing > 0 || order.Instrument.Shares));

    private void Stand(PlainOrder order)
    {
        order.Since = entries++;
        Refilled(order);
        if (order.Binding) Outbid(order);
    }

    private CancelReason Happen(PlainOrder taker, List<Step> steps)
    {
        foreach (var (kind, maker, lots, reason) in steps)
        {
            if (kind == Meeting.End) return reason;
            if (kind == Meeting.Trade) Trade(taker.Side == Side.Buy ? taker : maker!, taker.Side == Side.Buy ? maker! : taker, maker!.Ticks, lots, taker);
            else if (kind == Meeting.Leave) Leaves(maker!, CancelReason.SelfTrade);
            else
            {
                Lose(maker!, lots, stands: true);
                Lose(taker, lots, stands: false);
            }
        }

        return CancelReason.None;
    }

    private void Lose(PlainOrder order, long lots, bool stands)
    {
        if (order.Left == lots)
        {
            Leaves(order, CancelReason.SelfTrade);
            return;
        }

        order.Lots -= lots;
        order.Tip = Math.Min(order.Tip, order.Left);
        said.Add(Said(OutputKind.Decremented) with
        {
            Instrument = order.Instrument.Number, Account = order.Account, Order = order.Number, Side = order.Side, Ticks = order.Price, Lots = lots, Left = order.Left,
            Shown = stands ? order.Shows : 0,
        });
        Grab(order.Account, order.Instrument.Number);
        Grab(order.Account, 0);
    }

    /// <param name="taker">Who came; null in an auction.</param>
    /// <param name="auctioned">All that an iceberg has takes part, and it keeps its place.</param>
    private void Trade(PlainOrder buy, PlainOrder sell, long ticks, long lots, PlainOrder? taker, bool auctioned = false)
    {
        var (instrument, locked) = (buy.Instrument, buy.Money());
        var payer = ticks < 0 ? sell : buy;
        payer.Spent += (BigInteger)ticks * lots;
        var amount = instrument.Fen(payer.Spent) - payer.Paid;
        payer.Paid += amount;
        var (buyFee, sellFee) = (BigInteger.Zero, BigInteger.Zero);
        if (!instrument.Negative)
        {
            buyFee = buy.FeeOn(buy.Paid) - buy.Fee;
            sell.Earned = BigInteger.Min(sell.Earned + amount, long.MaxValue);
            sellFee = BigInteger.Min(sell.FeeOn(sell.Earned) - sell.Fee, amount);
            buy.Fee += buyFee;
            sell.Fee += sellFee;
        }

        var maker = taker == buy ? sell : buy;
        foreach (var order in (PlainOrder[])[buy, sell])
        {
            var showed = order.Tip;
            Fill(order, lots);
            if (auctioned && order.Display > 0) order.Tip = Math.Min(showed, order.Left);
            if (order.Owed is not null) order.Owed = 0;
            if (order.Left > 0) continue;
            open.Remove(order);
            Dies(order);
        }

        if (!auctioned && maker is { Display: > 0, Tip: 0 }) Refilled(maker).Since = entries++;
        instrument.Last = ticks;
        line.Add(ticks);
        if (instrument.Today.Aggregate(BigInteger.Zero, (sum, t) => sum + t.Lots) + lots <= long.MaxValue) instrument.Today.Add((ticks, lots, amount));
        said.Add(Said(OutputKind.Trade) with
        {
            Instrument = instrument.Number, TradeNo = ++trades, Ticks = ticks, Lots = lots, BuyOrder = buy.Number, SellOrder = sell.Number, Buyer = buy.Account,
            Seller = sell.Account, Amount = (long)amount, BuyFee = (long)buyFee, SellFee = (long)sellFee, Side = taker?.Side ?? Side.None, Pending = (byte)(instrument.Conditional ? 1 : 0),
            Shown = maker.Shows, SellShown = taker is null ? sell.Shows : 0,
        });
        if (instrument.Conditional)
            pending.Add(new() { No = trades, Instrument = instrument, Buyer = buy.Account, Seller = sell.Account, Lots = lots, Amount = amount, BuyFee = buyFee, SellFee = sellFee });
        if (instrument.RiskOff) return;
        var improvement = locked - (buy.Left > 0 ? buy.Money() : 0) - amount - buyFee;
        if (!instrument.Conditional) Deliver(buy.Account, sell.Account, instrument, lots, amount + buyFee, amount - sellFee, buy.Account == sell.Account ? BigInteger.Max(improvement, 0) : 0);
        Grab(buy.Account, 0);
    }

    private void Deliver(int buyer, int seller, PlainInstrument instrument, long lots, BigInteger cost, BigInteger proceeds, BigInteger notYet)
    {
        Gains(buyer, 0, -cost);
        Gains(seller, 0, proceeds);
        Gains(seller, instrument.Number, -lots);
        Gains(buyer, instrument.Number, lots);
        if (instrument.Terms.TPlus > 0) instrument.Bought.Add(new() { Account = buyer, Lots = lots, SellableAfter = instrument.Closes + instrument.Terms.TPlus });
        Grab(buyer, instrument.Number);
        Grab(seller, 0, notYet);
    }

    /// <summary>Stops that any of the command's trades reached go off, the lowest number first.</summary>
    private void Elect(PlainInstrument instrument)
    {
        while (instrument.Phase == Phase.Continuous)
        {
            var next = open.Where(o => o.Waiting && o.Instrument == instrument && line.Exists(o.SetOffBy)).MinBy(o => o.Number);
            if (next is null) return;
            Trigger(next);
        }
    }

    private void Trigger(PlainOrder order)
    {
        order.Type = order.Type == OrderType.Stop ? OrderType.Market : OrderType.Limit;
        (order.Waiting, order.Stop) = (false, 0);
        said.Add(Said(OutputKind.Triggered) with
        {
            Instrument = order.Instrument.Number, Account = order.Account, Order = order.Number, Side = order.Side, Ticks = order.Price,
        });
        Enter(order);
    }

    private void Halt(PlainInstrument instrument)
    {
        Turn(instrument, Phase.Halt);
        var resumes = (BigInteger)now.AtMicros + instrument.Terms.HaltMicros;
        if (instrument.Terms.HaltMicros > 0 && resumes <= long.MaxValue) instrument.Resumes = (long)resumes;
    }
}
