using NodaTime;
using NodaTime.Text;
using OpenIddict.Abstractions;
using Trading.Gateway.Identity;
using Trading.Gateway.Market;
using Trading.Gateway.Supervision;
using Trading.Registry.Contracts;

namespace Trading.Gateway.Register;

/// <param name="At">RFC 3339 in UTC: by the rules of that instant; null: now.</param>
internal sealed record DealAsked(string Symbol, string Seller, string Buyer, string Quantity, bool NewProject = false, bool Strategic = false, string? At = null);

internal sealed record PaidUseAsked(string Basin, string Sector, string Years, IReadOnlyList<IndicatorQuantity> Quantities, string? At = null);

internal sealed record IndicatorQuantity(string Indicator, string Quantity);

internal sealed record TransferAsked(string Seller, string Quantity, string Price, string? At = null);

internal sealed record EnergyNeedAsked(string Intensity, string? YearlyTce = null, string? At = null);

internal sealed record EnergyUseAsked(string Gross, IReadOnlyList<EnergyPart> Parts, string? At = null);

internal sealed record EnergyPart(string Kind, string Quantity);

/// <summary>May these two, and what would it cost: answers that change nothing.</summary>
internal static class DealEndpoints
{
    private const decimal TceStep = 0.01m;

    public static void MapDeals(this WebApplication app)
    {
        app.MapPost("/api/v1/deals/judge", async (HttpContext context, Whoami who, IDirectory directory, IRules rules, IHoldings holdings, IClock clock, CancellationToken stop) =>
        {
            var asked = await Json.Body<DealAsked>(context.Request);
            var catalog = await directory.Current(stop);
            var instrument = catalog.Instrument(asked.Symbol) ?? throw Json.No("UNKNOWN_SYMBOL", ("symbol", Texts.Shown(asked.Symbol)));
            var (seller, buyer) = (Named.Participant(catalog, asked.Seller), Named.Participant(catalog, asked.Buyer));
            // What the register knows of a stranger is not for a third.
            if (context.User.GetClaim(Whoami.ParticipantClaim) is not null && (await who.Participant(context.User, stop)).Account is var own && own != seller.Account && own != buyer.Account) throw Json.No("FORBIDDEN");
            var units = Json.Whole(asked.Quantity, "quantity", instrument.MinimumUnit, instrument.Units);
            var ruling = Eligibility.Judge(new(catalog.Party(seller), catalog.Party(buyer), instrument, units, asked.NewProject, asked.Strategic, (await holdings.Of(new HoldingKey(buyer.Account, instrument.Number), stop)).Total), await rules.Current(stop), When(asked.At, clock));
            var entry = ruling.Refused is { } no ? CodeBook.Of(no.Code) : null;
            return Results.Json(new
            {
                symbol = instrument.Symbol, allowed = ruling.Refused is null, code = ruling.Refused?.Code, rule = ruling.Refused?.Rule,
                title = entry is null ? null : Problems.PrefersChinese(context.Request) ? entry.Zh : entry.En,
                values = ruling.Refused?.InUnitsOf(instrument).Values.ToDictionary(v => v.Key, v => v.Value, StringComparer.Ordinal),
                ratio = Json.Text(ruling.Ratio), given = Json.Text(instrument.Quantity(ruling.Given)), received = Json.Text(ruling.Refused is null ? instrument.Quantity(units) : 0), retired = Json.Text(instrument.Quantity(ruling.Retired)),
                confirmedBy = ruling.ConfirmedBy, validThrough = ruling.ValidThrough is { } day ? LocalDatePattern.Iso.Format(day) : null,
            }, Json.Plain);
        }).WithTags("Deals").Accepts<DealAsked>("application/json");

        var quotes = app.MapGroup("/api/v1/quotes").WithTags("Quotes");
        quotes.MapPost("/paid-use", async (HttpContext context, IRules rules, IClock clock, CancellationToken stop) =>
        {
            var asked = await Json.Body<PaidUseAsked>(context.Request);
            var years = Json.Count(asked.Years, "years", 1_000);
            var (uses, refused) = Quotes.PaidUse(asked.Basin, asked.Sector, years, [.. asked.Quantities.Select(q => (q.Indicator, Json.Decimal(q.Quantity, "quantity")))], await rules.Current(stop), When(asked.At, clock));
            return refused is not null ? Problems.Problem(refused) : Results.Json(new
            {
                items = uses!.Select(u => new { indicator = u.Indicator, quantity = Json.Text(u.Quantity), price = Json.Text(u.YuanPerTonneYear), fee = Json.Yuan(u.Fen) }), total = Json.Yuan(uses!.Sum(u => u.Fen)),
            }, Json.Plain);
        }).Accepts<PaidUseAsked>("application/json");
        quotes.MapPost("/transfer", async (HttpContext context, IDirectory directory, IClock clock, CancellationToken stop) =>
        {
            var asked = await Json.Body<TransferAsked>(context.Request);
            var catalog = await directory.Current(stop);
            var (price, refused) = Quotes.Transfer(catalog.Party(Named.Participant(catalog, asked.Seller)), Json.Decimal(asked.Quantity, "quantity"), Json.Decimal(asked.Price, "price"), When(asked.At, clock));
            return refused is not null ? Problems.Problem(refused) : Results.Json(new { months = price!.Months, validThrough = LocalDatePattern.Iso.Format(price.ValidThrough), amount = Json.Yuan(price.Fen) }, Json.Plain);
        }).Accepts<TransferAsked>("application/json");
        quotes.MapPost("/energy-need", async (HttpContext context, IRules rules, IClock clock, CancellationToken stop) =>
        {
            var asked = await Json.Body<EnergyNeedAsked>(context.Request);
            var (need, refused) = Quotes.Energy(asked.YearlyTce is null ? null : Json.Decimal(asked.YearlyTce, "yearlyTce"), Json.Decimal(asked.Intensity, "intensity"), await rules.Current(stop), When(asked.At, clock));
            return refused is not null ? Problems.Problem(refused) : Results.Json(new { mustBuy = need!.MustBuy, intensityLine = Json.Text(need.IntensityLine), quantity = need.Tce is { } tce ? Json.Text(tce) : null }, Json.Plain);
        }).Accepts<EnergyNeedAsked>("application/json");
        quotes.MapPost("/energy-use", async (HttpContext context, IRules rules, IClock clock, CancellationToken stop) =>
        {
            var asked = await Json.Body<EnergyUseAsked>(context.Request);
            static long Units(string text, string field) => Json.Whole(text, field, TceStep, v => v / TceStep is var units && decimal.Truncate(units) == units && units is >= 0 and <= long.MaxValue ? (long)units : null);
            var (counted, refused) = Quotes.Counted(Units(asked.Gross, "gross"), [.. asked.Parts.Select(p => (p.Kind, Units(p.Quantity, "quantity")))], await rules.Current(stop), When(asked.At, clock));
            return refused is not null ? Problems.Problem(refused.Said(raw => Json.Text(raw * TceStep), "gross", "part")) : Results.Json(new { counted = Json.Text(counted!.Units * TceStep) }, Json.Plain);
        }).Accepts<EnergyUseAsked>("application/json");
    }

    private static Instant When(string? at, IClock clock) => MarketEndpoints.Moment(at, "at") ?? clock.GetCurrentInstant();
}
