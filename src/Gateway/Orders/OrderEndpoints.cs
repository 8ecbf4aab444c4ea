using Microsoft.AspNetCore.Http.Features;
using Trading.Gateway.Identity;
using Trading.Gateway.Market;
using Trading.Matching.Contracts;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;

namespace Trading.Gateway.Orders;

internal static class OrderEndpoints
{
    private const string ByClientId = "/by-client-id/";

    public static void MapOrders(this WebApplication app)
    {
        var orders = app.MapGroup("/api/v1/orders").RequireAuthorization(IdentityModule.Trader).WithTags("Orders");
        orders.MapPost("", async (HttpContext context, OrderDesk desk, Whoami who, CancellationToken stop) =>
        {
            var participant = await who.Participant(context.User, stop);
            var (body, refused) = await desk.Place(participant.Account, await Json.Body<NewOrder>(context.Request), Problems.PrefersChinese(context.Request), stop);
            return refused is null ? Results.Json(body, Json.Plain, statusCode: 201) : Problems.Problem(refused);
        }).Accepts<NewOrder>("application/json").Produces(201);
        orders.MapPost("/{orderId}/replace", async (string orderId, HttpContext context, OrderDesk desk, Whoami who, CancellationToken stop) =>
        {
            var participant = await who.Participant(context.User, stop);
            var replacement = await Json.Body<Replacement>(context.Request);
            return Paging.Id(orderId) is { } number ? Answer(await desk.Replace(participant.Account, number, replacement, stop)) : Problems.NotFound();
        }).Accepts<Replacement>("application/json");
        orders.MapDelete("/{orderId}", async (string orderId, HttpContext context, OrderDesk desk, Whoami who, CancellationToken stop) =>
        {
            var participant = await who.Participant(context.User, stop);
            return Paging.Id(orderId) is { } number ? Answer(await desk.Cancel(participant.Account, number, stop)) : Problems.NotFound();
        });
        orders.MapDelete("", async (string? symbol, string? side, HttpContext context, OrderDesk desk, Whoami who, CancellationToken stop) =>
            Results.Json(await desk.CancelAll((await who.Participant(context.User, stop)).Account, symbol, side, stop), Json.Plain));
        orders.MapGet("", async (string? status, string? symbol, string? after, string? limit, HttpContext context, OrderDesk desk, Whoami who, IBlotter blotter, IDirectory directory, IListings listings, CancellationToken stop) =>
        {
            var participant = await who.Participant(context.User, stop);
            var tradable = symbol is null ? null : await Tradable.Of(symbol, directory, listings, stop);
            var (alive, one) = status switch
            {
                null => ((bool?)null, (OrderStatus?)null), "alive" => (true, null), "open" => (null, OrderStatus.Open), "partiallyFilled" => (null, OrderStatus.PartiallyFilled),
                "filled" => (null, OrderStatus.Filled), "cancelled" => (null, OrderStatus.Cancelled), "waiting" => (null, OrderStatus.Waiting), "expired" => (null, OrderStatus.Expired),
                 "refused" => (null, OrderStatus.Refused), _ => throw Json.No("FIELD_INVALID", ("status", status)),
            };
            var most = Paging.Limit(limit);
            var rows = await blotter.Orders(participant.Account, tradable?.Instrument.Number, alive, one, Paging.After(after, long.MaxValue), most + 1, stop);
            var names = new Dictionary<int, Tradable>();
            foreach (var row in rows)
            {
                if (!names.ContainsKey(row.Instrument) && (await directory.Current(stop)).Instrument(row.Instrument) is not null && (await listings.Current(stop)).ContainsKey(row.Instrument))
                    names[row.Instrument] = await desk.Named(row.Instrument, stop);
            }

            return Paging.Page([.. rows.Where(r => names.ContainsKey(r.Instrument))], most, r => r.Sequence, r => OrderDesk.Show(r, names[r.Instrument]));
        });
        orders.MapGet("/{orderId}", async (string orderId, HttpContext context, OrderDesk desk, Whoami who, IBlotter blotter, CancellationToken stop) =>
        {
            var participant = await who.Participant(context.User, stop);
            return await One(Paging.Id(orderId) is { } sequence ? await blotter.OrderBySequence(participant.Account, sequence, stop) : null, desk, stop);
        });
        orders.MapGet("/by-client-id/{**id}", async (string id, HttpContext context, OrderDesk desk, Whoami who, IBlotter blotter, CancellationToken stop) =>
        {
            var participant = await who.Participant(context.User, stop);
            // Of the address as it was sent: the server's own decoding cannot tell an encoded slash from one that was written.
            var sent = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.Split('?')[0];
            var name = sent.IndexOf(ByClientId, StringComparison.Ordinal) is >= 0 and var at ? Uri.UnescapeDataString(sent[(at + ByClientId.Length)..]) : id;
            return await One(name.Length <= OrderDesk.ClientIdMost && Texts.AreClean(name) ? await blotter.OrderByClientId(participant.Account, name, stop) : null, desk, stop);
        });
    }

    private static async Task<IResult> One(OrderRow? row, OrderDesk desk, CancellationToken stop) =>
        row is null ? Problems.NotFound() : Results.Json(OrderDesk.Show(row, await desk.Named(row.Instrument, stop)), Json.Plain);

    private static IResult Answer((object? Body, Refused? Refused) outcome) =>
        outcome.Refused is { } refused ? Problems.Problem(refused) : outcome.Body is { } body ? Results.Json(body, Json.Plain) : Problems.NotFound();
}
