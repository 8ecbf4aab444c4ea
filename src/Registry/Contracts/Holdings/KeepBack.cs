namespace Trading.Registry.Contracts;

/// <summary>Holds by reason (R-REG-03): out of what is available, and back into it.</summary>
public static class KeepBack
{
    /// <summary>Refused QTY_NOT_POSITIVE, INSUFFICIENT_AVAILABLE.</summary>
    public static Decision<HoldingEvent> Place(Holding holding, long units, HoldReason reason, string reference)
    {
        if (units <= 0) return Refused.Because("QTY_NOT_POSITIVE", null, ("quantity", units));
        if (units > holding.Available) return Refused.Because("INSUFFICIENT_AVAILABLE", "R-REG-03", ("needed", units), ("available", holding.Available));
        return new HoldingEvent.Held(units, reason, reference);
    }

    /// <summary>Refused QTY_NOT_POSITIVE, HOLD_STANDING (more than stands, or none of this reference).</summary>
    public static Decision<HoldingEvent> Lift(Hold? hold, long units, string reference)
    {
        if (units <= 0) return Refused.Because("QTY_NOT_POSITIVE", null, ("quantity", units));
        if (units > (hold?.Standing ?? 0)) return Refused.Because("HOLD_STANDING", "R-REG-03", ("needed", units), ("standing", hold?.Standing ?? 0)).With("reference", reference);
        return new HoldingEvent.HoldLifted(units, hold!.Reason, reference);
    }
}
