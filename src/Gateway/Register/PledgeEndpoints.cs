using System.Globalization;
using NodaTime.Text;
using Trading.Gateway.Identity;
using Trading.Gateway.Market;
using Trading.Gateway.Supervision;
using Trading.Registry.Contracts;

namespace Trading.Gateway.Register;

/// <param name="Value">Yuan.</param>
/// <param name="Registration">Number at the movables register.</param>
internal sealed record PledgeAsked(string Symbol, string Quantity, string Pledgee, string Contract, string Value, string Registration);

internal sealed record PledgeReleaseAsked(string Quantity, string Document);

internal sealed record RealisationAsked(string Buyer, string Quantity, string Price, string Document);

internal sealed record LeaseAsked(string Symbol, string From, string To, string Quantity, string Through, string Document);

/// <summary>Pledges (R-REG-07) and leases (R-POL-08): rights that are one's own and not at one's hand.</summary>
internal static class PledgeEndpoints
{
    public static void MapPledges(this WebApplication app)
    {
        var own = app.MapGroup("/api/v1/account/pledges").RequireAuthorization(IdentityModule.Trader).WithTags("Account");
        own.MapGet("", async (HttpContext context, Whoami who, IPledges pledges, IDirectory directory, CancellationToken stop) =>
            All(await pledges.Standing((await who.Participant(context.User, stop)).Id, stop), await directory.Current(stop)));
        own.MapPost("", async (HttpContext context, Whoami who, IProposals proposals, IDirectory directory, CancellationToken stop) =>
        {
            var asked = await Json.Body<PledgeAsked>(context.Request);
            var about = (await directory.Current(stop)).Instrument(asked.Symbol);
            var body = new
            {
                pledgor = (await who.Participant(context.User, stop)).Id, symbol = asked.Symbol, quantity = Json.Quantity(asked.Quantity, "quantity", about), pledgee = asked.Pledgee,
                contract = Texts.Line(asked.Contract, "contract"), value = Json.Decimal(asked.Value, "value"), registration = Texts.Line(asked.Registration, "registration"),
            };
            return await ProposalEndpoints.Ask(context, proposals, "pledge", body, asked.Contract, stop, "contract", about);
        }).Accepts<PledgeAsked>("application/json").Produces(201);
        own.MapPost("/{id}/release", async (string id, HttpContext context, IProposals proposals, IPledges pledges, IDirectory directory, CancellationToken stop) =>
        {
            var asked = await Json.Body<PledgeReleaseAsked>(context.Request);
            if (await Pledged(id, pledges, directory, stop) is not var (number, about)) return Problems.NotFound();
            var body = new { pledge = number, quantity = Json.Quantity(asked.Quantity, "quantity", about) };
            return await ProposalEndpoints.Ask(context, proposals, "pledge-release", body, asked.Document, stop, about: about);
        }).Accepts<PledgeReleaseAsked>("application/json").Produces(201);
        own.MapPost("/{id}/realise", async (string id, HttpContext context, IProposals proposals, IPledges pledges, IDirectory directory, CancellationToken stop) =>
        {
            var asked = await Json.Body<RealisationAsked>(context.Request);
            if (await Pledged(id, pledges, directory, stop) is not var (number, about)) return Problems.NotFound();
            var body = new { pledge = number, buyer = asked.Buyer, quantity = Json.Quantity(asked.Quantity, "quantity", about), price = Json.Decimal(asked.Price, "price") };
            return await ProposalEndpoints.Ask(context, proposals, "pledge-realisation", body, asked.Document, stop, about: about);
        }).Accepts<RealisationAsked>("application/json").Produces(201);
        app.MapGet("/api/v1/pledges", async (string? participant, IPledges pledges, IDirectory directory, CancellationToken stop) =>
        {
            var catalog = await directory.Current(stop);
            return All(await pledges.Standing(participant is null ? null : Named.Participant(catalog, participant).Id, stop), catalog);
        }).RequireAuthorization(IdentityModule.Supervisor).WithTags("Holds");
        app.MapPost("/api/v1/leases", async (HttpContext context, IProposals proposals, IDirectory directory, CancellationToken stop) =>
        {
            var asked = await Json.Body<LeaseAsked>(context.Request);
            var about = (await directory.Current(stop)).Instrument(asked.Symbol);
            var through = ParticipantEndpoints.Day(asked.Through, "through")!.Value;
            var body = new { symbol = asked.Symbol, from = asked.From, to = asked.To, quantity = Json.Quantity(asked.Quantity, "quantity", about), through = LocalDatePattern.Iso.Format(through) };
            return await ProposalEndpoints.Ask(context, proposals, "lease", body, asked.Document, stop, about: about);
        }).RequireAuthorization(IdentityModule.Operator).WithTags("Holds").Accepts<LeaseAsked>("application/json").Produces(201);
        app.MapGet("/api/v1/leases", async (string? after, string? limit, IRightLeases leases, IDirectory directory, CancellationToken stop) =>
        {
            var (most, catalog) = (Paging.Limit(limit), await directory.Current(stop));
            return Paging.Page(await leases.All(null, Paging.After(after, long.MaxValue), most + 1, stop), most, l => l.Id, l => Show(l, catalog));
        }).RequireAuthorization(IdentityModule.Supervisor).WithTags("Holds");
        app.MapGet("/api/v1/account/leases", async (string? after, string? limit, HttpContext context, Whoami who, IRightLeases leases, IDirectory directory, CancellationToken stop) =>
        {
            var (most, catalog) = (Paging.Limit(limit), await directory.Current(stop));
            return Paging.Page(await leases.All((await who.Participant(context.User, stop)).Account, Paging.After(after, long.MaxValue), most + 1, stop), most, l => l.Id, l => Show(l, catalog));
        }).RequireAuthorization(IdentityModule.Trader).WithTags("Account");
    }

    /// <summary>The pledge of this number, and the right it is of. Whose it is, the register judges.</summary>
    private static async Task<(long Number, Instrument About)?> Pledged(string id, IPledges pledges, IDirectory directory, CancellationToken stop) =>
        Paging.Id(id) is { } number && await pledges.Find(number, stop) is { } pledge ? (number, (await directory.Current(stop)).Instrument(pledge.Holding.Instrument)!) : null;

    private static IResult All(IReadOnlyList<Pledge> pledges, Catalog catalog) => Results.Json(new
    {
        items = pledges.Select(p =>
        {
            var instrument = catalog.Instrument(p.Holding.Instrument)!;
            return new
            {
                id = p.Id.ToString(CultureInfo.InvariantCulture), symbol = instrument.Symbol, pledgor = p.Pledgor, pledgee = p.Pledgee, contract = p.Contract, value = Json.Text(p.Value), registration = p.Registration,
                quantity = Json.Text(instrument.Quantity(p.Units)), standing = Json.Text(instrument.Quantity(p.Standing)), since = MarketEndpoints.At(p.Since),
            };
        }),
        next = (string?)null,
    }, Json.Plain);

    private static object Show(RightLease l, Catalog catalog)
    {
        var instrument = catalog.Instrument(l.Instrument)!;
        return new
        {
            id = l.Id.ToString(CultureInfo.InvariantCulture), symbol = instrument.Symbol, from = catalog.Participant(l.From)!.Id, to = catalog.Participant(l.To)!.Id, quantity = Json.Text(instrument.Quantity(l.Units)),
            through = LocalDatePattern.Iso.Format(l.Through), returnedAt = l.ReturnedAt is { } at ? MarketEndpoints.At(at) : null,
        };
    }
}
