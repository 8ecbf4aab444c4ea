using Trading.Gateway.Identity;
using Trading.Gateway.Live;
using Trading.Gateway.Market;
using Trading.Gateway.Orders;
using Trading.Gateway.Register;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;

namespace Trading.Gateway.Supervision;

/// <param name="Reason">Why it is put away.</param>
internal sealed record AsideAsked(string Reason);

/// <summary>What somebody must look at: alerts, and messages that nobody could handle.</summary>
internal static class AlertEndpoints
{
    public static void MapAlerts(this WebApplication app)
    {
        var board = app.MapGroup("/api/v1/supervision").RequireAuthorization(IdentityModule.Supervisor).WithTags("Supervision");
        board.MapGet("/alerts", async (string? after, string? limit, ISettlements settlements, IDirectory directory, CancellationToken stop) =>
        {
            var most = Paging.Limit(limit);
            var catalog = await directory.Current(stop);
            return Paging.Page(await settlements.Alerts(Paging.After(after, long.MaxValue), most + 1, stop), most, a => a.Id, a => Show(a, catalog));
        });
        var parked = board.MapGroup("/parked-messages");
        parked.MapGet("", async (string? state, string? after, string? limit, IParkedMessages messages, CancellationToken stop) =>
        {
            var most = Paging.Limit(limit);
            ParkedState? of = state is null ? null : ParticipantEndpoints.Word<ParkedState>(state, "state");
            return Paging.Page(await messages.All(of, Paging.After(after, long.MaxValue), most + 1, stop), most, m => m.Id, Show);
        });
        parked.MapPost("/{id}/retry", async (string id, HttpContext context, IParkedMessages messages, CancellationToken stop) =>
        {
            await Json.Nothing(context.Request);
            return Paging.Id(id) is { } number ? Answer(await messages.TellAgain(number, Whoami.Actor(context.User), stop)) : Problems.NotFound();
        }).RequireAuthorization(IdentityModule.Operator);
        parked.MapPost("/{id}/set-aside", async (string id, HttpContext context, IParkedMessages messages, CancellationToken stop) =>
        {
            var asked = await Json.Body<AsideAsked>(context.Request);
            return Paging.Id(id) is { } number ? Answer(await messages.SetAside(number, Texts.Line(asked.Reason, "reason"), Whoami.Actor(context.User), stop)) : Problems.NotFound();
        }).RequireAuthorization(IdentityModule.Operator).Accepts<AsideAsked>("application/json");
    }

    private static IResult Answer(Outcome<ParkedMessage> outcome) => outcome.Refused is { } refused ? Problems.Problem(refused) : Results.Json(Show(outcome.Value!), Json.Plain);

    private static object Show(Alert a, Catalog catalog)
    {
        var words = a.Break is { } found ? BreakWords.Of(found, catalog) : (BreakWords?)null;
        // Two figures that are the same say nothing of what differs: a state, which the text names.
        var figures = a.Break?.Says == a.Break?.Should ? null : words;
        return new
        {
            id = OrderDesk.Id(a.Id), kind = Json.Word(a.Kind), tradeNo = a.TradeNo == 0 ? null : OrderDesk.Id(a.TradeNo),
            participant = a.Break is { } b ? Counterparty.Show(catalog.Participant(b.Account)) : null, symbol = words?.Symbol, books = a.Break?.Books, says = figures?.Says, should = figures?.Should,
            text = a.Text, at = MarketEndpoints.At(a.At),
        };
    }

    private static object Show(ParkedMessage m) => new
    {
        id = OrderDesk.Id(m.Id), queue = m.Queue, tradeNo = m.TradeNo is { } trade ? OrderDesk.Id(trade) : null, version = m.Version, body = m.Body, reason = m.Reason, tries = m.Tries, state = Json.Word(m.State),
        parkedAt = MarketEndpoints.At(m.ParkedAt), endedAt = m.EndedAt is { } at ? MarketEndpoints.At(at) : null, by = m.By?.User, why = m.Why,
    };
}
