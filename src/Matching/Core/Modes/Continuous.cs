using Trading.Matching.Core.Books;

namespace Trading.Matching.Core;

/// <summary>Continuous double auction (滚动撮合): price, then time; a trade is at the resting order's price.</summary>
public sealed partial class Market
{
    /// <summary>What the checks of an order came to.</summary>
    /// <param name="Lock">Fen (buy) or lots (sell) that the order needs locked from here on.</param>
    private readonly record struct Verdict(Refusal Code, long Needed, long Had, long Lock)
    {
        public static Verdict No(Refusal code, long needed = 0, long had = 0) => new(code, needed, had, 0);
    }

    private void Place(in Command command, OutputBuffer outputs)
    {
        var named = (command.ClientHigh | command.ClientLow) != 0;
        if (named && clientIds.Find(command.Account, command.ClientHigh, command.ClientLow, out var heard))
        {
            if (!heard.SameContent(in command))
            {
                Refuse(in command, outputs, Refusal.ClientOrderIdReused, 0, heard.Sequence);
                return;
            }

            ref var repeated = ref outputs.Next(OutputKind.Repeated, in command);
            repeated.Account = command.Account;
            repeated.Instrument = command.Instrument;
            repeated.Original = heard.Sequence;
            return;
        }

        if (named) clientIds.Remember(in command, Sequence);
        var account = accounts.Find(command.Account);
        var verdict = account is null ? Verdict.No(Refusal.UnknownAccount) : Judge(in command, account);
        if (account is null || verdict.Code != Refusal.None)
        {
            // A refusal is an answer too: asked again under the same id, it is the answer again.
            Refuse(in command, outputs, verdict.Code, verdict.Needed, verdict.Had);
            clientIds.Died(command.Account, command.ClientHigh, command.ClientLow);
            return;
        }

        var instrument = Find(command.Instrument)!;
        var slot = orders.Add(Sequence, account);
        ref var order = ref orders[slot];
        order.Instrument = command.Instrument;
        order.Side = command.Side;
        order.Type = command.Type;
        order.TimeInForce = command.TimeInForce;
        order.Ticks = command.Ticks;
        order.Lots = command.Lots;
        order.Lock = verdict.Lock;
        order.ClientHigh = command.ClientHigh;
        order.ClientLow = command.ClientLow;
        ref var balance = ref account.Of(command.Side == Side.Buy ? 0 : command.Instrument);
        balance.Free -= verdict.Lock;
        balance.Locked += verdict.Lock;
        if (command.Side == Side.Buy) account.Of(command.Instrument).Coming += command.Lots;
        ref var accepted = ref outputs.Next(OutputKind.Accepted, in command);
        accepted.Instrument = command.Instrument;
        accepted.Account = command.Account;
        accepted.Order = order.Number;
        accepted.Side = command.Side;
        accepted.Ticks = command.Ticks;
        accepted.Lots = command.Lots;
        if (command.TimeInForce == TimeInForce.Fok && Reachable(instrument, command.Side, command.Ticks, command.Lots, command.Account).Lots < command.Lots)
            Withdraw(slot, CancelReason.Fok, in command, outputs);
        else
            Walk(slot, instrument, in command, outputs);
    }

    private void Replace(in Command command, OutputBuffer outputs)
    {
        var slot = orders.Find(command.Order);
        if (slot < 0 || orders[slot].Account != command.Account || accounts.Find(command.Account) is not { } account)
        {
            Refuse(in command, outputs, Refusal.UnknownOrder);
            return;
        }

        ref var order = ref orders[slot];
        var verdict = Judge(in command, account, slot);
        if (verdict.Code != Refusal.None)
        {
            Refuse(in command, outputs, verdict.Code, verdict.Needed, verdict.Had);
            return;
        }

        if (command.Lots <= order.Filled)
        {
            Withdraw(slot, CancelReason.User, in command, outputs);
            return;
        }

        var instrument = Find(order.Instrument)!;
        var book = instrument.Of(order.Side);
        // Time priority survives only what takes nothing from anyone: the same price, and not more.
        var keeps = command.Ticks == order.Ticks && command.Lots <= order.Lots;
        if (keeps) book.Shrink(slot, order.Lots - command.Lots);
        else book.Take(slot);
        if (order.Side == Side.Buy) account.Of(order.Instrument).Coming += command.Lots - order.Lots;
        var released = order.Lock - verdict.Lock;
        account.Of(order.Side == Side.Buy ? 0 : order.Instrument).Locked -= released;
        (order.Ticks, order.Lots, order.Lock) = (command.Ticks, command.Lots, verdict.Lock);
        ref var replaced = ref outputs.Next(OutputKind.Replaced, in command);
        replaced.Instrument = order.Instrument;
        replaced.Account = order.Account;
        replaced.Order = order.Number;
        replaced.Side = order.Side;
        replaced.Ticks = order.Ticks;
        replaced.Lots = order.Lots;
        Credit(account, order.Side == Side.Buy ? 0 : order.Instrument, released, in command, outputs);
        if (!keeps) Walk(slot, instrument, in command, outputs);
    }

    /// <summary>In the order of RULEBOOK §3: account, product open, quantity and price, limits, eligibility, position limit, money and rights.</summary>
    /// <param name="replaces">Slot of the order that changes; -1 = a new one.</param>
    private Verdict Judge(in Command command, Account account, int replaces = -1)
    {
        var old = replaces < 0 ? default : orders[replaces];
        var (side, type, number) = replaces < 0 ? (command.Side, command.Type, command.Instrument) : (old.Side, old.Type, old.Instrument);
        if (account.Blocked) return Verdict.No(Refusal.AccountBlocked);
        if (Find(number) is not { } instrument) return Verdict.No(Refusal.UnknownInstrument);
        if (side is not (Side.Buy or Side.Sell) || type > OrderType.Market || (replaces < 0 && command.TimeInForce > TimeInForce.Gtc)) return Verdict.No(Refusal.TypeNotAllowed);
        if (instrument.Phase != Phase.Continuous) return Verdict.No(Refusal.InstrumentNotOpen, (long)Phase.Continuous, (long)instrument.Phase);
        if (command.Lots < 1) return Verdict.No(Refusal.QtyNotPositive, 1, command.Lots);
        if (type == OrderType.Market)
        {
            if (command.Ticks != 0) return Verdict.No(Refusal.PriceNotAllowed, 0, command.Ticks);
        }
        else
        {
            if (command.Ticks < 1) return Verdict.No(Refusal.PriceNotPositive, 1, command.Ticks);
            if (command.Ticks < instrument.LowerTicks) return Verdict.No(Refusal.PriceBelowLimit, instrument.LowerTicks, command.Ticks);
            if (command.Ticks > instrument.UpperTicks) return Verdict.No(Refusal.PriceAboveLimit, instrument.UpperTicks, command.Ticks);
        }

        // A replacement that asks for no more than is filled only takes the rest away: it needs nothing.
        if (command.Lots <= old.Filled) return default;

        var permission = account.ReadPermission(number);
        if (permission.Set ? !(side == Side.Buy ? permission.MayBuy : permission.MaySell) : instrument.PermitNeeded) return Verdict.No(Refusal.NotPermitted);
        return side == Side.Buy ? JudgeBuy(in command, account, instrument, permission, replaces, in old) : JudgeSell(in command, account, instrument, in old);
    }

    private Verdict JudgeBuy(in Command command, Account account, Instrument instrument, Permission permission, int replaces, in Order old)
    {
        var right = account.Read(instrument.Number);
        var more = (Int128)command.Lots - old.Lots;
        if (right.Coming + more > long.MaxValue) return Verdict.No(Refusal.BalanceOverflow, command.Lots, long.MaxValue - right.Coming);
        var position = (Int128)right.Free + right.Locked + right.Pending + right.Coming + more;
        if (permission.PositionLimit > 0 && position > permission.PositionLimit && more > 0)
            return Verdict.No(Refusal.PositionLimit, position > long.MaxValue ? long.MaxValue : (long)position, permission.PositionLimit);
        if (command.Ticks > 0 && !instrument.Bids.HasRoom(command.Ticks, command.Lots)) return Verdict.No(Refusal.BalanceOverflow, command.Lots);
        var isMarket = replaces < 0 && command.Type == OrderType.Market;
        var ticksLots = isMarket
            ? Reachable(instrument, Side.Buy, 0, command.Lots, account.Number).TicksLots
            : old.TicksLots + ((UInt128)(ulong)command.Ticks * (ulong)(command.Lots - old.Filled));
        var amount = instrument.Fen(ticksLots);
        var cost = amount < 0 ? (Int128)(-1) : (Int128)amount + instrument.Fee(amount);
        if (cost < 0 || cost > long.MaxValue) return Verdict.No(Refusal.OrderValueTooLarge, long.MaxValue);
        var needs = (long)cost - old.Amount - old.Fee;
        var has = account.Read(0).Free;
        return needs - old.Lock > has ? Verdict.No(Refusal.InsufficientCash, needs - old.Lock, has) : new(Refusal.None, 0, 0, needs);
    }

    private static Verdict JudgeSell(in Command command, Account account, Instrument instrument, in Order old)
    {
        if (command.Ticks > 0 && instrument.Fen((UInt128)(ulong)command.Ticks * (ulong)command.Lots) < 0) return Verdict.No(Refusal.OrderValueTooLarge, long.MaxValue);
        var needs = command.Lots - old.Filled;
        var has = account.Read(instrument.Number).Free;
        return needs - old.Lock > has ? Verdict.No(Refusal.InsufficientPosition, needs - old.Lock, has) : new(Refusal.None, 0, 0, needs);
    }

    /// <summary>What an order could take now: up to its limit (0: any price), up to its lots, and no further than its own account's first order.</summary>
    private (long Lots, UInt128 TicksLots) Reachable(Instrument instrument, Side side, long limit, long lots, int account)
    {
        var book = instrument.Against(side);
        var (taken, ticksLots) = (0L, UInt128.Zero);
        for (var rank = 0; rank < book.Count && taken < lots; rank++)
        {
            ref readonly var level = ref book.Ranked(rank);
            if (!book.Reaches(limit, level.Ticks)) break;
            for (var slot = level.First; slot >= 0 && taken < lots; slot = orders[slot].After)
            {
                ref var maker = ref orders[slot];
                if (maker.Account == account) return (taken, ticksLots);
                var take = Math.Min(lots - taken, maker.Left);
                taken += take;
                ticksLots += (UInt128)(ulong)level.Ticks * (ulong)take;
            }
        }

        return (taken, ticksLots);
    }

    /// <summary>The order meets the other side; what is left rests or leaves.</summary>
    private void Walk(int slot, Instrument instrument, in Command cause, OutputBuffer outputs)
    {
        ref var order = ref orders[slot];
        var against = instrument.Against(order.Side);
        var reason = CancelReason.None;
        while (order.Left > 0 && against.First is var maker and >= 0 && against.Reaches(order.Ticks, orders[maker].Ticks))
        {
            if (orders[maker].Account == order.Account)
            {
                reason = CancelReason.SelfTrade;
                break;
            }

            Trade(slot, maker, instrument, in cause, outputs);
            if (orders[maker].Left > 0) continue;
            against.Take(maker);
            Finish(maker);
        }

        if (order.Left == 0)
        {
            Finish(slot);
            return;
        }

        if (reason == CancelReason.None)
        {
            reason = order.TimeInForce switch
            {
                TimeInForce.Fok => CancelReason.Fok,
                _ when order.Type == OrderType.Market => CancelReason.MarketRemainder,
                TimeInForce.Ioc => CancelReason.Ioc,
                _ => CancelReason.None,
            };
        }

        if (reason == CancelReason.None) instrument.Of(order.Side).Rest(slot);
        else Withdraw(slot, reason, in cause, outputs);
    }

    private void Trade(int taker, int maker, Instrument instrument, in Command cause, OutputBuffer outputs)
    {
        var aggressor = orders[taker].Side;
        ref var buy = ref orders[aggressor == Side.Buy ? taker : maker];
        ref var sell = ref orders[aggressor == Side.Buy ? maker : taker];
        var ticks = orders[maker].Ticks;
        var lots = Math.Min(buy.Left, sell.Left);
        var (buyer, seller) = (accounts.Find(buy.Account)!, accounts.Find(sell.Account)!);
        instrument.Against(aggressor).Shrink(maker, lots);
        buy.Filled += lots;
        sell.Filled += lots;
        buy.TicksLots += (UInt128)(ulong)ticks * (ulong)lots;
        var amount = instrument.Fen(buy.TicksLots) - buy.Amount;
        buy.Amount += amount;
        var buyFee = instrument.Fee(buy.Amount) - buy.Fee;
        buy.Fee += buyFee;
        // Money that went round may have passed a seller more often than there is money; his fee then stands still.
        sell.Amount = (long)UInt128.Min((UInt128)(ulong)sell.Amount + (ulong)amount, long.MaxValue);
        // At a rate of at most one the fee due never grows by more than the fill pays; the minimum says so for whoever changes the rates.
        var sellFee = Math.Min(instrument.Fee(sell.Amount) - sell.Fee, amount);
        sell.Fee += sellFee;

        var keep = buy.Type == OrderType.Market ? buy.Lock - amount - buyFee : StillNeeds(in buy, instrument);
        var improvement = buy.Lock - amount - buyFee - keep;
        ref var money = ref buyer.Of(0);
        money.Locked -= buy.Lock - keep;
        buy.Lock = keep;
        sell.Lock -= lots;
        seller.Of(instrument.Number).Locked -= lots;
        instrument.LastTicks = ticks;
        trades++;
        ref var trade = ref outputs.Next(OutputKind.Trade, in cause);
        trade.Instrument = instrument.Number;
        trade.TradeNo = trades;
        trade.Ticks = ticks;
        trade.Lots = lots;
        trade.BuyOrder = buy.Number;
        trade.SellOrder = sell.Number;
        trade.Buyer = buy.Account;
        trade.Seller = sell.Account;
        trade.Amount = amount;
        trade.BuyFee = buyFee;
        trade.SellFee = sellFee;
        trade.Side = aggressor;
        if (instrument.Conditional)
        {
            trade.Pending = 1;
            money.Pending += amount + buyFee;
            seller.Of(instrument.Number).Pending += lots;
            pending.Put(trades, new() { Instrument = instrument.Number, Buyer = buy.Account, Seller = sell.Account, Lots = lots, Amount = amount, BuyFee = buyFee, SellFee = sellFee });
        }
        else
        {
            accounts.Total(0) -= buyFee + sellFee;
            buyer.Of(instrument.Number).Coming -= lots;
            Credit(buyer, instrument.Number, lots, in cause, outputs);
            Credit(seller, 0, amount - sellFee, in cause, outputs);
        }

        if (improvement > 0) Credit(buyer, 0, improvement, in cause, outputs);
    }

    /// <summary>What the rest of a limit buy can still cost, fee included.</summary>
    private static long StillNeeds(in Order buy, Instrument instrument)
    {
        var all = instrument.Fen(buy.TicksLots + ((UInt128)(ulong)buy.Ticks * (ulong)buy.Left));
        return all + instrument.Fee(all) - buy.Amount - buy.Fee;
    }

    private void Cancel(in Command command, OutputBuffer outputs)
    {
        if (accounts.Find(command.Account) is null)
        {
            Refuse(in command, outputs, Refusal.UnknownAccount);
            return;
        }

        var number = command.Order != 0 || !clientIds.Find(command.Account, command.ClientHigh, command.ClientLow, out var heard) ? command.Order : heard.Sequence;
        var slot = orders.Find(number);
        if (slot < 0 || orders[slot].Account != command.Account) Refuse(in command, outputs, Refusal.UnknownOrder);
        else Withdraw(slot, CancelReason.User, in command, outputs);
    }

    private void CancelAll(in Command command, OutputBuffer outputs)
    {
        if (accounts.Find(command.Account) is not { } account) Refuse(in command, outputs, Refusal.UnknownAccount);
        else if (command.Instrument != 0 && Find(command.Instrument) is null) Refuse(in command, outputs, Refusal.UnknownInstrument);
        else if (command.Side > Side.Sell) Refuse(in command, outputs, Refusal.TypeNotAllowed);
        else CancelOrders(account, command.Instrument, command.Side, CancelReason.User, in command, outputs);
    }

    /// <param name="instrument">0 = all.</param>
    /// <param name="side">None = both.</param>
    private void CancelOrders(Account account, int instrument, Side side, CancelReason reason, in Command cause, OutputBuffer outputs)
    {
        for (var slot = account.FirstOrder; slot >= 0;)
        {
            ref var order = ref orders[slot];
            var next = order.AccountAfter;
            if ((instrument == 0 || order.Instrument == instrument) && (side == Side.None || order.Side == side)) Withdraw(slot, reason, in cause, outputs);
            slot = next;
        }
    }

    /// <summary>Takes an order out of the market with what is left of it.</summary>
    private void Withdraw(int slot, CancelReason reason, in Command cause, OutputBuffer outputs)
    {
        ref var order = ref orders[slot];
        var account = accounts.Find(order.Account)!;
        var asset = order.Side == Side.Buy ? 0 : order.Instrument;
        var (locked, left) = (order.Lock, order.Left);
        if (order.Level >= 0) Find(order.Instrument)!.Of(order.Side).Take(slot);
        account.Of(asset).Locked -= locked;
        if (order.Side == Side.Buy) account.Of(order.Instrument).Coming -= left;
        ref var cancelled = ref outputs.Next(OutputKind.Cancelled, in cause);
        cancelled.Instrument = order.Instrument;
        cancelled.Account = order.Account;
        cancelled.Order = order.Number;
        cancelled.Side = order.Side;
        cancelled.Ticks = order.Ticks;
        cancelled.Lots = left;
        cancelled.Reason = reason;
        clientIds.Died(order.Account, order.ClientHigh, order.ClientLow);
        orders.Remove(slot, account);
        Credit(account, asset, locked, in cause, outputs);
    }

    /// <summary>A filled order leaves; nothing is locked for it any more.</summary>
    private void Finish(int slot)
    {
        ref var order = ref orders[slot];
        clientIds.Died(order.Account, order.ClientHigh, order.ClientLow);
        orders.Remove(slot, accounts.Find(order.Account)!);
    }
}
