namespace Trading.Matching.Core;

/// <summary>Auction of one lot in steps (单向竞价, R-AUC-09, R-POL-10): prices rise, or fall where one buys; a late bid moves the close; the best bid wins at its own price.</summary>
public sealed partial class Market
{
    /// <summary>Slot of the bid that leads; -1 = none.</summary>
    private static int StandingBid(Instrument instrument)
    {
        var book = instrument.Against(instrument.SaleSide);
        return book.Best < 0 ? -1 : book[book.Best].First;
    }

    private int OwnStandingBid(int account, Instrument instrument) =>
        !instrument.Sealed && StandingBid(instrument) is >= 0 and var slot && orders[slot].Account == account ? slot : -1;

    private Refusal JudgeStep(in Command asked, Instrument instrument)
    {
        ref var sale = ref instrument.Sale;
        var lot = orders[orders.Find(sale.Order)].Left;
        if (asked.Lots != lot) return No(asked.Lots < lot ? Refusal.QtyTooSmall : Refusal.QtyTooLarge, lot, asked.Lots);
        var rises = instrument.SaleSide == Side.Sell;
        var bid = StandingBid(instrument);
        var from = bid >= 0 ? orders[bid].Ticks : sale.Reserve;
        // Without a bid and a reserve every price begins it.
        if (bid < 0 && sale.Reserve == 0) return Refusal.None;
        var least = Stepped(from, bid >= 0 ? Math.Max(sale.Increment, 1) : 0, rises);
        if (rises ? asked.Ticks < least : asked.Ticks > least) return No(Refusal.StepBelowMin, least, asked.Ticks);
        var most = Stepped(from, sale.MaxStep, rises);
        return sale.MaxStep > 0 && (rises ? asked.Ticks > most : asked.Ticks < most) ? No(Refusal.StepGtMax, most, asked.Ticks) : Refusal.None;
    }

    private static long Stepped(long from, long by, bool rises) => (long)Int128.Clamp(rises ? (Int128)from + by : (Int128)from - by, long.MinValue, long.MaxValue);

    /// <summary>A bid leads from now on: the one it beat leaves, and a late one moves the close.</summary>
    /// <param name="beaten">-1 = there was none.</param>
    private void Lead(int slot, int beaten, Instrument instrument, in Command cause, OutputBuffer outputs)
    {
        ref var sale = ref instrument.Sale;
        sale.Bids++;
        if (beaten >= 0 && beaten != slot) Leave(beaten, CancelReason.Outbid, in cause, outputs);
        if (sale.ExtendMicros == 0 || sale.UntilMicros == 0 || cause.AtMicros < (Int128)sale.UntilMicros - sale.ExtendMicros || (sale.ExtensionsMost > 0 && sale.Extensions >= sale.ExtensionsMost)) return;
        var until = (Int128)cause.AtMicros + sale.ExtendMicros;
        if (until > long.MaxValue) return;
        sale.Extensions++;
        // At the very instant from which bids are late, the close stays where it is: that is an extension too.
        if (until > sale.UntilMicros)
        {
            sale.UntilMicros = (long)until;
            Expect(new(sale.UntilMicros, DueKind.SaleEnds, instrument.Number));
            Reckon();
        }

        ref var extended = ref outputs.Next(OutputKind.Extended, in cause);
        (extended.Instrument, extended.Order, extended.UntilMicros) = (instrument.Number, sale.Order, sale.UntilMicros);
    }

    private void CloseStepped(Instrument instrument, in Command cause, OutputBuffer outputs)
    {
        var sold = orders.Find(instrument.Sale.Order);
        var bid = StandingBid(instrument);
        ref var closed = ref SaleClosed(instrument, orders[sold].Account, in cause, outputs);
        if (bid < 0) return;
        (closed.Priced, closed.Ticks, closed.Lots) = (1, orders[bid].Ticks, orders[sold].Left);
        var (buy, sell) = instrument.SaleSide == Side.Sell ? (bid, sold) : (sold, bid);
        Cross(buy, sell, orders[bid].Ticks, orders[sold].Left, Side.None, instrument, in cause, outputs);
    }
}
