using System.Globalization;
using Trading.Gateway.Identity;
using Trading.Gateway.Market;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;

namespace Trading.Gateway.Deliveries;

internal sealed record Rejection(string Reason);

/// <param name="Quantity">Of a part, where the step allows it; null: the whole.</param>
internal sealed record Approval(string? Quantity = null);

internal sealed record Approvals(IReadOnlyList<string> Ids);

/// <param name="Limit">What passes of all that waits, in the legal unit.</param>
internal sealed record CheckAsked(string Symbol, string Limit);

internal static class DeliveryEndpoints
{
    private const int BatchMost = 200;

    public static void MapDeliveries(this WebApplication app)
    {
        var account = app.MapGroup("/api/v1/account").RequireAuthorization(IdentityModule.Trader).WithTags("Settlement");
        account.MapGet("/settlements", async (string? status, string? after, string? limit, HttpContext context, Whoami who, ISettlements settlements, IDirectory directory, IListings listings, IRules rules, CancellationToken stop) =>
        {
            var participant = await who.Participant(context.User, stop);
            var most = Paging.Limit(limit);
            var read = await settlements.Of(participant.Account, State(status), Paging.After(after, long.MaxValue), most + 1, stop);
            var (names, book) = (await Names(directory, listings, stop), await rules.Current(stop));
            return Paging.Page(read, most, s => s.TradeNo, s => Own(s, participant.Account, names(s.Instrument), book));
        });
        account.MapGet("/trades", async (string? after, string? limit, HttpContext context, Whoami who, ISettlements settlements, IDirectory directory, IListings listings, IRules rules, CancellationToken stop) =>
        {
            var participant = await who.Participant(context.User, stop);
            var most = Paging.Limit(limit);
            var read = await settlements.Of(participant.Account, null, Paging.After(after, long.MaxValue), most + 1, stop);
            var (names, book) = (await Names(directory, listings, stop), await rules.Current(stop));
            return Paging.Page(read, most, s => s.TradeNo, s => Trade(s, participant.Account, names(s.Instrument), book));
        });
        account.MapGet("/settlements/{tradeId}", async (string tradeId, HttpContext context, Whoami who, ISettlements settlements, IDirectory directory, IListings listings, IRules rules, CancellationToken stop) =>
        {
            var participant = await who.Participant(context.User, stop);
            return Paging.Id(tradeId) is { } id && await settlements.Settlement(participant.Account, id, stop) is { } one
                ? Results.Json(Own(one, participant.Account, (await Names(directory, listings, stop))(one.Instrument), await rules.Current(stop)), Json.Plain)
                : Problems.NotFound();
        });

        account.MapPost("/settlements/{id}/sign", async (string id, HttpContext context, Whoami who, IConfirmations confirmations, ISettlements settlements, IDirectory directory, IListings listings, IRules rules, CancellationToken stop) =>
        {
            await Json.Nothing(context.Request);
            var participant = await who.Participant(context.User, stop);
            if (Place(id) is not { } at || await settlements.Settlement(participant.Account, at.Trade, stop) is not { } mine) return Problems.NotFound();
            var outcome = await confirmations.Answer(mine.Buyer == participant.Account ? PlannedStep.Buyer : PlannedStep.Seller, at.Trade, at.Step, new(true, null, null, Whoami.Actor(context.User)), stop);
            if (outcome.Refused is { } refused) return refused.Code == "CONFIRMATION_UNKNOWN" ? Problems.NotFound() : Problems.Problem(refused);
            return Results.Json(Own(outcome.Value!, participant.Account, (await Names(directory, listings, stop))(outcome.Value!.Instrument), await rules.Current(stop)), Json.Plain);
        });

        var desk = app.MapGroup("/api/v1/confirmations").RequireAuthorization(IdentityModule.Authority).WithTags("Confirmations");
        desk.MapGet("", async (string? status, string? after, string? limit, HttpContext context, Whoami who, IConfirmations confirmations, IDirectory directory, IListings listings, CancellationToken stop) =>
        {
            var authority = await who.Authority(context.User, stop);
            var most = Paging.Limit(limit);
            var read = await confirmations.Queue(authority, State(status), Paging.After(after, 0), most + 1, stop);
            var names = await Names(directory, listings, stop);
            var catalog = await directory.Current(stop);
            return Paging.Page(read, most, s => s.TradeNo, s => Asked(s, names(s.Instrument), catalog, authority));
        });
        desk.MapGet("/{id}", async (string id, HttpContext context, Whoami who, IConfirmations confirmations, IDirectory directory, IListings listings, ICaps caps, CancellationToken stop) =>
            await who.Authority(context.User, stop) is var authority && Place(id) is { } at && await confirmations.Find(authority, at.Trade, stop) is { } one
                ? Results.Json(new { confirmation = Asked(one, (await Names(directory, listings, stop))(one.Instrument), await directory.Current(stop), authority), caps = await CapsOf(one, await directory.Current(stop), listings, caps, stop) }, Json.Plain)
                : Problems.NotFound());
        desk.MapPost("/{id}/approve", async (string id, HttpContext context, Whoami who, IConfirmations confirmations, IDirectory directory, IListings listings, CancellationToken stop) =>
            await Answer(id, true, null, (await Json.BodyIfAny<Approval>(context.Request))?.Quantity, context, who, confirmations, directory, listings, stop));
        desk.MapPost("/{id}/reject", async (string id, HttpContext context, Whoami who, IConfirmations confirmations, IDirectory directory, IListings listings, CancellationToken stop) =>
            await Answer(id, false, Texts.Line((await Json.Body<Rejection>(context.Request)).Reason, "reason"), null, context, who, confirmations, directory, listings, stop)).Accepts<Rejection>("application/json");
        desk.MapPost("/checks", async (HttpContext context, Whoami who, IConfirmations confirmations, IDirectory directory, IListings listings, CancellationToken stop) =>
        {
            var asked = await Json.Body<CheckAsked>(context.Request);
            var (authority, catalog, names) = (await who.Authority(context.User, stop), await directory.Current(stop), await Names(directory, listings, stop));
            if (catalog.Instrument(asked.Symbol) is not { } instrument || !(await listings.Current(stop)).TryGetValue(instrument.Number, out var listing)) throw Json.No("UNKNOWN_SYMBOL", ("symbol", asked.Symbol));
            var (checkedNow, refused) = await confirmations.Check(authority, instrument.Number, Json.Whole(asked.Limit, "limit", listing.Unit.Lot, listing.Unit.Lots), Whoami.Actor(context.User), stop);
            return refused is not null ? Problems.Problem(refused) : Results.Json(new { items = checkedNow!.Select(s => Asked(s, names(s.Instrument), catalog, authority)) }, Json.Plain);
        }).Accepts<CheckAsked>("application/json");
        desk.MapPost("/approvals", async (HttpContext context, Whoami who, IConfirmations confirmations, IDirectory directory, IListings listings, CancellationToken stop) =>
        {
            var ids = (await Json.Body<Approvals>(context.Request)).Ids;
            if (ids.Count is 0 or > BatchMost) throw Json.No("OUT_OF_RANGE", ("ids", ids.Count.ToString(CultureInfo.InvariantCulture)), ("most", BatchMost.ToString(CultureInfo.InvariantCulture)));
            var authority = await who.Authority(context.User, stop);
            var (names, catalog, results) = (await Names(directory, listings, stop), await directory.Current(stop), new List<object>());
            // Each by itself: one that cannot be approved keeps none of the others from it.
            foreach (var id in ids)
            {
                var outcome = Place(id) is { } at ? await confirmations.Answer(authority, at.Trade, at.Step, new(true, null, null, Whoami.Actor(context.User)), stop) : Refused.Because("CONFIRMATION_UNKNOWN", null);
                results.Add(outcome.Value is { } one
                    ? new { id, approved = true, confirmation = (object?)Asked(one, names(one.Instrument), catalog, authority), problem = (object?)null }
                    : new { id, approved = false, confirmation = (object?)null, problem = (object?)Problems.Body(outcome.Refused!, Problems.PrefersChinese(context.Request)) });
            }

            return Results.Json(new { results }, Json.Plain);
        }).Accepts<Approvals>("application/json");
    }

    private static async Task<IResult> Answer(
        string id, bool approve, string? reason, string? quantity, HttpContext context, Whoami who, IConfirmations confirmations, IDirectory directory, IListings listings, CancellationToken stop)
    {
        var authority = await who.Authority(context.User, stop);
        if (Place(id) is not { } at) return Problems.NotFound();
        var names = await Names(directory, listings, stop);
        long? lots = null;
        if (quantity is not null)
        {
            if (await confirmations.Find(authority, at.Trade, stop) is not { } asked) return Problems.NotFound();
            var unit = names(asked.Instrument).Listing.Unit;
            lots = Json.Whole(quantity, "quantity", unit.Lot, unit.Lots);
        }

        var outcome = await confirmations.Answer(authority, at.Trade, at.Step, new(approve, reason, lots, Whoami.Actor(context.User)), stop);
        if (outcome.Refused is { } refused) return refused.Code == "CONFIRMATION_UNKNOWN" ? Problems.NotFound() : Problems.Problem(refused);
        return Results.Json(Asked(outcome.Value!, names(outcome.Value!.Instrument), await directory.Current(stop), authority), Json.Plain);
    }

    /// <summary>A trade at its first step has the trade's number; at a later one the number of the step behind it, so that a repeat of one answer is not taken for the next.</summary>
    private static string Id(TradeSettlement s, int step) => step == 0 ? Text(s.TradeNo) : string.Create(CultureInfo.InvariantCulture, $"{s.TradeNo}.{step + 1}");

    private static (long Trade, int Step)? Place(string id)
    {
        var parts = id.Split('.');
        if (parts.Length > 2 || Paging.Id(parts[0]) is not { } trade) return null;
        if (parts.Length == 1) return (trade, 0);
        return Paging.Id(parts[1]) is { } step and > 1 and <= int.MaxValue ? (trade, (int)step - 1) : null;
    }

    /// <summary>Both counties' total control of this year as it stands, and as it will when this trade is settled (R-REG-14); null: it moves none.</summary>
    private static async Task<object?> CapsOf(TradeSettlement s, Catalog catalog, IListings listings, ICaps caps, CancellationToken stop)
    {
        var (right, seller, buyer) = (catalog.Instrument(s.Instrument)!, catalog.Participant(s.Seller)!, catalog.Participant(s.Buyer)!);
        var open = s.State is DeliveryState.Settled or DeliveryState.Unwound or DeliveryState.Rejected ? 0 : s.Lots * (await listings.Current(stop))[s.Instrument].UnitsPerLot;
        var year = Eligibility.Day(s.ExecutedAt).Year;
        if (Cap.Moved(right, seller, buyer, Math.Max(open, 1), year, year, "look") is not { } moved) return null;
        var units = open == 0 ? 0 : ((CapEvent.Moved)moved.Happened).Units;
        async Task<object> One(string region, long change)
        {
            var now = (await caps.Now(region, moved.Indicator, year, stop)).SingleOrDefault() ?? Cap.None(region, moved.Indicator, year);
            return new { region, indicator = moved.Indicator, year = Text(year), before = CapWords(now), after = CapWords(change > 0 ? now with { In = now.In + change } : now with { Out = now.Out - change }) };
        }

        return new { seller = await One(seller.Region, -units), buyer = await One(buyer.Region, units) };
    }

    private static object CapWords(Cap cap)
    {
        static string? Amount(long? units) => units is { } known ? Json.Text(known / 10_000m) : null;
        return new { limit = Amount(cap.Limit), transferredIn = Amount(cap.In), transferredOut = Amount(cap.Out), total = Amount(cap.Total), used = Amount(cap.Used), remaining = Amount(cap.Remaining) };
    }

    private static async Task<Func<int, Tradable>> Names(IDirectory directory, IListings listings, CancellationToken stop)
    {
        var (catalog, listed) = (await directory.Current(stop), await listings.Current(stop));
        return instrument => new(catalog.Instrument(instrument)!, listed[instrument]);
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>One's own side: the counterparty stays unnamed (R-DIS-03).</summary>
    public static object Own(TradeSettlement s, int account, Tradable t, RuleBook book)
    {
        var (buys, fee) = (s.Buyer == account, Fee(s, account, t, book));
        return new
        {
            tradeId = Text(s.TradeNo), symbol = t.Instrument.Symbol, side = buys ? "buy" : "sell", orderId = Text(buys ? s.BuyOrder : s.SellOrder),
            price = t.Price(s.Ticks), quantity = t.Quantity(s.Lots), amount = Json.Yuan(s.Amount), fee = fee.Fee, tradingFee = fee.Trading, settlementFee = fee.Settlement,
            state = Word(s.State), executedAt = MarketEndpoints.At(s.ExecutedAt), answerBy = AnswerBy(s), timeline = Timeline(s),
            settledQuantity = t.Quantity(s.SettledLots), waitingFor = s.Waiting, mine = s.Waiting.Contains(buys ? PlannedStep.Buyer : PlannedStep.Seller) ? Id(s, s.Step) : null, steps = Steps(s),
        };
    }

    private static FeeWords Fee(TradeSettlement s, int account, Tradable t, RuleBook book) => t.Fee(s.Buyer == account ? s.BuyFee : s.SellFee, book, s.ExecutedAt);

    /// <summary>The trade alone, as one's own book of trades has it.</summary>
    private static object Trade(TradeSettlement s, int account, Tradable t, RuleBook book)
    {
        var (buys, fee) = (s.Buyer == account, Fee(s, account, t, book));
        return new
        {
            tradeNo = Text(s.TradeNo), symbol = t.Instrument.Symbol, side = buys ? "buy" : "sell", orderId = Text(buys ? s.BuyOrder : s.SellOrder),
            price = t.Price(s.Ticks), quantity = t.Quantity(s.Lots), amount = Json.Yuan(s.Amount), fee = fee.Fee, tradingFee = fee.Trading, settlementFee = fee.Settlement, at = MarketEndpoints.At(s.ExecutedAt),
            bustedAt = s.State == DeliveryState.Busted ? MarketEndpoints.At(s.Timeline[^1].At) : null,
        };
    }

    private static object Asked(TradeSettlement s, Tradable t, Catalog catalog, string authority) => new
    {
        id = Id(s, s.Step), tradeId = Text(s.TradeNo), symbol = t.Instrument.Symbol, buyer = catalog.Participant(s.Buyer)?.Id, seller = catalog.Participant(s.Seller)?.Id,
        buyerName = Name(catalog.Participant(s.Buyer)), sellerName = Name(catalog.Participant(s.Seller)),
        price = t.Price(s.Ticks), quantity = t.Quantity(s.Lots), amount = Json.Yuan(s.Amount), status = Word(s.State), authority = s.Steps is [var first, ..] ? (s.Waiting.Length > 0 ? s.Waiting[0] : s.Steps[s.Step].By.FirstOrDefault() ?? first.By.FirstOrDefault()) : null,
        executedAt = MarketEndpoints.At(s.ExecutedAt), answerBy = AnswerBy(s), timeline = Timeline(s),
        settledQuantity = t.Quantity(s.SettledLots), waitingFor = s.Waiting, mine = s.Waiting.Contains(authority), mayObject = s.State == DeliveryState.AwaitingNotice && s.Steps[s.Step].By.Contains(authority),
        steps = Steps(s), inPart = s.Awaits && s.Steps[s.Step].InPart,
        proposed = s.Proposed is { } p ? new { approve = p.Approve, quantity = p.Lots is { } lots ? t.Quantity(lots) : null, by = p.By.User, reason = p.Reason } : null,
    };

    private static string? AnswerBy(TradeSettlement s) => s.AnswerBy is { } by ? MarketEndpoints.At(by) : null;

    private static IEnumerable<object> Steps(TradeSettlement s) =>
        s.Steps.Select((step, n) => new { kind = Json.Word(step.Kind), by = step.By, workingDays = step.WorkingDays is { } days ? Text(days) : null, missed = Json.Word(step.Missed), current = s.Awaits && n == s.Step });

    private static object? Name(Participant? p) => p is null ? null : new { zh = p.NameZh, en = p.NameEn };

    private static IEnumerable<object> Timeline(TradeSettlement s) =>
        s.Timeline.Select(step => new { state = Word(step.State), at = MarketEndpoints.At(step.At), by = step.By.User, role = step.By.Role, reason = step.Reason, @for = step.For });

    private static string Word(DeliveryState state) => Json.Word(state);

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
