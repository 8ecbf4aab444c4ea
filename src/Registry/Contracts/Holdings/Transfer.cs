namespace Trading.Registry.Contracts;

/// <summary>Non-trade transfer (非交易过户, R-REG-11): merger, split, court, donation.</summary>
public static class TransferRight
{
    public static (Decision<HoldingEvent> Out, Decision<HoldingEvent> In) Decide(Holding from, Holding to, long units, string reason)
    {
        Refused? refused = null;
        if (units <= 0) refused = Refused.Because("QTY_NOT_POSITIVE", null, ("quantity", units));
        else if (from.Key == to.Key) refused = Refused.Because("SAME_ACCOUNT", "R-REG-11", ("account", to.Key.Account));
        else if (units > from.Available) refused = Refused.Because("INSUFFICIENT_POSITION", "R-REG-03", ("needed", units), ("available", from.Available));
        if (refused is not null) return (refused, refused);
        return (new HoldingEvent.TransferredOut(units, to.Key.Account, reason), new HoldingEvent.TransferredIn(units, from.Key.Account, reason));
    }
}
