using NodaTime;
using Trading.Matching.Core;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;
using Trading.Settlement.Deliveries;
using Trading.Settlement.Ledger;

namespace Trading.Settlement.Busts;

/// <summary>What may follow what; pure.</summary>
internal static class BustDecisions
{
    /// <param name="standing">A request for the same trade that has not come to its end.</param>
    public static (Bust? After, Refused? Refused) Ask(Delivery? delivery, Bust? standing, string reason, Actor actor, Instant now)
    {
        if (string.IsNullOrWhiteSpace(reason)) return (null, Refused.Because("REASON_REQUIRED", "R-REG-08"));
        if (delivery is null) return (null, Refused.Because("UNKNOWN_TRADE", null));
        if (standing is not null) return (null, Refused.Because("BUST_STATE", "R-REG-08").With("state", standing.State.ToString()));
        return delivery.Facts switch
        {
            { State: DeliveryState.Busted } => (null, Refused.Because("TRADE_BUSTED", null)),
            // A trade that waits for an authority goes back by its answer; one that an authority confirmed has left the market.
            { Final: false } or { State: not DeliveryState.Settled } => (null, Refused.Because("TRADE_NOT_FINAL", null).With("state", delivery.Facts.State.ToString())),
            _ => (new(0, delivery.Facts.TradeNo, reason.Trim(), BustState.Asked, actor, now, null, null, Refusal.None, 0, 0, 0), null),
        };
    }

    /// <param name="heard">Where in the journal settlement stands.</param>
    public static (Booking? Booking, Refused? Refused) Approve(Bust? bust, Delivery? delivery, Actor actor, Instant now, long heard) => bust switch
    {
        null => (null, Refused.Because("NOT_FOUND", null)),
        { State: not BustState.Asked } => (null, Refused.Because("BUST_STATE", "R-REG-08").With("state", bust.State.ToString())),
        _ when bust.AskedBy.User == actor.User => (null, Refused.Because("FOUR_EYES", "R-REG-08").With("user", actor.User)),
        _ => (new()
        {
            Bust = bust with { State = BustState.Approved, AnsweredBy = actor, AnsweredAt = now, Heard = heard },
            ToMarket = [Command(delivery!.Facts)],
        }, null),
    };

    public static (Booking? Booking, Refused? Refused) Withdraw(Bust? bust, Actor actor, Instant now) => bust switch
    {
        null => (null, Refused.Because("NOT_FOUND", null)),
        { State: BustState.Asked } => (new() { Bust = bust with { State = BustState.Withdrawn, AnsweredBy = actor, AnsweredAt = now } }, null),
        _ => (null, Refused.Because("BUST_STATE", "R-REG-08").With("state", bust.State.ToString())),
    };

    /// <summary>The market refused it: the request ends with what it compared. Null: that was said of another request, or before.</summary>
    public static Bust? Refuse(Bust? bust, in Output refused, long sequence) => bust is { State: BustState.Approved } && sequence > bust.Heard
        ? bust with { State = BustState.Refused, Code = refused.Code, Needed = refused.Needed, Had = refused.Had }
        : null;

    /// <summary>The trade as the journal has it.</summary>
    private static Command Command(TradeSettlement t) => new()
    {
        Kind = CommandKind.BustTrade, Trade = t.TradeNo, Instrument = t.Instrument, Account = t.Buyer, Seller = t.Seller, Lots = t.Lots, TradeAmount = t.Amount, BuyFee = t.BuyFee, SellFee = t.SellFee,
    };
}
