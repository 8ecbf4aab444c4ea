using System.Globalization;
using NodaTime.Text;
using OpenIddict.Abstractions;
using Trading.Gateway.Identity;
using Trading.Gateway.Market;
using Trading.Gateway.Supervision;
using Trading.Registry.Contracts;

namespace Trading.Gateway.Register;

internal sealed record PlanAsked(string Plan, string Symbol, string Document, IReadOnlyList<PlanLineAsked> Lines);

internal sealed record PlanLineAsked(string Participant, string Quantity, string Basis, string Years);

/// <param name="ShouldBe">With an allocation: what it should have been.</param>
/// <param name="Plan">Undone whole.</param>
internal sealed record CorrectionAsked(string Document, string? Allocation = null, string? ShouldBe = null, string? Plan = null);

internal sealed record BuyBackAsked(string Quantity, string Document);

/// <summary>Allocation by plan, and what the government buys back into its reserve.</summary>
internal static class AllocationEndpoints
{
    private const int PlanCharactersMost = 60;

    public static void MapAllocations(this WebApplication app)
    {
        var group = app.MapGroup("/api/v1/allocations").WithTags("Allocations");
        group.MapGet("", async (string? participant, string? plan, string? after, string? limit, HttpContext context, Whoami who, IAllocations desk, IDirectory directory, CancellationToken stop) =>
        {
            var most = Paging.Limit(limit);
            var account = await Readable(participant, context, who, directory, stop);
            var catalog = await directory.Current(stop);
            return Paging.Page(await desk.All(account, plan, Paging.After(after, 0), most + 1, stop), most, a => a.Id, a => Show(a, catalog));
        });
        group.MapGet("/{id}/buy-backs", async (string id, HttpContext context, Whoami who, IAllocations desk, IDirectory directory, CancellationToken stop) =>
        {
            if (Paging.Id(id) is not { } number || await desk.Find(number, stop) is not { } allocation) return Problems.NotFound();
            if (context.User.GetClaim(Whoami.ParticipantClaim) is not null && (await who.Participant(context.User, stop)).Account != allocation.Account) return Problems.NotFound();
            var catalog = await directory.Current(stop);
            var instrument = catalog.Instrument(allocation.Instrument)!;
            return Results.Json(new
            {
                items = (await desk.BuyBacks(number, stop)).Select(b => new { id = Text(b.Id), quantity = Json.Text(instrument.Quantity(b.Units)), months = b.Months, amount = Json.Yuan(b.Fen), reserve = catalog.Participant(b.Reserve)!.Id, at = MarketEndpoints.At(b.At) }),
                next = (string?)null,
            }, Json.Plain);
        });
        group.MapPost("", async (HttpContext context, IProposals proposals, IDirectory directory, CancellationToken stop) =>
        {
            var asked = await Json.Body<PlanAsked>(context.Request);
            if (asked.Plan.Length is 0 or > PlanCharactersMost) throw Json.No("OUT_OF_RANGE", ("path", "plan"), ("most", Text(PlanCharactersMost)));
            var about = (await directory.Current(stop)).Instrument(asked.Symbol);
            var body = new
            {
                plan = asked.Plan, symbol = asked.Symbol,
                lines = asked.Lines.Select(l => new { participant = l.Participant, quantity = Json.Quantity(l.Quantity, "quantity", about), basis = ParticipantEndpoints.Word<AllocationBasis>(l.Basis, "basis").ToString().ToLowerInvariant(), years = Json.Count(l.Years, "years", 1_000) }).ToList(),
            };
            return await ProposalEndpoints.Ask(context, proposals, "allocation", body, asked.Document, stop, about: about);
        }).RequireAuthorization(IdentityModule.Proposer).Accepts<PlanAsked>("application/json").Produces(201);
        app.MapPost("/api/v1/corrections", async (HttpContext context, IProposals proposals, IAllocations desk, IDirectory directory, CancellationToken stop) =>
        {
            var asked = await Json.Body<CorrectionAsked>(context.Request);
            long? allocation = asked.Allocation is null ? null : Paging.Id(asked.Allocation) ?? throw Json.No("NOT_FOUND");
            var about = allocation is { } id ? await Allocated(id, desk, directory, stop) : null;
            decimal? wanted = asked.ShouldBe is null ? null : Json.Quantity(asked.ShouldBe, "shouldBe", about, mayBeZero: true);
            var body = new { allocation, plan = asked.Plan, shouldBe = wanted };
            return await ProposalEndpoints.Ask(context, proposals, "correction", body, asked.Document, stop, about: about);
        }).RequireAuthorization(IdentityModule.Operator).WithTags("Allocations").Accepts<CorrectionAsked>("application/json").Produces(201);
        group.MapPost("/{id}/buy-back", async (string id, HttpContext context, IProposals proposals, IAllocations desk, IDirectory directory, CancellationToken stop) =>
        {
            var asked = await Json.Body<BuyBackAsked>(context.Request);
            if (Paging.Id(id) is not { } number || await Allocated(number, desk, directory, stop) is not { } about) return Problems.NotFound();
            var body = new { allocation = number, quantity = Json.Quantity(asked.Quantity, "quantity", about) };
            return await ProposalEndpoints.Ask(context, proposals, "buy-back", body, asked.Document, stop, about: about);
        }).RequireAuthorization(IdentityModule.Proposer).Accepts<BuyBackAsked>("application/json").Produces(201);
    }

    /// <summary>Whose allocations are asked for: one's own, or as an authority anybody's; null: everybody's.</summary>
    /// <exception cref="RefusedException">FORBIDDEN, UNKNOWN_ACCOUNT.</exception>
    public static async Task<int?> Readable(string? participant, HttpContext context, Whoami who, IDirectory directory, CancellationToken stop)
    {
        var own = context.User.GetClaim(Whoami.ParticipantClaim) is null ? null : await who.Participant(context.User, stop);
        if (own is not null && participant is not null && participant != own.Id) throw Json.No("FORBIDDEN");
        return own?.Account ?? (participant is null ? null : Named.Participant(await directory.Current(stop), participant).Account);
    }

    /// <summary>What the allocation gave; null: there is none of this number.</summary>
    private static async Task<Instrument?> Allocated(long allocation, IAllocations desk, IDirectory directory, CancellationToken stop) =>
        await desk.Find(allocation, stop) is { } found ? (await directory.Current(stop)).Instrument(found.Instrument) : null;

    private static object Show(Allocation a, Catalog catalog)
    {
        var instrument = catalog.Instrument(a.Instrument)!;
        return new
        {
            id = Text(a.Id), plan = a.Plan, participant = catalog.Participant(a.Account)!.Id, symbol = instrument.Symbol, quantity = Json.Text(instrument.Quantity(a.Units)), basis = a.Basis.ToString().ToLowerInvariant(),
            price = a.Price is { } price ? Json.Text(price) : null, fee = Json.Yuan(a.Fen), validThrough = LocalDatePattern.Iso.Format(a.ValidThrough), grantedAt = MarketEndpoints.At(a.GrantedAt), standing = Json.Text(instrument.Quantity(a.Standing)),
        };
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
