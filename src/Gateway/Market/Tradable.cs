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

    public string Price(long ticks) => Json.Text(Listing.Unit.Price(ticks));

    public string Quantity(long lots) => Json.Text(Listing.Unit.Quantity(lots));
}
