namespace Trading.Registry.Contracts;

/// <summary>Freezing (司法冻结 / 行政冻结, R-REG-06): what is available at once; what is in the market by the market's own order.</summary>
public static class Seize
{
    /// <summary>As much of <paramref name="units"/> as is available; nothing to do when nothing is.</summary>
    public static Decision<HoldingEvent> Decide(Holding holding, long units, long freeze)
    {
        if (units <= 0) return Refused.Because("QTY_NOT_POSITIVE", null, ("quantity", units));
        var now = Math.Min(units, holding.Available);
        return now == 0 ? Decision<HoldingEvent>.Nothing : new HoldingEvent.Frozen(now, freeze);
    }
}
