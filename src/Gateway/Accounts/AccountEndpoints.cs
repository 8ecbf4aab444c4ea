using System.Globalization;
using Trading.Gateway.Identity;
using Trading.Gateway.Market;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;

namespace Trading.Gateway.Accounts;

internal sealed record RightAsked(string Symbol, string Quantity);

internal sealed record MoneyAsked(string Amount);

internal static class AccountEndpoints
{
    private const int OperationMost = 100;

    public static void MapAccounts(this WebApplication app)
    {
        var account = app.MapGroup("/api/v1/account").RequireAuthorization(IdentityModule.Trader).WithTags("Account");
        account.MapGet("/holdings", async (HttpContext context, Whoami who, IDirectory directory, IHoldings holdings, CancellationToken stop) =>
        {
            var catalog = await directory.Current(stop);
            var items = Show(await holdings.Of((await who.Participant(context.User, stop)).Account, stop), catalog);
            return Results.Json(new { items, next = (string?)null }, Json.Plain);
        });
        account.MapGet("/funds", async (HttpContext context, Whoami who, IFunds funds, CancellationToken stop) =>
        {
            return Results.Json(Show(await funds.Of((await who.Participant(context.User, stop)).Account, stop)), Json.Plain);
        });
        account.MapPost("/earmarks", (HttpContext context, Whoami who, ICustody custody, IDirectory directory, IListings listings, CancellationToken stop) =>
            Right(TransferKind.EarmarkRight, context, who, custody, directory, listings, stop)).Accepts<RightAsked>("application/json").Produces(202);
        account.MapPost("/releases", (HttpContext context, Whoami who, ICustody custody, IDirectory directory, IListings listings, CancellationToken stop) =>
            Right(TransferKind.ReleaseRight, context, who, custody, directory, listings, stop)).Accepts<RightAsked>("application/json").Produces(202);
        account.MapPost("/funds/earmarks", (HttpContext context, Whoami who, ICustody custody, CancellationToken stop) =>
            Money(TransferKind.EarmarkMoney, context, who, custody, stop)).Accepts<MoneyAsked>("application/json").Produces(202);
        account.MapPost("/funds/releases", (HttpContext context, Whoami who, ICustody custody, CancellationToken stop) =>
            Money(TransferKind.ReleaseMoney, context, who, custody, stop)).Accepts<MoneyAsked>("application/json").Produces(202);
        account.MapGet("/transfers/{transferId}", async (string transferId, HttpContext context, Whoami who, ICustody custody, IDirectory directory, CancellationToken stop) =>
        {
            var participant = await who.Participant(context.User, stop);
            return Paging.Id(transferId) is { } id && await custody.Transfer(participant.Account, id, stop) is { } transfer
                ? Results.Json(Show(transfer, (await directory.Current(stop)).Instrument(transfer.Instrument)), Json.Plain)
                : Problems.NotFound();
        });
    }

    private static async Task<IResult> Right(
        TransferKind kind, HttpContext context, Whoami who, ICustody custody, IDirectory directory, IListings listings, CancellationToken stop)
    {
        var participant = await who.Participant(context.User, stop);
        var asked = await Json.Body<RightAsked>(context.Request);
        var tradable = await Tradable.Of(asked.Symbol, directory, listings, stop);
        var units = Json.Whole(asked.Quantity, "quantity", tradable.Listing.Unit.Lot, q => tradable.Listing.Unit.Lots(q) is null ? null : tradable.Instrument.Units(q));
        return Accepted(await custody.Move(participant.Account, kind, tradable.Instrument.Number, units, Operation(context), Whoami.Actor(context.User), stop), tradable.Instrument);
    }

    private static async Task<IResult> Money(TransferKind kind, HttpContext context, Whoami who, ICustody custody, CancellationToken stop)
    {
        var participant = await who.Participant(context.User, stop);
        var asked = await Json.Body<MoneyAsked>(context.Request);
        var fen = Json.Whole(asked.Amount, "amount", 0.01m, Matching.Contracts.TradingUnit.Fen);
        return Accepted(await custody.Move(participant.Account, kind, 0, fen, Operation(context), Whoami.Actor(context.User), stop), null);
    }

    private static IResult Accepted(Outcome<Transfer> outcome, Instrument? instrument)
    {
        if (outcome.Value is { } transfer) return Results.Json(Show(transfer, instrument), Json.Plain, statusCode: 202);
        return Problems.Problem(outcome.Refused!.InUnitsOf(instrument));
    }

    private static string? Operation(HttpContext context)
    {
        var key = context.Request.Headers["Idempotency-Key"].ToString();
        if (key.Length == 0) return null;
        return key.Length <= OperationMost && Texts.IsVisible(key) ? key : throw Json.No("IDEMPOTENCY_KEY_INVALID", ("most", "100"));
    }

    private static object Show(Transfer t, Instrument? instrument) => new
    {
        transferId = t.Id.ToString(CultureInfo.InvariantCulture),
        kind = t.Kind is TransferKind.EarmarkMoney or TransferKind.EarmarkRight ? "earmark" : "release",
        symbol = instrument?.Symbol,
        quantity = instrument is null ? null : Json.Text(instrument.Quantity(t.Amount)),
        amount = instrument is null ? Json.Yuan(t.Amount) : null,
        status = t.Status switch { TransferStatus.Pending => "pending", TransferStatus.Done => "done", _ => "refused" },
        code = t.Refused?.Code,
        requestedAt = MarketEndpoints.At(t.RequestedAt),
        finishedAt = t.FinishedAt is { } at ? MarketEndpoints.At(at) : null,
    };

    public static object Show(FundAccount f) => new
    {
        currency = "CNY", total = Json.Yuan(f.Total), available = Json.Yuan(f.Available), inMarket = Json.Yuan(f.InMarket), awaitingConfirmation = Json.Yuan(f.Awaiting), frozen = Json.Yuan(f.Frozen), payingOut = Json.Yuan(f.PayingOut),
    };

    public static IEnumerable<object> Show(IEnumerable<Holding> holdings, Catalog catalog) => holdings.Select(h => Show(h, catalog.Instrument(h.Key.Instrument)!));

    private static object Show(Holding h, Instrument i) => new
    {
        symbol = i.Symbol, unit = i.Unit, total = Json.Text(i.Quantity(h.Total)), available = Json.Text(i.Quantity(h.Available)), inMarket = Json.Text(i.Quantity(h.Earmarked)),
        pledged = Json.Text(i.Quantity(h.Pledged)), frozen = Json.Text(i.Quantity(h.Frozen)), awaitingConfirmation = Json.Text(i.Quantity(h.Awaiting)), held = Json.Text(i.Quantity(h.Held)),
        vintage = i.Vintage, expiry = i.ValidThrough is { } last ? NodaTime.Text.LocalDatePattern.Iso.Format(last) : null,
    };
}
