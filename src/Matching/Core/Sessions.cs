using Trading.Matching.Core.Books;

namespace Trading.Matching.Core;

/// <summary>What people who run the market say: listing, limits, terms, permits, phases, days; and what time does by itself.</summary>
public sealed partial class Market
{
    private long[] leaving = new long[256];

    private void ListInstrument(in Command command, OutputBuffer outputs)
    {
        var negative = (command.Flags & CommandFlags.Negative) != 0;
        if (command.Instrument < 1 || command.Instrument > options.InstrumentsMost)
            Refuse(in command, outputs, No(Refusal.InstrumentTermsInvalid, options.InstrumentsMost, command.Instrument));
        else if (Find(command.Instrument) is not null)
            Refuse(in command, outputs, No(Refusal.InstrumentExists));
        else if (command.Num < 1 || command.Den < 1 || (command.LowerTicks < 1 && !negative) || command.UpperTicks < command.LowerTicks
                 || command.FeeMillionths is < 0 or > 1_000_000 || command.Phase > Phase.Call || command.Mode > Mode.Descending
                 || (command.Phase == Phase.Continuous && command.Mode is not (Mode.Continuous or Mode.Listing)) || command is { Phase: Phase.Call, Mode: Mode.Listing } || (negative && command.Mode is Mode.Sealed or Mode.Ascending or Mode.Descending)
                 || (negative && (command.FeeMillionths != 0 || (command.Flags & CommandFlags.Conditional) != 0)))
            Refuse(in command, outputs, No(Refusal.InstrumentTermsInvalid));
        else
        {
            if (command.Instrument >= instruments.Length) Array.Resize(ref instruments, Math.Max(command.Instrument + 1, instruments.Length * 2));
            var instrument = new Instrument(in command, orders);
            instruments[command.Instrument] = instrument;
            ref var listed = ref outputs.Next(OutputKind.Listed, in command);
            listed.Instrument = command.Instrument;
            listed.Flags = command.Flags;
            (listed.LowerTicks, listed.UpperTicks) = (command.LowerTicks, command.UpperTicks);
            PhaseChanged(instrument, instrument.Phase, in command, outputs);
        }
    }

    private void SetLimits(in Command command, OutputBuffer outputs)
    {
        if (Find(command.Instrument) is not { } instrument) Refuse(in command, outputs, No(Refusal.UnknownInstrument));
        else if ((command.LowerTicks < 1 && !instrument.Negative) || command.UpperTicks < command.LowerTicks
                 || command.NegotiatedUpper < command.NegotiatedLower || ((command.NegotiatedLower | command.NegotiatedUpper) != 0 && command.NegotiatedLower < 1 && !instrument.Negative))
            Refuse(in command, outputs, No(Refusal.InstrumentTermsInvalid));
        else
        {
            (instrument.NegotiatedLower, instrument.NegotiatedUpper) = (command.NegotiatedLower, command.NegotiatedUpper);
            (instrument.LowerTicks, instrument.UpperTicks) = (command.LowerTicks, command.UpperTicks);
            if (command.ReferenceTicks != 0) instrument.ReferenceTicks = command.ReferenceTicks;
            instrument.Weigh();
            ref var set = ref outputs.Next(OutputKind.LimitsSet, in command);
            set.Instrument = command.Instrument;
            (set.LowerTicks, set.UpperTicks) = (command.LowerTicks, command.UpperTicks);
        }
    }

    private void SetTerms(in Command command, OutputBuffer outputs)
    {
        if (Find(command.Instrument) is not { } instrument) Refuse(in command, outputs, No(Refusal.UnknownInstrument));
        else if (command.LotsLeast < 0 || command.LotsMost < 0 || command.ValueMost < 0 || command.HaltMicros < 0 || command.VolatilityMillionths < 0
                 || command.SelfTrade > SelfTrade.Decrement || command.UntilMicros < 0 || (command.TPlus > 0 && instrument.Conditional)
                 || command.Priority > Priority.ProRata || command.PriceRule > PriceRule.LastPair || command.MarketRemainder > MarketRemainder.Limit || command.NegotiatedLeast < 0 || command.NegotiatedMost < 0)
            Refuse(in command, outputs, No(Refusal.InstrumentTermsInvalid));
        else
        {
            instrument.Terms = new()
            {
                LotsLeast = command.LotsLeast, LotsMost = command.LotsMost, ValueMost = command.ValueMost, HaltMicros = command.HaltMicros,
                VolatilityMillionths = command.VolatilityMillionths, TPlus = command.TPlus, Levels = command.Levels,
                SelfTrade = command.SelfTrade == SelfTrade.Default ? SelfTrade.CancelNewest : command.SelfTrade, EndsMicros = command.UntilMicros,
                Priority = command.Priority, PriceRule = command.PriceRule, MarketRemainder = command.MarketRemainder, NegotiatedLeast = command.NegotiatedLeast, NegotiatedMost = command.NegotiatedMost,
            };
            instrument.Weigh();
            if (command.UntilMicros != 0) Expect(new(command.UntilMicros, DueKind.InstrumentEnds, instrument.Number));
            outputs.Next(OutputKind.TermsSet, in command).Instrument = command.Instrument;
            Reckon();
        }
    }

    /// <summary>An order's fee is the one of its entry for as long as it lives: what was locked for it covers it, and its fills add up as one order's.</summary>
    private void SetFee(in Command command, OutputBuffer outputs)
    {
        if (Find(command.Instrument) is not { } instrument) Refuse(in command, outputs, No(Refusal.UnknownInstrument));
        else if (command.FeeMillionths is < 0 or > 1_000_000 || (instrument.Negative && command.FeeMillionths != 0)) Refuse(in command, outputs, No(Refusal.InstrumentTermsInvalid));
        else
        {
            instrument.SetFee(command.FeeMillionths, Sequence, Oldest(instrument.Number));
            ref var set = ref outputs.Next(OutputKind.FeeSet, in command);
            set.Instrument = command.Instrument;
            set.Amount = command.FeeMillionths;
        }
    }

    /// <summary>The lowest number of an open order of the instrument; <see cref="long.MaxValue"/> where there is none.</summary>
    private long Oldest(int instrument)
    {
        var oldest = long.MaxValue;
        for (var slot = 0; slot < orders.Used; slot++)
        {
            ref var order = ref orders[slot];
            if (order.Number != 0 && order.Instrument == instrument && order.Number < oldest) oldest = order.Number;
        }

        return oldest;
    }

    private void Permit(in Command command, OutputBuffer outputs)
    {
        if (Find(command.Instrument) is not { } instrument) Refuse(in command, outputs, No(Refusal.UnknownInstrument));
        else if (command.Amount < 0) Refuse(in command, outputs, No(Refusal.AmountNotPositive, 0, command.Amount));
        else if (!Accounts.Possible(command.Account)) Refuse(in command, outputs, No(Refusal.UnknownAccount));
        else
        {
            accounts.Open(command.Account);
            ref var position = ref instrument.Of(command.Account);
            position.Marks |= PositionMarks.Permitted | PositionMarks.MayBuy | PositionMarks.MaySell;
            if ((command.Flags & CommandFlags.MayBuy) == 0) position.Marks &= ~PositionMarks.MayBuy;
            if ((command.Flags & CommandFlags.MaySell) == 0) position.Marks &= ~PositionMarks.MaySell;
            if (command.Amount != 0 || position.Hold != 0) instrument.HoldOf(command.Account).Limit = command.Amount;
            ref var permitted = ref outputs.Next(OutputKind.Permitted, in command);
            permitted.Account = command.Account;
            permitted.Instrument = command.Instrument;
            permitted.Flags = command.Flags;
            permitted.Amount = command.Amount;
        }
    }

    private void BlockAccount(in Command command, OutputBuffer outputs)
    {
        if (!Accounts.Possible(command.Account))
        {
            Refuse(in command, outputs, No(Refusal.UnknownAccount));
            return;
        }

        ref var account = ref accounts.Open(command.Account);
        var blocks = (command.Flags & CommandFlags.Blocked) != 0;
        account.Marks = blocks ? account.Marks | AccountMarks.Blocked : account.Marks & ~AccountMarks.Blocked;
        ref var blocked = ref outputs.Next(OutputKind.AccountBlocked, in command);
        blocked.Account = command.Account;
        blocked.Flags = command.Flags;
        if (!blocks) return;
        CancelOrders(command.Account, 0, Side.None, CancelReason.Blocked, in command, outputs);
        CancelProposals(command.Account, 0, Side.None, CancelReason.Blocked, in command, outputs);
    }

    /// <summary>Orders that stand already are not looked at again: the walk asks when they would meet.</summary>
    private void GroupAccount(in Command command, OutputBuffer outputs)
    {
        if (!Accounts.Possible(command.Account)) Refuse(in command, outputs, No(Refusal.UnknownAccount));
        else if (command.Reference is < 0 or > int.MaxValue) Refuse(in command, outputs, No(Refusal.AmountNotPositive, 0, command.Reference));
        else
        {
            accounts.Open(command.Account).Group = command.Reference == 0 ? command.Account : -(int)command.Reference;
            ref var grouped = ref outputs.Next(OutputKind.Grouped, in command);
            grouped.Account = command.Account;
            grouped.Reference = command.Reference;
        }
    }

    private void ArmTimer(in Command command, OutputBuffer outputs)
    {
        if (!Accounts.Possible(command.Account)) Refuse(in command, outputs, No(Refusal.UnknownAccount));
        else if (command.UntilMicros != 0 && command.UntilMicros <= command.AtMicros) Refuse(in command, outputs, No(Refusal.UntilNotAllowed, command.AtMicros, command.UntilMicros));
        else
        {
            accounts.Open(command.Account);
            // Armed again for the same instant it is expected already.
            if (command.UntilMicros != 0 && command.UntilMicros != accounts.Timer(command.Account)) Expect(new(command.UntilMicros, DueKind.TimerGoesOff, command.Account));
            accounts.SetTimer(command.Account, command.UntilMicros);
            Armed(command.Account, command.UntilMicros, in command, outputs);
            Reckon();
        }
    }

    private static void Armed(int account, long until, in Command cause, OutputBuffer outputs)
    {
        ref var armed = ref outputs.Next(OutputKind.TimerArmed, in cause);
        armed.Account = account;
        armed.UntilMicros = until;
    }

    private void SetPhase(in Command command, OutputBuffer outputs)
    {
        var (phase, until) = (command.Phase, command.UntilMicros);
        if (Find(command.Instrument) is not { } instrument) Refuse(in command, outputs, No(Refusal.UnknownInstrument));
        else if (phase is Phase.None or > Phase.Uncross) Refuse(in command, outputs, No(Refusal.UnknownPhase, 0, (long)phase));
        else if (!instrument.Has(phase)) Refuse(in command, outputs, No(Refusal.ModeNotAvailable));
        else if (phase == Phase.Uncross && !instrument.Uncrosses) Refuse(in command, outputs, No(Refusal.InstrumentNotOpen, (long)Phase.Call, (long)instrument.Phase));
        else if (until != 0 && (phase != Phase.Call || until <= command.AtMicros)) Refuse(in command, outputs, No(Refusal.UntilNotAllowed, command.AtMicros, until));
        else
        {
            Turn(instrument, phase, in command, outputs);
            if (phase != Phase.Call || until == 0) return;
            instrument.CallEndsMicros = until;
            Expect(new(until, DueKind.CallEnds, instrument.Number));
        }
    }

    private void Turn(Instrument instrument, Phase phase, in Command cause, OutputBuffer outputs)
    {
        var before = instrument.Phase;
        (instrument.ResumesMicros, instrument.CallEndsMicros) = (0, 0);
        // What a call gathered is uncrossed before anything trades on; a market that was halted or closed in between owes it still.
        if (phase == Phase.Continuous && instrument is { Gathered: true, Mode: Mode.Continuous }) phase = Phase.Uncross;
        if (phase == Phase.Uncross)
        {
            PhaseChanged(instrument, phase, in cause, outputs);
            if (instrument.Mode != Mode.Listing) instrument.Phase = Phase.Call;
            Uncross(instrument, in cause, outputs);
            if (instrument.Mode == Mode.Continuous)
            {
                instrument.Gathered = false;
                Turn(instrument, Phase.Continuous, in cause, outputs);
            }

            Reckon();
            return;
        }

        instrument.Phase = phase;
        if (phase == Phase.Call) instrument.Gathered = true;
        PhaseChanged(instrument, phase, in cause, outputs);
        if (phase == Phase.Close && before != Phase.Close)
        {
            CancelDayOrders(instrument.Number, in cause, outputs);
            EndProposals(instrument.Number, CancelReason.Close, in cause, outputs);
            EndDay(instrument, 1, in cause, outputs);
        }

        // What the price reached while trading stood still goes off now.
        if (phase == Phase.Continuous && instrument.Traded)
        {
            Begin(instrument);
            (lineTraded, lineLow, lineHigh) = (true, instrument.LastTicks, instrument.LastTicks);
            Elect(instrument, in cause, outputs);
        }

        Reckon();
    }

    private static void PhaseChanged(Instrument instrument, Phase phase, in Command command, OutputBuffer outputs)
    {
        ref var changed = ref outputs.Next(OutputKind.PhaseChanged, in command);
        changed.Instrument = instrument.Number;
        changed.Phase = phase;
    }

    private void StartDay(in Command command, OutputBuffer outputs)
    {
        if (command.DayEndsMicros <= command.AtMicros || command.DayLengthMicros < 1)
        {
            Refuse(in command, outputs, No(Refusal.DayInvalid, command.AtMicros, command.DayEndsMicros));
            return;
        }

        (dayEnds, dayLength) = (command.DayEndsMicros, command.DayLengthMicros);
        DayStarted(in command, outputs);
        Reckon();
    }

    private void DayStarted(in Command command, OutputBuffer outputs)
    {
        ref var started = ref outputs.Next(OutputKind.DayStarted, in command);
        (started.DayEndsMicros, started.DayLengthMicros) = (dayEnds, dayLength);
    }

    /// <summary>Everything that is due by the command's time, in the order of its instants.</summary>
    private void Sweep(in Command cause, OutputBuffer outputs)
    {
        while (true)
        {
            DropStale();
            var first = dues.Count > 0 ? dues.First.Micros : long.MaxValue;
            if (Math.Min(first, dayEnds) > cause.AtMicros || (first == long.MaxValue && dayEnds == long.MaxValue)) break;
            if (dayEnds < first)
            {
                RollDay(Math.Min(cause.AtMicros, first - 1), in cause, outputs);
                continue;
            }

            var due = dues.First;
            dues.RemoveFirst();
            switch (due.Kind)
            {
                case DueKind.OrderExpires:
                    Leave(orders.Find(due.Key), CancelReason.Expired, in cause, outputs);
                    break;
                case DueKind.TimerGoesOff:
                    accounts.SetTimer((int)due.Key, 0);
                    Armed((int)due.Key, 0, in cause, outputs);
                    CancelOrders((int)due.Key, 0, Side.None, CancelReason.DeadMan, in cause, outputs);
                    break;
                case DueKind.HaltEnds:
                    Turn(instruments[(int)due.Key]!, Phase.Continuous, in cause, outputs);
                    break;
                case DueKind.InstrumentEnds:
                    var ended = instruments[(int)due.Key]!;
                    ended.Terms.EndsMicros = 0;
                    CancelEach(ended.Number, dayOnly: false, CancelReason.Expired, in cause, outputs);
                    EndProposals(ended.Number, CancelReason.Expired, in cause, outputs);
                    Turn(ended, Phase.Close, in cause, outputs);
                    break;
                case DueKind.SaleEnds:
                    CloseSale(instruments[(int)due.Key]!, in cause, outputs);
                    break;
                case DueKind.CallEnds:
                    Turn(instruments[(int)due.Key]!, Phase.Uncross, in cause, outputs);
                    break;
            }
        }

        Reckon();
    }

    /// <param name="until">Days that end up to here end at once: nothing else is due among them.</param>
    private void RollDay(long until, in Command cause, OutputBuffer outputs)
    {
        CancelDayOrders(0, in cause, outputs);
        EndProposals(0, CancelReason.Close, in cause, outputs);
        // A market that slept for days forgets as one that was awake, but walks at most two days to do so.
        var ended = (((Int128)until - dayEnds) / dayLength) + 1;
        var days = (int)Int128.Min(ended, byte.MaxValue + 1);
        for (var day = 0; day < days && day < 2; day++) clientIds.DayEnded(0);
        foreach (var instrument in instruments)
        {
            if (instrument is { Phase: not Phase.Close }) EndDay(instrument, days, in cause, outputs);
        }

        var next = dayEnds + (ended * dayLength);
        dayEnds = next > long.MaxValue ? long.MaxValue : (long)next;
        DayStarted(in cause, outputs);
    }

    /// <summary>The closing price is the mean of the day's trades by volume, else the one before (R-CEA-09); ids grow older; what was bought can be sold.</summary>
    private void EndDay(Instrument instrument, int days, in Command cause, OutputBuffer outputs)
    {
        if (instrument.Day.Lots > 0) (instrument.CloseTicks, instrument.HasClosed) = (Amounts.Mean(instrument.Day.TicksLots, instrument.Day.Lots), true);
        ref var closed = ref outputs.Next(OutputKind.Closed, in cause);
        closed.Instrument = instrument.Number;
        closed.Ticks = instrument.CloseTicks;
        closed.Lots = instrument.Day.Lots;
        closed.Amount = instrument.Day.Amount;
        instrument.Day = default;
        for (var day = 0; day < days && day < 2; day++) clientIds.DayEnded(instrument.Number);
        var kept = 0;
        for (var i = 0; i < instrument.Fresh.Count; i++)
        {
            var bought = instrument.Fresh[i];
            bought.Closes -= Math.Min(days, bought.Closes);
            if (bought.Closes > 0) instrument.Fresh[kept++] = bought;
            else instrument.HoldOf(bought.Account).Fresh -= bought.Lots;
        }

        instrument.Fresh.RemoveRange(kept, instrument.Fresh.Count - kept);
    }

    /// <summary>What was not asked to outlive the day leaves, also a stop that would have been filled at once or not at all.</summary>
    private void CancelDayOrders(int instrument, in Command command, OutputBuffer outputs) =>
        CancelEach(instrument, dayOnly: true, CancelReason.Close, in command, outputs);

    /// <summary>In the order of their numbers.</summary>
    /// <param name="instrument">0 = all.</param>
    private void CancelEach(int instrument, bool dayOnly, CancelReason reason, in Command command, OutputBuffer outputs)
    {
        var count = 0;
        for (var slot = 0; slot < orders.Used; slot++)
        {
            ref var order = ref orders[slot];
            if (order.Number == 0 || (instrument != 0 && order.Instrument != instrument) || (dayOnly && order.TimeInForce is (TimeInForce.Gtc or TimeInForce.Gtd))) continue;
            if (count == leaving.Length) Array.Resize(ref leaving, leaving.Length * 2);
            leaving[count++] = order.Number;
        }

        LeaveInOrder(count, reason, in command, outputs);
    }

    private void LeaveInOrder(int count, CancelReason reason, in Command command, OutputBuffer outputs)
    {
        leaving.AsSpan(0, count).Sort();
        for (var i = 0; i < count; i++)
        {
            // A sale that fails takes its bids with it.
            if (orders.Find(leaving[i]) is >= 0 and var slot) Leave(slot, reason, in command, outputs);
        }
    }

    private void Expect(Due due)
    {
        dues.Add(due);
        if (due.Micros < NextDueMicros) NextDueMicros = due.Micros;
    }

    private bool Stale(Due due) => due.Kind switch
    {
        DueKind.OrderExpires => orders.Find(due.Key) is not (>= 0 and var slot) || !orders[slot].Is(Marks.Told) || orders.Story(slot).UntilMicros != due.Micros,
        DueKind.TimerGoesOff => accounts.Timer((int)due.Key) != due.Micros,
        DueKind.HaltEnds => instruments[(int)due.Key]!.ResumesMicros != due.Micros,
        DueKind.SaleEnds => instruments[(int)due.Key]!.Sale.UntilMicros != due.Micros,
        DueKind.CallEnds => instruments[(int)due.Key]!.CallEndsMicros != due.Micros,
        _ => instruments[(int)due.Key]!.Terms.EndsMicros != due.Micros,
    };

    private void DropStale()
    {
        while (dues.Count > 0 && Stale(dues.First)) dues.RemoveFirst();
    }

    private void Reckon()
    {
        DropStale();
        NextDueMicros = dues.Count > 0 ? Math.Min(dues.First.Micros, dayEnds) : dayEnds;
    }
}
