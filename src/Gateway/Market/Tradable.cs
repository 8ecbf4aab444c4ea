using NodaTime;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;

namespace Trading.Gateway.Market;

/// <summary>An instrument with the terms on which it trades.</summary>
internal sealed record Tradable(Instrument Instrument, Listing Listing)
{
    /// <exception cref="RefusedException">UNKNOWN_SYMBOL: not registered, or not listed.</exception>
    public static async Task<Tradable> Of(string? symbol, IDirectory directory, IListings listings, CancellationToken stop) =>
        symbol is not null && (await directory.Current(stop)).Instrument(symbol) is { } instrument && (await listings.Current(stop)).TryGetValue(instrument.Number, out var listing)
            ? new(instrument, listing)
            : throw Json.No("UNKNOWN_SYMBOL", ("symbol", symbol is null ? "" : symbol.Length > 60 ? symbol[..60] + "…" : symbol));

    /// <summary>Of the market's own number: what it speaks of is listed.</summary>
    public static async Task<Tradable> Of(int instrument, IDirectory directory, IListings listings, CancellationToken stop) =>
        new((await directory.Current(stop)).Instrument(instrument)!, (await listings.Current(stop))[instrument]);

    public string Price(long ticks) => Json.Text(Listing.Unit.Price(ticks));

    /// <summary>A fee in yuan by what it is for, as the tariff of the trade's instant divides it (R-SET-05).</summary>
    public FeeWords Fee(long fen, RuleBook rules, Instant tradedAt) => FeeWords.Of(Listing.Split(fen, Instrument.Class, rules, tradedAt));

    public string Quantity(long lots) => Json.Text(Listing.Unit.Quantity(lots));
}

/// <summary>Yuan. The whole is what was taken; its two parts add up to it.</summary>
internal readonly record struct FeeWords(string Fee, string Trading, string Settlement)
{
    public static FeeWords Of(FeeParts parts) => new(Json.Yuan(parts.Total), Json.Yuan(parts.Trading), Json.Yuan(parts.Settlement));
}
