using Trading.Matching.Core.Books;

namespace Trading.Matching.Core;

/// <summary>Money and rights: in, out, seized, settled, given back.</summary>
public sealed partial class Market
{
    private long FreeOf(int account, int asset) => asset == 0 ? accounts[account].Free : instruments[asset]!.Of(account).Free;

    private void Deposit(in Command command, OutputBuffer outputs)
    {
        if (command.Instrument != 0 && Find(command.Instrument) is null) Refuse(in command, outputs, No(Refusal.UnknownInstrument));
        else if (command.Amount < 1) Refuse(in command, outputs, No(Refusal.AmountNotPositive, 1, command.Amount));
        else if (accounts.Total(command.Instrument) > long.MaxValue - command.Amount)
            Refuse(in command, outputs, No(Refusal.BalanceOverflow, command.Amount, long.MaxValue - accounts.Total(command.Instrument)));
        else if (!Accounts.Possible(command.Account)) Refuse(in command, outputs, No(Refusal.UnknownAccount));
        else
        {
            accounts.Open(command.Account);
            accounts.Total(command.Instrument) += command.Amount;
            Moved(OutputKind.Deposited, in command, command.Account, command.Instrument, command.Amount, command.Reference, outputs);
            if (command.Instrument == 0) CreditMoney(command.Account, command.Amount, in command, outputs);
            else CreditRight(command.Account, instruments[command.Instrument]!, command.Amount, in command, outputs);
        }
    }

    private void Withdraw(in Command command, OutputBuffer outputs)
    {
        if (command.Instrument != 0 && Find(command.Instrument) is null) Refuse(in command, outputs, No(Refusal.UnknownInstrument));
        else if (command.Amount < 1) Refuse(in command, outputs, No(Refusal.AmountNotPositive, 1, command.Amount));
        else if (!Accounts.Possible(command.Account)) Refuse(in command, outputs, No(Refusal.UnknownAccount));
        else if (accounts.Open(command.Account).Is(AccountMarks.Blocked)) Refuse(in command, outputs, No(Refusal.AccountBlocked));
        else if (FreeOf(command.Account, command.Instrument) < command.Amount)
            Refuse(in command, outputs, No(command.Instrument == 0 ? Refusal.InsufficientCash : Refusal.InsufficientPosition, command.Amount, FreeOf(command.Account, command.Instrument)));
        // What could go out and come in again would be as old as one likes.
        else if (command.Instrument != 0 && Sellable(command.Account, instruments[command.Instrument]!) is var old && old < command.Amount)
            Refuse(in command, outputs, No(Refusal.T1Locked, command.Amount, old));
        else
        {
            if (command.Instrument == 0) accounts[command.Account].Free -= command.Amount;
            else instruments[command.Instrument]!.Of(command.Account).Free -= command.Amount;
            accounts.Total(command.Instrument) -= command.Amount;
            Moved(OutputKind.Withdrawn, in command, command.Account, command.Instrument, command.Amount, command.Reference, outputs);
        }
    }

    private static long Sellable(int account, Instrument instrument)
    {
        ref var position = ref instrument.Of(account);
        return position.Free - instrument.FreshOf(in position);
    }

    /// <summary>Freezes in the market (R-REG-06): what is free at once, then what open orders hold, newest first, then what comes free later.</summary>
    private void Seize(in Command command, OutputBuffer outputs)
    {
        if (command.Instrument != 0 && Find(command.Instrument) is null) Refuse(in command, outputs, No(Refusal.UnknownInstrument));
        else if (command.Amount < 1) Refuse(in command, outputs, No(Refusal.AmountNotPositive, 1, command.Amount));
        else if (!Accounts.Possible(command.Account)) Refuse(in command, outputs, No(Refusal.UnknownAccount));
        else
        {
            accounts.Claims.Add(new() { Account = command.Account, Reference = command.Reference, Asset = command.Instrument, Left = command.Amount });
            accounts.Open(command.Account).Marks |= AccountMarks.Claimed;
            Satisfy(command.Account, command.Instrument, in command, outputs);
            for (var slot = accounts[command.Account].LastOrder; slot >= 0 && Claims(command.Account, command.Instrument);)
            {
                ref var order = ref orders[slot];
                var before = order.AccountBefore;
                var of = instruments[order.Instrument]!;
                // Sealed bids lock together: one that locks nothing now may, once another has left.
                if (command.Instrument == 0 ? order.Lock > 0 || (of is { Sealed: true, RiskOff: false } && order.Side == Side.Buy) : order.Side == Side.Sell && order.Instrument == command.Instrument && !of.RiskOff)
                    Leave(slot, CancelReason.Seizure, in command, outputs);
                slot = StillOpen(before) ? before : accounts[command.Account].LastOrder;
            }
        }
    }

    private void LiftSeizure(in Command command, OutputBuffer outputs)
    {
        var (claims, account) = (accounts.Claims, command.Account);
        if (!Accounts.Possible(account))
        {
            Refuse(in command, outputs, No(Refusal.UnknownAccount));
            return;
        }

        for (var i = 0; i < claims.Count; i++)
        {
            var claim = claims[i];
            if (claim.Account != account || claim.Reference != command.Reference || claim.Asset != command.Instrument) continue;
            claims.RemoveAt(i);
            if (!claims.Exists(c => c.Account == account)) accounts[account].Marks &= ~AccountMarks.Claimed;
            Moved(OutputKind.SeizureLifted, in command, account, claim.Asset, claim.Left, claim.Reference, outputs);
            return;
        }

        Refuse(in command, outputs, No(Refusal.UnknownSeizure));
    }

    /// <summary>Settle or Unwind: a part of a conditional trade comes to its end.</summary>
    private void Conclude(in Command command, OutputBuffer outputs)
    {
        if (!pending.Find(command.Trade, out var trade)) Refuse(in command, outputs, No(Refusal.UnknownTrade));
        else if (command.Lots < 1) Refuse(in command, outputs, No(Refusal.QtyNotPositive, 1, command.Lots));
        else if (command.Lots > trade.Lots - trade.Done) Refuse(in command, outputs, No(Refusal.QtyAboveTrade, command.Lots, trade.Lots - trade.Done));
        else
        {
            var settles = command.Kind == CommandKind.Settle;
            var (amount, buyFee, sellFee) = trade.Part(command.Lots);
            trade.Done += command.Lots;
            trade.AmountDone += amount;
            trade.BuyFeeDone += buyFee;
            trade.SellFeeDone += sellFee;
            pending.Put(in trade);
            var instrument = instruments[trade.Instrument]!;
            instrument.Of(trade.Buyer).Coming -= command.Lots;
            ref var concluded = ref outputs.Next(settles ? OutputKind.Settled : OutputKind.Unwound, in command);
            concluded.Instrument = trade.Instrument;
            concluded.Buyer = trade.Buyer;
            concluded.Seller = trade.Seller;
            concluded.TradeNo = command.Trade;
            concluded.Lots = command.Lots;
            concluded.Amount = amount;
            concluded.BuyFee = buyFee;
            concluded.SellFee = sellFee;
            if (instrument.RiskOff) return;
            accounts[trade.Buyer].Locked -= amount + buyFee;
            if (settles)
            {
                instrument.Of(trade.Seller).Locked -= command.Lots;
                accounts.Total(0) -= buyFee + sellFee;
                accounts.Total(trade.Instrument) -= command.Lots;
                CreditMoney(trade.Seller, amount - sellFee, in command, outputs);
            }
            else
            {
                CreditMoney(trade.Buyer, amount + buyFee, in command, outputs);
                CreditLocked(trade.Seller, instrument, command.Lots, in command, outputs);
            }
        }
    }

    /// <summary>An erroneous final trade is taken back whole, while both sides still have what they got; its fees come back with it.</summary>
    private void BustTrade(in Command command, OutputBuffer outputs)
    {
        var (buyer, seller) = (command.Account, command.Seller);
        if (Find(command.Instrument) is not { } instrument) Refuse(in command, outputs, No(Refusal.UnknownInstrument));
        else if (command.Trade < 1 || command.Trade > trades || instrument.Conditional) Refuse(in command, outputs, No(Refusal.UnknownTrade));
        else if (busted.Contains(command.Trade)) Refuse(in command, outputs, No(Refusal.TradeBusted));
        else if (command.Lots < 1) Refuse(in command, outputs, No(Refusal.QtyNotPositive, 1, command.Lots));
        else if (!accounts.Knows(buyer) || !accounts.Knows(seller)) Refuse(in command, outputs, No(Refusal.UnknownAccount));
        else if (instrument.Negative ? command.TradeAmount == long.MinValue || (command.BuyFee | command.SellFee) != 0
                     : command.TradeAmount < 0 || command.BuyFee < 0 || command.SellFee < 0 || command.SellFee > command.TradeAmount || command.BuyFee > long.MaxValue - command.TradeAmount)
            Refuse(in command, outputs, No(Refusal.AmountNotPositive, 0, command.TradeAmount));
        else if (!instrument.RiskOff && instrument.Of(buyer).Free < command.Lots) Refuse(in command, outputs, No(Refusal.InsufficientPosition, command.Lots, instrument.Of(buyer).Free));
        else if (!instrument.RiskOff && accounts[seller].Free < command.TradeAmount - command.SellFee)
            Refuse(in command, outputs, No(Refusal.InsufficientCash, command.TradeAmount - command.SellFee, accounts[seller].Free));
        else if (!instrument.RiskOff && accounts[buyer].Free < -(command.TradeAmount + command.BuyFee))
            Refuse(in command, outputs, No(Refusal.InsufficientCash, -(command.TradeAmount + command.BuyFee), accounts[buyer].Free));
        else if ((Int128)accounts.Total(0) + command.BuyFee + command.SellFee > long.MaxValue) Refuse(in command, outputs, No(Refusal.BalanceOverflow, command.BuyFee, long.MaxValue - accounts.Total(0)));
        else
        {
            busted.Add(command.Trade);
            ref var bust = ref outputs.Next(OutputKind.Busted, in command);
            bust.Instrument = command.Instrument;
            (bust.Buyer, bust.Seller, bust.TradeNo, bust.Lots) = (buyer, seller, command.Trade, command.Lots);
            (bust.Amount, bust.BuyFee, bust.SellFee) = (command.TradeAmount, command.BuyFee, command.SellFee);
            if (instrument.RiskOff) return;
            Lower(buyer, instrument, command.Lots);
            accounts.Total(0) += command.BuyFee + command.SellFee;
            CreditRight(seller, instrument, command.Lots, in command, outputs);
            CreditMoney(seller, command.SellFee - command.TradeAmount, in command, outputs);
            CreditMoney(buyer, command.TradeAmount + command.BuyFee, in command, outputs);
        }
    }

    /// <summary>Free lots go, the longest held first: of what was bought lately no more stays than is there.</summary>
    private static void Lower(int account, Instrument instrument, long lots)
    {
        ref var position = ref instrument.Of(account);
        position.Free -= lots;
        if (position.Hold == 0) return;
        ref var hold = ref instrument.Holds[position.Hold];
        for (var i = 0; hold.Fresh > position.Free; i++)
        {
            var bought = instrument.Fresh[i];
            if (bought.Account != account) continue;
            var gone = Math.Min(bought.Lots, hold.Fresh - position.Free);
            bought.Lots -= gone;
            hold.Fresh -= gone;
            instrument.Fresh[i] = bought;
        }
    }

    private void Satisfy(int account, int asset, in Command cause, OutputBuffer outputs)
    {
        for (var i = 0; i < accounts.Claims.Count; i++)
        {
            var claim = accounts.Claims[i];
            var taken = claim.Account == account && claim.Asset == asset ? Math.Min(claim.Left, FreeOf(account, asset)) : 0;
            if (taken == 0) continue;
            claim.Left -= taken;
            accounts.Claims[i] = claim;
            if (asset == 0) accounts[account].Free -= taken;
            else Lower(account, instruments[asset]!, taken);
            accounts.Total(asset) -= taken;
            Moved(OutputKind.Seized, in cause, account, asset, taken, claim.Reference, outputs);
        }
    }

    private bool Claims(int account, int asset)
    {
        foreach (var claim in accounts.Claims)
        {
            if (claim.Account == account && claim.Asset == asset && claim.Left > 0) return true;
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
