using System.Globalization;
using NodaTime;
using Trading.Gateway.Identity;
using Trading.Gateway.Import;
using Trading.Gateway.Market;
using Trading.Gateway.Supervision;
using Trading.Registry.Contracts;

namespace Trading.Gateway.Register;

internal sealed record ReadingsAsked(string Participant, string Indicator, string Source, IReadOnlyList<ReadingAsked> Readings);

internal sealed record ReadingAsked(string Hour, string Quantity, string Quality = "measured");

internal sealed record YearAsked(string Participant, string Indicator, string Year);

/// <summary>What was discharged or used, and how it stands against the right (R-POL-12).</summary>
internal static class UsageEndpoints
{
    /// <summary>Later than any hour that a reading can be of.</summary>
    private const long SecondsMost = 253_402_214_400;

    public static void MapUsage(this WebApplication app)
    {
        var usage = app.MapGroup("/api/v1/usage").RequireAuthorization(IdentityModule.Supervisor).WithTags("Usage");
        usage.MapPost("", async (HttpContext context, IUsage desk, IDirectory directory, CancellationToken stop) =>
        {
            var asked = await Json.Body<ReadingsAsked>(context.Request);
            var participant = Named.Participant(await directory.Current(stop), asked.Participant);
            List<Reading> readings = [.. asked.Readings.Select(r => new Reading(
                MeterReading.Since(MarketEndpoints.Moment(r.Hour, "hour")!.Value) ?? throw Json.No("OUT_OF_RANGE", ("hour", r.Hour)), Json.Whole(r.Quantity, "quantity", MeterReading.Step, MeterReading.Units),
                ParticipantEndpoints.Word<ReadingQuality>(r.Quality, "quality")))];
            return await desk.Read(participant.Account, asked.Indicator, readings, Texts.Line(asked.Source, "source"), Whoami.Actor(context.User), stop) is { } refused
                ? Problems.Problem(refused) : Results.Json(new { readings = readings.Count }, Json.Plain, statusCode: 201);
        }).RequireAuthorization(IdentityModule.Operator).Accepts<ReadingsAsked>("application/json").Produces(201);
        usage.MapGet("", async (string participant, string indicator, string? after, string? limit, IUsage desk, IDirectory directory, CancellationToken stop) =>
        {
            var most = Paging.Limit(limit);
            var who = Named.Participant(await directory.Current(stop), participant);
            var from = Instant.FromUnixTimeSeconds(Math.Min(SecondsMost, Paging.After(after, -1)) + 1);
            return Paging.Page(await desk.Readings(who.Account, indicator, from, Instant.MaxValue.Minus(Duration.FromDays(400)), most + 1, stop), most, r => r.Hour.ToUnixTimeSeconds(),
                r => new { hour = MarketEndpoints.At(r.Hour), quantity = CapEndpoints.Quantity(r.Units), quality = r.Quality.ToString().ToLowerInvariant() });
        });
        app.MapPost("/api/v1/reconciliations", async (HttpContext context, IUsage desk, IDirectory directory, CancellationToken stop) =>
        {
            var asked = await Json.Body<YearAsked>(context.Request);
            var participant = Named.Participant(await directory.Current(stop), asked.Participant);
            var outcome = await desk.Reconcile(participant.Account, asked.Indicator, CapEndpoints.Year(asked.Year), Whoami.Actor(context.User), stop);
            if (outcome.Refused is { } refused) return Problems.Problem(refused);
            var (use, opened) = (outcome.Value!.Use, outcome.Value.Case);
            return Results.Json(new
            {
                participant = participant.Id, indicator = use.Indicator, year = use.Year, actual = CapEndpoints.Quantity(use.Actual), held = CapEndpoints.Quantity(use.Held), excess = CapEndpoints.Quantity(use.Excess),
                hours = use.Hours, missingHours = use.Missing, qualityScore = use.Score,
                @case = opened is null ? null : new
                {
                    id = opened.Id.ToString(CultureInfo.InvariantCulture), kind = "OPEN_ENFORCEMENT", fineFrom = Json.Text(opened.FineYuanFrom), fineTo = Json.Text(opened.FineYuanTo),
                    laterPurchaseCures = opened.LaterPurchaseCures, openedAt = MarketEndpoints.At(opened.OpenedAt),
                },
            }, Json.Plain);
        }).RequireAuthorization(IdentityModule.Supervisor).WithTags("Usage").Accepts<YearAsked>("application/json");
    }
}
