using System.Globalization;
using Trading.Gateway.Identity;
using Trading.Gateway.Market;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;

namespace Trading.Gateway.Deliveries;

internal sealed record Rejection(string Reason);

internal static class DeliveryEndpoints
{
    public static void MapDeliveries(this WebApplication app)
    {
        var account = app.MapGroup("/api/v1/account").RequireAuthorization(IdentityModule.Trader).WithTags("Settlement");
        account.MapGet("/settlements", async (string? status, string? after, string? limit, HttpContext context, Whoami who, ISettlements settlements, IDirectory directory, IListings listings, CancellationToken stop) =>
        {
            var participant = await who.Participant(context.User, stop);
            var most = Paging.Limit(limit);
            var read = await settlements.Of(participant.Account, State(status), Paging.After(after, long.MaxValue), most + 1, stop);
            var names = await Names(directory, listings, stop);
            return Paging.Page(read, most, s => s.TradeNo, s => Own(s, participant.Account, names(s.Instrument)));
        });
        account.MapGet("/trades", async (string? after, string? limit, HttpContext context, Whoami who, ISettlements settlements, IDirectory directory, IListings listings, CancellationToken stop) =>
        {
            var participant = await who.Participant(context.User, stop);
            var most = Paging.Limit(limit);
            var read = await settlements.Of(participant.Account, null, Paging.After(after, long.MaxValue), most + 1, stop);
            var names = await Names(directory, listings, stop);
            return Paging.Page(read, most, s => s.TradeNo, s => Trade(s, participant.Account, names(s.Instrument)));
        });
        account.MapGet("/settlements/{tradeId}", async (string tradeId, HttpContext context, Whoami who, ISettlements settlements, IDirectory directory, IListings listings, CancellationToken stop) =>
        {
            var participant = await who.Participant(context.User, stop);
            return Paging.Id(tradeId) is { } id && await settlements.Settlement(participant.Account, id, stop) is { } one
                ? Results.Json(Own(one, participant.Account, (await Names(directory, listings, stop))(one.Instrument)), Json.Plain)
                : Problems.NotFound();
        });

        var desk = app.MapGroup("/api/v1/confirmations").RequireAuthorization(IdentityModule.Authority).WithTags("Confirmations");
        desk.MapGet("", async (string? status, string? after, string? limit, HttpContext context, Whoami who, IConfirmations confirmations, IDirectory directory, IListings listings, CancellationToken stop) =>
        {
            var authority = await who.Authority(context.User, stop);
            var most = Paging.Limit(limit);
            var read = await confirmations.Queue(authority, State(status), Paging.After(after, 0), most + 1, stop);
            var names = await Names(directory, listings, stop);
            var catalog = await directory.Current(stop);
            return Paging.Page(read, most, s => s.TradeNo, s => Asked(s, names(s.Instrument), catalog));
        });
        desk.MapPost("/{id}/approve", async (string id, HttpContext context, Whoami who, IConfirmations confirmations, IDirectory directory, IListings listings, CancellationToken stop) =>
        {
            await Json.Nothing(context.Request);
            return await Answer(id, true, null, context, who, confirmations, directory, listings, stop);
        });
        desk.MapPost("/{id}/reject", async (string id, HttpContext context, Whoami who, IConfirmations confirmations, IDirectory directory, IListings listings, CancellationToken stop) =>
            await Answer(id, false, Texts.Line((await Json.Body<Rejection>(context.Request)).Reason, "reason"), context, who, confirmations, directory, listings, stop)).Accepts<Rejection>("application/json");
    }

    private static async Task<IResult> Answer(
        string id, bool approve, string? reason, HttpContext context, Whoami who, IConfirmations confirmations, IDirectory directory, IListings listings, CancellationToken stop)
    {
        var authority = await who.Authority(context.User, stop);
        if (Paging.Id(id) is not { } trade) return Problems.NotFound();
        var outcome = await confirmations.Answer(authority, trade, approve, reason, Whoami.Actor(context.User), stop);
        if (outcome.Refused is { } refused) return refused.Code == "CONFIRMATION_UNKNOWN" ? Problems.NotFound() : Problems.Problem(refused);
        return Results.Json(Asked(outcome.Value!, (await Names(directory, listings, stop))(outcome.Value!.Instrument), await directory.Current(stop)), Json.Plain);
    }

    private static async Task<Func<int, Tradable>> Names(IDirectory directory, IListings listings, CancellationToken stop)
    {
        var (catalog, listed) = (await directory.Current(stop), await listings.Current(stop));
        return instrument => new(catalog.Instrument(instrument)!, listed[instrument]);
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>One's own side: the counterparty stays unnamed (R-DIS-03).</summary>
    public static object Own(TradeSettlement s, int account, Tradable t)
    {
        var buys = s.Buyer == account;
        return new
        {
            tradeId = Text(s.TradeNo), symbol = t.Instrument.Symbol, side = buys ? "buy" : "sell", orderId = Text(buys ? s.BuyOrder : s.SellOrder),
            price = t.Price(s.Ticks), quantity = t.Quantity(s.Lots), amount = Json.Yuan(s.Amount), fee = Json.Yuan(buys ? s.BuyFee : s.SellFee),
            state = Word(s.State), executedAt = MarketEndpoints.At(s.ExecutedAt), answerBy = s.AnswerBy is { } by ? MarketEndpoints.At(by) : null, timeline = Timeline(s),
        };
    }

    /// <summary>The trade alone, as one's own book of trades has it.</summary>
    private static object Trade(TradeSettlement s, int account, Tradable t)
    {
        var buys = s.Buyer == account;
        return new
        {
            tradeNo = Text(s.TradeNo), symbol = t.Instrument.Symbol, side = buys ? "buy" : "sell", orderId = Text(buys ? s.BuyOrder : s.SellOrder),
            price = t.Price(s.Ticks), quantity = t.Quantity(s.Lots), amount = Json.Yuan(s.Amount), fee = Json.Yuan(buys ? s.BuyFee : s.SellFee), at = MarketEndpoints.At(s.ExecutedAt),
            bustedAt = s.State == DeliveryState.Busted ? MarketEndpoints.At(s.Timeline[^1].At) : null,
        };
    }

    private static object Asked(TradeSettlement s, Tradable t, Catalog catalog) => new
    {
        id = Text(s.TradeNo), tradeId = Text(s.TradeNo), symbol = t.Instrument.Symbol, buyer = catalog.Participant(s.Buyer)?.Id, seller = catalog.Participant(s.Seller)?.Id,
        buyerName = Name(catalog.Participant(s.Buyer)), sellerName = Name(catalog.Participant(s.Seller)),
        price = t.Price(s.Ticks), quantity = t.Quantity(s.Lots), amount = Json.Yuan(s.Amount), status = Word(s.State), authority = s.Authority,
        executedAt = MarketEndpoints.At(s.ExecutedAt), answerBy = s.AnswerBy is { } by ? MarketEndpoints.At(by) : null, timeline = Timeline(s),
    };

    private static object? Name(Participant? p) => p is null ? null : new { zh = p.NameZh, en = p.NameEn };

    private static IEnumerable<object> Timeline(TradeSettlement s) =>
        s.Timeline.Select(step => new { state = Word(step.State), at = MarketEndpoints.At(step.At), by = step.By.User, role = step.By.Role, reason = step.Reason });

    private static string Word(DeliveryState state) => state switch
    {
        DeliveryState.AwaitingConfirmation => "awaitingConfirmation", DeliveryState.Confirmed => "confirmed", DeliveryState.Rejected => "rejected",
        DeliveryState.Settled => "settled", DeliveryState.Unwound => "unwound", DeliveryState.Busted => "busted", _ => "executed",
    };

    private static DeliveryState? State(string? word)
    {
        if (word is null) return null;
        foreach (var state in Enum.GetValues<DeliveryState>())
        {
            if (Word(state) == word) return state;
        }

        throw Json.No("FIELD_INVALID", ("status", word.Length > 40 ? word[..40] : word));
    }
}
