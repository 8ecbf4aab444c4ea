using System.Globalization;
using NodaTime;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;
using Trading.Settlement.Ledger;

namespace Trading.Settlement.Payouts;

/// <summary>What may follow what, and where the money then lies; pure.</summary>
internal static class PayoutDecisions
{
    public static Outcome<Payout> Cancel(Payout payout, Instant now) => payout.State == PayoutState.Asked ? payout with { State = PayoutState.Cancelled, EndedAt = now } : NotIn(payout);

    public static Outcome<Payout> Approve(Payout payout, Actor actor) => payout switch
    {
        { ApprovedBy: not null } => payout,
        { State: not PayoutState.Asked } or { FourEyes: false } => NotIn(payout),
        _ when payout.AskedBy.User == actor.User => Refused.Because("FOUR_EYES", "R-REG-08").With("user", actor.User),
        _ => payout with { ApprovedBy = actor },
    };

    public static Outcome<Payout> Refuse(Payout payout, string reason, Instant now) => payout switch
    {
        _ when string.IsNullOrWhiteSpace(reason) => Refused.Because("REASON_REQUIRED", "R-REG-08"),
        { State: PayoutState.Asked } => payout with { State = PayoutState.Refused, Why = reason.Trim(), EndedAt = now },
        _ => NotIn(payout),
    };

    /// <param name="claimed">A freeze of the account's money waits for more: then nothing leaves.</param>
    public static Payout Send(Payout payout, bool claimed, long file, Instant now) => claimed
        ? payout with { State = PayoutState.Cancelled, Why = "FREEZE_STANDS", EndedAt = now }
        : payout with { State = PayoutState.Sent, File = file };

    /// <summary>A line of the bank's statement that carries the payout's reference: below zero it was paid, above it came back. Heard again it changes nothing.</summary>
    /// <param name="named">Whom the line names; null: nobody.</param>
    public static Outcome<Payout> Hear(Payout payout, long fen, int? named, Instant now) => payout switch
    {
        _ when fen != payout.Fen && fen != -payout.Fen => Refused.Because("AMOUNT_DIFFERS", "R-SET-03"),
        _ when named is { } other && other != payout.Account => Refused.Because("AMOUNT_DIFFERS", "R-SET-03"),
        { State: PayoutState.Asked or PayoutState.Cancelled or PayoutState.Refused } => NotIn(payout),
        { State: PayoutState.Sent } when fen < 0 => payout with { State = PayoutState.Paid, Debited = true, EndedAt = now },
        // Told the other way round: it came back before its own line was read, and all is as it was.
        _ when fen < 0 => payout with { Debited = true },
        { State: PayoutState.Returned } => payout,
        _ => payout with { State = PayoutState.Returned, EndedAt = now },
    };

    /// <summary>Out of what is available, as it is asked for.</summary>
    public static Entry Hold(Payout payout) => Money.Between(Name(payout), payout.Account, Bucket.Available, Bucket.PayingOut, payout.Fen);

    /// <summary>Null: no money moves.</summary>
    public static Entry? Follows(Payout before, Payout after) => (before.State, after.State) switch
    {
        (PayoutState.Asked, PayoutState.Cancelled or PayoutState.Refused) or (PayoutState.Sent, PayoutState.Returned) => Money.Between(Name(after) + "/back", after.Account, Bucket.PayingOut, Bucket.Available, after.Fen),
        (PayoutState.Sent, PayoutState.Paid) => Money.Move(Name(after) + "/paid", new(after.Account, Bucket.PayingOut, -after.Fen), new(Money.Bank, Bucket.Available, after.Fen)),
        (PayoutState.Paid, PayoutState.Returned) => Money.Move(Name(after) + "/back", new(Money.Bank, Bucket.Available, -after.Fen), new(after.Account, Bucket.Available, after.Fen)),
        _ => null,
    };

    private static string Name(Payout payout) => "payout/" + payout.Id.ToString(CultureInfo.InvariantCulture);

    private static Refused NotIn(Payout payout) => Refused.Because("PAYOUT_STATE", "R-SET-03").With("state", payout.State.ToString());
}
