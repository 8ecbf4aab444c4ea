using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;

namespace Trading.Gateway.Supervision;

/// <summary>What two books say, in the unit of the right or in yuan.</summary>
/// <param name="Symbol">Null: money.</param>
internal readonly record struct BreakWords(string? Symbol, string Says, string Should, string Difference)
{
    public static BreakWords Of(Break b, Catalog catalog)
    {
        var right = catalog.Instrument(b.Instrument);
        string Figure(long value) => right is null ? Json.Yuan(value) : Json.Text(right.Quantity(value));
        return new(right?.Symbol, Figure(b.Says), Figure(b.Should), Figure(Math.Abs(b.Says - b.Should)));
    }
}
