namespace Trading.Registry.Contracts;

/// <summary>Into the market: what is available, and nothing else (R-REG-03).</summary>
public static class Earmark
{
    public static Decision<HoldingEvent> Decide(Holding holding, long units, long transfer)
    {
        if (units <= 0) return Refused.Because("QTY_NOT_POSITIVE", null, ("quantity", units));
        if (units > holding.Available) return Refused.Because("INSUFFICIENT_AVAILABLE", "R-REG-03", ("needed", units), ("available", holding.Available));
        return new HoldingEvent.Earmarked(units, transfer);
    }
}
