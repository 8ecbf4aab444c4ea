namespace Trading.Registry.Contracts;

public static class Issue
{
    /// <param name="supply">Units issued so far of the instrument.</param>
    public static Decision<HoldingEvent> Decide(long supply, long units, string reason)
    {
        if (units <= 0) return Refused.Because("QTY_NOT_POSITIVE", null, ("quantity", units));
        if (supply > long.MaxValue - units) return Refused.Because("SUPPLY_OVERFLOW", "R-REG-02", ("issued", supply), ("quantity", units));
        return new HoldingEvent.Issued(units, reason);
    }
}
