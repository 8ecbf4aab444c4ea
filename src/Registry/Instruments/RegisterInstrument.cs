using Trading.Registry.Contracts;

namespace Trading.Registry.Instruments;

internal sealed record InstrumentRegistered(Instrument Instrument);

internal static class RegisterInstrument
{
    /// <param name="next">The number a new instrument would get.</param>
    public static Decision<InstrumentRegistered> Decide(Catalog catalog, Product asked, int next)
    {
        // 条例 art. 29: no new local carbon market; it can only be relayed, mirrored or simulated.
        if (asked is { Class: RightClass.Carbon, VenueMode: VenueMode.Operate })
            return Refused.Because("PRODUCT_CONFIG", "R-LAW-01").With("class", nameof(RightClass.Carbon)).With("venueMode", "OPERATE");
        if (asked.Symbol is not { Length: >= 1 and <= 40 } || !asked.Symbol.All(c => char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c) || c == '-'))
            return Refused.Because("INSTRUMENT_INVALID", null).With("symbol", asked.Symbol);
        if (!Enum.IsDefined(asked.Class) || !Enum.IsDefined(asked.VenueMode)) return Refused.Because("INSTRUMENT_INVALID", null).With("class", asked.Class.ToString());
        if (asked.UnitDecimals is < 0 or > 9) return Refused.Because("INSTRUMENT_INVALID", null, ("unitDecimals", asked.UnitDecimals));
        var instrument = new Instrument(next, asked.Symbol, asked.NameZh, asked.NameEn, asked.Class, asked.Indicator, asked.Basin, asked.Region,
            asked.Unit, asked.UnitDecimals, asked.VenueMode, asked.Vintage, asked.ValidThrough);
        if (catalog.Instrument(asked.Symbol) is not { } known) return new InstrumentRegistered(instrument);
        return known == instrument with { Number = known.Number }
            ? Decision<InstrumentRegistered>.Nothing
            : Refused.Because("INSTRUMENT_EXISTS", null).With("symbol", known.Symbol);
    }
}
