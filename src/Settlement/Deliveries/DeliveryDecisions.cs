using System.Globalization;
using NodaTime;
using Trading.Matching.Core;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;

namespace Trading.Settlement.Deliveries;

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
        if (delivery.Facts is not { State: DeliveryState.Settled, Final: true }) return Refused.Because("TRADE_NOT_FINAL", null).With("state", delivery.Facts.State.ToString());
        return new DeliveryEvent.Busted(bust?.Reason, bust?.AskedBy ?? Actor.System, bust?.AnsweredBy ?? Actor.System, at, sequence);
    }

    /// <summary>
    /// A step's time has run out (R-POL-13, R-ENE-06): the trade goes back, or a notice is over and the next step begins, or nothing moves and somebody is called.
    /// </summary>
    public static Decision<DeliveryEvent> DeadlinePassed(Delivery? delivery, Instant now, RuleBook rules) =>
        delivery is not { Facts: { Awaits: true, AnswerBy: { } by } } || now < by ? Decision<DeliveryEvent>.Nothing
        : delivery.At.Missed switch
        {
            MissedDeadline.Unwind => new DeliveryEvent.Rejected(Actor.System, "no answer within the legal time (R-POL-13)", now),
            MissedDeadline.Pass => Over(delivery, null, Actor.System, null, now, rules),
            _ => Decision<DeliveryEvent>.Nothing,
        };

    /// <summary>Somebody who is asked at a step answers.</summary>
    /// <param name="who">Region of an authority, buyer or seller.</param>
    /// <param name="parties">Ids of the two organisations whose trade it is: none of theirs decides for an authority (R-REG-08).</param>
    public static Decision<DeliveryEvent> Answer(Delivery? delivery, string who, int step, StepAnswer answer, IReadOnlyCollection<string> parties, Instant at, RuleBook rules)
    {
        // Another's trade answers as one that is not there, and so does a step that has not begun.
        if (delivery is null || step < 0 || step > delivery.Facts.Step || step >= delivery.Facts.Steps.Length || !delivery.Facts.Steps[step].By.Contains(who)) return Refused.Because("CONFIRMATION_UNKNOWN", null);
        if (!answer.Approve && string.IsNullOrWhiteSpace(answer.Reason)) return Refused.Because("REASON_REQUIRED", "R-REG-08");
        var (facts, asked, reason) = (delivery.Facts, delivery.Facts.Steps[step], answer.Approve ? null : answer.Reason!.Trim());
        if (Heard(facts, who, step) is { } before)
            return before == answer.Approve ? Decision<DeliveryEvent>.Nothing : Refused.Because("CONFIRMATION_ALREADY_ANSWERED", "R-POL-13").With("state", facts.State.ToString());
        // Over without him: its time ran out, or another said no.
        if (!facts.Awaits || step < facts.Step) return Refused.Because("CONFIRMATION_ALREADY_ANSWERED", "R-POL-13").With("state", facts.State.ToString());
        var authority = who is not (PlannedStep.Buyer or PlannedStep.Seller);
        if (authority && answer.By.Participant is { } own && parties.Contains(own)) return Refused.Because("AFFECTED_PERSON", "R-REG-08").With("participant", own);
        if (asked.Kind == StepKind.Notice && answer.Approve)
            return Refused.Because("NOTICE_RUNS", "R-POL-10").With("until", facts.AnswerBy?.ToString("uuuu-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) ?? "");
        if (answer.Lots is { } lots)
        {
            if (!asked.InPart || !answer.Approve || !delivery.AtItsLast) return Refused.Because("PART_NOT_ALLOWED", "R-PWR-10").With("step", asked.Kind.ToString());
            if (lots < 1 || lots > facts.Lots) return Refused.Because("QTY_ABOVE_TRADE", null, ("lots", lots), ("open", facts.Lots));
        }

        if (authority && asked.FourEyesAboveFen is { } above && facts.Amount > above)
        {
            var same = facts.Proposed is { } first && first.For == who && first.Approve == answer.Approve && first.Lots == answer.Lots;
            if (!same) return new DeliveryEvent.Proposed(who, answer.Approve, reason, answer.Lots, answer.By, at);
            if (facts.Proposed!.By.User == answer.By.User) return Refused.Because("FOUR_EYES", "R-REG-08").With("user", answer.By.User);
        }

        if (!answer.Approve) return new DeliveryEvent.Rejected(answer.By, reason!, at, who);
        return facts.Waiting.Length > 1 ? new DeliveryEvent.Answered(who, answer.By, at, null) : Over(delivery, who, answer.By, answer.Lots, at, rules);
    }

    /// <summary>What the market is told when a delivery has come to a word of its own: settle, or give back, or both.</summary>
    public static IReadOnlyList<Command> ToMarket(Delivery delivery, IEnumerable<DeliveryEvent> happened)
    {
        var (trade, open) = (delivery.Facts.TradeNo, delivery.Facts.Lots - delivery.DoneLots);
        return happened.LastOrDefault() switch
        {
            DeliveryEvent.Confirmed { Lots: { } part } when part < open =>
                [new() { Kind = CommandKind.Settle, Trade = trade, Lots = part }, new() { Kind = CommandKind.Unwind, Trade = trade, Lots = open - part }],
            DeliveryEvent.Confirmed => [new() { Kind = CommandKind.Settle, Trade = trade, Lots = open }],
            DeliveryEvent.Rejected => [new() { Kind = CommandKind.Unwind, Trade = trade, Lots = open }],
            _ => [],
        };
    }

    /// <summary>He was the last that this step lacked.</summary>
    private static DeliveryEvent Over(Delivery delivery, string? who, Actor by, long? lots, Instant at, RuleBook rules) => delivery.AtItsLast
        ? new DeliveryEvent.Confirmed(by, at, who, lots)
        : new DeliveryEvent.Answered(who, by, at, DeliveryPlan.AnswerBy(rules, delivery.Facts.Steps[delivery.Facts.Step + 1].WorkingDays, at));

    /// <summary>What he said at this step; null: nothing yet.</summary>
    private static bool? Heard(TradeSettlement facts, string who, int step)
    {
        foreach (var line in facts.Timeline)
        {
            // Lines of before steps were told apart name nobody: there was one, and it was his.
            if (line.Step != step || (line.For ?? (line.State is DeliveryState.Confirmed or DeliveryState.Rejected && line.By != Actor.System ? who : null)) != who || line.State == DeliveryState.Proposed) continue;
            return line.State != DeliveryState.Rejected;
        }

        return null;
    }
}
