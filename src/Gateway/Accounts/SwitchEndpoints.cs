using System.Globalization;
using NodaTime;
using Trading.Gateway.Identity;
using Trading.Gateway.Market;
using Trading.Matching.Contracts;
using Trading.Matching.Core;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;

namespace Trading.Gateway.Accounts;

internal sealed record SwitchAsked(bool On);

/// <param name="Seconds">0 disarms.</param>
internal sealed record TimerAsked(int Seconds);

/// <summary>How a participant stops himself: now, or when he is not heard of in time.</summary>
internal static class SwitchEndpoints
{
    private const int SecondsMost = 86_400;

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
        account.MapPost("/cancel-timer", async (HttpContext context, Whoami who, IOrderEntry entry, IClock clock, CancellationToken stop) =>
        {
            var participant = await who.Participant(context.User, stop);
            var asked = await Json.Body<TimerAsked>(context.Request);
            if (asked.Seconds is < 0 or > SecondsMost)
                throw Json.No("OUT_OF_RANGE", ("path", "seconds"), ("least", "0"), ("most", SecondsMost.ToString(CultureInfo.InvariantCulture)), ("seconds", asked.Seconds.ToString(CultureInfo.InvariantCulture)));
            var until = asked.Seconds == 0 ? 0 : Time.Micros(clock.GetCurrentInstant() + Duration.FromSeconds(asked.Seconds));
            var answer = await entry.Submit(new() { Kind = CommandKind.ArmTimer, Account = participant.Account, UntilMicros = until }, null, stop);
            return answer.Outputs[0] is { Kind: OutputKind.Rejected } refused
                ? Problems.Problem(Refused.Because(MarketCodes.Of(refused.Code), null))
                : Results.Json(new { seconds = asked.Seconds, until = until == 0 ? null : MarketEndpoints.At(Time.Instant(until)), sequence = answer.Sequence }, Json.Plain);
        }).Accepts<TimerAsked>("application/json");
    }

    private static object Show(KillSwitch s) => new
    {
        on = s.On, blockedByAuthority = s.ByAuthority, by = s.By?.User, since = s.Since is { } since ? MarketEndpoints.At(since) : null, status = s.InForce ? "done" : "pending",
    };
}
