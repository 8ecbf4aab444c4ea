using Trading.Registry.Contracts;

namespace Trading.Registry.Participants;

internal sealed record StandingChanged(StandingChange Change, string Reason);

internal static class ChangeStanding
{
    private const int WordMost = 60;

    public static Decision<StandingChanged> Decide(Standing standing, StandingChange change, string reason)
    {
        if (string.IsNullOrWhiteSpace(reason)) return Refused.Because("REASON_REQUIRED", "R-REG-05");
        if (change.CreditScore is < 0 or > 100) return Refused.Because("OUT_OF_RANGE", "R-CRE-02", ("creditScore", change.CreditScore.Value));
        foreach (var (name, word) in ((string, string?)[])[("sourceClass", change.SourceClass), ("sector", change.Sector), ("zone", change.Zone), ("controlGroup", change.ControlGroup)])
        {
            if (word is not null && (word.Length is 0 or > WordMost || !word.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))) return Refused.Because("FIELD_INVALID", null).With("path", name).With("value", word);
        }

        if (standing.State == AccountState.Closed) return Refused.Because("ACCOUNT_STATE", "R-REG-05").With("state", standing.State.ToString());
        var happened = new StandingChanged(change, reason.Trim());
        return Evolve(standing, happened) with { Version = standing.Version } == standing ? Decision<StandingChanged>.Nothing : happened;
    }

    public static Standing Evolve(Standing standing, StandingChanged happened) => new(
        standing.Account, happened.Change.State ?? standing.State, happened.Change.CreditScore ?? standing.CreditScore, happened.Change.SourceClass ?? standing.SourceClass,
        happened.Change.Sector ?? standing.Sector, happened.Change.Zone ?? standing.Zone, happened.Change.ControlGroup ?? standing.ControlGroup,
        happened.Change.PermitThrough ?? standing.PermitThrough, standing.Version + 1);
}
