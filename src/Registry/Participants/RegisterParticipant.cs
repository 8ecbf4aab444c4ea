using Trading.Registry.Contracts;

namespace Trading.Registry.Participants;

internal sealed record ParticipantRegistered(Participant Participant);

/// <summary>Opens the account of an organisation (R-REG-01). Its credit code is the key to every other system (R-LAW-06).</summary>
internal static class RegisterParticipant
{
    /// <param name="next">The account number a new participant would get.</param>
    public static Decision<ParticipantRegistered> Decide(Catalog catalog, Application asked, int next)
    {
        if (!CreditCode.IsValid(asked.CreditCode)) return Refused.Because("CREDIT_CODE_INVALID", "R-LAW-06").With("creditCode", asked.CreditCode);
        if (asked.Id is not { Length: >= 1 and <= 40 } || !asked.Id.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-'))
            return Refused.Because("PARTICIPANT_INVALID", null).With("id", asked.Id);
        if (string.IsNullOrWhiteSpace(asked.NameZh) || string.IsNullOrWhiteSpace(asked.NameEn)) return Refused.Because("PARTICIPANT_INVALID", null).With("name", asked.NameZh);
        if (!Enum.IsDefined(asked.Kind)) return Refused.Because("PARTICIPANT_INVALID", null).With("kind", asked.Kind.ToString());
        if (asked.Region is not { Length: 6 } || !asked.Region.All(char.IsAsciiDigit)) return Refused.Because("PARTICIPANT_INVALID", null).With("region", asked.Region);
        var participant = new Participant(next, asked.Id, asked.CreditCode, asked.NameZh, asked.NameEn, asked.Kind, asked.Region, asked.Basin);
        var known = catalog.Participant(asked.Id) ?? catalog.Participants.FirstOrDefault(p => p.CreditCode == asked.CreditCode);
        if (known is null) return new ParticipantRegistered(participant);
        return known == participant with { Account = known.Account }
            ? Decision<ParticipantRegistered>.Nothing
            : Refused.Because("PARTICIPANT_EXISTS", "R-REG-01").With("id", known.Id).With("creditCode", known.CreditCode);
    }
}
