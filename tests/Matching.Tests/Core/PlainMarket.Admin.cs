using System.Numerics;
using Trading.Matching.Core;

namespace Trading.Matching.Tests;

/// <summary>Everything but orders.</summary>
internal sealed partial class PlainMarket
{
    private (Refusal, BigInteger, BigInteger)? ListInstrument()
    {
        if (now.Instrument is < 1 or > 65_535) return No(Refusal.InstrumentTermsInvalid, 65_535, now.Instrument);
        if (Listed(now.Instrument) is not null) return No(Refusal.InstrumentExists);
        var sound = now.Num > 0 && now.Den > 0 && now.LowerTicks > 0 && now.LowerTicks <= now.UpperTicks && now.FeeMillionths >= 0 && now.FeeMillionths <= 1_000_000
                    && (int)now.Phase <= 3;
        if (!sound) return No(Refusal.InstrumentTermsInvalid);
        instruments[now.Instrument] = new()
        {
            Number = now.Instrument, Num = now.Num, Den = now.Den, Fee = now.FeeMillionths, Lower = now.LowerTicks, Upper = now.UpperTicks,
            Conditional = now.Flags.HasFlag(CommandFlags.Conditional), PermitNeeded = now.Flags.HasFlag(CommandFlags.PermitNeeded),
            Phase = now.Phase == Phase.None ? Phase.Continuous : now.Phase,
        };
        said.Add(Said(OutputKind.Listed) with { Instrument = now.Instrument, Flags = now.Flags, LowerTicks = now.LowerTicks, UpperTicks = now.UpperTicks });
        said.Add(Said(OutputKind.PhaseChanged) with { Instrument = now.Instrument, Phase = PhaseOf(now.Instrument) });
        return null;
    }

    private (Refusal, BigInteger, BigInteger)? SetLimits()
    {
        if (Listed(now.Instrument) is not { } instrument) return No(Refusal.UnknownInstrument);
        if (now.LowerTicks < 1 || now.LowerTicks > now.UpperTicks) return No(Refusal.InstrumentTermsInvalid);
        instrument.Lower = now.LowerTicks;
        instrument.Upper = now.UpperTicks;
        said.Add(Said(OutputKind.LimitsSet) with { Instrument = now.Instrument, LowerTicks = now.LowerTicks, UpperTicks = now.UpperTicks });
        return null;
    }

    private (Refusal, BigInteger, BigInteger)? Permit()
    {
        if (Listed(now.Instrument) is null) return No(Refusal.UnknownInstrument);
        if (now.Amount < 0) return No(Refusal.AmountNotPositive, 0, now.Amount);
        if (!Possible(now.Account)) return No(Refusal.UnknownAccount);
        known.Add(now.Account);
        permits[(now.Account, now.Instrument)] = (now.Flags.HasFlag(CommandFlags.MayBuy), now.Flags.HasFlag(CommandFlags.MaySell), now.Amount);
        said.Add(Said(OutputKind.Permitted) with { Account = now.Account, Instrument = now.Instrument, Flags = now.Flags, Amount = now.Amount });
        return null;
    }

    private (Refusal, BigInteger, BigInteger)? BlockAccount()
    {
        if (!Possible(now.Account)) return No(Refusal.UnknownAccount);
        known.Add(now.Account);
        said.Add(Said(OutputKind.AccountBlocked) with { Account = now.Account, Flags = now.Flags });
        if (now.Flags.HasFlag(CommandFlags.Blocked))
        {
            blocked.Add(now.Account);
            foreach (var order in open.Where(o => o.Account == now.Account).OrderBy(o => o.Number).ToList()) Leaves(order, CancelReason.Blocked);
        }
        else blocked.Remove(now.Account);

        return null;
    }

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
        if (!known.Contains(now.Account)) return No(Refusal.UnknownAccount);
        if (blocked.Contains(now.Account)) return No(Refusal.AccountBlocked);
        var free = Free(now.Account, now.Instrument);
        if (free < now.Amount) return No(now.Instrument == 0 ? Refusal.InsufficientCash : Refusal.InsufficientPosition, now.Amount, free);
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
            var newest = open.Where(o => o.Account == now.Account && o.Asset == now.Instrument && o.Behind() > 0).MaxBy(o => o.Number);
            if (newest is null) break;
            Leaves(newest, CancelReason.Seizure);
        }

        return null;
    }

    private (Refusal, BigInteger, BigInteger)? Lift()
    {
        if (!known.Contains(now.Account)) return No(Refusal.UnknownAccount);
        var claim = claims.Find(c => c.Account == now.Account && c.Asset == now.Instrument && c.Reference == now.Reference);
        if (claim is null) return No(Refusal.UnknownSeizure);
        claims.Remove(claim);
        Moved(OutputKind.SeizureLifted, claim.Left);
        return null;
    }

    private (Refusal, BigInteger, BigInteger)? SetPhase()
    {
        if (Listed(now.Instrument) is not { } instrument) return No(Refusal.UnknownInstrument);
        if (now.Phase is not (Phase.Continuous or Phase.Halt or Phase.Close)) return No(Refusal.UnknownPhase, 0, (int)now.Phase);
        instrument.Phase = now.Phase;
        said.Add(Said(OutputKind.PhaseChanged) with { Instrument = now.Instrument, Phase = now.Phase });
        if (now.Phase == Phase.Close) EndDayOrders(o => o.Instrument == instrument);
        return null;
    }

    private (Refusal, BigInteger, BigInteger)? StartDay()
    {
        if (now.DayEndsMicros <= now.AtMicros || now.DayLengthMicros <= 0) return No(Refusal.DayInvalid, now.AtMicros, now.DayEndsMicros);
        dayEnds = now.DayEndsMicros;
        dayLength = now.DayLengthMicros;
        DayStarted();
        return null;
    }

    private (Refusal, BigInteger, BigInteger)? Advance()
    {
        if (dayLength == 0 || now.AtMicros < dayEnds) return null;
        EndDayOrders(_ => true);
        var passed = (now.AtMicros - dayEnds) / dayLength + 1;
        day += (long)BigInteger.Min(passed, 1000);
        dayEnds = BigInteger.Min(dayEnds + (passed * dayLength), long.MaxValue);
        // Heard of in one day for the last time, remembered through the next.
        foreach (var (id, found) in heard.ToList())
        {
            if (found.Died + 2 <= day) heard.Remove(id);
        }

        DayStarted();
        return null;
    }

    private void DayStarted() => said.Add(Said(OutputKind.DayStarted) with { DayEndsMicros = (long)dayEnds, DayLengthMicros = dayLength });

    private void EndDayOrders(Func<PlainOrder, bool> which)
    {
        foreach (var order in open.Where(o => o.Until == TimeInForce.Day && which(o)).OrderBy(o => o.Number).ToList()) Leaves(order, CancelReason.Close);
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

    private void Moved(OutputKind kind, BigInteger amount) =>
        said.Add(Said(kind) with { Account = now.Account, Instrument = now.Instrument, Amount = (long)amount, Reference = now.Reference });
}
