using System.Text.Json;
using NodaTime;
using Trading.Gateway.Identity;
using Trading.Gateway.Market;
using Trading.Registry.Contracts;

namespace Trading.Gateway.Register;

/// <param name="EffectiveFrom">RFC 3339 in UTC; null: from approval on.</param>
internal sealed record RuleAsked(JsonElement Content, string LegalReference, string? EffectiveFrom = null);

/// <summary>Dated rules: everyone reads them, an operator proposes, a regulator approves (RELIABILITY §3.2).</summary>
internal static class RuleEndpoints
{
    public static void MapRules(this WebApplication app)
    {
        var rules = app.MapGroup("/api/v1/rules").WithTags("Rules");
        rules.MapGet("", async (string? at, IRules desk, IClock clock, CancellationToken stop) =>
        {
            var (book, when) = (await desk.Current(stop), MarketEndpoints.Moment(at, "at") ?? clock.GetCurrentInstant());
            return Results.Json(new { items = RuleBook.Kinds.Keys.Order(StringComparer.Ordinal).Select(key => book.At(key, when)).OfType<RuleVersion>().Select(Show), next = (string?)null }, Json.Plain);
        }).AllowAnonymous();
        rules.MapGet("/{rightClass}/{matter}", async (string rightClass, string matter, string? at, IRules desk, IClock clock, CancellationToken stop) =>
            (await desk.Current(stop)).At($"{rightClass}/{matter}", MarketEndpoints.Moment(at, "at") ?? clock.GetCurrentInstant()) is { } version ? Results.Json(Show(version), Json.Plain) : Problems.NotFound()).AllowAnonymous();
        rules.MapGet("/{rightClass}/{matter}/versions", async (string rightClass, string matter, IRules desk, CancellationToken stop) =>
            (await desk.Current(stop)).Versions($"{rightClass}/{matter}") is { Count: > 0 } versions ? Results.Json(new { items = versions.Reverse().Select(Show), next = (string?)null }, Json.Plain) : Problems.NotFound()).AllowAnonymous();
        rules.MapPost("/{rightClass}/{matter}/versions", async (string rightClass, string matter, HttpContext context, IProposals proposals, CancellationToken stop) =>
        {
            var asked = await Json.Body<RuleAsked>(context.Request);
            var body = new { key = $"{rightClass}/{matter}", effectiveFrom = MarketEndpoints.Moment(asked.EffectiveFrom, "effectiveFrom") is { } from ? MarketEndpoints.At(from) : null, content = asked.Content };
            return await ProposalEndpoints.Ask(context, proposals, "rule", body, asked.LegalReference, stop, "legalReference");
        }).RequireAuthorization(IdentityModule.Operator).Accepts<RuleAsked>("application/json").Produces(201);
    }

    private static object Show(RuleVersion v) => new
    {
        key = v.Key, version = v.Version, effectiveFrom = MarketEndpoints.At(v.EffectiveFrom), legalReference = v.LegalReference,
        author = v.Author.User, approver = v.Approver.User, approvedAt = MarketEndpoints.At(v.ApprovedAt), content = JsonDocument.Parse(v.Body).RootElement,
    };
}
