using NodaTime;
using Trading.Registry.Contracts;

namespace Trading.Registry.Policies.Common;

/// <summary>How an account hands over to another on its own order (R-REG-08, R-REG-12).</summary>
/// <param name="ApprovalAbove">More than this at once, in the legal unit, a second person approves; a class that is not named always.</param>
/// <param name="Opens">To an account that is not trusted it goes on the next working day at this time of Asia/Shanghai.</param>
/// <param name="Closes">After Opens; what is due on a day is done until then.</param>
/// <param name="TrustedAfterWorkingDays">An account is trusted so many working days after it was named.</param>
internal sealed record TransferTerms(IReadOnlyList<ClassLimit> ApprovalAbove, LocalTime Opens, LocalTime Closes, int TrustedAfterWorkingDays) : Rule
{
    private static readonly DateTimeZone Shanghai = DateTimeZoneProviders.Tzdb["Asia/Shanghai"];

    public override Refused? Check() =>
        Opens >= Closes ? Wrong("closes", Closes.ToString("HH:mm", null))
        : TrustedAfterWorkingDays is < 1 or > 60 ? Wrong("trustedAfterWorkingDays", TrustedAfterWorkingDays.ToString(System.Globalization.CultureInfo.InvariantCulture))
        : ApprovalAbove.FirstOrDefault(l => l.Quantity < 0) is { } below ? Wrong("approvalAbove.quantity", below.Class.ToString())
        : ApprovalAbove.GroupBy(l => l.Class).FirstOrDefault(g => g.Count() > 1) is { } twice ? Wrong("approvalAbove.class", twice.Key.ToString()) : null;

    public bool NeedsApproval(RightClass right, decimal quantity) => ApprovalAbove.FirstOrDefault(l => l.Class == right) is not { } limit || quantity > limit.Quantity;

    /// <summary>When what was ordered at an instant is done, if it must wait: the next working day, when the desk opens.</summary>
    public Instant DueAfter(Instant ordered, WorkingCalendar calendar) => calendar.Last(Eligibility.Day(ordered), 1).At(Opens).InZoneLeniently(Shanghai).ToInstant();

    /// <summary>The first instant from which an account that was named is trusted.</summary>
    public Instant TrustedFrom(Instant named, WorkingCalendar calendar) => calendar.Last(Eligibility.Day(named), TrustedAfterWorkingDays).At(Opens).InZoneLeniently(Shanghai).ToInstant();

    /// <summary>Whether the desk is open: what is due waits for it.</summary>
    public bool Open(Instant now, WorkingCalendar calendar)
    {
        var local = now.InZone(Shanghai);
        return calendar.Works(local.Date) && local.TimeOfDay >= Opens && local.TimeOfDay < Closes;
    }
}

/// <param name="Quantity">In the legal unit, 0 or more.</param>
internal sealed record ClassLimit(RightClass Class, decimal Quantity);
