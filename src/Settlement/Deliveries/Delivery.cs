using System.Collections.Immutable;
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

    /// <summary>The step it stands at.</summary>
    public PlannedStep At => Facts.Steps[Facts.Step];

    public bool AtItsLast => Facts.Step == Facts.Steps.Length - 1;

    /// <summary>Throws on an event that cannot follow: a replay must stop there.</summary>
    public static Delivery Evolve(Delivery? delivery, DeliveryEvent happened) => (delivery, happened) switch
    {
        (null, DeliveryEvent.Executed e) => new(WithSteps(e.Trade), 0, 1, e.Trade.Sequence),
        ({ Facts.Awaits: true } d, DeliveryEvent.Proposed e) => d.Proposed(e),
        ({ Facts.Awaits: true } d, DeliveryEvent.Answered e) => d.Answered(e),
        ({ Facts.Awaits: true } d, DeliveryEvent.Confirmed e) => d.Confirmed(e),
        ({ Facts.Awaits: true } d, DeliveryEvent.Rejected e) => d.Next(DeliveryState.Rejected, e.At, e.By, e.Reason, whose: e.For).Silent(),
        ({ } d, DeliveryEvent.SettledPart e) => d.Ended(DeliveryState.Settled, e.Lots, e.Lots, e.At, e.Sequence),
        ({ } d, DeliveryEvent.UnwoundPart e) => d.Ended(DeliveryState.Unwound, e.Lots, 0, e.At, e.Sequence),
        ({ Facts.State: DeliveryState.Settled } d, DeliveryEvent.Busted e) => d.Next(DeliveryState.Busted, e.At, e.ApprovedBy, e.Reason) with { Heard = e.Sequence },
        _ => throw new InvalidOperationException($"{happened.GetType().Name} cannot follow {delivery?.Facts.State.ToString() ?? "nothing"} of trade {delivery?.Facts.TradeNo}"),
    };

    /// <summary>Whether both say the same. What was written before trades kept their steps does not say who was asked.</summary>
    public bool Same(Delivery other) => Version == other.Version && DoneLots == other.DoneLots && Facts.Timeline.SequenceEqual(other.Facts.Timeline)
        && Facts with { Timeline = [], Steps = [], Waiting = [] } == other.Facts with { Timeline = [], Steps = [], Waiting = [] }
        && (Facts.Steps is [{ By: [], Kind: StepKind.Confirmation }] || (Facts.Waiting.SequenceEqual(other.Facts.Waiting) && Facts.Steps.SequenceEqual(other.Facts.Steps)));

    /// <summary>A trade written before steps were kept had one confirmation, or none.</summary>
    private static TradeSettlement WithSteps(TradeSettlement trade) =>
        trade.Steps.IsDefault ? trade with { Steps = trade.Awaits ? [new(StepKind.Confirmation, [], null, MissedDeadline.Unwind, false, null)] : [], Waiting = [] } : trade;

    /// <summary>What a trade is told to be while it stands at such a step.</summary>
    public static DeliveryState Awaiting(StepKind kind) => kind switch
    {
        StepKind.Notice => DeliveryState.AwaitingNotice,
        StepKind.Contract => DeliveryState.AwaitingContract,
        StepKind.Payment => DeliveryState.AwaitingPayment,
        StepKind.PermitChange => DeliveryState.AwaitingPermitChange,
        StepKind.Check => DeliveryState.AwaitingCheck,
        _ => DeliveryState.AwaitingConfirmation,
    };

    private static DeliveryState Done(StepKind kind) => kind switch
    {
        StepKind.Notice => DeliveryState.NoticeEnded,
        StepKind.Contract => DeliveryState.ContractSigned,
        StepKind.Payment => DeliveryState.Paid,
        StepKind.PermitChange => DeliveryState.PermitChanged,
        StepKind.Check => DeliveryState.Checked,
        _ => DeliveryState.Confirmed,
    };

    private Delivery Proposed(DeliveryEvent.Proposed e)
    {
        var told = Next(Facts.State, e.At, e.By, e.Reason, DeliveryState.Proposed, e.For);
        return told with { Facts = told.Facts with { Proposed = new(e.For, e.Approve, e.Reason, e.Lots, e.By) } };
    }

    /// <summary>What one of them did; where he was the last, the next step begins.</summary>
    private Delivery Answered(DeliveryEvent.Answered e)
    {
        var told = Next(Facts.State, e.At, e.By, null, Done(At.Kind), e.For);
        var waiting = e.For is null ? [] : Facts.Waiting.Remove(e.For);
        if (!waiting.IsEmpty) return told with { Facts = told.Facts with { Waiting = waiting, Proposed = null } };
        var (number, next) = (Facts.Step + 1, Facts.Steps[Facts.Step + 1]);
        return told with
        {
            Facts = told.Facts with
            {
                State = Awaiting(next.Kind), Step = number, Waiting = next.Asked, Proposed = null, AnswerBy = e.AnswerBy,
                Timeline = told.Facts.Timeline.Add(new(Awaiting(next.Kind), e.At, Actor.System, null, null, number)),
            },
        };
    }

    private Delivery Confirmed(DeliveryEvent.Confirmed e)
    {
        var told = Next(DeliveryState.Confirmed, e.At, e.By, null, Done(At.Kind), e.For).Silent();
        return At.Kind == StepKind.Confirmation ? told : told with { Facts = told.Facts with { Timeline = told.Facts.Timeline.Add(new(DeliveryState.Confirmed, e.At, Actor.System, null, null, Facts.Step)) } };
    }

    /// <summary>A part comes to an end. The whole is settled where anything of it was, and unwound where all of it went back.</summary>
    private Delivery Ended(DeliveryState end, long lots, long settled, Instant at, long heard)
    {
        var (done, sum) = (DoneLots + lots, Facts.SettledLots + settled);
        var state = done < Facts.Lots ? Facts.State : sum > 0 ? DeliveryState.Settled : DeliveryState.Unwound;
        var told = Next(state, at, Actor.System, null, end);
        return told with { Facts = told.Facts with { SettledLots = sum }, DoneLots = done, Heard = Math.Max(Heard, heard) };
    }

    private Delivery Silent() => this with { Facts = Facts with { Waiting = [], Proposed = null } };

    /// <param name="line">What its timeline says; null: the state.</param>
    private Delivery Next(DeliveryState state, Instant at, Actor by, string? reason, DeliveryState? line = null, string? whose = null) =>
        this with { Facts = Facts with { State = state, Timeline = Facts.Timeline.Add(new(line ?? state, at, by, reason, whose, Facts.Step)) }, Version = Version + 1 };
}

/// <summary>Stored names are written out where they are registered.</summary>
internal abstract record DeliveryEvent
{
    /// <summary>The market matched it. Its timeline holds the first line.</summary>
    public sealed record Executed(TradeSettlement Trade) : DeliveryEvent;

    /// <summary>One of the two people of an authority spoke (R-REG-08).</summary>
    public sealed record Proposed(string For, bool Approve, string? Reason, long? Lots, Actor By, Instant At) : DeliveryEvent;

    /// <summary>One of those who are asked at a step that is not the last did what it asks.</summary>
    /// <param name="For">Null: a notice's time is over.</param>
    /// <param name="AnswerBy">Where he was the last of them: when the next step's time runs out.</param>
    public sealed record Answered(string? For, Actor By, Instant At, Instant? AnswerBy) : DeliveryEvent;

    /// <summary>The last step is over, and the market is told.</summary>
    /// <param name="Lots">Of a part, and what is left goes back; null: the whole.</param>
    public sealed record Confirmed(Actor By, Instant At, string? For = null, long? Lots = null) : DeliveryEvent;

    /// <summary>It goes back.</summary>
    /// <param name="For">Null: the time was over.</param>
    public sealed record Rejected(Actor By, string Reason, Instant At, string? For = null) : DeliveryEvent;

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
