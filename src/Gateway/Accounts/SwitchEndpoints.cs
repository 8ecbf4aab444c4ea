using Trading.Gateway.Identity;
using Trading.Gateway.Market;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;

namespace Trading.Gateway.Accounts;

internal sealed record SwitchAsked(bool On);

/// <summary>How a participant stops himself.</summary>
internal static class SwitchEndpoints
{
    public static void MapSwitches(this WebApplication app)
    {
        var account = app.MapGroup("/api/v1/account").RequireAuthorization(IdentityModule.Trader).WithTags("Account");
        account.MapGet("/kill-switch", async (HttpContext context, Whoami who, IHalts halts, CancellationToken stop) =>
            Results.Json(Show(await halts.Switch((await who.Participant(context.User, stop)).Account, stop)), Json.Plain));
        account.MapPost("/kill-switch", async (HttpContext context, Whoami who, IHalts halts, CancellationToken stop) =>
        {
            var participant = await who.Participant(context.User, stop);
            var asked = await Json.Body<SwitchAsked>(context.Request);
            var outcome = await halts.Turn(participant.Account, asked.On, Whoami.Actor(context.User), stop);
            if (outcome.Refused is { } refused) return Problems.Problem(refused);
            return Results.Json(Show(outcome.Value!), Json.Plain, statusCode: outcome.Value!.InForce ? StatusCodes.Status200OK : StatusCodes.Status202Accepted);
        }).Accepts<SwitchAsked>("application/json").Produces(202);
    }

    private static object Show(KillSwitch s) => new
    {
        on = s.On, blockedByAuthority = s.ByAuthority, by = s.By?.User, since = s.Since is { } since ? MarketEndpoints.At(since) : null, status = s.InForce ? "done" : "pending",
    };
}
