using System.Numerics;
using Trading.Matching.Core;

namespace Trading.Matching.Tests;

/// <summary>Instruments and accounts, as people set them.</summary>
internal sealed partial class PlainMarket
{
    private (Refusal, BigInteger, BigInteger)? ListInstrument()
    {
        if (now.Instrument is < 1 or > 65_535) return No(Refusal.InstrumentTermsInvalid, 65_535, now.Instrument);
        if (Listed(now.Instrument) is not null) return No(Refusal.InstrumentExists);
        var negative = now.Flags.HasFlag(CommandFlags.Negative);
        var sound = now.Num > 0 && now.Den > 0 && (negative || now.LowerTicks > 0) && now.LowerTicks <= now.UpperTicks && now.FeeMillionths >= 0 && now.FeeMillionths <= 1_000_000
                    && (int)now.Mode <= 6 && (int)now.Phase <= 4 && !(negative && (int)now.Mode is 3 or 4 or 6);
        var gathers = now.Mode is not (Mode.Continuous or Mode.Listing);
        sound = sound && !(now.Phase == Phase.Continuous && gathers) && !(now.Phase == Phase.Call && now.Mode == Mode.Listing);
        if (!sound || (negative && (now.FeeMillionths > 0 || now.Flags.HasFlag(CommandFlags.Conditional)))) return No(Refusal.InstrumentTermsInvalid);
        instruments[now.Instrument] = new()
        {
            Number = now.Instrument, Num = now.Num, Den = now.Den, FeeRate = now.FeeMillionths, Lower = now.LowerTicks, Upper = now.UpperTicks, Flags = now.Flags,
            Reference = now.ReferenceTicks, Phase = now.Phase != Phase.None ? now.Phase : gathers ? Phase.Call : Phase.Continuous, Mode = now.Mode,
        };
        instruments[now.Instrument].Gathered = PhaseOf(now.Instrument) == Phase.Call;
        said.Add(Said(OutputKind.Listed) with { Instrument = now.Instrument, Flags = now.Flags, LowerTicks = now.LowerTicks, UpperTicks = now.UpperTicks });
        said.Add(Said(OutputKind.PhaseChanged) with { Instrument = now.Instrument, Phase = PhaseOf(now.Instrument) });
        return null;
    }

    private (Refusal, BigInteger, BigInteger)? SetLimits()
    {
        if (Listed(now.Instrument) is not { } instrument) return No(Refusal.UnknownInstrument);
        if ((now.LowerTicks < 1 && !instrument.Negative) || now.LowerTicks > now.UpperTicks) return No(Refusal.InstrumentTermsInvalid);
        if (now.NegotiatedUpper < now.NegotiatedLower) return No(Refusal.InstrumentTermsInvalid);
        if ((now.NegotiatedLower != 0 || now.NegotiatedUpper != 0) && now.NegotiatedLower < 1 && !instrument.Negative) return No(Refusal.InstrumentTermsInvalid);
        instrument.NegotiatedLower = now.NegotiatedLower;
        instrument.NegotiatedUpper = now.NegotiatedUpper;
        instrument.Lower = now.LowerTicks;
        instrument.Upper = now.UpperTicks;
        if (now.ReferenceTicks != 0) instrument.Reference = now.ReferenceTicks;
        said.Add(Said(OutputKind.LimitsSet) with { Instrument = now.Instrument, LowerTicks = now.LowerTicks, UpperTicks = now.UpperTicks });
        return null;
    }

    private (Refusal, BigInteger, BigInteger)? SetTerms()
    {
        if (Listed(now.Instrument) is not { } instrument) return No(Refusal.UnknownInstrument);
        var numbers = (long[])[now.LotsLeast, now.LotsMost, now.ValueMost, now.HaltMicros, now.VolatilityMillionths, now.UntilMicros, now.NegotiatedLeast, now.NegotiatedMost];
        if (numbers.Any(n => n < 0) || (int)now.SelfTrade > 5 || (now.TPlus != 0 && instrument.Conditional)) return No(Refusal.InstrumentTermsInvalid);
        if ((int)now.Priority > 1 || (int)now.PriceRule > 1 || (int)now.MarketRemainder > 1) return No(Refusal.InstrumentTermsInvalid);
        instrument.Terms = now;
        instrument.Ends = now.UntilMicros;
        said.Add(Said(OutputKind.TermsSet) with { Instrument = now.Instrument });
        return null;
    }

    private (Refusal, BigInteger, BigInteger)? SetFee()
    {
        if (Listed(now.Instrument) is not { } instrument) return No(Refusal.UnknownInstrument);
        if (now.FeeMillionths < 0 || now.FeeMillionths > 1_000_000 || (instrument.Negative && now.FeeMillionths > 0)) return No(Refusal.InstrumentTermsInvalid);
        instrument.FeeRate = now.FeeMillionths;
        said.Add(Said(OutputKind.FeeSet) with { Instrument = now.Instrument, Amount = now.FeeMillionths });
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
            LeaveAll(open.Where(o => o.Account == now.Account), CancelReason.Blocked);
            EndAll(proposals.Where(p => p.Account == now.Account), CancelReason.Blocked);
        }
        else blocked.Remove(now.Account);

        return null;
    }

    private (Refusal, BigInteger, BigInteger)? GroupAccount()
    {
        if (!Possible(now.Account)) return No(Refusal.UnknownAccount);
        if (now.Reference is < 0 or > int.MaxValue) return No(Refusal.AmountNotPositive, 0, now.Reference);
        known.Add(now.Account);
        groups.Remove(now.Account);
        if (now.Reference > 0) groups[now.Account] = now.Reference;
        said.Add(Said(OutputKind.Grouped) with { Account = now.Account, Reference = now.Reference });
        return null;
    }

    private (Refusal, BigInteger, BigInteger)? ArmTimer()
    {
        if (!Possible(now.Account)) return No(Refusal.UnknownAccount);
        if (now.UntilMicros != 0 && now.UntilMicros <= now.AtMicros) return No(Refusal.UntilNotAllowed, now.AtMicros, now.UntilMicros);
        known.Add(now.Account);
        Arm(now.Account, now.UntilMicros);
        return null;
    }

    private void Arm(int account, long until)
    {
        timers.Remove(account);
        if (until != 0) timers[account] = until;
        said.Add(Said(OutputKind.TimerArmed) with { Account = account, UntilMicros = until });
    }
}
