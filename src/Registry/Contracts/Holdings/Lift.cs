namespace Trading.Registry.Contracts;

/// <summary>Lifts what a freeze took.</summary>
public static class Lift
{
    public static Decision<HoldingEvent> Decide(Holding holding, long units, long freeze)
    {
        if (units < 0) return Refused.Because("QTY_NOT_POSITIVE", null, ("quantity", units));
        if (units > holding.Frozen) return Refused.Because("INSUFFICIENT_AVAILABLE", "R-REG-06", ("needed", units), ("frozen", holding.Frozen));
        return units == 0 ? Decision<HoldingEvent>.Nothing : new HoldingEvent.Unfrozen(units, freeze);
    }
}
