using System.Numerics;
using Trading.Matching.Core;

namespace Trading.Matching.Tests;

/// <summary>Phases and days, and what time does by itself.</summary>
internal sealed partial class PlainMarket
{
    private (Refusal, BigInteger, BigInteger)? SetPhase()
    {
        if (Listed(now.Instrument) is not { } instrument) return No(Refusal.UnknownInstrument);
        if (now.Phase == Phase.None || (int)now.Phase > 5) return No(Refusal.UnknownPhase, 0, (int)now.Phase);
        if (now.Phase == Phase.Continuous && instrument.Mode is not (Mode.Continuous or Mode.Listing)) return No(Refusal.ModeNotAvailable);
        if (now.Phase == Phase.Call && instrument.Mode == Mode.Listing) return No(Refusal.ModeNotAvailable);
        var toUncross = instrument.Phase == Phase.Call || (instrument.Mode == Mode.Listing && instrument.Shares && instrument.Phase == Phase.Continuous);
        if (now.Phase == Phase.Uncross && !toUncross) return No(Refusal.InstrumentNotOpen, (int)Phase.Call, (int)instrument.Phase);
        var untilIsSound = now.UntilMicros == 0 || (now.Phase == Phase.Call && now.UntilMicros > now.AtMicros);
        if (!untilIsSound) return No(Refusal.UntilNotAllowed, now.AtMicros, now.UntilMicros);
        Turn(instrument, now.Phase);
        if (now.Phase == Phase.Call) instrument.CallEnds = now.UntilMicros;
        return null;
    }

    private void Turn(PlainInstrument instrument, Phase phase)
    {
        if (phase == Phase.Uncross || (phase == Phase.Continuous && instrument.Gathered && instrument.Mode == Mode.Continuous))
        {
            Uncross(instrument);
            return;
        }

        var closes = phase == Phase.Close && instrument.Phase != Phase.Close;
        instrument.Phase = phase;
        instrument.Resumes = instrument.CallEnds = 0;
        if (phase == Phase.Call) instrument.Gathered = true;
        said.Add(Said(OutputKind.PhaseChanged) with { Instrument = instrument.Number, Phase = phase });
        if (closes)
        {
            LeaveAll(open.Where(o => o.InForce is not (TimeInForce.Gtc or TimeInForce.Gtd) && o.Instrument == instrument), CancelReason.Close);
            EndAll(proposals.Where(p => p.Instrument == instrument), CancelReason.Close);
            EndDay(instrument, 1);
        }

        if (phase == Phase.Continuous) GoOn(instrument);
    }

    /// <summary>Stops that the last price reaches go off.</summary>
    private void GoOn(PlainInstrument instrument)
    {
        if (instrument.Last is not { } last) return;
        Begin(instrument);
        line.Add(last);
        Elect(instrument);
    }

    private (Refusal, BigInteger, BigInteger)? StartDay()
    {
        if (now.DayEndsMicros <= now.AtMicros || now.DayLengthMicros <= 0) return No(Refusal.DayInvalid, now.AtMicros, now.DayEndsMicros);
        dayEnds = now.DayEndsMicros;
        dayLength = now.DayLengthMicros;
        DayStarted();
        return null;
    }

    private IEnumerable<(BigInteger At, int Order, long Key, Action Happens)> Dues()
    {
        foreach (var order in open.Where(o => o.InForce == TimeInForce.Gtd)) yield return (order.Until, 1, order.Number, () => Leaves(order, CancelReason.Expired));
        foreach (var (account, until) in timers)
        {
            yield return (until, 2, account, () =>
            {
                Arm(account, 0);
                LeaveAll(open.Where(o => o.Account == account && !o.IsSale && !o.Binding), CancelReason.DeadMan);
            });
        }

        foreach (var instrument in instruments.Values.Where(i => i.Resumes != 0)) yield return (instrument.Resumes, 3, instrument.Number, () => Turn(instrument, Phase.Continuous));
        foreach (var instrument in instruments.Values.Where(i => i.Ends != 0))
        {
            yield return (instrument.Ends, 4, instrument.Number, () =>
            {
                instrument.Ends = 0;
                LeaveAll(open.Where(o => o.Instrument == instrument), CancelReason.Expired);
                EndAll(proposals.Where(p => p.Instrument == instrument), CancelReason.Expired);
                Turn(instrument, Phase.Close);
            });
        }

        foreach (var instrument in instruments.Values.Where(i => i.Sale is { Until: not 0 })) yield return (instrument.Sale!.Until, 5, instrument.Number, () => CloseSale(instrument));
        foreach (var instrument in instruments.Values.Where(i => i.CallEnds != 0)) yield return (instrument.CallEnds, 6, instrument.Number, () => Uncross(instrument));
    }

    /// <summary>By instant; at one instant a day ends last. The last instant there is never comes.</summary>
    private void Sweep()
    {
        while (NextDue <= now.AtMicros && NextDue < long.MaxValue)
        {
            var due = Dues().OrderBy(d => d.At).ThenBy(d => d.Order).ThenBy(d => d.Key).FirstOrDefault((long.MaxValue, 0, 0, () => { }));
            if (due.At <= dayEnds) due.Happens();
            else EndDays(BigInteger.Min(now.AtMicros, due.At - 1));
        }
    }

    private void EndDays(BigInteger until)
    {
        LeaveAll(open.Where(o => o.InForce is not (TimeInForce.Gtc or TimeInForce.Gtd)), CancelReason.Close);
        EndAll(proposals.Where(p => p.Instrument.Phase != Phase.Close), CancelReason.Close);
        var ended = ((until - dayEnds) / dayLength) + 1;
        days += ended;
        foreach (var (name, id) in heard.ToList())
        {
            if (id.Instrument is null && id.Died + 2 <= days) heard.Remove(name);
        }

        foreach (var instrument in instruments.Values.Where(i => i.Phase != Phase.Close)) EndDay(instrument, ended);
        dayEnds = BigInteger.Min(dayEnds + (ended * dayLength), long.MaxValue);
        DayStarted();
    }

    private void DayStarted() => said.Add(Said(OutputKind.DayStarted) with { DayEndsMicros = (long)dayEnds, DayLengthMicros = dayLength });

    private void EndDay(PlainInstrument instrument, BigInteger ended)
    {
        var lots = instrument.Today.Aggregate(BigInteger.Zero, (sum, t) => sum + t.Lots);
        var amount = instrument.Today.Aggregate(BigInteger.Zero, (sum, t) => BigInteger.Min(BigInteger.Max(sum + t.Amount, long.MinValue), long.MaxValue));
        if (lots > 0) instrument.Close = (long)PlainInstrument.HalfUp(instrument.Today.Aggregate(BigInteger.Zero, (sum, t) => sum + ((BigInteger)t.Ticks * t.Lots)), lots);
        said.Add(Said(OutputKind.Closed) with { Instrument = instrument.Number, Ticks = instrument.Close ?? 0, Lots = (long)lots, Amount = (long)amount });
        instrument.Today = [];
        instrument.Closes += ended;
        instrument.Bought.RemoveAll(b => b.SellableAfter <= instrument.Closes);
        // Heard of in one day for the last time, remembered through the next.
        foreach (var (name, id) in heard.ToList())
        {
            if (id.Instrument == instrument && id.Died + 2 <= instrument.Closes) heard.Remove(name);
        }
    }
}
