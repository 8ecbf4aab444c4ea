using System.Globalization;
using System.Text.Json;
using Trading.Gateway.Identity;
using Trading.Gateway.Market;
using Trading.Gateway.Supervision;
using Trading.Registry.Contracts;

namespace Trading.Gateway.Register;

internal sealed record TransferOutAsked(string Symbol, string From, string To, string Quantity, string Operation, string Document);

internal sealed record ReplacementAsked(string Symbol, string From, string To, string Quantity, string Operation, string Document, bool Strategic = false);

/// <param name="Operation">Idempotency key.</param>
internal sealed record GiveUpAsked(string Symbol, string Quantity, string Reason, string Operation);

/// <summary>What moves or ends outside the market.</summary>
internal static class TransferEndpoints
{
    public static void MapTransfers(this WebApplication app)
    {
        app.MapPost("/api/v1/transfers", async (HttpContext context, IProposals proposals, CancellationToken stop) =>
        {
            var asked = await Json.Body<TransferOutAsked>(context.Request);
            var body = JsonSerializer.Serialize(new { symbol = asked.Symbol, from = asked.From, to = asked.To, quantity = Json.Decimal(asked.Quantity, "quantity"), operation = Key(asked.Operation) }, Json.Plain);
            return ProposalEndpoints.Answer(await proposals.Propose("transfer", body, Texts.Line(asked.Document, "document"), Whoami.Actor(context.User), stop), 201);
        }).RequireAuthorization(IdentityModule.Operator).WithTags("Transfers").Accepts<TransferOutAsked>("application/json").Produces(201);
        app.MapPost("/api/v1/replacements", async (HttpContext context, IProposals proposals, CancellationToken stop) =>
        {
            var asked = await Json.Body<ReplacementAsked>(context.Request);
            var body = JsonSerializer.Serialize(new { symbol = asked.Symbol, from = asked.From, to = asked.To, quantity = Json.Decimal(asked.Quantity, "quantity"), strategic = asked.Strategic, operation = Key(asked.Operation) }, Json.Plain);
            return ProposalEndpoints.Answer(await proposals.Propose("replacement", body, Texts.Line(asked.Document, "document"), Whoami.Actor(context.User), stop), 201);
        }).RequireAuthorization(IdentityModule.Proposer).WithTags("Transfers").Accepts<ReplacementAsked>("application/json").Produces(201);
        app.MapPost("/api/v1/account/surrenders", (HttpContext context, Whoami who, IRegister register, IDirectory directory, CancellationToken stop) =>
            GiveUp(context, who, register, directory, (holding, units, asked) => new Instruction.Surrender(holding, units, asked.Reason, asked.Operation), stop)).RequireAuthorization(IdentityModule.Trader).WithTags("Account").Accepts<GiveUpAsked>("application/json").Produces(201);
        app.MapPost("/api/v1/account/cancellations", (HttpContext context, Whoami who, IRegister register, IDirectory directory, CancellationToken stop) =>
            GiveUp(context, who, register, directory, (holding, units, asked) => new Instruction.Cancel(holding, units, asked.Reason, asked.Operation), stop)).RequireAuthorization(IdentityModule.Trader).WithTags("Account").Accepts<GiveUpAsked>("application/json").Produces(201);
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
            var instrument = (await directory.Current(stop)).Instrument(symbol) ?? throw Json.No("UNKNOWN_SYMBOL", ("symbol", Texts.Shown(symbol)));
            var supply = await register.Supply(instrument.Number, stop);
            string Of(long units) => Json.Text(instrument.Quantity(units));
            return Results.Json(new { symbol, issued = Of(supply.Issued), surrendered = Of(supply.Surrendered), cancelled = Of(supply.Cancelled), retired = Of(supply.Retired), expired = Of(supply.Expired) }, Json.Plain);
        }).AllowAnonymous().WithTags("Market");
        app.MapGet("/api/v1/holdings", async (string participant, IHoldings holdings, IDirectory directory, CancellationToken stop) =>
        {
            var catalog = await directory.Current(stop);
            return Results.Json(new
            {
                items = (await holdings.Of(Named.Participant(catalog, participant).Account, stop)).Select(h =>
                {
                    var instrument = catalog.Instrument(h.Key.Instrument)!;
                    string Of(long units) => Json.Text(instrument.Quantity(units));
                    return new { symbol = instrument.Symbol, total = Of(h.Total), available = Of(h.Available), inMarket = Of(h.Earmarked), pledged = Of(h.Pledged), frozen = Of(h.Frozen), awaitingConfirmation = Of(h.Awaiting) };
                }),
                next = (string?)null,
            }, Json.Plain);
        }).RequireAuthorization(IdentityModule.Supervisor).WithTags("Participants");
    }

    private static async Task<IResult> GiveUp(HttpContext context, Whoami who, IRegister register, IDirectory directory, Func<HoldingKey, long, GiveUpAsked, Instruction> ask, CancellationToken stop)
    {
        var asked = await Json.Body<GiveUpAsked>(context.Request);
        var participant = await who.Participant(context.User, stop);
        var instrument = (await directory.Current(stop)).Instrument(asked.Symbol) ?? throw Json.No("UNKNOWN_SYMBOL", ("symbol", Texts.Shown(asked.Symbol)));
        var units = Json.Whole(asked.Quantity, "quantity", instrument.MinimumUnit, instrument.Units);
        Key(asked.Operation);
        Texts.Line(asked.Reason, "reason");
        var outcome = await register.Instruct(ask(new(participant.Account, instrument.Number), units, asked), Whoami.Actor(context.User), stop);
        return outcome.Refused is { } refused ? Problems.Problem(refused.InUnitsOf(instrument))
            : Results.Json(new { symbol = instrument.Symbol, total = Json.Text(instrument.Quantity(outcome.Value!.Total)), available = Json.Text(instrument.Quantity(outcome.Value.Available)) }, Json.Plain, statusCode: 201);
    }

    private static string Key(string operation) => operation.Length is >= 1 and <= 100 && Texts.IsVisible(operation) ? operation : throw Json.No("IDEMPOTENCY_KEY_INVALID");

    private static object? Counterparty(Catalog catalog, int account) => catalog.Participant(account) is { } p ? new { zh = p.NameZh, en = p.NameEn } : null;
}
