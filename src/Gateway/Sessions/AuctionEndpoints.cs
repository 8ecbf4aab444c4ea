using System.Globalization;
using Trading.Gateway.Identity;
using Trading.Gateway.Live;
using Trading.Gateway.Market;
using Trading.Gateway.Orders;
using Trading.Gateway.Register;
using Trading.Matching.Contracts;
using Trading.Matching.Core;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;

namespace Trading.Gateway.Sessions;

/// <param name="Seller">Participant whose right in the market is sold; of a descending auction, whose money buys.</param>
/// <param name="Operation">The same again opens nothing more.</param>
/// <param name="Reserve">Nothing goes below it (above it, where one buys).</param>
/// <param name="BidLimit">Most of the quantity that one control group can have, as a fraction; sealed sales.</param>
/// <param name="Ties">proRata, time, random; left out: as the instrument serves.</param>
/// <param name="Seed">A whole number from which random ties are drawn, and which is published; random ties need it.</param>
internal sealed record AuctionAsked(
    string Symbol, string Seller, string Quantity, string Reserve, string Operation, string? Until = null, string? Increment = null, string? MaxStep = null, int ExtendSeconds = 0, int MaxExtensions = 0,
    string? BidLimit = null, string Undersubscribed = "sell", string? Ties = null, string? Seed = null);

/// <param name="Quantity">Left out where the lot is sold as one.</param>
internal sealed record BidAsked(string ClientOrderId, string Price, string? Quantity = null);

/// <summary>Sales by auction (政府出让, 单向竞价): opened by an operator, bid for by traders, closed by their time or by hand.</summary>
internal static class AuctionEndpoints
{
    private const int ExtendMost = 86_400;
    private const int Shown = 100;

    public static void MapAuctions(this WebApplication app)
    {
        var auctions = app.MapGroup("/api/v1/auctions").WithTags("Auctions");
        auctions.MapGet("", async (string? symbol, bool? open, IDirectory directory, IListings listings, IBlotter blotter, CancellationToken stop) =>
        {
            var tradable = symbol is null ? null : await Tradable.Of(symbol, directory, listings, stop);
            var items = new List<object>();
            foreach (var sale in await blotter.Sales(tradable?.Instrument.Number, open == true, Shown, stop)) items.Add(await Show(sale, directory, listings, blotter, stop));
            return Results.Json(new { items, next = (string?)null }, Json.Plain);
        }).AllowAnonymous();
        auctions.MapGet("/{id}", async (string id, IDirectory directory, IListings listings, IBlotter blotter, CancellationToken stop) =>
            await Find(id, blotter, stop) is { } sale ? Results.Json(await Show(sale, directory, listings, blotter, stop), Json.Plain) : Problems.NotFound()).AllowAnonymous();
        auctions.MapGet("/{id}/result", async (string id, IDirectory directory, IListings listings, IBlotter blotter, CancellationToken stop) =>
        {
            if (await Find(id, blotter, stop) is not { ClosedAt: { } closedAt } sale) return Problems.NotFound();
            var tradable = await Tradable.Of(sale.Instrument, directory, listings, stop);
            return Results.Json(new
            {
                id, symbol = tradable.Instrument.Symbol, price = sale.Ticks is { } ticks ? tradable.Price(ticks) : null, quantity = tradable.Quantity(sale.Sold), offered = tradable.Quantity(sale.Lots), bids = sale.Bids,
                seed = sale.Seed?.ToString(CultureInfo.InvariantCulture), closedAt = MarketEndpoints.At(closedAt),
                awards = (await blotter.Awards(sale, stop)).Select(t => new { tradeNo = OrderDesk.Id(t.TradeNo), price = tradable.Price(t.Ticks), quantity = tradable.Quantity(t.Lots), amount = Json.Yuan(t.Amount) }),
            }, Json.Plain);
        }).AllowAnonymous().WithSummary("The result of a sale that is closed; 404 while it is open.");
        auctions.MapPost("", async (HttpContext context, IOrderEntry entry, IDirectory directory, IListings listings, IBlotter blotter, CancellationToken stop) =>
        {
            var asked = await Json.Body<AuctionAsked>(context.Request);
            var tradable = await Tradable.Of(asked.Symbol, directory, listings, stop);
            if ((await directory.Current(stop)).Participant(asked.Seller) is not { } seller) throw Json.No("UNKNOWN_ACCOUNT", ("seller", Texts.Shown(asked.Seller)));
            var answer = await entry.Submit(Command(asked, seller.Account, tradable), asked.Operation, stop);
            var first = answer.Outputs[0];
            if (first.Kind == OutputKind.Rejected) return Problems.Problem(OrderDesk.Why(first.Code, first.Needed, first.Had, tradable));
            var number = first.Kind == OutputKind.Repeated ? first.Original : answer.Sequence;
            return await blotter.Sale(number, stop) is { } sale ? Results.Json(await Show(sale, directory, listings, blotter, stop), Json.Plain, statusCode: 201) : Problems.NotFound();
        }).RequireAuthorization(IdentityModule.Operator).Accepts<AuctionAsked>("application/json").Produces(201);
        auctions.MapPost("/{id}/bids", async (string id, HttpContext context, OrderDesk desk, Whoami who, IBlotter blotter, CancellationToken stop) =>
        {
            var participant = await who.Participant(context.User, stop);
            var asked = await Json.Body<BidAsked>(context.Request);
            if (await Find(id, blotter, stop) is not { } sale) return Problems.NotFound();
            var tradable = await desk.Named(sale.Instrument, stop);
            if (sale.ClosedAt is not null) return Problems.Problem(Refused.Because("SALE_NOT_OPEN", null).With("id", id));
            if (asked.Quantity is null && tradable.Listing.Mode == Mode.Sealed) throw Json.No("FIELD_MISSING", ("path", "quantity"));
            var order = new NewOrder(asked.ClientOrderId, tradable.Instrument.Symbol, sale.Side == Side.Sell ? "buy" : "sell", asked.Quantity ?? tradable.Quantity(sale.Lots), Price: asked.Price, TimeInForce: "gtc");
            var (body, refused) = await desk.Place(participant.Account, order, Problems.PrefersChinese(context.Request), stop);
            return refused is null ? Results.Json(body, Json.Plain, statusCode: 201) : Problems.Problem(refused);
        }).RequireAuthorization(IdentityModule.Trader).Accepts<BidAsked>("application/json").Produces(201);
        auctions.MapPost("/{id}/close", async (string id, HttpContext context, IOrderEntry entry, IDirectory directory, IListings listings, IBlotter blotter, CancellationToken stop) =>
        {
            await Json.Nothing(context.Request);
            if (await Find(id, blotter, stop) is not { } sale) return Problems.NotFound();
            var tradable = await Tradable.Of(sale.Instrument, directory, listings, stop);
            if (sale.ClosedAt is not null) return Problems.Problem(Refused.Because("SALE_NOT_OPEN", null).With("id", id));
            var answer = await entry.Submit(new() { Kind = CommandKind.SetPhase, Instrument = sale.Instrument, Phase = Phase.Uncross }, null, stop);
            return answer.Outputs[0] is { Kind: OutputKind.Rejected } no ? Problems.Problem(OrderDesk.Why(no.Code, no.Needed, no.Had, tradable))
                : Results.Json(await Show((await blotter.Sale(sale.Number, stop))!, directory, listings, blotter, stop), Json.Plain);
        }).RequireAuthorization(IdentityModule.Operator);
    }

    private static Command Command(AuctionAsked asked, int seller, Tradable tradable)
    {
        var unit = tradable.Listing.Unit;
        var (high, low) = OrderDesk.Digest(TransferEndpoints.Key(asked.Operation));
        if (asked.ExtendSeconds is < 0 or > ExtendMost) throw Json.No("OUT_OF_RANGE", ("path", "extendSeconds"), ("least", "0"), ("most", ExtendMost.ToString(CultureInfo.InvariantCulture)));
        var ties = asked.Ties switch { null => Ties.Default, "proRata" => Ties.ProRata, "time" => Ties.Time, "random" => Ties.Random, _ => throw Json.No("FIELD_INVALID", ("ties", Texts.Shown(asked.Ties))) };
        var command = new Command
        {
            Kind = CommandKind.OpenSale, Account = seller, Instrument = tradable.Instrument.Number, Lots = Json.Whole(asked.Quantity, "quantity", unit.Lot, unit.Lots),
            Ticks = Json.Whole(asked.Reserve, "reserve", unit.Tick, unit.Ticks), UntilMicros = MarketEndpoints.Moment(asked.Until, "until") is { } until ? Time.Micros(until) : 0,
            ClientHigh = high, ClientLow = low, Ties = ties,
            Undersubscribed = asked.Undersubscribed switch { "sell" => Undersubscribed.Sell, "cancel" => Undersubscribed.Cancel, _ => throw Json.No("FIELD_INVALID", ("undersubscribed", Texts.Shown(asked.Undersubscribed))) },
        };
        if (command.Ticks < 1) throw Json.No("PRICE_NOT_POSITIVE", ("reserve", Texts.Shown(asked.Reserve)));
        if (tradable.Listing.Mode == Mode.Sealed)
        {
            command.BidLimitMillionths = asked.BidLimit is null ? 0 : Json.Count(Json.Text(Json.Decimal(asked.BidLimit, "bidLimit") * 1_000_000), "bidLimit", 1_000_000);
            // Drawn here it would be another each time the same is asked again; whoever sells draws it, before the bids.
            command.Seed = asked.Seed is null ? ties == Ties.Random ? throw Json.No("FIELD_MISSING", ("path", "seed")) : 0
                : long.TryParse(asked.Seed, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seed) ? seed : throw Json.No("FIELD_INVALID", ("seed", Texts.Shown(asked.Seed)));
            return command;
        }

        command.Increment = asked.Increment is null ? 0 : Json.Whole(asked.Increment, "increment", unit.Tick, unit.Ticks);
        command.MaxStep = asked.MaxStep is null ? 0 : Json.Whole(asked.MaxStep, "maxStep", unit.Tick, unit.Ticks);
        (command.ExtendMicros, command.ExtensionsMost) = (asked.ExtendSeconds * 1_000_000L, asked.MaxExtensions);
        return command;
    }

    private static async Task<SaleRow?> Find(string id, IBlotter blotter, CancellationToken stop) => Paging.Id(id) is { } number ? await blotter.Sale(number, stop) : null;

    private static async Task<object> Show(SaleRow sale, IDirectory directory, IListings listings, IBlotter blotter, CancellationToken stop)
    {
        var tradable = await Tradable.Of(sale.Instrument, directory, listings, stop);
        var bids = sale.ClosedAt is null && tradable.Listing.Mode != Mode.Sealed ? await blotter.Listings(sale.Instrument, sale.Side == Side.Sell ? Side.Buy : Side.Sell, 1, stop) : [];
        var leads = bids is [var best] ? best : null;
        return new
        {
            id = OrderDesk.Id(sale.Number), symbol = tradable.Instrument.Symbol, name = new { zh = tradable.Instrument.NameZh, en = tradable.Instrument.NameEn }, unit = tradable.Instrument.Unit, mode = Json.Word(tradable.Listing.Mode),
            side = MarketEndpoints.Word(sale.Side), seller = Counterparty.Show((await directory.Current(stop)).Participant(sale.Account)), quantity = tradable.Quantity(sale.Lots),
            reserve = sale.ReserveTicks is { } reserve ? tradable.Price(reserve) : null, leading = leads is null ? null : tradable.Price(leads.Ticks),
            openedAt = MarketEndpoints.At(sale.OpenedAt), until = sale.Until is { } until ? MarketEndpoints.At(until) : null, state = sale.ClosedAt is null ? "open" : "closed",
            price = sale.Ticks is { } ticks ? tradable.Price(ticks) : null, sold = tradable.Quantity(sale.Sold), bids = sale.Bids, closedAt = sale.ClosedAt is { } closed ? MarketEndpoints.At(closed) : null,
        };
    }
}
