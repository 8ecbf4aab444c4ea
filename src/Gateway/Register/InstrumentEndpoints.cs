using NodaTime.Text;
using Trading.Gateway.Identity;
using Trading.Gateway.Market;
using Trading.Registry.Contracts;

namespace Trading.Gateway.Register;

internal sealed record ProductAsked(
    string Symbol, string NameZh, string NameEn, string RightClass, string Unit, string UnitDecimals, string VenueMode, string Document,
    string? Indicator = null, string? Basin = null, string? Region = null, string? Vintage = null, string? ValidThrough = null, string? SourceClass = null);

/// <summary>New products: an operator proposes, a regulator approves.</summary>
internal static class InstrumentEndpoints
{
    public static void MapProducts(this WebApplication app) => app.MapPost("/api/v1/instruments", async (HttpContext context, IProposals proposals, CancellationToken stop) =>
    {
        var asked = await Json.Body<ProductAsked>(context.Request);
        if (asked.Basin is { } basin && !Regions.HasBasin(basin)) throw Json.No("FIELD_INVALID", ("basin", Texts.Shown(basin)));
        if (asked.Region is { } region && !Regions.Exists(region)) throw Json.No("FIELD_INVALID", ("region", Texts.Shown(region)));
        var body = new
        {
            symbol = asked.Symbol, nameZh = asked.NameZh, nameEn = asked.NameEn, @class = Json.Word(ParticipantEndpoints.Word<RightClass>(asked.RightClass, "rightClass")), indicator = asked.Indicator, basin = asked.Basin, region = asked.Region,
            unit = asked.Unit, unitDecimals = Json.Count(asked.UnitDecimals, "unitDecimals", 9),
            venueMode = Json.Word(ParticipantEndpoints.Word<VenueMode>(asked.VenueMode, "venueMode")), vintage = asked.Vintage, validThrough = ParticipantEndpoints.Day(asked.ValidThrough, "validThrough") is { } day ? LocalDatePattern.Iso.Format(day) : null,
            sourceClass = asked.SourceClass,
        };
        return await ProposalEndpoints.Ask(context, proposals, "instrument", body, asked.Document, stop);
    }).RequireAuthorization(IdentityModule.Operator).WithTags("Market").Accepts<ProductAsked>("application/json").Produces(201);
}
