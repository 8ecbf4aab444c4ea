using NodaTime;
using Trading.Registry.Contracts;
using Trading.Registry.Policies.Common;

namespace Trading.Registry.Instruments;

internal sealed record InstrumentRegistered(Instrument Instrument);

internal static class RegisterInstrument
{
    /// <param name="next">The number a new instrument would get.</param>
    public static Decision<InstrumentRegistered> Decide(Catalog catalog, Product asked, int next, RuleBook rules, Instant at)
    {
        if (asked.Symbol is not { Length: >= 1 and <= 40 } || !asked.Symbol.All(c => char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c) || c == '-'))
            return Refused.Because("INSTRUMENT_INVALID", null).With("symbol", asked.Symbol);
        if (!Enum.IsDefined(asked.Class) || !Enum.IsDefined(asked.VenueMode)) return Refused.Because("INSTRUMENT_INVALID", null).With("class", asked.Class.ToString());
        var (venues, missing) = rules.Of<Venues>(at);
        if ((missing ?? venues!.Judge(asked.Class, asked.VenueMode)) is { } barred) return barred;
        if (asked.UnitDecimals is < 0 or > 9) return Refused.Because("INSTRUMENT_INVALID", null, ("unitDecimals", asked.UnitDecimals));
        var instrument = new Instrument(next, asked.Symbol, asked.NameZh, asked.NameEn, asked.Class, asked.Indicator, asked.Basin, asked.Region,
            asked.Unit, asked.UnitDecimals, asked.VenueMode, asked.Vintage, asked.ValidThrough, asked.SourceClass);
        if (catalog.Instrument(asked.Symbol) is not { } known) return new InstrumentRegistered(instrument);
        return known == instrument with { Number = known.Number }
            ? Decision<InstrumentRegistered>.Nothing
            : Refused.Because("INSTRUMENT_EXISTS", null).With("symbol", known.Symbol);
    }
}
