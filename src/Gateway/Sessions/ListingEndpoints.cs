using Trading.Gateway.Identity;
using Trading.Gateway.Live;
using Trading.Gateway.Market;
using Trading.Gateway.Orders;
using Trading.Matching.Contracts;
using Trading.Matching.Core;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;

namespace Trading.Gateway.Sessions;

/// <summary>The listing board (挂牌): who lists what at which price, and taking one of them.</summary>
internal static class ListingEndpoints
{
    private const int ListingsMost = 200;

    public static void MapListings(this WebApplication app)
    {
        var board = app.MapGroup("/api/v1/instruments/{symbol}").WithTags("Listings");
        board.MapGet("/listings", async (string symbol, IDirectory directory, IListings listings, IBlotter blotter, CancellationToken stop) =>
        {
            var tradable = await Tradable.Of(symbol, directory, listings, stop);
            // On every other book orders are nobody's to know.
            if (tradable.Listing.Mode != Mode.Listing) throw Json.No("MODE_NOT_AVAILABLE", ("symbol", symbol));
            var (catalog, number) = (await directory.Current(stop), tradable.Instrument.Number);
            object Line(ListingRow l) => new
            {
                listing = OrderDesk.Id(l.Number), side = MarketEndpoints.Word(l.Side), price = tradable.Price(l.Ticks), quantity = tradable.Quantity(l.Shown),
                minQuantity = l.MinLots == 0 ? null : tradable.Quantity(l.MinLots), by = Counterparty.Show(catalog.Participant(l.Account)), at = MarketEndpoints.At(l.EnteredAt),
            };
            return Results.Json(new
            {
                symbol, sells = (await blotter.Listings(number, Side.Sell, ListingsMost, stop)).Select(Line), buys = (await blotter.Listings(number, Side.Buy, ListingsMost, stop)).Select(Line),
            }, Json.Plain);
        }).AllowAnonymous();
        board.MapPost("/takes", async (string symbol, HttpContext context, OrderDesk desk, Whoami who, CancellationToken stop) =>
        {
            var participant = await who.Participant(context.User, stop);
            var (body, refused) = await desk.Take(participant.Account, symbol, await Json.Body<ListingTaken>(context.Request), Problems.PrefersChinese(context.Request), stop);
            return refused is null ? Results.Json(body, Json.Plain, statusCode: 201) : Problems.Problem(refused);
        }).RequireAuthorization(IdentityModule.Trader).Accepts<ListingTaken>("application/json").Produces(201);
    }
}
