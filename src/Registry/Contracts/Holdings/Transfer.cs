using System.Collections.Immutable;

namespace Trading.Registry.Contracts;

/// <summary>Non-trade transfer (非交易过户, R-REG-11): merger, split, court, donation.</summary>
public static class TransferRight
{
    /// <param name="serials">The numbers picked, which the giver holds; null: none were.</param>
    public static (Decision<HoldingEvent> Out, Decision<HoldingEvent> In) Decide(Holding from, Holding to, long units, string reason, SerialRange? serials = null)
    {
        Refused? refused = null;
        if (units <= 0) refused = Refused.Because("QTY_NOT_POSITIVE", null, ("quantity", units));
        else if (from.Key == to.Key) refused = Refused.Because("SAME_ACCOUNT", "R-REG-11", ("account", to.Key.Account));
        else if (units > from.Available) refused = Refused.Because("INSUFFICIENT_AVAILABLE", "R-REG-03", ("needed", units), ("available", from.Available));
        else if (serials is { } picked && picked.Units != units) refused = Refused.Because("SERIALS_NOT_HELD", "R-REG-04", ("quantity", units), ("picked", picked.Units));
        if (refused is not null) return (refused, refused);
        return (new HoldingEvent.TransferredOut(units, to.Key.Account, reason, serials), new HoldingEvent.TransferredIn(units, from.Key.Account, reason));
    }

    /// <summary>R-POL-07: the giver loses what the other receives and what is retired besides; the sum is kept.</summary>
    /// <param name="units">Received.</param>
    /// <param name="retired">0 or more.</param>
    public static (ImmutableArray<HoldingEvent> Out, HoldingEvent? In, Refused? Refused) Replace(Holding from, Holding to, long units, long retired, string reason)
    {
        if (retired < 0) return ([], null, Refused.Because("QTY_NOT_POSITIVE", null, ("quantity", retired)));
        if (units > 0 && (retired > from.Available || units > from.Available - retired))
            return ([], null, Refused.Because("INSUFFICIENT_AVAILABLE", "R-POL-07", ("received", units), ("retired", retired), ("available", from.Available)));
        var (leaving, arriving) = Decide(from, to, units, reason);
        if (leaving.Refused is { } refused) return ([], null, refused);
        return (retired == 0 ? leaving.Events : leaving.Events.Add(new HoldingEvent.Retired(retired, reason)), arriving.Events[0], null);
    }
}
