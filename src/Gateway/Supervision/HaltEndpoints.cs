using System.Globalization;
using Trading.Gateway.Identity;
using Trading.Gateway.Live;
using Trading.Gateway.Market;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;

namespace Trading.Gateway.Supervision;

/// <summary>Of an instrument, or of a participant's account.</summary>
internal sealed record HaltAsked(string Reason, string? Symbol = null, string? Participant = null);

internal sealed record ResumeAsked(string Reason);

/// <summary>Halts of instruments and of accounts, and the board of every trade with its parties.</summary>
internal static class HaltEndpoints
{
    public static void MapHalts(this WebApplication app)
    {
        var halts = app.MapGroup("/api/v1/halts").RequireAuthorization(IdentityModule.Supervisor).WithTags("Supervision");
        halts.MapGet("", async (string? after, string? limit, IHalts desk, IDirectory directory, CancellationToken stop) =>
        {
            var most = Paging.Limit(limit);
            var catalog = await directory.Current(stop);
            return Paging.Page(await desk.All(Paging.After(after, long.MaxValue), most + 1, stop), most, h => h.Id, h => Show(h, catalog));
        });
        halts.MapPost("", async (HttpContext context, IHalts desk, IDirectory directory, IListings listings, CancellationToken stop) =>
        {
            var asked = await Json.Body<HaltAsked>(context.Request);
            var (reason, actor) = (Texts.Line(asked.Reason, "reason"), Whoami.Actor(context.User));
            if ((asked.Symbol is null) == (asked.Participant is null)) throw Json.No("FIELD_MISSING", ("path", "symbol, or participant"));
            if (asked.Participant is { } id)
                return await Answer(desk.OrderOfAccount(Named.Participant(await directory.Current(stop), id).Account, reason, actor, stop), directory, stop, 201);
            return await Answer(desk.Order((await Tradable.Of(asked.Symbol, directory, listings, stop)).Instrument.Number, reason, actor, stop), directory, stop, 201);
        }).Accepts<HaltAsked>("application/json").Produces(201);
        halts.MapPost("/{id}/resume", async (string id, HttpContext context, IHalts desk, IDirectory directory, CancellationToken stop) =>
        {
            var asked = await Json.Body<ResumeAsked>(context.Request);
            return Paging.Id(id) is { } number ? await Answer(desk.OrderResume(number, Texts.Line(asked.Reason, "reason"), Whoami.Actor(context.User), stop), directory, stop) : Problems.NotFound();
        }).Accepts<ResumeAsked>("application/json");
        halts.MapPost("/{id}/carry-out", async (string id, HttpContext context, IHalts desk, IDirectory directory, CancellationToken stop) =>
        {
            await Json.Nothing(context.Request);
            return Paging.Id(id) is { } number ? await Answer(desk.CarryOut(number, Whoami.Actor(context.User), stop), directory, stop) : Problems.NotFound();
        });

        var board = app.MapGroup("/api/v1/supervision").RequireAuthorization(IdentityModule.Supervisor).WithTags("Supervision");
        board.MapGet("/trades", async (string? symbol, string? after, string? limit, ISettlements settlements, IDirectory directory, IListings listings, CancellationToken stop) =>
        {
            var most = Paging.Limit(limit);
            var one = symbol is null ? null : await Tradable.Of(symbol, directory, listings, stop);
            var read = await settlements.All(one?.Instrument.Number, Paging.After(after, long.MaxValue), most + 1, stop);
            var (catalog, listed) = (await directory.Current(stop), await listings.Current(stop));
            return Paging.Page(read, most, s => s.TradeNo, s =>
            {
                var t = new Tradable(catalog.Instrument(s.Instrument)!, listed[s.Instrument]);
                return new
                {
                    tradeNo = Id(s.TradeNo), symbol = t.Instrument.Symbol, price = t.Price(s.Ticks), quantity = t.Quantity(s.Lots), amount = Json.Yuan(s.Amount),
                    buyer = Counterparty.Show(catalog.Participant(s.Buyer)), seller = Counterparty.Show(catalog.Participant(s.Seller)), state = Json.Word(s.State),
                    at = MarketEndpoints.At(s.ExecutedAt),
                };
            });
        }).RequireAuthorization(IdentityModule.Regulator);
        board.MapGet("/participants", async (IDirectory directory, CancellationToken stop) => Results.Json(new
        {
            items = (await directory.Current(stop)).Participants.Select(p => new { id = p.Id, nameZh = p.NameZh, nameEn = p.NameEn, kind = p.Kind.ToString().ToLowerInvariant(), region = p.Region }), next = (string?)null,
        }, Json.Plain));
    }

    private static async Task<IResult> Answer(Task<Outcome<Halt>> asked, IDirectory directory, CancellationToken stop, int status = 200)
    {
        var outcome = await asked;
        return outcome.Refused is { } refused ? Problems.Problem(refused) : Results.Json(Show(outcome.Value!, await directory.Current(stop)), Json.Plain, statusCode: status);
    }

    private static string Id(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static object Show(Halt h, Catalog catalog) => new
    {
        id = Id(h.Id), symbol = catalog.Instrument(h.Instrument)?.Symbol, participant = catalog.Participant(h.Account)?.Id, reason = h.Reason, state = h.State switch { HaltState.Halted => "halted", HaltState.ResumeOrdered => "resumeOrdered", _ => "resumed" },
        orderedBy = h.OrderedBy.User, orderedAt = MarketEndpoints.At(h.OrderedAt), resumeReason = h.ResumeReason, resumeOrderedBy = h.ResumeOrderedBy?.User, carriedOutBy = h.CarriedOutBy?.User,
        resumedAt = h.ResumedAt is { } at ? MarketEndpoints.At(at) : null,
    };
}
