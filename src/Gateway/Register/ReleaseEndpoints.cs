using System.Globalization;
using Trading.Gateway.Identity;
using Trading.Gateway.Market;
using Trading.Gateway.Supervision;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;

namespace Trading.Gateway.Register;

internal sealed record ReleaseAsked(string Reserve, string Symbol, string Quantity, string Price, string Document);

/// <param name="Project">Approval code of a key project.</param>
internal sealed record ReleaseRequestAsked(string Quantity, string Bid, string Operation, string? Project = null);

internal sealed record AwardAsked(string Document);

/// <summary>Sales by the government reserve (R-POL-11), key projects first (R-ENE-07).</summary>
internal static class ReleaseEndpoints
{
    public static void MapReleases(this WebApplication app)
    {
        var group = app.MapGroup("/api/v1/releases").WithTags("Releases");
        group.MapGet("", async (string? after, string? limit, IReleases desk, IDirectory directory, CancellationToken stop) =>
        {
            var (most, catalog) = (Paging.Limit(limit), await directory.Current(stop));
            return Paging.Page(await desk.All(Paging.After(after, long.MaxValue), most + 1, stop), most, r => r.Id, r => Show(r, catalog));
        }).AllowAnonymous();
        group.MapPost("", async (HttpContext context, IProposals proposals, IDirectory directory, CancellationToken stop) =>
        {
            var asked = await Json.Body<ReleaseAsked>(context.Request);
            var about = (await directory.Current(stop)).Instrument(asked.Symbol);
            Json.Whole(asked.Price, "price", 0.01m, Matching.Contracts.TradingUnit.Fen);
            var body = new { reserve = asked.Reserve, symbol = asked.Symbol, quantity = Json.Quantity(asked.Quantity, "quantity", about), price = Json.Decimal(asked.Price, "price") };
            return await ProposalEndpoints.Ask(context, proposals, "release", body, asked.Document, stop, about: about);
        }).RequireAuthorization(IdentityModule.Proposer).Accepts<ReleaseAsked>("application/json").Produces(201);
        group.MapPost("/{id}/requests", async (string id, HttpContext context, Whoami who, IReleases desk, IDirectory directory, CancellationToken stop) =>
        {
            var asked = await Json.Body<ReleaseRequestAsked>(context.Request);
            var catalog = await directory.Current(stop);
            if (Paging.Id(id) is not { } number || await desk.Find(number, stop) is not { } release) return Problems.NotFound();
            var instrument = catalog.Instrument(release.Instrument)!;
            var units = Json.Whole(asked.Quantity, "quantity", instrument.MinimumUnit, instrument.Units);
            var fen = Json.Whole(asked.Bid, "bid", 0.01m, Matching.Contracts.TradingUnit.Fen);
            var outcome = await desk.Ask(number, (await who.Participant(context.User, stop)).Account, asked.Project, units, fen / 100m, TransferEndpoints.Key(asked.Operation), Whoami.Actor(context.User), stop);
            return outcome.Refused is { } refused ? Problems.Problem(refused.Code == "INSUFFICIENT_CASH" ? refused.InUnitsOf(null) : refused.InUnitsOf(instrument)) : Results.Json(Show(outcome.Value!, instrument, catalog), Json.Plain, statusCode: 201);
        }).RequireAuthorization(IdentityModule.Trader).Accepts<ReleaseRequestAsked>("application/json").Produces(201);
        group.MapGet("/{id}/requests", async (string id, HttpContext context, Whoami who, IReleases desk, IDirectory directory, CancellationToken stop) =>
        {
            var catalog = await directory.Current(stop);
            if (Paging.Id(id) is not { } number || await desk.Find(number, stop) is not { } release) return Problems.NotFound();
            return Results.Json(new { items = (await desk.Requests(number, await who.Own(context.User, stop), stop)).Select(r => Show(r, catalog.Instrument(release.Instrument)!, catalog)), next = (string?)null }, Json.Plain);
        });
        group.MapPost("/{id}/award", async (string id, HttpContext context, IProposals proposals, CancellationToken stop) =>
        {
            var asked = await Json.Body<AwardAsked>(context.Request);
            if (Paging.Id(id) is not { } number) return Problems.NotFound();
            return await ProposalEndpoints.Ask(context, proposals, "release-award", new { release = number }, asked.Document, stop);
        }).RequireAuthorization(IdentityModule.Operator).Accepts<AwardAsked>("application/json").Produces(201);
    }

    private static object Show(ReserveRelease r, Catalog catalog)
    {
        var (instrument, reserve) = (catalog.Instrument(r.Instrument)!, catalog.Participant(r.Reserve)!);
        return new
        {
            id = Text(r.Id), symbol = instrument.Symbol, reserve = reserve.Id, region = reserve.Region, quantity = Json.Text(instrument.Quantity(r.Units)), price = Json.Text(r.Price), state = Json.Word(r.State), openedAt = MarketEndpoints.At(r.OpenedAt),
            awardedAt = r.AwardedAt is { } at ? MarketEndpoints.At(at) : null,
        };
    }

    private static object Show(ReleaseRequest r, Instrument instrument, Catalog catalog) => new
    {
        id = Text(r.Id), release = Text(r.Release), participant = catalog.Participant(r.Account)!.Id, project = r.Project, quantity = Json.Text(instrument.Quantity(r.Units)), bid = Json.Text(r.Bid), at = MarketEndpoints.At(r.At),
        awarded = Json.Text(instrument.Quantity(r.Awarded)), price = r.Price is { } price ? Json.Text(price) : null, paid = Json.Yuan(r.Paid), code = r.Why,
    };

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
