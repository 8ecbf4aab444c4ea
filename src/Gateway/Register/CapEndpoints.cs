using System.Globalization;
using Trading.Gateway.Identity;
using Trading.Gateway.Market;
using Trading.Registry.Contracts;

namespace Trading.Gateway.Register;

internal sealed record CapAsked(string Region, string Indicator, string Year, string Limit, string Document, string NewQuota = "0");

internal sealed record StretchAsked(string Region, string Year, bool IntensityMet, bool GrowthAbovePlan, string Document);

/// <summary>Total control of counties (R-REG-14): everyone reads it, the province decides it.</summary>
internal static class CapEndpoints
{
    public static void MapCaps(this WebApplication app)
    {
        var caps = app.MapGroup("/api/v1/caps").WithTags("Caps");
        caps.MapGet("", async (string? region, string? indicator, string? year, string? at, ICaps ledger, CancellationToken stop) =>
            Results.Json(new { items = (await Read(region, indicator, year, at, ledger, stop)).Select(Show), next = (string?)null }, Json.Plain)).AllowAnonymous();
        caps.MapPost("", async (HttpContext context, IProposals proposals, Whoami who, CancellationToken stop) =>
        {
            var asked = await Json.Body<CapAsked>(context.Request);
            await Own(asked.Region, context, who, stop);
            var body = new { region = asked.Region, indicator = asked.Indicator, year = Year(asked.Year), limit = Json.Decimal(asked.Limit, "limit"), newQuota = Json.Decimal(asked.NewQuota, "newQuota") };
            return await ProposalEndpoints.Ask(context, proposals, "cap", body, asked.Document, stop);
        }).RequireAuthorization(IdentityModule.Proposer).Accepts<CapAsked>("application/json").Produces(201);
        caps.MapPost("/stretch", async (HttpContext context, IProposals proposals, Whoami who, CancellationToken stop) =>
        {
            var asked = await Json.Body<StretchAsked>(context.Request);
            await Own(asked.Region, context, who, stop);
            var body = new { region = asked.Region, year = Year(asked.Year), intensityMet = asked.IntensityMet, growthAbovePlan = asked.GrowthAbovePlan };
            return await ProposalEndpoints.Ask(context, proposals, "elastic-cap", body, asked.Document, stop);
        }).RequireAuthorization(IdentityModule.Proposer).Accepts<StretchAsked>("application/json").Produces(201);
    }

    /// <exception cref="RefusedException">FIELD_INVALID, OUT_OF_RANGE; FIELD_MISSING: of the past, one indicator at a time.</exception>
    public static async Task<IEnumerable<Cap>> Read(string? region, string? indicator, string? year, string? at, ICaps ledger, CancellationToken stop)
    {
        var when = MarketEndpoints.Moment(at, "at");
        if (when is not null && indicator is null) throw Json.No("FIELD_MISSING", ("path", "indicator"));
        int? wanted = year is null ? null : Year(year);
        return when is { } then ? (await ledger.At(indicator!, then, stop)).Where(c => (region is null || c.Region == region) && (wanted is null || c.Year == wanted)) : await ledger.Now(region, indicator, wanted, stop);
    }

    /// <summary>Only a county is capped, and it asks for its own area only.</summary>
    private static async Task Own(string region, HttpContext context, Whoami who, CancellationToken stop)
    {
        if (!Regions.MayLie(region, ParticipantKind.County)) throw Json.No("FIELD_INVALID", ("region", Texts.Shown(region)));
        if (Whoami.Actor(context.User) is { Role: Roles.County } && (await who.Participant(context.User, stop)).Region != region) throw Json.No("FORBIDDEN", ("region", region));
    }

    public static int Year(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var year) && year is >= 2000 and <= 2200 ? year : throw Json.No("OUT_OF_RANGE", ("year", Texts.Shown(text)));

    public static string Quantity(long units) => Json.Text(new decimal(units) / 10_000m);

    private static object Show(Cap c) => new
    {
        region = c.Region, indicator = c.Indicator, year = c.Year, limit = c.Limit is { } limit ? Quantity(limit) : null, elastic = Quantity(c.Elastic), newQuota = Quantity(c.NewQuota), offered = Quantity(c.Offered),
        allocated = Quantity(c.Allocated), reserve = Quantity(c.Reserve), transferredIn = Quantity(c.In), transferredOut = Quantity(c.Out), used = Quantity(c.Used),
        total = c.Total is { } total ? Quantity(total) : null, remaining = c.Remaining is { } remaining ? Quantity(remaining) : null,
    };
}
