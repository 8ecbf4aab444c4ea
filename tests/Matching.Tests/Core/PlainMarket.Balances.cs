using System.Numerics;
using Trading.Matching.Core;

namespace Trading.Matching.Tests;

/// <summary>Money and rights: in, out, seized, settled, given back.</summary>
internal sealed partial class PlainMarket
{
    private (Refusal, BigInteger, BigInteger)? Deposit()
    {
        if (now.Instrument != 0 && Listed(now.Instrument) is null) return No(Refusal.UnknownInstrument);
        if (now.Amount <= 0) return No(Refusal.AmountNotPositive, 1, now.Amount);
        if (InMarket(now.Instrument) + now.Amount > long.MaxValue) return No(Refusal.BalanceOverflow, now.Amount, long.MaxValue - InMarket(now.Instrument));
        if (!Possible(now.Account)) return No(Refusal.UnknownAccount);
        known.Add(now.Account);
        Gains(now.Account, now.Instrument, now.Amount);
        Moved(OutputKind.Deposited, now.Amount);
        Grab(now.Account, now.Instrument);
        return null;
    }

    private (Refusal, BigInteger, BigInteger)? Withdraw()
    {
        if (now.Instrument != 0 && Listed(now.Instrument) is null) return No(Refusal.UnknownInstrument);
        if (now.Amount <= 0) return No(Refusal.AmountNotPositive, 1, now.Amount);
        if (!Possible(now.Account)) return No(Refusal.UnknownAccount);
        known.Add(now.Account);
        if (blocked.Contains(now.Account)) return No(Refusal.AccountBlocked);
        var free = Free(now.Account, now.Instrument);
        if (free < now.Amount) return No(now.Instrument == 0 ? Refusal.InsufficientCash : Refusal.InsufficientPosition, now.Amount, free);
        if (Listed(now.Instrument) is { } instrument && Sellable(now.Account, instrument) < now.Amount) return No(Refusal.T1Locked, now.Amount, Sellable(now.Account, instrument));
        Gains(now.Account, now.Instrument, -now.Amount);
        Moved(OutputKind.Withdrawn, now.Amount);
        return null;
    }

    private (Refusal, BigInteger, BigInteger)? Seize()
    {
        if (now.Instrument != 0 && Listed(now.Instrument) is null) return No(Refusal.UnknownInstrument);
        if (now.Amount <= 0) return No(Refusal.AmountNotPositive, 1, now.Amount);
        if (!Possible(now.Account)) return No(Refusal.UnknownAccount);
        known.Add(now.Account);
        claims.Add(new() { Account = now.Account, Asset = now.Instrument, Reference = now.Reference, Left = now.Amount });
        Grab(now.Account, now.Instrument);
        while (claims.Any(c => c.Account == now.Account && c.Asset == now.Instrument && c.Left > 0))
        {
            var newest = open.Where(o => o.Account == now.Account && (now.Instrument == 0 ? o.Money() : o.Instrument.Number == now.Instrument ? o.Rights() : 0) > 0).MaxBy(o => o.Number);
            if (newest is null) break;
            Leaves(newest, CancelReason.Seizure);
        }

        return null;
    }

    private (Refusal, BigInteger, BigInteger)? Lift()
    {
        if (!Possible(now.Account)) return No(Refusal.UnknownAccount);
        var claim = claims.Find(c => c.Account == now.Account && c.Asset == now.Instrument && c.Reference == now.Reference);
        if (claim is null) return No(Refusal.UnknownSeizure);
        claims.Remove(claim);
        Moved(OutputKind.SeizureLifted, claim.Left);
        return null;
    }

    private (Refusal, BigInteger, BigInteger)? Conclude(bool settles)
    {
        var trade = pending.Find(t => t.No == now.Trade);
        if (trade is null) return No(Refusal.UnknownTrade);
        if (now.Lots <= 0) return No(Refusal.QtyNotPositive, 1, now.Lots);
        if (now.Lots > trade.Lots - trade.Done) return No(Refusal.QtyAboveTrade, now.Lots, trade.Lots - trade.Done);
        trade.Done += now.Lots;
        var amount = PlainInstrument.HalfUp(trade.Amount * trade.Done, trade.Lots) - trade.Paid;
        var buyFee = PlainInstrument.HalfUp(trade.BuyFee * trade.Done, trade.Lots) - trade.BuyFeePaid;
        var sellFee = BigInteger.Min(PlainInstrument.HalfUp(trade.SellFee * trade.Done, trade.Lots) - trade.SellFeePaid, amount);
        trade.Paid += amount;
        trade.BuyFeePaid += buyFee;
        trade.SellFeePaid += sellFee;
        if (trade.Done == trade.Lots) pending.Remove(trade);
        said.Add(Said(settles ? OutputKind.Settled : OutputKind.Unwound) with
        {
            Instrument = trade.Instrument.Number, Buyer = trade.Buyer, Seller = trade.Seller, TradeNo = trade.No, Lots = now.Lots,
            Amount = (long)amount, BuyFee = (long)buyFee, SellFee = (long)sellFee,
        });
        if (trade.Instrument.RiskOff) return null;
        if (settles)
        {
            Gains(trade.Buyer, 0, -amount - buyFee);
            Gains(trade.Seller, 0, amount - sellFee);
            Gains(trade.Seller, trade.Instrument.Number, -now.Lots);
            Grab(trade.Seller, 0);
        }
        else
        {
            Grab(trade.Buyer, 0);
            Grab(trade.Seller, trade.Instrument.Number);
        }

        return null;
    }

    private (Refusal, BigInteger, BigInteger)? Bust()
    {
        var (buyer, seller) = (now.Account, now.Seller);
        if (Listed(now.Instrument) is not { } instrument) return No(Refusal.UnknownInstrument);
        if (now.Trade < 1 || now.Trade > trades || instrument.Conditional) return No(Refusal.UnknownTrade);
        if (busted.Contains(now.Trade)) return No(Refusal.TradeBusted);
        if (now.Lots <= 0) return No(Refusal.QtyNotPositive, 1, now.Lots);
        if (!known.Contains(buyer) || !known.Contains(seller)) return No(Refusal.UnknownAccount);
        var (cost, proceeds) = ((BigInteger)now.TradeAmount + now.BuyFee, (BigInteger)now.TradeAmount - now.SellFee);
        var sound = instrument.Negative ? now.BuyFee == 0 && now.SellFee == 0 && now.TradeAmount > long.MinValue : now.BuyFee >= 0 && now.SellFee >= 0 && proceeds >= 0 && cost <= long.MaxValue;
        if (!sound) return No(Refusal.AmountNotPositive, 0, now.TradeAmount);
        if (!instrument.RiskOff)
        {
            if (Free(buyer, now.Instrument) < now.Lots) return No(Refusal.InsufficientPosition, now.Lots, Free(buyer, now.Instrument));
            if (Free(seller, 0) < proceeds) return No(Refusal.InsufficientCash, proceeds, Free(seller, 0));
            if (Free(buyer, 0) < -cost) return No(Refusal.InsufficientCash, -cost, Free(buyer, 0));
        }

        if (InMarket(0) + now.BuyFee + now.SellFee > long.MaxValue) return No(Refusal.BalanceOverflow, now.BuyFee, long.MaxValue - InMarket(0));
        busted.Add(now.Trade);
        said.Add(Said(OutputKind.Busted) with
        {
            Instrument = now.Instrument, Buyer = buyer, Seller = seller, TradeNo = now.Trade, Lots = now.Lots, Amount = now.TradeAmount, BuyFee = now.BuyFee, SellFee = now.SellFee,
        });
        if (instrument.RiskOff) return null;
        Gains(buyer, now.Instrument, -now.Lots);
        KeepNoMoreFresh(buyer, instrument);
        Gains(seller, now.Instrument, now.Lots);
        Grab(seller, now.Instrument);
        Gains(seller, 0, -proceeds);
        Grab(seller, 0);
        Gains(buyer, 0, cost);
        Grab(buyer, 0);
        return null;
    }

    private void Moved(OutputKind kind, BigInteger amount) =>
        said.Add(Said(kind) with { Account = now.Account, Instrument = now.Instrument, Amount = (long)amount, Reference = now.Reference });
}
