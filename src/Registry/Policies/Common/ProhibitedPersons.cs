using Trading.Registry.Contracts;

namespace Trading.Registry.Policies.Common;

/// <summary>R-LAW-02, 条例 art. 7: staff of regulators, registry, exchange and verifiers neither hold nor trade.</summary>
internal sealed record ProhibitedPersons(IReadOnlyList<string> Occupations) : Rule
{
    public override Refused? Check() => Occupations.FirstOrDefault(string.IsNullOrWhiteSpace) is { } blank ? Wrong("occupations", blank) : null;

    public Refused? Judge(string occupation) =>
        Occupations.Contains(occupation, StringComparer.Ordinal) ? Refused.Because("PROHIBITED_PERSON", "R-LAW-02").With("occupation", occupation) : null;
}
