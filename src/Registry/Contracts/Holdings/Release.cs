namespace Trading.Registry.Contracts;

/// <summary>Out of the market, after the market let go.</summary>
public static class Release
{
    public static Decision<HoldingEvent> Decide(Holding holding, long units, long transfer)
    {
        if (units <= 0) return Refused.Because("QTY_NOT_POSITIVE", null, ("quantity", units));
        if (units > holding.Earmarked) return Refused.Because("INSUFFICIENT_AVAILABLE", "R-REG-03", ("needed", units), ("inMarket", holding.Earmarked));
        return new HoldingEvent.Released(units, transfer);
    }
}
