using NodaTime;

namespace Trading.Registry.Contracts;

public readonly record struct HoldingKey(int Account, int Instrument) : IComparable<HoldingKey>
{
    public int CompareTo(HoldingKey other) =>
        Account != other.Account ? Account.CompareTo(other.Account) : Instrument.CompareTo(other.Instrument);

    /// <summary>Name of its event stream.</summary>
    public string Stream => $"holding/{Account}/{Instrument}";
}

/// <summary>
/// One account's holding of one instrument in minimum units. Earmarked: in the market. Frozen: by a court or authority.
/// Awaiting: sold, not yet confirmed by the authority (待确认). Held: kept back for a reason that its holds name (R-REG-03). No bucket is ever negative.
/// </summary>
/// <param name="Version">Number of events in its stream.</param>
public sealed record Holding(HoldingKey Key, long Available, long Earmarked, long Pledged, long Frozen, long Awaiting, long Held, long Version)
{
    public static Holding Empty(HoldingKey key) => new(key, 0, 0, 0, 0, 0, 0, 0);

    public long Total => Available + Earmarked + Pledged + Frozen + Awaiting + Held;

    /// <summary>Folds one event. Throws on an event this code does not know, and on a bucket below zero: a replay must stop there.</summary>
    public static Holding Evolve(Holding holding, HoldingEvent happened)
    {
        var next = happened switch
        {
            HoldingEvent.Issued e => holding with { Available = holding.Available + e.Units },
            HoldingEvent.Earmarked e => holding with { Available = holding.Available - e.Units, Earmarked = holding.Earmarked + e.Units },
            HoldingEvent.Released e => holding with { Earmarked = holding.Earmarked - e.Units, Available = holding.Available + e.Units },
            HoldingEvent.Sold e => holding with { Earmarked = holding.Earmarked - e.Units },
            HoldingEvent.Bought e => holding with { Earmarked = holding.Earmarked + e.Units },
            HoldingEvent.SetAside e => holding with { Earmarked = holding.Earmarked - e.Units, Awaiting = holding.Awaiting + e.Units },
            HoldingEvent.Returned e => holding with { Awaiting = holding.Awaiting - e.Units, Earmarked = holding.Earmarked + e.Units },
            HoldingEvent.Delivered e => holding with { Awaiting = holding.Awaiting - e.Units },
            HoldingEvent.Received e => holding with { Available = holding.Available + e.Units },
            HoldingEvent.GivenBack e => holding with { Earmarked = holding.Earmarked - e.Units },
            HoldingEvent.TakenBack e => holding with { Earmarked = holding.Earmarked + e.Units },
            HoldingEvent.TransferredOut e => holding with { Available = holding.Available - e.Units },
            HoldingEvent.TransferredIn e => holding with { Available = holding.Available + e.Units },
            HoldingEvent.Surrendered e => holding with { Available = holding.Available - e.Units },
            HoldingEvent.SurrenderReversed e => holding with { Available = holding.Available + e.Units },
            HoldingEvent.Cancelled e => holding with { Available = holding.Available - e.Units },
            HoldingEvent.Retired e => holding with { Available = holding.Available - e.Units },
            HoldingEvent.Expired e => holding with { Available = holding.Available - e.Units },
            HoldingEvent.Frozen e => holding with { Available = holding.Available - e.Units, Frozen = holding.Frozen + e.Units },
            HoldingEvent.FrozenInMarket e => holding with { Earmarked = holding.Earmarked - e.Units, Frozen = holding.Frozen + e.Units },
            HoldingEvent.Held { Reason: HoldReason.Pledge } e => holding with { Available = holding.Available - e.Units, Pledged = holding.Pledged + e.Units },
            HoldingEvent.Held e => holding with { Available = holding.Available - e.Units, Held = holding.Held + e.Units },
            HoldingEvent.HoldLifted { Reason: HoldReason.Pledge } e => holding with { Pledged = holding.Pledged - e.Units, Available = holding.Available + e.Units },
            HoldingEvent.HoldLifted e => holding with { Held = holding.Held - e.Units, Available = holding.Available + e.Units },
            HoldingEvent.Reversed e => holding with { Available = holding.Available - e.Units },
            HoldingEvent.Unfrozen e => holding with { Frozen = holding.Frozen - e.Units, Available = holding.Available + e.Units },
            _ => throw new InvalidOperationException($"{happened.GetType().Name} is not an event of a holding"),
        };
        if ((next.Available | next.Earmarked | next.Pledged | next.Frozen | next.Awaiting | next.Held) < 0)
            throw new InvalidOperationException($"{happened} would put {holding} below zero");
        return next with { Version = holding.Version + 1 };
    }
}

/// <summary>
/// What happened to a holding, in minimum units, always positive. Stored names are written out where they are registered.
/// </summary>
public abstract record HoldingEvent(long Units)
{
    /// <summary>New rights came into being here; the supply row moves with it.</summary>
    public sealed record Issued(long Units, string Reason) : HoldingEvent(Units);
    /// <summary>Into the market, on the way to its inbox.</summary>
    public sealed record Earmarked(long Units, long Transfer) : HoldingEvent(Units);
    /// <summary>Out of the market.</summary>
    public sealed record Released(long Units, long Transfer) : HoldingEvent(Units);
    /// <summary>Final trade: left the market to the buyer, at once.</summary>
    public sealed record Sold(long Units, long Trade) : HoldingEvent(Units);
    /// <summary>Final trade: came into this account's market balance.</summary>
    public sealed record Bought(long Units, long Trade) : HoldingEvent(Units);
    /// <summary>Conditional trade: waits for the authority.</summary>
    public sealed record SetAside(long Units, long Trade) : HoldingEvent(Units);
    /// <summary>Conditional trade unwound: back into the market balance.</summary>
    public sealed record Returned(long Units, long Trade) : HoldingEvent(Units);
    /// <summary>Conditional trade settled: gone from the seller.</summary>
    public sealed record Delivered(long Units, long Trade) : HoldingEvent(Units);
    /// <summary>Conditional trade settled: with the buyer, outside the market.</summary>
    public sealed record Received(long Units, long Trade) : HoldingEvent(Units);
    /// <summary>Final trade busted: what was bought left this account's market balance again.</summary>
    public sealed record GivenBack(long Units, long Trade) : HoldingEvent(Units);
    /// <summary>Final trade busted: what was sold is back in this account's market balance.</summary>
    public sealed record TakenBack(long Units, long Trade) : HoldingEvent(Units);
    /// <summary>Non-trade transfer (非交易过户, R-REG-11).</summary>
    /// <param name="Serials">Which numbers, where they were picked; null: the lowest.</param>
    public sealed record TransferredOut(long Units, int To, string Reason, SerialRange? Serials = null) : HoldingEvent(Units);
    public sealed record TransferredIn(long Units, int From, string Reason) : HoldingEvent(Units);
    /// <summary>Given up to meet an obligation (清缴); the supply row moves with it, as with each of the next three.</summary>
    public sealed record Surrendered(long Units, string Obligation) : HoldingEvent(Units);
    /// <summary>A surrender was wrong and is taken back (R-REG-10); the supply row moves with it.</summary>
    /// <param name="Surrender">Version of the surrender in this stream.</param>
    public sealed record SurrenderReversed(long Units, long Surrender, string Reason) : HoldingEvent(Units);
    /// <summary>Given up for nothing (自愿注销, R-REG-13); published.</summary>
    public sealed record Cancelled(long Units, string Reason) : HoldingEvent(Units);
    /// <summary>Given to the environment: what a replacement asks beyond what the buyer receives (R-POL-07).</summary>
    public sealed record Retired(long Units, string Reason) : HoldingEvent(Units);
    /// <summary>Its last day in Asia/Shanghai has passed (R-ENE-10).</summary>
    public sealed record Expired(long Units, LocalDate LastDay) : HoldingEvent(Units);
    /// <summary>Frozen out of what was available (R-REG-06).</summary>
    public sealed record Frozen(long Units, long Freeze) : HoldingEvent(Units);
    /// <summary>Frozen out of the market balance, after open orders were cancelled.</summary>
    public sealed record FrozenInMarket(long Units, long Freeze) : HoldingEvent(Units);
    /// <summary>Kept back outside the market, for a reason that has a name.</summary>
    /// <param name="Reference">Of the hold, unique within the account.</param>
    public sealed record Held(long Units, HoldReason Reason, string Reference) : HoldingEvent(Units);
    /// <summary>A hold ended, or a part of it.</summary>
    public sealed record HoldLifted(long Units, HoldReason Reason, string Reference) : HoldingEvent(Units);
    /// <summary>An allocation was wrong and is taken back (R-REG-10); the supply row moves with it.</summary>
    public sealed record Reversed(long Units, long Allocation, string Reason) : HoldingEvent(Units);
    /// <summary>A freeze was lifted.</summary>
    public sealed record Unfrozen(long Units, long Freeze) : HoldingEvent(Units);
}
