using NodaTime;
using Trading.Gateway.Identity;
using Trading.Gateway.Market;
using Trading.Gateway.Orders;
using Trading.Matching.Contracts;
using Trading.Matching.Core;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;

namespace Trading.Gateway.Sessions;

/// <param name="Phase">call, uncross, continuous or close; a halt has its own door.</param>
/// <param name="Until">RFC 3339: when a call uncrosses by itself.</param>
internal sealed record PhaseAsked(string Phase, string? Until = null);

/// <summary>An operator moves the trading day of an instrument on.</summary>
internal static class PhaseEndpoints
{
    private const int HaltsMost = 500;

    public static void MapPhases(this WebApplication app) => app.MapPost("/api/v1/instruments/{symbol}/phase",
        async (string symbol, HttpContext context, IOrderEntry entry, IHalts halts, IDirectory directory, IListings listings, CancellationToken stop) =>
        {
            var asked = await Json.Body<PhaseAsked>(context.Request);
            var tradable = await Tradable.Of(symbol, directory, listings, stop);
            var phase = asked.Phase switch
            {
                "call" => Phase.Call, "uncross" => Phase.Uncross, "continuous" => Phase.Continuous, "close" => Phase.Close, _ => throw Json.No("FIELD_INVALID", ("phase", Texts.Shown(asked.Phase))),
            };
            // What an authority halted two people resume, by the halts' own door.
            if ((await halts.All(long.MaxValue, HaltsMost, stop)).Any(h => h.Instrument == tradable.Instrument.Number && h.State != HaltState.Resumed))
                return Problems.Problem(Refused.Because("HALT_STATE", "R-REG-08").With("state", nameof(HaltState.Halted)));
            var until = MarketEndpoints.Moment(asked.Until, "until");
            var answer = await entry.Submit(new() { Kind = CommandKind.SetPhase, Instrument = tradable.Instrument.Number, Phase = phase, UntilMicros = until is { } at ? Time.Micros(at) : 0 }, null, stop);
            if (answer.Outputs[0] is { Kind: OutputKind.Rejected } refused) return Problems.Problem(OrderDesk.Why(refused.Code, refused.Needed, refused.Had, tradable));
            var uncrossed = answer.Outputs.FirstOrDefault(o => o.Kind is OutputKind.Uncrossed or OutputKind.SaleClosed);
            return Results.Json(new
            {
                symbol, phase = MarketEndpoints.Word(answer.Outputs.Where(o => o.Kind == OutputKind.PhaseChanged && o.Phase != Phase.Uncross).Select(o => o.Phase).LastOrDefault(phase == Phase.Uncross ? Phase.Call : phase)),
                sequence = answer.Sequence, price = uncrossed.Priced != 0 ? tradable.Price(uncrossed.Ticks) : null, quantity = tradable.Quantity(uncrossed.Lots),
                trades = answer.Outputs.Count(o => o.Kind == OutputKind.Trade),
            }, Json.Plain);
        }).RequireAuthorization(IdentityModule.Operator).WithTags("Sessions").Accepts<PhaseAsked>("application/json");
}
