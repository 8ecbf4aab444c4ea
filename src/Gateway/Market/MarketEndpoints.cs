using System.Globalization;
using NodaTime;
using NodaTime.Text;
using Trading.Gateway.Identity;
using Trading.Gateway.Live;
using Trading.Matching.Contracts;
using Trading.Matching.Core;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;

namespace Trading.Gateway.Market;

internal static class MarketEndpoints
{
    private const int DepthMost = 100;
    private const int CandlesMost = 1_000;

    public static void MapMarket(this WebApplication app)
    {
        var instruments = app.MapGroup("/api/v1/instruments").AllowAnonymous().WithTags("Market");
        instruments.MapGet("", async (IDirectory directory, IListings listings, IRules rules, IClock clock, Relay relay, CancellationToken stop) =>
        {
            var (listed, book) = (await listings.Current(stop), await rules.Current(stop));
            var items = (await directory.Current(stop)).Instruments.Where(i => listed.ContainsKey(i.Number)).Select(i => Show(new(i, listed[i.Number]), relay, book, clock.GetCurrentInstant()));
            return Results.Json(new { items, next = (string?)null }, Json.Plain);
        });
        instruments.MapGet("/{symbol}", async (string symbol, IDirectory directory, IListings listings, IRules rules, IClock clock, Relay relay, CancellationToken stop) =>
            Results.Json(Show(await Tradable.Of(symbol, directory, listings, stop), relay, await rules.Current(stop), clock.GetCurrentInstant()), Json.Plain));
        instruments.MapGet("/{symbol}/book", async (string symbol, string? depth, IDirectory directory, IListings listings, IBlotter blotter, CancellationToken stop) =>
        {
            var levels = 10;
            if (depth is not null && !(int.TryParse(depth, NumberStyles.None, CultureInfo.InvariantCulture, out levels) && levels is >= 1 and <= DepthMost)) throw Json.No("OUT_OF_RANGE", ("depth", depth));
            var tradable = await Tradable.Of(symbol, directory, listings, stop);
            var book = await blotter.Book(tradable.Instrument.Number, levels, stop);
            object[] Level(PriceLevel level) => [tradable.Price(level.Ticks), tradable.Quantity(level.Lots), level.Orders];
            return Results.Json(new { symbol, sequence = book.Sequence, phase = Word(book.Phase), last = book.LastTicks is { } last ? tradable.Price(last) : null, bids = book.Bids.Select(Level), asks = book.Asks.Select(Level) }, Json.Plain);
        });
        instruments.MapGet("/{symbol}/trades", async (string symbol, string? after, string? limit, bool? newest, IDirectory directory, IListings listings, IBlotter blotter, CancellationToken stop) =>
        {
            var tradable = await Tradable.Of(symbol, directory, listings, stop);
            var most = Paging.Limit(limit);
            object Line(TradeRow t) => new
            {
                tradeNo = t.TradeNo.ToString(CultureInfo.InvariantCulture), sequence = t.Sequence, price = tradable.Price(t.Ticks), quantity = tradable.Quantity(t.Lots), amount = Json.Yuan(t.Amount),
                aggressor = Word(t.Aggressor), negotiated = t.Negotiated, at = At(t.At), bustedAt = t.BustedAt is { } gone ? At(gone) : null,
            };
            return newest == true
                ? Results.Json(new { items = (await blotter.NewestTrades(tradable.Instrument.Number, most, stop)).Select(Line), next = (string?)null }, Json.Plain)
                : Paging.Page(await blotter.Trades(tradable.Instrument.Number, Paging.After(after, 0), most + 1, stop), most, t => t.TradeNo, Line);
        });
        instruments.MapGet("/{symbol}/candles", async (string symbol, string? interval, string? from, string? to, IDirectory directory, IListings listings, IBlotter blotter, CancellationToken stop) =>
        {
            var tradable = await Tradable.Of(symbol, directory, listings, stop);
            var width = interval switch { null or "1m" => 60, "5m" => 300, "15m" => 900, "1h" => 3_600, "1d" => 86_400, _ => throw Json.No("FIELD_INVALID", ("interval", interval)) };
            var (begin, end) = (Moment(from, "from") ?? Instant.MinValue, Moment(to, "to") ?? Instant.MaxValue);
            var candles = (await blotter.Candles(tradable.Instrument.Number, width, begin, end, CandlesMost, stop)).Select(c => new
            {
                at = At(c.At), open = tradable.Price(c.Open), high = tradable.Price(c.High), low = tradable.Price(c.Low), close = tradable.Price(c.Close), volume = tradable.Quantity(c.Lots), amount = Json.Yuan(c.Amount),
            });
            return Results.Json(new { items = candles, next = (string?)null }, Json.Plain);
        });
        instruments.MapGet("/{symbol}/eligibility", async (string symbol, string? side, HttpContext context, Whoami who, IDirectory directory, IListings listings, CancellationToken stop) =>
        {
            var tradable = await Tradable.Of(symbol, directory, listings, stop);
            var asked = side switch { "buy" => Side.Buy, "sell" => Side.Sell, _ => throw Json.No("FIELD_INVALID", ("side", side ?? "")) };
            var participant = await who.Participant(context.User, stop);
            var refused = await listings.Eligibility(participant.Account, tradable.Instrument.Number, asked, stop);
            var entry = refused is null ? null : CodeBook.Of(refused.Code);
            return Results.Json(new
            {
                symbol, side, eligible = refused is null, code = refused?.Code, rule = refused?.Rule,
                title = entry is null ? null : Problems.PrefersChinese(context.Request) ? entry.Zh : entry.En,
                values = refused?.Values.ToDictionary(v => v.Key, v => v.Value, StringComparer.Ordinal),
            }, Json.Plain);
        }).RequireAuthorization(IdentityModule.Trader);
    }

    public static string At(Instant at) => InstantPattern.ExtendedIso.Format(at);

    public static string Word(Side side) => side switch { Side.Buy => "buy", Side.Sell => "sell", _ => "none" };

    public static string Word(Phase phase) => phase switch
    {
        Phase.Continuous => "continuous", Phase.Halt => "halt", Phase.Close => "close", Phase.Call => "call", Phase.Uncross => "uncross", _ => "none",
    };

    /// <summary>Years that every calendar and store behind us can say, in Shanghai too.</summary>
    private static readonly (Instant First, Instant Last) Told = (Instant.FromUtc(1900, 1, 1, 0, 0), Instant.FromUtc(9999, 12, 31, 0, 0));

    /// <exception cref="RefusedException">FIELD_INVALID: not RFC 3339 in UTC; OUT_OF_RANGE.</exception>
    public static Instant? Moment(string? text, string field)
    {
        if (text is null) return null;
        var parsed = InstantPattern.ExtendedIso.Parse(text);
        if (!parsed.Success) throw Json.No("FIELD_INVALID", (field, Texts.Shown(text)));
        return parsed.Value >= Told.First && parsed.Value <= Told.Last ? parsed.Value : throw Json.No("OUT_OF_RANGE", (field, text), ("least", At(Told.First)), ("most", At(Told.Last)));
    }

    private static object Show(Tradable t, Relay relay, RuleBook book, Instant now)
    {
        var fees = t.Listing.Fees(t.Instrument.Class, book, now).Value;
        static string? Rate(int? millionths) => millionths is { } rate ? Json.Text(rate / (decimal)FeeRates.Whole) : null;
        var (day, channel) = (relay.Day(t), relay.Channel(t.Instrument.Number, out var open) ? open : null);
        return new
        {
        symbol = t.Instrument.Symbol,
        name = new { zh = t.Instrument.NameZh, en = t.Instrument.NameEn },
        rightClass = t.Instrument.Class.ToString().ToLowerInvariant(),
        unit = t.Instrument.Unit,
        tick = Json.Text(t.Listing.Unit.Tick),
        lot = Json.Text(t.Listing.Unit.Lot),
        mode = Json.Word(t.Listing.Mode),
        phase = Word(channel?.Phase ?? Phase.None),
        sequence = channel?.Sequence ?? 0,
        last = day.Last, open = day.Open, high = day.High, low = day.Low, volume = day.Volume, amount = day.Amount, change = day.Change, changePercent = day.ChangePercent,
        conditional = t.Listing.Conditional,
        confirmation = t.Listing.Procedure ?? "none",
        fee = Rate(fees?.Total), tradingFee = Rate(fees?.Trading), settlementFee = Rate(fees?.Settlement),
        reference = t.Listing.Reference is { } reference ? t.Price(reference) : null,
        lowerLimit = t.Listing.LowerTicks is { } lower ? t.Price(lower) : null,
        upperLimit = t.Listing.UpperTicks is { } upper ? t.Price(upper) : null,
        venueMode = t.Instrument.VenueMode.ToString().ToUpperInvariant(),
        vintage = t.Instrument.Vintage,
        expiresOn = t.Instrument.ValidThrough is { } last ? LocalDatePattern.Iso.Format(last) : null,
        region = t.Instrument.Region,
        basin = t.Instrument.Basin,
        indicator = t.Instrument.Indicator,
        };
    }
}
