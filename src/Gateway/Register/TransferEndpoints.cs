using System.Globalization;
using Trading.Gateway.Accounts;
using Trading.Gateway.Identity;
using Trading.Gateway.Market;
using Trading.Gateway.Supervision;
using Trading.Registry.Contracts;

namespace Trading.Gateway.Register;

/// <param name="Serials">First and last number, e.g. "501-800".</param>
internal sealed record TransferOutAsked(string Symbol, string From, string To, string Quantity, string Operation, string Document, string? Serials = null);

internal sealed record ReplacementAsked(string Symbol, string From, string To, string Quantity, string Operation, string Document, bool Strategic = false);

/// <param name="Operation">Idempotency key.</param>
internal sealed record GiveUpAsked(string Symbol, string Quantity, string Reason, string Operation);

/// <summary>What moves or ends outside the market.</summary>
internal static class TransferEndpoints
{
    public static void MapTransfers(this WebApplication app)
    {
        app.MapPost("/api/v1/transfers", async (HttpContext context, IProposals proposals, IDirectory directory, CancellationToken stop) =>
        {
            var asked = await Json.Body<TransferOutAsked>(context.Request);
            var about = (await directory.Current(stop)).Instrument(asked.Symbol);
            if (asked.From == asked.To) return Problems.Problem("SAME_ACCOUNT", ("participant", Texts.Shown(asked.To)));
            var body = new { symbol = asked.Symbol, from = asked.From, to = asked.To, quantity = Json.Quantity(asked.Quantity, "quantity", about), operation = Key(asked.Operation), serials = SerialEndpoints.Range(asked.Serials) };
            return await ProposalEndpoints.Ask(context, proposals, "transfer", body, asked.Document, stop, about: about);
        }).RequireAuthorization(IdentityModule.Operator).WithTags("Transfers").Accepts<TransferOutAsked>("application/json").Produces(201);
        app.MapPost("/api/v1/replacements", async (HttpContext context, IProposals proposals, IDirectory directory, CancellationToken stop) =>
        {
            var asked = await Json.Body<ReplacementAsked>(context.Request);
            var about = (await directory.Current(stop)).Instrument(asked.Symbol);
            var body = new { symbol = asked.Symbol, from = asked.From, to = asked.To, quantity = Json.Quantity(asked.Quantity, "quantity", about), strategic = asked.Strategic, operation = Key(asked.Operation) };
            return await ProposalEndpoints.Ask(context, proposals, "replacement", body, asked.Document, stop, about: about);
        }).RequireAuthorization(IdentityModule.Proposer).WithTags("Transfers").Accepts<ReplacementAsked>("application/json").Produces(201);
        app.MapPost("/api/v1/account/surrenders", async (HttpContext context, Whoami who, ISurrenders desk, IDirectory directory, CancellationToken stop) =>
        {
            var (instrument, asked) = await GiveUp(context, who, directory, (holding, units, asked) => new Instruction.Surrender(holding, units, asked.Reason, asked.Operation), stop);
            var (done, refused) = await desk.Surrender((Instruction.Surrender)asked, Whoami.Actor(context.User), stop);
            if (refused is not null) return Problems.Problem(refused.InUnitsOf(instrument));
            // R-REG-07: what is pledged is surrendered when its pledgee has consented.
            return done!.Waits is { } waits
                ? Results.Json(new { state = "pendingPledgeeConsent", proposal = waits.Id.ToString(CultureInfo.InvariantCulture), pledgee = waits.Decider }, Json.Plain, statusCode: 202)
                : Left(instrument, done.After!);
        }).RequireAuthorization(IdentityModule.Trader).WithTags("Account").Accepts<GiveUpAsked>("application/json").Produces(201).Produces(202);
        app.MapPost("/api/v1/account/cancellations", async (HttpContext context, Whoami who, IRegister register, IDirectory directory, CancellationToken stop) =>
        {
            var (instrument, asked) = await GiveUp(context, who, directory, (holding, units, asked) => new Instruction.Cancel(holding, units, asked.Reason, asked.Operation), stop);
            var (after, refused) = await register.Instruct(asked, Whoami.Actor(context.User), stop);
            return refused is not null ? Problems.Problem(refused.InUnitsOf(instrument)) : Left(instrument, after!);
        }).RequireAuthorization(IdentityModule.Trader).WithTags("Account").Accepts<GiveUpAsked>("application/json").Produces(201);
        // R-REG-13: whoever gives up a right for nothing is named for it.
        app.MapGet("/api/v1/cancellations", async (string? after, string? limit, IRegister register, IDirectory directory, CancellationToken stop) =>
        {
            var most = Paging.Limit(limit);
            var catalog = await directory.Current(stop);
            return Paging.Page(await register.Cancellations(Paging.After(after, long.MaxValue), most + 1, stop), most, c => c.Id, c => new
            {
                id = c.Id.ToString(CultureInfo.InvariantCulture), symbol = catalog.Instrument(c.Holding.Instrument)!.Symbol, participant = Counterparty(catalog, c.Holding.Account),
                quantity = Json.Text(catalog.Instrument(c.Holding.Instrument)!.Quantity(c.Units)), reason = c.Reason, at = MarketEndpoints.At(c.At),
            });
        }).AllowAnonymous().WithTags("Transfers");
        // R-REG-02: where every unit that was ever issued is.
        app.MapGet("/api/v1/instruments/{symbol}/supply", async (string symbol, IRegister register, IDirectory directory, CancellationToken stop) =>
        {
            var instrument = Named.Instrument(await directory.Current(stop), symbol);
            var supply = await register.Supply(instrument.Number, stop);
            string Of(long units) => Json.Text(instrument.Quantity(units));
            return Results.Json(new { symbol, issued = Of(supply.Issued), surrendered = Of(supply.Surrendered), cancelled = Of(supply.Cancelled), retired = Of(supply.Retired), expired = Of(supply.Expired), reversed = Of(supply.Reversed) }, Json.Plain);
        }).AllowAnonymous().WithTags("Market");
        app.MapGet("/api/v1/holdings", async (string participant, string? at, IHoldings holdings, IDirectory directory, CancellationToken stop) =>
        {
            var catalog = await directory.Current(stop);
            var account = Named.Participant(catalog, participant).Account;
            var held = MarketEndpoints.Moment(at, "at") is { } then ? await holdings.At(account, then, stop) : await holdings.Of(account, stop);
            return Results.Json(new { items = AccountEndpoints.Show(held, catalog), next = (string?)null }, Json.Plain);
        }).RequireAuthorization(IdentityModule.Supervisor).WithTags("Participants");
    }

    private static async Task<(Instrument Instrument, Instruction Asked)> GiveUp(HttpContext context, Whoami who, IDirectory directory, Func<HoldingKey, long, GiveUpAsked, Instruction> ask, CancellationToken stop)
    {
        var asked = await Json.Body<GiveUpAsked>(context.Request);
        var participant = await who.Participant(context.User, stop);
        var instrument = Named.Instrument(await directory.Current(stop), asked.Symbol);
        var units = Json.Whole(asked.Quantity, "quantity", instrument.MinimumUnit, instrument.Units);
        Key(asked.Operation);
        Texts.Line(asked.Reason, "reason");
        return (instrument, ask(new(participant.Account, instrument.Number), units, asked));
    }

    private static IResult Left(Instrument instrument, Holding after) =>
        Results.Json(new { symbol = instrument.Symbol, total = Json.Text(instrument.Quantity(after.Total)), available = Json.Text(instrument.Quantity(after.Available)) }, Json.Plain, statusCode: 201);

    /// <exception cref="RefusedException">IDEMPOTENCY_KEY_INVALID.</exception>
    public static string Key(string operation) => operation.Length is >= 1 and <= 100 && operation[0] != Instruction.OfTheHouse && Texts.IsVisible(operation) ? operation : throw Json.No("IDEMPOTENCY_KEY_INVALID");

    private static object? Counterparty(Catalog catalog, int account) => catalog.Participant(account) is { } p ? new { zh = p.NameZh, en = p.NameEn } : null;
}
