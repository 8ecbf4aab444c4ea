using System.Globalization;
using Trading.Gateway.Identity;
using Trading.Gateway.Market;
using Trading.Gateway.Supervision;
using Trading.Registry.Contracts;

namespace Trading.Gateway.Register;

internal sealed record HoldAsked(string Participant, string Symbol, string Quantity, string Document);

internal sealed record HoldLiftAsked(string Participant, string Reference, string Document);

/// <param name="Quantity">What is owed; it may be more than there is.</param>
internal sealed record DebitAsked(string Participant, string Symbol, string Quantity, string Obligation, string Document);

/// <param name="Surrender">Its id.</param>
internal sealed record ReversalAsked(string Surrender, string Quantity, string Reason);

/// <summary>What is kept back and why (R-REG-03), and what could not be met.</summary>
internal static class HoldEndpoints
{
    public static void MapHolds(this WebApplication app)
    {
        var holds = app.MapGroup("/api/v1/holds").RequireAuthorization(IdentityModule.Supervisor).WithTags("Holds");
        holds.MapGet("", async (string? participant, string? reason, IHolds desk, IDirectory directory, CancellationToken stop) =>
        {
            var catalog = await directory.Current(stop);
            HoldReason? wanted = reason is null ? null : ParticipantEndpoints.Word<HoldReason>(reason, "reason");
            return All(await desk.Standing(participant is null ? null : Named.Participant(catalog, participant).Account, wanted, stop), catalog);
        });
        holds.MapPost("", async (HttpContext context, IProposals proposals, IDirectory directory, CancellationToken stop) =>
        {
            var asked = await Json.Body<HoldAsked>(context.Request);
            var about = (await directory.Current(stop)).Instrument(asked.Symbol);
            var body = new { participant = asked.Participant, symbol = asked.Symbol, quantity = Json.Quantity(asked.Quantity, "quantity", about) };
            return await ProposalEndpoints.Ask(context, proposals, "hold", body, asked.Document, stop, about: about);
        }).RequireAuthorization(IdentityModule.Operator).Accepts<HoldAsked>("application/json").Produces(201);
        holds.MapPost("/lift", async (HttpContext context, IProposals proposals, CancellationToken stop) =>
        {
            var asked = await Json.Body<HoldLiftAsked>(context.Request);
            var body = new { participant = asked.Participant, reference = asked.Reference };
            return await ProposalEndpoints.Ask(context, proposals, "hold-lift", body, asked.Document, stop);
        }).RequireAuthorization(IdentityModule.Operator).Accepts<HoldLiftAsked>("application/json").Produces(201);
        app.MapGet("/api/v1/account/holds", async (HttpContext context, Whoami who, IHolds desk, IDirectory directory, CancellationToken stop) =>
            All(await desk.Standing((await who.Participant(context.User, stop)).Account, null, stop), await directory.Current(stop))).RequireAuthorization(IdentityModule.Trader).WithTags("Account");
        app.MapPost("/api/v1/compliance-debits", async (HttpContext context, IProposals proposals, IDirectory directory, CancellationToken stop) =>
        {
            var asked = await Json.Body<DebitAsked>(context.Request);
            var about = (await directory.Current(stop)).Instrument(asked.Symbol);
            var body = new { participant = asked.Participant, symbol = asked.Symbol, quantity = Json.Quantity(asked.Quantity, "quantity", about), obligation = Texts.Line(asked.Obligation, "obligation") };
            return await ProposalEndpoints.Ask(context, proposals, "compliance-debit", body, asked.Document, stop, about: about);
        }).RequireAuthorization(IdentityModule.Supervisor).WithTags("Compliance").Accepts<DebitAsked>("application/json").Produces(201);
        // R-REG-10: a surrender that was wrong is taken back inside its window.
        app.MapPost("/api/v1/surrender-reversals", async (HttpContext context, IProposals proposals, CancellationToken stop) =>
        {
            var asked = await Json.Body<ReversalAsked>(context.Request);
            return Paging.Id(asked.Surrender) is { } id
                ? await ProposalEndpoints.Ask(context, proposals, "surrender-reversal", new { surrender = id, quantity = Json.Quantity(asked.Quantity, "quantity", null) }, asked.Reason, stop, "reason") : Problems.NotFound();
        }).RequireAuthorization(IdentityModule.Proposer).WithTags("Compliance").Accepts<ReversalAsked>("application/json").Produces(201);
        app.MapGet("/api/v1/surrenders", async (string? participant, string? after, string? limit, ISurrenders desk, IDirectory directory, CancellationToken stop) =>
        {
            var catalog = await directory.Current(stop);
            return await All(desk, catalog, participant is null ? null : Named.Participant(catalog, participant).Account, after, limit, stop);
        }).RequireAuthorization(IdentityModule.Supervisor).WithTags("Compliance");
        app.MapGet("/api/v1/account/surrenders", async (string? after, string? limit, HttpContext context, Whoami who, ISurrenders desk, IDirectory directory, CancellationToken stop) =>
            await All(desk, await directory.Current(stop), (await who.Participant(context.User, stop)).Account, after, limit, stop)).RequireAuthorization(IdentityModule.Trader).WithTags("Account");
        // R-DIS-04: who came short is public.
        app.MapGet("/api/v1/shortfalls", async (string? participant, string? after, string? limit, IShortfalls desk, IDirectory directory, CancellationToken stop) =>
        {
            var (most, catalog) = (Paging.Limit(limit), await directory.Current(stop));
            int? account = participant is null ? null : Named.Participant(catalog, participant).Account;
            return Paging.Page(await desk.All(account, Paging.After(after, long.MaxValue), most + 1, stop), most, s => s.Id, s =>
            {
                var (instrument, of) = (catalog.Instrument(s.Holding.Instrument)!, catalog.Participant(s.Holding.Account)!);
                string Of(long units) => Json.Text(instrument.Quantity(units));
                return new
                {
                    id = s.Id.ToString(CultureInfo.InvariantCulture), participant = of.Id, name = new { zh = of.NameZh, en = of.NameEn }, symbol = instrument.Symbol, obligation = s.Obligation, due = Of(s.Due), met = Of(s.Met), missing = Of(s.Missing),
                    rate = Json.Text(s.Rate), penalty = Json.Yuan(s.Fen), at = MarketEndpoints.At(s.At), reversedAt = s.ReversedAt is { } back ? MarketEndpoints.At(back) : null,
                };
            });
        }).AllowAnonymous().WithTags("Compliance");
    }

    private static async Task<IResult> All(ISurrenders desk, Catalog catalog, int? account, string? after, string? limit, CancellationToken stop)
    {
        var most = Paging.Limit(limit);
        return Paging.Page(await desk.All(account, Paging.After(after, long.MaxValue), most + 1, stop), most, s => s.Id, s =>
        {
            var instrument = catalog.Instrument(s.Holding.Instrument)!;
            return new
            {
                id = s.Id.ToString(CultureInfo.InvariantCulture), participant = catalog.Participant(s.Holding.Account)!.Id, symbol = instrument.Symbol, obligation = s.Obligation,
                quantity = Json.Text(instrument.Quantity(s.Units)), reversed = Json.Text(instrument.Quantity(s.Reversed)), at = MarketEndpoints.At(s.At),
            };
        });
    }

    private static IResult All(IReadOnlyList<Hold> holds, Catalog catalog) => Results.Json(new
    {
        items = holds.Select(h =>
        {
            var instrument = catalog.Instrument(h.Holding.Instrument)!;
            return new
            {
                participant = catalog.Participant(h.Holding.Account)!.Id, symbol = instrument.Symbol, reference = h.Reference, reason = Json.Word(h.Reason), quantity = Json.Text(instrument.Quantity(h.Units)),
                standing = Json.Text(instrument.Quantity(h.Standing)), placedAt = MarketEndpoints.At(h.PlacedAt),
            };
        }),
        next = (string?)null,
    }, Json.Plain);
}
