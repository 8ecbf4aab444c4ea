using System.Runtime.CompilerServices;
using Trading.Matching.Core.Books;

namespace Trading.Matching.Core;

/// <summary>Money and rights behind orders and trades: locked as an order enters, so that none can fill that cannot be paid or delivered.</summary>
public sealed partial class Market
{
    /// <summary>All bits where the side buys, none where it sells: which side comes is a toss of a coin, and a branch on it would be guessed wrong every other time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long Buys(Side side) => (long)side - (long)Side.Sell;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void LockFor(int slot, Instrument instrument, ref Account account)
    {
        ref var order = ref orders[slot];
        LockLots(order.Account, order.Side, order.Left, instrument);
        account.Free -= order.Lock;
        account.Locked += order.Lock;
    }

    /// <summary>Counts an order's open lots, and locks them where it sells.</summary>
    /// <param name="lots">Below zero: they are let go.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void LockLots(int account, Side side, long lots, Instrument instrument)
    {
        var (bought, sold) = (lots & Buys(side), lots & ~Buys(side));
        ref var position = ref instrument.Of(account);
        instrument.BuyLots += bought;
        position.Coming += bought;
        instrument.SellLots += sold;
        if (instrument.RiskOff) sold = 0;
        position.Free -= sold;
        position.Locked += sold;
    }

    /// <summary>Fen that what is left of an order can still cost.</summary>
    private long StillNeeds(int slot, Instrument instrument)
    {
        ref var order = ref orders[slot];
        if (instrument.RiskOff || (order.Side == Side.Sell && !instrument.Negative)) return 0;
        if (order.AtAnyPrice) return order.Lock;
        // Sealed bids lock together; a winner's lock is what it pays, to the fen.
        if (instrument.Sealed) return closing == instrument.Number ? 0 : order.Lock;
        var story = order.Is(Marks.Told) ? orders.Story(slot) : default;
        instrument.Fen(story.TicksLots + (PaidAt(order.Side, order.Ticks) * order.Left), out var all);
        return order.Side == Side.Buy ? all + instrument.Fee(all, order.Number) - story.Amount - story.Fee : story.Amount - all;
    }

    /// <summary>An order lost open lots without a trade.</summary>
    private void Unlock(int slot, long lots, Instrument instrument, in Command cause, OutputBuffer outputs)
    {
        ref var order = ref orders[slot];
        var (account, needs) = (order.Account, StillNeeds(slot, instrument));
        var released = order.Lock - needs;
        order.Lock = needs;
        accounts[account].Locked -= released;
        if (order.Side == Side.Buy)
        {
            instrument.BuyLots -= lots;
            instrument.Of(account).Coming -= lots;
        }
        else
        {
            instrument.SellLots -= lots;
            CreditLocked(account, instrument, lots, in cause, outputs);
        }

        CreditMoney(account, released, in cause, outputs);
    }

    /// <summary>A replaced order needs more or less than before.</summary>
    private void Relock(int slot, long moreLots, long locks, Instrument instrument, in Command cause, OutputBuffer outputs)
    {
        ref var order = ref orders[slot];
        var account = order.Account;
        var moreLock = locks - order.Lock;
        order.Lock = locks;
        accounts[account].Locked += moreLock;
        ref var position = ref instrument.Of(account);
        if (order.Side == Side.Buy)
        {
            instrument.BuyLots += moreLots;
            position.Coming += moreLots;
        }
        else
        {
            instrument.SellLots += moreLots;
            if (moreLots < 0) CreditLocked(account, instrument, -moreLots, in cause, outputs);
            else if (!instrument.RiskOff) (position.Free, position.Locked) = (position.Free - moreLots, position.Locked + moreLots);
        }

        if (moreLock > 0) accounts[account].Free -= moreLock;
        else CreditMoney(account, -moreLock, in cause, outputs);
    }

    /// <summary>A fill moves money and rights, or holds them where the trade waits for an authority.</summary>
    private void Book(int buySlot, int sellSlot, long lots, long amount, long buyFee, long sellFee, Instrument instrument, in Command cause, OutputBuffer outputs)
    {
        ref var buy = ref orders[buySlot];
        ref var sell = ref orders[sellSlot];
        var (buyer, seller) = (buy.Account, sell.Account);
        if (instrument.RiskOff)
        {
            if (!instrument.Conditional) instrument.Of(buyer).Coming -= lots;
            return;
        }

        var keeps = buy.AtAnyPrice ? buy.Lock - Math.Max(amount, 0) - buyFee : buy.Left == 0 ? 0 : StillNeeds(buySlot, instrument);
        var improvement = buy.Lock - keeps - amount - buyFee;
        accounts[buyer].Locked -= buy.Lock - keeps;
        buy.Lock = keeps;
        if (instrument.Conditional)
        {
            accounts[buyer].Locked += amount + buyFee;
        }
        else
        {
            accounts.Total(0) -= buyFee + sellFee;
            var proceeds = amount - sellFee;
            if (instrument.Negative)
            {
                var still = sell.AtAnyPrice ? sell.Lock + Math.Min(amount, 0) : sell.Left == 0 ? 0 : StillNeeds(sellSlot, instrument);
                proceeds += sell.Lock - still;
                accounts[seller].Locked -= sell.Lock - still;
                sell.Lock = still;
            }

            instrument.Of(seller).Locked -= lots;
            instrument.Of(buyer).Coming -= lots;
            if (instrument.Terms.TPlus > 0)
            {
                instrument.HoldOf(buyer).Fresh += lots;
                instrument.Fresh.Add(new() { Account = buyer, Closes = instrument.Terms.TPlus, Lots = lots });
            }

            CreditRight(buyer, instrument, lots, in cause, outputs);
            CreditMoney(seller, proceeds, in cause, outputs);
        }

        if (improvement > 0) CreditMoney(buyer, improvement, in cause, outputs);
    }

    /// <summary>Takes an order out of the market with what is left of it.</summary>
    private void Leave(int slot, CancelReason reason, in Command cause, OutputBuffer outputs)
    {
        ref var order = ref orders[slot];
        var instrument = instruments[order.Instrument]!;
        var (number, side, left, sells) = (order.Account, order.Side, order.Left, false);
        var timed = order.TimeInForce == TimeInForce.Gtd;
        if (instrument.IsSale)
        {
            sells = order.Number == instrument.Sale.Order;
            if (instrument.Sealed) Spread(number, instrument, leaving: slot);
        }

        if (order.Is(Marks.Resting)) instrument.Of(side).Take(slot, order.Ticks);
        else if (order.Is(Marks.Gathered)) instrument.Queue(side).Take(slot, 0);
        else if (order.Is(Marks.Waiting)) instrument.Stops(side).Take(slot, orders.Story(slot).StopTicks);
        ref var cancelled = ref Of(in order, OutputKind.Cancelled, in cause, outputs);
        cancelled.Lots = left;
        cancelled.Reason = reason;
        clientIds.Died(order.Heard, order.Instrument);
        ref var account = ref accounts[number];
        var locked = order.Lock;
        orders.Remove(slot, ref account);
        account.Locked -= locked;
        account.Free += locked;
        LockLots(number, side, -left, instrument);
        // Standing claims take what comes free, the right before the money.
        if (account.Is(AccountMarks.Claimed))
        {
            if (side == Side.Sell && !instrument.RiskOff) Satisfy(number, instrument.Number, in cause, outputs);
            Satisfy(number, 0, in cause, outputs);
        }

        if (sells) FailSale(instrument, number, in cause, outputs);
        if (timed || sells) Reckon();
    }

    /// <summary>A filled order leaves; where prices may be negative something can still be locked for it.</summary>
    private void Finish(int slot, in Command cause, OutputBuffer outputs)
    {
        ref var order = ref orders[slot];
        var (account, locked, timed) = (order.Account, order.Lock, order.TimeInForce == TimeInForce.Gtd);
        clientIds.Died(order.Heard, order.Instrument);
        orders.Remove(slot, ref accounts[account]);
        if (locked != 0)
        {
            accounts[account].Locked -= locked;
            CreditMoney(account, locked, in cause, outputs);
        }

        if (timed) Reckon();
    }

    /// <summary>Money comes free, and standing claims take it first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void CreditMoney(int account, long amount, in Command cause, OutputBuffer outputs)
    {
        ref var credited = ref accounts[account];
        credited.Free += amount;
        if (credited.Is(AccountMarks.Claimed)) Satisfy(account, 0, in cause, outputs);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void CreditRight(int account, Instrument instrument, long lots, in Command cause, OutputBuffer outputs)
    {
        instrument.Of(account).Free += lots;
        if (accounts[account].Is(AccountMarks.Claimed)) Satisfy(account, instrument.Number, in cause, outputs);
    }

    /// <summary>Lots that an order or a trade held come free.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void CreditLocked(int account, Instrument instrument, long lots, in Command cause, OutputBuffer outputs)
    {
        if (instrument.RiskOff) return;
        instrument.Of(account).Locked -= lots;
        CreditRight(account, instrument, lots, in cause, outputs);
    }
}
