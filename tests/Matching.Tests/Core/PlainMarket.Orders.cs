using System.Numerics;
using Trading.Matching.Core;

namespace Trading.Matching.Tests;

/// <summary>Orders: entering, meeting, changing, leaving.</summary>
internal sealed partial class PlainMarket
{
    private (Refusal, BigInteger, BigInteger)? Place()
    {
        var id = (now.Account, now.ClientHigh, now.ClientLow);
        var content = (now.Instrument, now.Side, now.Type, now.TimeInForce, now.Ticks, now.Lots);
        var named = now.ClientHigh != 0 || now.ClientLow != 0;
        if (named && heard.TryGetValue(id, out var first))
        {
            if (first.Content != content) return No(Refusal.ClientOrderIdReused, 0, first.Sequence);
            said.Add(Said(OutputKind.Repeated) with { Account = now.Account, Instrument = now.Instrument, Original = first.Sequence });
            return null;
        }

        if (named) heard[id] = new(sequence, content);
        if (Objection(now.Account, now.Instrument, now.Side, now.Type, null) is { } no)
        {
            Forgettable(id);
            return no;
        }

        var order = new PlainOrder
        {
            Number = sequence, Account = now.Account, Instrument = Listed(now.Instrument)!, Side = now.Side, IsMarket = now.Type == OrderType.Market,
            Until = now.TimeInForce, Ticks = now.Ticks, Lots = now.Lots, Id = named ? id : default, Since = entries++,
        };
        open.Add(order);
        said.Add(Said(OutputKind.Accepted) with
        {
            Instrument = now.Instrument, Account = now.Account, Order = order.Number, Side = order.Side, Ticks = order.Ticks, Lots = order.Lots,
        });
        if (order.Until == TimeInForce.Fok && Fills(order.Account, order.Instrument, order.Side, order.Ticks, order.Lots).Sum(f => (decimal)f.Lots) < order.Lots)
            Leaves(order, CancelReason.Fok);
        else
            Meet(order);
        return null;
    }

    private (Refusal, BigInteger, BigInteger)? Replace()
    {
        var order = open.Find(o => o.Number == now.Order && o.Account == now.Account);
        if (order is null) return No(Refusal.UnknownOrder);
        if (Objection(order.Account, order.Instrument.Number, order.Side, OrderType.Limit, order) is { } no) return no;
        if (now.Lots <= order.Filled)
        {
            Leaves(order, CancelReason.User);
            return null;
        }

        var keepsItsPlace = now.Ticks == order.Ticks && now.Lots <= order.Lots;
        order.Ticks = now.Ticks;
        order.Lots = now.Lots;
        said.Add(Said(OutputKind.Replaced) with
        {
            Instrument = order.Instrument.Number, Account = order.Account, Order = order.Number, Side = order.Side, Ticks = order.Ticks, Lots = order.Lots,
        });
        Grab(order.Account, order.Asset);
        if (keepsItsPlace) return null;
        order.Since = entries++;
        Meet(order);
        return null;
    }

    private (Refusal, BigInteger, BigInteger)? Objection(int account, int number, Side side, OrderType type, PlainOrder? old)
    {
        if (!known.Contains(account)) return No(Refusal.UnknownAccount);
        if (blocked.Contains(account)) return No(Refusal.AccountBlocked);
        if (Listed(number) is not { } instrument) return No(Refusal.UnknownInstrument);
        if (old is null && (side is not (Side.Buy or Side.Sell) || (int)type > 1 || (int)now.TimeInForce > 3)) return No(Refusal.TypeNotAllowed);
        if (instrument.Phase != Phase.Continuous) return No(Refusal.InstrumentNotOpen, 1, (int)instrument.Phase);
        if (now.Lots <= 0) return No(Refusal.QtyNotPositive, 1, now.Lots);
        if (type == OrderType.Market)
        {
            if (now.Ticks != 0) return No(Refusal.PriceNotAllowed, 0, now.Ticks);
        }
        else
        {
            if (now.Ticks <= 0) return No(Refusal.PriceNotPositive, 1, now.Ticks);
            if (now.Ticks < instrument.Lower) return No(Refusal.PriceBelowLimit, instrument.Lower, now.Ticks);
            if (now.Ticks > instrument.Upper) return No(Refusal.PriceAboveLimit, instrument.Upper, now.Ticks);
        }

        var filled = old?.Filled ?? 0;
        if (now.Lots <= filled) return null;
        var permitted = permits.TryGetValue((account, number), out var may);
        if (permitted ? !(side == Side.Buy ? may.Buy : may.Sell) : instrument.PermitNeeded) return No(Refusal.NotPermitted);

        var lockedNow = old?.Behind() ?? 0;
        if (side == Side.Sell)
        {
            if (type == OrderType.Limit && instrument.TooLarge((BigInteger)now.Ticks * now.Lots)) return No(Refusal.OrderValueTooLarge, long.MaxValue, 0);
            var lots = now.Lots - filled - lockedNow;
            return lots > Free(account, number) ? No(Refusal.InsufficientPosition, lots, Free(account, number)) : null;
        }

        var coming = Coming(account, number) + now.Lots - (old?.Lots ?? 0);
        if (coming > long.MaxValue) return No(Refusal.BalanceOverflow, now.Lots, long.MaxValue - Coming(account, number));
        var position = Owned(account, number) + coming;
        if (may.Limit > 0 && position > may.Limit && now.Lots > (old?.Lots ?? 0))
            return No(Refusal.PositionLimit, BigInteger.Min(position, long.MaxValue), may.Limit);
        if (type == OrderType.Limit)
        {
            var level = open.Where(o => o.Instrument == instrument && o.Side == Side.Buy && o.Ticks == now.Ticks).Aggregate(BigInteger.Zero, (sum, o) => sum + o.Left);
            if (level + now.Lots > long.MaxValue) return No(Refusal.BalanceOverflow, now.Lots, 0);
        }

        var worst = type == OrderType.Market
            ? Fills(account, instrument, side, 0, now.Lots).Aggregate(BigInteger.Zero, (sum, f) => sum + ((BigInteger)f.Maker.Ticks * f.Lots))
            : (old?.Spent ?? 0) + ((BigInteger)now.Ticks * (now.Lots - filled));
        if (instrument.TooLarge(worst)) return No(Refusal.OrderValueTooLarge, long.MaxValue, 0);
        var cost = instrument.Fen(worst) + instrument.FeeOn(instrument.Fen(worst));
        if (cost > long.MaxValue) return No(Refusal.OrderValueTooLarge, long.MaxValue, 0);
        var more = cost - (old is null ? 0 : old.Amount + old.Fee) - lockedNow;
        return more > Free(account, 0) ? No(Refusal.InsufficientCash, more, Free(account, 0)) : null;
    }

    /// <summary>What the order would take if it came now, maker by maker; it stops before its own account.</summary>
    private List<(PlainOrder Maker, long Lots)> Fills(int account, PlainInstrument instrument, Side side, long limit, long lots)
    {
        var fills = new List<(PlainOrder, long)>();
        foreach (var maker in Opposite(instrument, side, limit))
        {
            if (lots == 0 || maker.Account == account) break;
            var take = Math.Min(lots, maker.Left);
            fills.Add((maker, take));
            lots -= take;
        }

        return fills;
    }

    /// <summary>Best price first, then who has stood there longest.</summary>
    private IEnumerable<PlainOrder> Opposite(PlainInstrument instrument, Side side, long limit) =>
        open.Where(o => o.Instrument == instrument && o.Side != side && (limit == 0 || (side == Side.Buy ? o.Ticks <= limit : o.Ticks >= limit)))
            .OrderBy(o => side == Side.Buy ? o.Ticks : -o.Ticks).ThenBy(o => o.Since);

    private void Meet(PlainOrder taker)
    {
        foreach (var (maker, lots) in Fills(taker.Account, taker.Instrument, taker.Side, taker.IsMarket ? 0 : taker.Ticks, taker.Left)) Trade(taker, maker, lots);
        if (taker.Left == 0) return;
        var next = Opposite(taker.Instrument, taker.Side, taker.IsMarket ? 0 : taker.Ticks).FirstOrDefault();
        if (next is not null) Leaves(taker, CancelReason.SelfTrade);
        else if (taker.Until == TimeInForce.Fok) Leaves(taker, CancelReason.Fok);
        else if (taker.IsMarket) Leaves(taker, CancelReason.MarketRemainder);
        else if (taker.Until == TimeInForce.Ioc) Leaves(taker, CancelReason.Ioc);
    }

    private void Trade(PlainOrder taker, PlainOrder maker, long lots)
    {
        var (buy, sell) = taker.Side == Side.Buy ? (taker, maker) : (maker, taker);
        var instrument = taker.Instrument;
        buy.Spent += (BigInteger)maker.Ticks * lots;
        var amount = instrument.Fen(buy.Spent) - buy.Amount;
        buy.Amount += amount;
        var buyFee = instrument.FeeOn(buy.Amount) - buy.Fee;
        buy.Fee += buyFee;
        sell.Amount += amount;
        var sellFee = BigInteger.Min(instrument.FeeOn(sell.Amount) - sell.Fee, amount);
        sell.Fee += sellFee;
        foreach (var order in (PlainOrder[])[taker, maker])
        {
            order.Filled += lots;
            if (order.Left > 0) continue;
            open.Remove(order);
            Forgettable(order.Id);
        }

        said.Add(Said(OutputKind.Trade) with
        {
            Instrument = instrument.Number, TradeNo = ++trades, Ticks = maker.Ticks, Lots = lots, BuyOrder = buy.Number, SellOrder = sell.Number, Buyer = buy.Account,
            Seller = sell.Account, Amount = (long)amount, BuyFee = (long)buyFee, SellFee = (long)sellFee, Side = taker.Side, Pending = (byte)(instrument.Conditional ? 1 : 0),
        });
        if (instrument.Conditional)
        {
            pending.Add(new()
            {
                No = trades, Instrument = instrument, Buyer = buy.Account, Seller = sell.Account, Lots = lots, Amount = amount, BuyFee = buyFee, SellFee = sellFee,
            });
        }
        else
        {
            Gains(buy.Account, 0, -amount - buyFee);
            Gains(sell.Account, 0, amount - sellFee);
            Gains(sell.Account, instrument.Number, -lots);
            Gains(buy.Account, instrument.Number, lots);
            Grab(buy.Account, instrument.Number);
            Grab(sell.Account, 0);
        }

        Grab(buy.Account, 0);
    }

    private (Refusal, BigInteger, BigInteger)? Cancel()
    {
        if (!known.Contains(now.Account)) return No(Refusal.UnknownAccount);
        var order = now.Order != 0
            ? open.Find(o => o.Number == now.Order && o.Account == now.Account)
            : open.Find(o => o.Id != default && o.Id == (now.Account, now.ClientHigh, now.ClientLow));
        if (order is null) return No(Refusal.UnknownOrder);
        Leaves(order, CancelReason.User);
        return null;
    }

    private (Refusal, BigInteger, BigInteger)? CancelAll()
    {
        if (!known.Contains(now.Account)) return No(Refusal.UnknownAccount);
        if (now.Instrument != 0 && Listed(now.Instrument) is null) return No(Refusal.UnknownInstrument);
        if ((int)now.Side > 2) return No(Refusal.TypeNotAllowed);
        var all = open.Where(o => o.Account == now.Account && (now.Instrument == 0 || o.Instrument.Number == now.Instrument) && (now.Side == Side.None || o.Side == now.Side));
        foreach (var order in all.OrderBy(o => o.Number).ToList()) Leaves(order, CancelReason.User);
        return null;
    }
}
