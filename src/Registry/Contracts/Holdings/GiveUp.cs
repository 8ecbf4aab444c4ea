using NodaTime;

namespace Trading.Registry.Contracts;

/// <summary>Rights that end (R-REG-02): out of what is available, and nothing else.</summary>
public static class GiveUp
{
    /// <summary>清缴. Refused QTY_NOT_POSITIVE, REASON_REQUIRED, INSUFFICIENT_AVAILABLE.</summary>
    public static Decision<HoldingEvent> Surrender(Holding holding, long units, string obligation) =>
        No(holding, units, obligation) is { } refused ? refused : new HoldingEvent.Surrendered(units, obligation.Trim());

    /// <summary>R-REG-10: how much of a surrender stands is known to its row. Refused QTY_NOT_POSITIVE, REASON_REQUIRED.</summary>
    public static Decision<HoldingEvent> ReverseSurrender(long units, long of, string reason) =>
        units <= 0 ? Refused.Because("QTY_NOT_POSITIVE", null, ("quantity", units))
        : string.IsNullOrWhiteSpace(reason) ? Refused.Because("REASON_REQUIRED", "R-REG-10") : new HoldingEvent.SurrenderReversed(units, of, reason.Trim());

    /// <summary>自愿注销 (R-REG-13). Refused as <see cref="Surrender"/>.</summary>
    public static Decision<HoldingEvent> Cancel(Holding holding, long units, string reason) =>
        No(holding, units, reason) is { } refused ? refused : new HoldingEvent.Cancelled(units, reason.Trim());

    /// <summary>To the environment. Refused as <see cref="Surrender"/>.</summary>
    public static Decision<HoldingEvent> Retire(Holding holding, long units, string reason) =>
        No(holding, units, reason) is { } refused ? refused : new HoldingEvent.Retired(units, reason.Trim());

    /// <summary>R-REG-10: an allocation that was wrong, or what of it was. Refused as <see cref="Surrender"/>: what was sold on cannot be taken back.</summary>
    public static Decision<HoldingEvent> Reverse(Holding holding, long units, long allocation, string reason) =>
        No(holding, units, reason) is { } refused ? refused : new HoldingEvent.Reversed(units, allocation, reason.Trim());

    /// <summary>All that is available; nothing to do when nothing is. What is in the market or held comes to its end when it comes back.</summary>
    public static Decision<HoldingEvent> Expire(Holding holding, LocalDate lastDay) =>
        holding.Available == 0 ? Decision<HoldingEvent>.Nothing : new HoldingEvent.Expired(holding.Available, lastDay);

    private static Refused? No(Holding holding, long units, string reason)
    {
        if (units <= 0) return Refused.Because("QTY_NOT_POSITIVE", null, ("quantity", units));
        if (string.IsNullOrWhiteSpace(reason)) return Refused.Because("REASON_REQUIRED", "R-REG-10");
        if (units > holding.Available) return Refused.Because("INSUFFICIENT_AVAILABLE", "R-REG-03", ("needed", units), ("available", holding.Available));
        return null;
    }
}
