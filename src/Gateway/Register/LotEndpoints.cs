using System.Globalization;
using Trading.Gateway.Identity;
using Trading.Gateway.Market;
using Trading.Gateway.Supervision;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;

namespace Trading.Gateway.Register;

/// <param name="Price">Asked, yuan for each legal unit.</param>
internal sealed record LotAsked(string Symbol, string Quantity, string Price, string Operation);

/// <param name="Price">At which it was won, yuan for each legal unit.</param>
internal sealed record LotAwardAsked(string Participant, string Price, string Document);

/// <summary>Lots and deposits (保证金, R-SET-04): listed by a holder, registered for with a deposit, awarded by two people, paid in time or forfeited.</summary>
internal static class LotEndpoints
{
    public static void MapLots(this WebApplication app)
    {
        var group = app.MapGroup("/api/v1/lots").WithTags("Lots");
        group.MapGet("", async (string? after, string? limit, ILots desk, IDirectory directory, CancellationToken stop) =>
        {
            var (most, catalog) = (Paging.Limit(limit), await directory.Current(stop));
            return Paging.Page(await desk.All(Paging.After(after, long.MaxValue), most + 1, stop), most, l => l.Id, l => Show(l, catalog));
        }).AllowAnonymous();
        group.MapGet("/{id}", async (string id, ILots desk, IDirectory directory, CancellationToken stop) =>
            Paging.Id(id) is { } number && await desk.Find(number, stop) is { } lot ? Results.Json(Show(lot, await directory.Current(stop)), Json.Plain) : Problems.NotFound()).AllowAnonymous();
        group.MapPost("", async (HttpContext context, Whoami who, ILots desk, IDirectory directory, CancellationToken stop) =>
        {
            var asked = await Json.Body<LotAsked>(context.Request);
            var instrument = Named.Instrument(await directory.Current(stop), asked.Symbol);
            var units = Json.Whole(asked.Quantity, "quantity", instrument.MinimumUnit, instrument.Units);
            var fen = Json.Whole(asked.Price, "price", 0.01m, Matching.Contracts.TradingUnit.Fen);
            var outcome = await desk.Offer((await who.Participant(context.User, stop)).Account, instrument.Number, units, fen / 100m, TransferEndpoints.Key(asked.Operation), Whoami.Actor(context.User), stop);
            return await Answer(outcome, instrument, directory, 201, stop);
        }).RequireAuthorization(IdentityModule.Trader).Accepts<LotAsked>("application/json").Produces(201);
        group.MapPost("/{id}/withdraw", (string id, HttpContext context, Whoami who, ILots desk, IDirectory directory, CancellationToken stop) =>
            Own(id, context, who, desk, directory, (lot, account, actor) => desk.Withdraw(lot.Id, account, actor, stop), stop)).RequireAuthorization(IdentityModule.Trader);
        group.MapPost("/{id}/payment", (string id, HttpContext context, Whoami who, ILots desk, IDirectory directory, CancellationToken stop) =>
            Own(id, context, who, desk, directory, (lot, account, actor) => desk.Pay(lot.Id, account, actor, stop), stop)).RequireAuthorization(IdentityModule.Trader);
        group.MapPost("/{id}/deposits", async (string id, HttpContext context, Whoami who, ILots desk, IDirectory directory, CancellationToken stop) =>
        {
            await Json.Nothing(context.Request);
            if (Paging.Id(id) is not { } number || await desk.Find(number, stop) is not { } lot) return Problems.NotFound();
            var outcome = await desk.Register(number, (await who.Participant(context.User, stop)).Account, Whoami.Actor(context.User), stop);
            var catalog = await directory.Current(stop);
            return outcome.Refused is { } refused ? Refuse(refused, catalog.Instrument(lot.Instrument)) : Results.Json(Show(outcome.Value!, catalog), Json.Plain, statusCode: 201);
        }).RequireAuthorization(IdentityModule.Trader).Produces(201);
        group.MapGet("/{id}/quote", async (string id, HttpContext context, Whoami who, ILots desk, IDirectory directory, CancellationToken stop) =>
        {
            if (Paging.Id(id) is not { } number || await desk.Find(number, stop) is not { } lot) return Problems.NotFound();
            var (quote, refused) = await desk.Quote(number, (await who.Participant(context.User, stop)).Account, stop);
            return refused is not null
                ? Refuse(refused, (await directory.Current(stop)).Instrument(lot.Instrument))
                : Results.Json(new { lot = Text(number), amount = Json.Yuan(quote!.Fen), deposit = Json.Yuan(quote.Deposit), payBy = MarketEndpoints.At(quote.PayBy) }, Json.Plain);
        }).RequireAuthorization(IdentityModule.Trader).WithSummary("What registering would take as a deposit now.");
        group.MapGet("/deposits", async (string? after, string? limit, HttpContext context, Whoami who, ILots desk, IDirectory directory, CancellationToken stop) =>
        {
            var (most, catalog) = (Paging.Limit(limit), await directory.Current(stop));
            return Paging.Page(await desk.Deposits(await who.Own(context.User, stop), Paging.After(after, long.MaxValue), most + 1, stop), most, d => d.Id, d => Show(d, catalog));
        }).WithSummary("Deposits of every lot, newest first: one's own, or all to who supervises.");
        group.MapGet("/{id}/deposits", async (string id, HttpContext context, Whoami who, ILots desk, IDirectory directory, CancellationToken stop) =>
        {
            if (Paging.Id(id) is not { } number || await desk.Find(number, stop) is null) return Problems.NotFound();
            var catalog = await directory.Current(stop);
            return Results.Json(new { items = (await desk.Deposits(number, await who.Own(context.User, stop), stop)).Select(d => Show(d, catalog)), next = (string?)null }, Json.Plain);
        });
        group.MapPost("/{id}/award", async (string id, HttpContext context, IProposals proposals, CancellationToken stop) =>
        {
            var asked = await Json.Body<LotAwardAsked>(context.Request);
            if (Paging.Id(id) is not { } number) return Problems.NotFound();
            var fen = Json.Whole(asked.Price, "price", 0.01m, Matching.Contracts.TradingUnit.Fen);
            return await ProposalEndpoints.Ask(context, proposals, "lot-award", new { lot = number, participant = asked.Participant, price = fen / 100m }, asked.Document, stop);
        }).RequireAuthorization(IdentityModule.Operator).Accepts<LotAwardAsked>("application/json").Produces(201);
    }

    private static async Task<IResult> Own(string id, HttpContext context, Whoami who, ILots desk, IDirectory directory, Func<Lot, int, Actor, Task<Outcome<Lot>>> act, CancellationToken stop)
    {
        await Json.Nothing(context.Request);
        if (Paging.Id(id) is not { } number || await desk.Find(number, stop) is not { } lot) return Problems.NotFound();
        var outcome = await act(lot, (await who.Participant(context.User, stop)).Account, Whoami.Actor(context.User));
        return await Answer(outcome, (await directory.Current(stop)).Instrument(lot.Instrument)!, directory, 200, stop);
    }

    private static async Task<IResult> Answer(Outcome<Lot> outcome, Instrument instrument, IDirectory directory, int status, CancellationToken stop) =>
        outcome.Refused is { } refused ? Refuse(refused, instrument) : Results.Json(Show(outcome.Value!, await directory.Current(stop)), Json.Plain, statusCode: status);

    private static IResult Refuse(Refused refused, Instrument? instrument) => Problems.Problem(refused.InUnitsOf(refused.Code == "INSUFFICIENT_CASH" ? null : instrument));

    private static object Show(Lot l, Catalog catalog)
    {
        var (instrument, seller, won) = (catalog.Instrument(l.Instrument)!, catalog.Participant(l.Seller)!, l.Winner is { } winner ? catalog.Participant(winner) : null);
        return new
        {
            id = Text(l.Id), symbol = instrument.Symbol, seller = seller.Id, name = new { zh = seller.NameZh, en = seller.NameEn }, quantity = Json.Text(instrument.Quantity(l.Units)), price = Json.Text(l.Price), state = Json.Word(l.State),
            round = Text(l.Round), bound = l.Bound, listedAt = MarketEndpoints.At(l.ListedAt), winner = won?.Id,
            winnerName = won is null ? null : new { zh = won.NameZh, en = won.NameEn }, right = new { zh = instrument.NameZh, en = instrument.NameEn }, unit = instrument.Unit,
            value = Quotes.Fen(instrument.Quantity(l.Units), l.Price) is { } asked ? Json.Yuan(asked) : null,
            awardPrice = l.AwardPrice is { } price ? Json.Text(price) : null, amount = l.Fen is { } fen ? Json.Yuan(fen) : null, payBy = l.PayBy is { } by ? MarketEndpoints.At(by) : null,
        };
    }

    private static object Show(Deposit d, Catalog catalog) => new
    {
        id = Text(d.Id), lot = Text(d.Lot), round = Text(d.Round), participant = catalog.Participant(d.Account)?.Id, amount = Json.Yuan(d.Fen), state = Json.Word(d.State), takenAt = MarketEndpoints.At(d.TakenAt),
        endedAt = d.EndedAt is { } at ? MarketEndpoints.At(at) : null,
    };

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
