using NodaTime;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;

namespace Trading.Settlement.Deliveries;

/// <summary>A trade on its way to being settled or unwound. <paramref name="DoneLots"/> counts what has come to either end.</summary>
/// <param name="Version">Number of events in its stream.</param>
/// <param name="Heard">Journal sequence of the last word of the market on it: what is not after it was heard before.</param>
internal sealed record Delivery(TradeSettlement Facts, long DoneLots, long Version, long Heard)
{
    public static string Stream(long tradeNo) => $"delivery/{tradeNo}";

    /// <summary>Throws on an event that cannot follow: a replay must stop there.</summary>
    public static Delivery Evolve(Delivery? delivery, DeliveryEvent happened) => (delivery, happened) switch
    {
        (null, DeliveryEvent.Executed e) => new(e.Trade, 0, 1, e.Trade.Sequence),
        ({ } d, DeliveryEvent.Confirmed e) => d.To(DeliveryState.Confirmed, e.At, e.By, null, 0, 0),
        ({ } d, DeliveryEvent.Rejected e) => d.To(DeliveryState.Rejected, e.At, e.By, e.Reason, 0, 0),
        ({ } d, DeliveryEvent.SettledPart e) => d.To(d.DoneLots + e.Lots == d.Facts.Lots ? DeliveryState.Settled : d.Facts.State, e.At, Actor.System, null, e.Lots, e.Sequence),
        ({ } d, DeliveryEvent.UnwoundPart e) => d.To(d.DoneLots + e.Lots == d.Facts.Lots ? DeliveryState.Unwound : d.Facts.State, e.At, Actor.System, null, e.Lots, e.Sequence),
        ({ Facts.State: DeliveryState.Settled } d, DeliveryEvent.Busted e) => d.To(DeliveryState.Busted, e.At, e.ApprovedBy, e.Reason, 0, e.Sequence),
        _ => throw new InvalidOperationException($"{happened.GetType().Name} cannot follow {delivery?.Facts.State.ToString() ?? "nothing"} of trade {delivery?.Facts.TradeNo}"),
    };

    private Delivery To(DeliveryState state, Instant at, Actor by, string? reason, long lots, long heard) =>
        new(Facts with { State = state, Timeline = Facts.Timeline.Add(new(state, at, by, reason)) }, DoneLots + lots, Version + 1, Math.Max(Heard, heard));
}

/// <summary>Stored names are written out where they are registered.</summary>
internal abstract record DeliveryEvent
{
    /// <summary>The market matched it. Its timeline holds the first step.</summary>
    public sealed record Executed(TradeSettlement Trade) : DeliveryEvent;

    public sealed record Confirmed(Actor By, Instant At) : DeliveryEvent;

    public sealed record Rejected(Actor By, string Reason, Instant At) : DeliveryEvent;

    /// <summary>Both legs of this part have moved: money in fen, right in lots.</summary>
    /// <param name="Sequence">Where in the journal the market said so.</param>
    public sealed record SettledPart(long Lots, long Amount, long BuyFee, long SellFee, Instant At, long Sequence) : DeliveryEvent;

    /// <inheritdoc cref="SettledPart"/>
    public sealed record UnwoundPart(long Lots, long Amount, long BuyFee, long SellFee, Instant At, long Sequence) : DeliveryEvent;

    /// <summary>An erroneous final trade was taken back whole: rights, money and fees.</summary>
    /// <param name="Reason">Null where nobody asked at the desk.</param>
    /// <param name="Sequence">Where in the journal the market said so.</param>
    public sealed record Busted(string? Reason, Actor AskedBy, Actor ApprovedBy, Instant At, long Sequence) : DeliveryEvent;
}

internal static class DeliveryDecisions
{
    /// <summary>The market's word comes at least once: what was heard before changes nothing.</summary>
    public static Decision<DeliveryEvent> Begin(Delivery? delivery, TradeSettlement trade) =>
        delivery is null ? new DeliveryEvent.Executed(trade) : Decision<DeliveryEvent>.Nothing;

    /// <summary>A part comes to its end, once: a repeat is known by its place in the journal.</summary>
    public static Decision<DeliveryEvent> Conclude(Delivery? delivery, DeliveryEvent part, long lots, long sequence)
    {
        if (delivery is null) return Refused.Because("UNKNOWN_TRADE", null);
        if (sequence <= delivery.Heard) return Decision<DeliveryEvent>.Nothing;
        var open = delivery.Facts.Lots - delivery.DoneLots;
        return lots > open ? Refused.Because("QTY_ABOVE_TRADE", null, ("lots", lots), ("open", open)) : part;
    }

    /// <summary>A final trade is taken back, once: a repeat is known by its place in the journal.</summary>
    /// <param name="bust">The request that asked for it; null: it came by no desk.</param>
    public static Decision<DeliveryEvent> Bust(Delivery? delivery, Bust? bust, Instant at, long sequence)
    {
        if (delivery is null) return Refused.Because("UNKNOWN_TRADE", null);
        if (sequence <= delivery.Heard) return Decision<DeliveryEvent>.Nothing;
        if (delivery.Facts is not { State: DeliveryState.Settled, Authority: null }) return Refused.Because("TRADE_NOT_FINAL", null).With("state", delivery.Facts.State.ToString());
        return new DeliveryEvent.Busted(bust?.Reason, bust?.AskedBy ?? Actor.System, bust?.AnsweredBy ?? Actor.System, at, sequence);
    }

    /// <summary>R-POL-13: the county's time ran out, and the trade goes back. The province's time only calls for somebody (R-ENE-06): nothing moves.</summary>
    public static Decision<DeliveryEvent> DeadlinePassed(Delivery? delivery, Instant now) =>
        delivery is { Facts: { State: DeliveryState.AwaitingConfirmation, AnswerBy: { } by, Authority: not Listing.Province } } && now >= by
            ? new DeliveryEvent.Rejected(Actor.System, "no answer within the legal time (R-POL-13)", now)
            : Decision<DeliveryEvent>.Nothing;

    /// <param name="reason">Mandatory on rejection (R-REG-08).</param>
    public static Decision<DeliveryEvent> Answer(Delivery? delivery, string authority, bool approve, string? reason, Actor by, Instant at)
    {
        // Another authority's trade answers as one that is not there.
        if (delivery is null || delivery.Facts.Authority != authority) return Refused.Because("CONFIRMATION_UNKNOWN", null);
        if (!approve && string.IsNullOrWhiteSpace(reason)) return Refused.Because("REASON_REQUIRED", "R-REG-08");
        return delivery.Facts.State switch
        {
            DeliveryState.AwaitingConfirmation => approve ? new DeliveryEvent.Confirmed(by, at) : new DeliveryEvent.Rejected(by, reason!.Trim(), at),
            _ when WasApproved(delivery) == approve => Decision<DeliveryEvent>.Nothing,
            var state => Refused.Because("CONFIRMATION_ALREADY_ANSWERED", "R-POL-13").With("state", state.ToString()),
        };
    }

    private static bool WasApproved(Delivery delivery) => delivery.Facts.Timeline.Any(step => step.State == DeliveryState.Confirmed);
}
