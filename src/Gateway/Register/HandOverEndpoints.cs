using System.Globalization;
using Trading.Gateway.Identity;
using Trading.Gateway.Market;
using Trading.Gateway.Supervision;
using Trading.Registry.Contracts;

namespace Trading.Gateway.Register;

internal sealed record HandOverAsked(string Symbol, string To, string Quantity, string Reason, string Operation);

internal sealed record TrustAsked(string Participant);

/// <summary>What a participant orders to be handed over outside the market: held at once, approved above a limit, delayed to whom is not trusted (R-REG-08, R-REG-12).</summary>
internal static class HandOverEndpoints
{
    public static void MapHandOvers(this WebApplication app)
    {
        var own = app.MapGroup("/api/v1/account/hand-overs").RequireAuthorization(IdentityModule.Trader).WithTags("Account");
        own.MapGet("", async (string? state, string? after, string? limit, HttpContext context, Whoami who, ITransferOrders desk, IDirectory directory, CancellationToken stop) =>
            await Page((await who.Participant(context.User, stop)).Account, state, after, limit, desk, directory, stop));
        own.MapPost("", async (HttpContext context, Whoami who, ITransferOrders desk, IDirectory directory, CancellationToken stop) =>
        {
            var asked = await Json.Body<HandOverAsked>(context.Request);
            var (participant, catalog) = (await who.Participant(context.User, stop), await directory.Current(stop));
            var instrument = Named.Instrument(catalog, asked.Symbol);
            var units = Json.Whole(asked.Quantity, "quantity", instrument.MinimumUnit, instrument.Units);
            var outcome = await desk.Order(new(participant.Account, instrument.Number), Named.Participant(catalog, asked.To).Account, units, Texts.Line(asked.Reason, "reason"), TransferEndpoints.Key(asked.Operation), Whoami.Actor(context.User), stop);
            return await Answer(outcome, directory, stop, outcome.Value?.State == TransferOrderState.Completed ? 201 : 202, instrument);
        }).Accepts<HandOverAsked>("application/json").Produces(201).Produces(202);
        own.MapPost("/{id}/cancel", async (string id, HttpContext context, Whoami who, ITransferOrders desk, IDirectory directory, CancellationToken stop) =>
        {
            await Json.Nothing(context.Request);
            return Paging.Id(id) is { } number ? await Answer(await desk.Cancel(number, (await who.Participant(context.User, stop)).Account, Whoami.Actor(context.User), stop), directory, stop) : Problems.NotFound();
        });
        var all = app.MapGroup("/api/v1/hand-overs").RequireAuthorization(IdentityModule.Supervisor).WithTags("Transfers");
        all.MapGet("", (string? state, string? after, string? limit, ITransferOrders desk, IDirectory directory, CancellationToken stop) => Page(null, state, after, limit, desk, directory, stop));
        foreach (var approve in (bool[])[true, false])
        {
            all.MapPost(approve ? "/{id}/approve" : "/{id}/reject", async (string id, HttpContext context, ITransferOrders desk, IDirectory directory, CancellationToken stop) =>
            {
                await Json.Nothing(context.Request);
                return Paging.Id(id) is { } number ? await Answer(await desk.Decide(number, approve, Whoami.Actor(context.User), stop), directory, stop) : Problems.NotFound();
            }).RequireAuthorization(IdentityModule.Regulator);
        }

        var trusted = app.MapGroup("/api/v1/account/trusted-accounts").RequireAuthorization(IdentityModule.Trader).WithTags("Account");
        trusted.MapGet("", async (HttpContext context, Whoami who, ITransferOrders desk, IDirectory directory, CancellationToken stop) =>
        {
            var catalog = await directory.Current(stop);
            return Results.Json(new { items = (await desk.Trusted((await who.Participant(context.User, stop)).Account, stop)).Select(t => Show(t, catalog)), next = (string?)null }, Json.Plain);
        });
        trusted.MapPost("", async (HttpContext context, Whoami who, ITransferOrders desk, IDirectory directory, CancellationToken stop) =>
        {
            var asked = await Json.Body<TrustAsked>(context.Request);
            var catalog = await directory.Current(stop);
            var outcome = await desk.Trust((await who.Participant(context.User, stop)).Account, Named.Participant(catalog, asked.Participant).Account, Whoami.Actor(context.User), stop);
            return outcome.Refused is { } refused ? Problems.Problem(refused) : Results.Json(Show(outcome.Value!, catalog), Json.Plain, statusCode: 201);
        }).Accepts<TrustAsked>("application/json").Produces(201);
        trusted.MapDelete("/{participant}", async (string participant, HttpContext context, Whoami who, ITransferOrders desk, IDirectory directory, CancellationToken stop) =>
        {
            await desk.Distrust((await who.Participant(context.User, stop)).Account, Named.Participant(await directory.Current(stop), participant).Account, stop);
            return Results.NoContent();
        });
    }

    private static async Task<IResult> Page(int? account, string? state, string? after, string? limit, ITransferOrders desk, IDirectory directory, CancellationToken stop)
    {
        var (most, catalog) = (Paging.Limit(limit), await directory.Current(stop));
        TransferOrderState? wanted = state is null ? null : ParticipantEndpoints.Word<TransferOrderState>(state, "state");
        return Paging.Page(await desk.All(account, wanted, Paging.After(after, long.MaxValue), most + 1, stop), most, o => o.Id, o => Show(o, catalog));
    }

    private static async Task<IResult> Answer(Outcome<TransferOrder> outcome, IDirectory directory, CancellationToken stop, int status = 200, Instrument? instrument = null) =>
        outcome.Refused is { } refused ? refused.Code == "NOT_FOUND" ? Problems.NotFound() : Problems.Problem(instrument is null ? refused : refused.InUnitsOf(instrument))
            : Results.Json(Show(outcome.Value!, await directory.Current(stop)), Json.Plain, statusCode: status);

    private static object Show(TransferOrder o, Catalog catalog)
    {
        var instrument = catalog.Instrument(o.Holding.Instrument)!;
        return new
        {
            id = o.Id.ToString(CultureInfo.InvariantCulture), from = catalog.Participant(o.Holding.Account)!.Id, to = catalog.Participant(o.To)!.Id, symbol = instrument.Symbol, quantity = Json.Text(instrument.Quantity(o.Units)),
            reason = o.Reason, operation = o.Operation, state = Json.Word(o.State), orderedBy = o.OrderedBy.User, orderedAt = MarketEndpoints.At(o.OrderedAt), decidedBy = o.DecidedBy?.User,
            dueAt = o.DueAt is { } due ? MarketEndpoints.At(due) : null, endedAt = o.EndedAt is { } ended ? MarketEndpoints.At(ended) : null,
        };
    }

    private static object Show(TrustedAccount t, Catalog catalog) => new { participant = catalog.Participant(t.Trusted)!.Id, from = MarketEndpoints.At(t.From), namedBy = t.NamedBy.User };
}
