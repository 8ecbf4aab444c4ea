namespace Trading.Matching.Core;

/// <summary>Money and rights: in, out, seized, settled.</summary>
public sealed partial class Market
{
    private void Deposit(in Command command, OutputBuffer outputs)
    {
        if (command.Instrument != 0 && Find(command.Instrument) is null) Refuse(in command, outputs, Refusal.UnknownInstrument);
        else if (command.Amount < 1) Refuse(in command, outputs, Refusal.AmountNotPositive, 1, command.Amount);
        else if (accounts.Total(command.Instrument) > long.MaxValue - command.Amount)
            Refuse(in command, outputs, Refusal.BalanceOverflow, command.Amount, long.MaxValue - accounts.Total(command.Instrument));
        else if (accounts.Open(command.Account) is not { } account) Refuse(in command, outputs, Refusal.UnknownAccount);
        else
        {
            accounts.Total(command.Instrument) += command.Amount;
            Moved(OutputKind.Deposited, in command, command.Account, command.Instrument, command.Amount, command.Reference, outputs);
            Credit(account, command.Instrument, command.Amount, in command, outputs);
        }
    }

    private void Withdraw(in Command command, OutputBuffer outputs)
    {
        if (command.Instrument != 0 && Find(command.Instrument) is null) Refuse(in command, outputs, Refusal.UnknownInstrument);
        else if (command.Amount < 1) Refuse(in command, outputs, Refusal.AmountNotPositive, 1, command.Amount);
        else if (accounts.Find(command.Account) is not { } account) Refuse(in command, outputs, Refusal.UnknownAccount);
        else if (account.Blocked) Refuse(in command, outputs, Refusal.AccountBlocked);
        else if (account.Of(command.Instrument).Free < command.Amount)
            Refuse(in command, outputs, command.Instrument == 0 ? Refusal.InsufficientCash : Refusal.InsufficientPosition, command.Amount, account.Of(command.Instrument).Free);
        else
        {
            account.Of(command.Instrument).Free -= command.Amount;
            accounts.Total(command.Instrument) -= command.Amount;
            Moved(OutputKind.Withdrawn, in command, command.Account, command.Instrument, command.Amount, command.Reference, outputs);
        }
    }

    /// <summary>Freezes in the market (R-REG-06): what is free at once, then what open orders hold, newest first, then what comes free later.</summary>
    private void Seize(in Command command, OutputBuffer outputs)
    {
        if (command.Instrument != 0 && Find(command.Instrument) is null) Refuse(in command, outputs, Refusal.UnknownInstrument);
        else if (command.Amount < 1) Refuse(in command, outputs, Refusal.AmountNotPositive, 1, command.Amount);
        else if (accounts.Open(command.Account) is not { } account) Refuse(in command, outputs, Refusal.UnknownAccount);
        else
        {
            account.Claims.Add(new() { Reference = command.Reference, Asset = command.Instrument, Left = command.Amount });
            Satisfy(account, command.Instrument, in command, outputs);
            for (var slot = account.LastOrder; slot >= 0 && Claims(account, command.Instrument);)
            {
                ref var order = ref orders[slot];
                var before = order.AccountBefore;
                if (order.Lock > 0 && (command.Instrument == 0 ? order.Side == Side.Buy : order.Side == Side.Sell && order.Instrument == command.Instrument))
                    Withdraw(slot, CancelReason.Seizure, in command, outputs);
                slot = before;
            }
        }
    }

    private void LiftSeizure(in Command command, OutputBuffer outputs)
    {
        if (accounts.Find(command.Account) is not { } account)
        {
            Refuse(in command, outputs, Refusal.UnknownAccount);
            return;
        }

        for (var i = 0; i < account.Claims.Count; i++)
        {
            var claim = account.Claims[i];
            if (claim.Reference != command.Reference || claim.Asset != command.Instrument) continue;
            account.Claims.RemoveAt(i);
            Moved(OutputKind.SeizureLifted, in command, account.Number, claim.Asset, claim.Left, claim.Reference, outputs);
            return;
        }

        Refuse(in command, outputs, Refusal.UnknownSeizure);
    }

    /// <summary>Settle or Unwind: a part of a conditional trade comes to its end.</summary>
    private void Conclude(in Command command, OutputBuffer outputs)
    {
        if (!pending.Find(command.Trade, out var trade)) Refuse(in command, outputs, Refusal.UnknownTrade);
        else if (command.Lots < 1) Refuse(in command, outputs, Refusal.QtyNotPositive, 1, command.Lots);
        else if (command.Lots > trade.Lots - trade.Done) Refuse(in command, outputs, Refusal.QtyAboveTrade, command.Lots, trade.Lots - trade.Done);
        else
        {
            var settles = command.Kind == CommandKind.Settle;
            var (amount, buyFee, sellFee) = trade.Part(command.Lots);
            trade.Done += command.Lots;
            trade.AmountDone += amount;
            trade.BuyFeeDone += buyFee;
            trade.SellFeeDone += sellFee;
            pending.Put(command.Trade, in trade);
            var (buyer, seller) = (accounts.Find(trade.Buyer)!, accounts.Find(trade.Seller)!);
            buyer.Of(0).Pending -= amount + buyFee;
            buyer.Of(trade.Instrument).Coming -= command.Lots;
            seller.Of(trade.Instrument).Pending -= command.Lots;
            ref var concluded = ref outputs.Next(settles ? OutputKind.Settled : OutputKind.Unwound, in command);
            concluded.Instrument = trade.Instrument;
            concluded.Buyer = trade.Buyer;
            concluded.Seller = trade.Seller;
            concluded.TradeNo = command.Trade;
            concluded.Lots = command.Lots;
            concluded.Amount = amount;
            concluded.BuyFee = buyFee;
            concluded.SellFee = sellFee;
            if (settles)
            {
                accounts.Total(0) -= buyFee + sellFee;
                accounts.Total(trade.Instrument) -= command.Lots;
                Credit(seller, 0, amount - sellFee, in command, outputs);
            }
            else
            {
                Credit(buyer, 0, amount + buyFee, in command, outputs);
                Credit(seller, trade.Instrument, command.Lots, in command, outputs);
            }
        }
    }

    /// <summary>An asset comes free, and standing claims take it first.</summary>
    private void Credit(Account account, int asset, long amount, in Command cause, OutputBuffer outputs)
    {
        account.Of(asset).Free += amount;
        if (account.Claims.Count > 0) Satisfy(account, asset, in cause, outputs);
    }

    private void Satisfy(Account account, int asset, in Command cause, OutputBuffer outputs)
    {
        for (var i = 0; i < account.Claims.Count; i++)
        {
            var claim = account.Claims[i];
            var taken = claim.Asset == asset ? Math.Min(claim.Left, account.Of(asset).Free) : 0;
            if (taken == 0) continue;
            claim.Left -= taken;
            account.Claims[i] = claim;
            account.Of(asset).Free -= taken;
            accounts.Total(asset) -= taken;
            Moved(OutputKind.Seized, in cause, account.Number, asset, taken, claim.Reference, outputs);
        }
    }

    private static bool Claims(Account account, int asset)
    {
        foreach (var claim in account.Claims)
        {
            if (claim.Asset == asset && claim.Left > 0) return true;
        }

        return false;
    }

    private static void Moved(OutputKind kind, in Command cause, int account, int asset, long amount, long reference, OutputBuffer outputs)
    {
        ref var moved = ref outputs.Next(kind, in cause);
        moved.Account = account;
        moved.Instrument = asset;
        moved.Amount = amount;
        moved.Reference = reference;
    }
}
