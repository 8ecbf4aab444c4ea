using Trading.Registry.Contracts;

namespace Trading.Registry.Policies.Common;

/// <summary>How much of one instrument one participant may hold (R-SUR-04). Governments keep what they keep: a county's or reserve's holding is not limited.</summary>
internal sealed record PositionLimits(IReadOnlyList<ClassLimit> Limits) : Rule
{
    public override Refused? Check() =>
        Limits.FirstOrDefault(l => l.Quantity <= 0) is { } below ? Wrong("limits.quantity", below.Class.ToString())
        : Limits.GroupBy(l => l.Class).FirstOrDefault(g => g.Count() > 1) is { } twice ? Wrong("limits.class", twice.Key.ToString()) : null;

    /// <summary>In the legal unit; null: none.</summary>
    public decimal? Of(Participant participant, RightClass right) => participant.Kind == ParticipantKind.Enterprise ? Limits.FirstOrDefault(l => l.Class == right)?.Quantity : null;

    /// <param name="held">What he holds already, in minimum units, wherever it lies.</param>
    public Refused? Judge(Participant participant, Instrument instrument, long held, long units) =>
        Of(participant, instrument.Class) is { } most && instrument.Quantity(held) + instrument.Quantity(units) is var would && would > most
            ? Refused.Because("POSITION_LIMIT", "R-SUR-04", ("would", would), ("limit", most)).With("participant", participant.Id) : null;
}
