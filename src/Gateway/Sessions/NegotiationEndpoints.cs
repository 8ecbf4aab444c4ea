using Trading.Gateway.Identity;
using Trading.Gateway.Live;
using Trading.Gateway.Market;
using Trading.Gateway.Orders;
using Trading.Matching.Contracts;
using Trading.Matching.Core;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;

namespace Trading.Gateway.Sessions;

/// <param name="Counterparty">Participant to whom it is proposed.</param>
/// <param name="Side">What the proposer does.</param>
internal sealed record NegotiationAsked(string ClientOrderId, string Counterparty, string Symbol, string Side, string Price, string Quantity);

/// <summary>A counter-offer; what is left out stays.</summary>
internal sealed record CounterAsked(string ClientOrderId, string? Price = null, string? Quantity = null);

/// <summary>Negotiated and block trades (协议, 大宗): one proposes, the other accepts, declines or answers with an offer of his own.</summary>
internal static class NegotiationEndpoints
{
    private const int Shown = 100;

    public static void MapNegotiations(this WebApplication app)
    {
        var negotiations = app.MapGroup("/api/v1/negotiations").RequireAuthorization(IdentityModule.Trader).WithTags("Negotiations");
        negotiations.MapGet("", async (bool? open, HttpContext context, Whoami who, NegotiationDesk desk, IBlotter blotter, CancellationToken stop) =>
        {
            var account = (await who.Participant(context.User, stop)).Account;
            var items = new List<object>();
            foreach (var row in await blotter.Proposals(account, open == true, Shown, stop)) items.Add(await desk.Show(row, account, stop));
            return Results.Json(new { items, next = (string?)null }, Json.Plain);
        });
        negotiations.MapGet("/{id}", (string id, HttpContext context, Whoami who, NegotiationDesk desk, CancellationToken stop) => On(id, context, who, desk, (row, account) => desk.Shown(row, account, 200, stop), stop));
        negotiations.MapPost("", async (HttpContext context, Whoami who, NegotiationDesk desk, CancellationToken stop) =>
            await desk.Propose((await who.Participant(context.User, stop)).Account, await Json.Body<NegotiationAsked>(context.Request), stop)).Accepts<NegotiationAsked>("application/json").Produces(201);
        negotiations.MapPost("/{id}/accept", (string id, HttpContext context, Whoami who, NegotiationDesk desk, CancellationToken stop) => Do(id, context, who, desk, desk.Accept, stop));
        negotiations.MapPost("/{id}/decline", (string id, HttpContext context, Whoami who, NegotiationDesk desk, CancellationToken stop) => Do(id, context, who, desk, desk.Decline, stop));
        negotiations.MapPost("/{id}/cancel", (string id, HttpContext context, Whoami who, NegotiationDesk desk, CancellationToken stop) => Do(id, context, who, desk, desk.Cancel, stop));
        negotiations.MapPost("/{id}/counter", async (string id, HttpContext context, Whoami who, NegotiationDesk desk, CancellationToken stop) =>
        {
            var asked = await Json.Body<CounterAsked>(context.Request);
            return await On(id, context, who, desk, (row, account) => desk.Counter(row, account, asked, stop), stop);
        }).Accepts<CounterAsked>("application/json").Produces(201);
    }

    private static async Task<IResult> Do(string id, HttpContext context, Whoami who, NegotiationDesk desk, Func<ProposalRow, int, CancellationToken, Task<IResult>> act, CancellationToken stop)
    {
        await Json.Nothing(context.Request);
        return await On(id, context, who, desk, (row, account) => act(row, account, stop), stop);
    }

    private static async Task<IResult> On(string id, HttpContext context, Whoami who, NegotiationDesk desk, Func<ProposalRow, int, Task<IResult>> act, CancellationToken stop)
    {
        var account = (await who.Participant(context.User, stop)).Account;
        return Paging.Id(id) is { } number && await desk.Find(account, number, stop) is { } row ? await act(row, account) : Problems.NotFound();
    }
}

/// <summary>Between what people say to each other and what the market hears. The pair is asked before an acceptance reaches it.</summary>
internal sealed class NegotiationDesk(IOrderEntry entry, IBlotter blotter, IDirectory directory, IListings listings)
{
    public Task<ProposalRow?> Find(int account, long number, CancellationToken stop) => blotter.Proposal(account, number, stop);

    public async Task<IResult> Propose(int account, NegotiationAsked asked, CancellationToken stop)
    {
        var tradable = await Tradable.Of(asked.Symbol, directory, listings, stop);
        if ((await directory.Current(stop)).Participant(asked.Counterparty) is not { } other) throw Json.No("UNKNOWN_ACCOUNT", ("counterparty", Texts.Shown(asked.Counterparty)));
        var side = asked.Side switch { "buy" => Side.Buy, "sell" => Side.Sell, _ => throw Json.No("FIELD_INVALID", ("side", Texts.Shown(asked.Side))) };
        var unit = tradable.Listing.Unit;
        return await Propose(account, other.Account, tradable, side, Json.Whole(asked.Price, "price", unit.Tick, unit.Ticks), Json.Whole(asked.Quantity, "quantity", unit.Lot, unit.Lots), asked.ClientOrderId, stop);
    }

    public async Task<IResult> Accept(ProposalRow row, int account, CancellationToken stop)
    {
        var tradable = await Of(row, stop);
        if (row.Counterparty == account && row.EndedAt is null)
        {
            var (seller, buyer) = row.Side == Side.Sell ? (row.Account, row.Counterparty) : (row.Counterparty, row.Account);
            if (await listings.Between(seller, buyer, row.Instrument, row.Lots, stop) is { } refused) return Problems.Problem(refused.InUnitsOf(tradable.Instrument));
        }

        return await Submit(new() { Kind = CommandKind.Accept, Account = account, Order = row.Number, Instrument = row.Instrument }, row, account, tradable, stop);
    }

    public async Task<IResult> Decline(ProposalRow row, int account, CancellationToken stop) =>
        await Submit(new() { Kind = CommandKind.Decline, Account = account, Order = row.Number, Instrument = row.Instrument }, row, account, await Of(row, stop), stop);

    public async Task<IResult> Cancel(ProposalRow row, int account, CancellationToken stop) =>
        await Submit(new() { Kind = CommandKind.Cancel, Account = account, Order = row.Number, Instrument = row.Instrument }, row, account, await Of(row, stop), stop);

    /// <summary>The answer is a proposal the other way round; it stands before the first one is declined, so that nothing is lost between.</summary>
    public async Task<IResult> Counter(ProposalRow row, int account, CounterAsked asked, CancellationToken stop)
    {
        var tradable = await Of(row, stop);
        if (row.Counterparty != account || row.EndedAt is not null) return Problems.Problem(Refused.Because("UNKNOWN_PROPOSAL", null).With("id", OrderDesk.Id(row.Number)));
        var unit = tradable.Listing.Unit;
        var (ticks, lots) = (asked.Price is null ? row.Ticks : Json.Whole(asked.Price, "price", unit.Tick, unit.Ticks), asked.Quantity is null ? row.Lots : Json.Whole(asked.Quantity, "quantity", unit.Lot, unit.Lots));
        var answer = await Propose(account, row.Account, tradable, row.Side == Side.Buy ? Side.Sell : Side.Buy, ticks, lots, asked.ClientOrderId, stop);
        if (answer is IStatusCodeHttpResult { StatusCode: 201 }) await entry.Submit(new() { Kind = CommandKind.Decline, Account = account, Order = row.Number, Instrument = row.Instrument }, null, stop);
        return answer;
    }

    public async Task<IResult> Shown(ProposalRow row, int account, int status, CancellationToken stop) => Results.Json(await Show(row, account, stop), Json.Plain, statusCode: status);

    public async Task<object> Show(ProposalRow row, int account, CancellationToken stop)
    {
        var (tradable, catalog, proposed) = (await Of(row, stop), await directory.Current(stop), row.Account == account);
        var own = proposed == (row.Side == Side.Buy) ? Side.Buy : Side.Sell;
        return new
        {
            id = OrderDesk.Id(row.Number), clientOrderId = proposed ? row.ClientId : null, symbol = tradable.Instrument.Symbol, name = new { zh = tradable.Instrument.NameZh, en = tradable.Instrument.NameEn }, unit = tradable.Instrument.Unit,
            proposedByMe = proposed, counterparty = Counterparty.Show(catalog.Participant(proposed ? row.Counterparty : row.Account)), side = MarketEndpoints.Word(own),
            price = tradable.Price(row.Ticks), quantity = tradable.Quantity(row.Lots), state = State(row), tradeId = row.TradeNo is { } trade ? OrderDesk.Id(trade) : null,
            at = MarketEndpoints.At(row.ProposedAt), endedAt = row.EndedAt is { } ended ? MarketEndpoints.At(ended) : null,
        };
    }

    private static string State(ProposalRow row) => row switch
    {
        { TradeNo: not null } => "agreed",
        { EndedAt: null } => "open",
        _ => row.Reason switch { CancelReason.Declined => "declined", CancelReason.User => "cancelled", CancelReason.Blocked => "blocked", CancelReason.Expired => "expired", _ => "closed" },
    };

    private async Task<IResult> Propose(int account, int other, Tradable tradable, Side side, long ticks, long lots, string clientId, CancellationToken stop)
    {
        var (high, low) = OrderDesk.Digest(clientId);
        var answer = await entry.Submit(new()
        {
            Kind = CommandKind.Propose, Account = account, Instrument = tradable.Instrument.Number, Counterparty = other, Side = side, Ticks = ticks, Lots = lots, ClientHigh = high, ClientLow = low,
        }, clientId, stop);
        var first = answer.Outputs[0];
        if (first.Kind == OutputKind.Rejected) return Problems.Problem(OrderDesk.Why(first.Code, first.Needed, first.Had, tradable));
        var number = first.Kind == OutputKind.Repeated ? first.Original : answer.Sequence;
        return await Find(account, number, stop) is { } row ? await Shown(row, account, 201, stop) : Problems.NotFound();
    }

    private async Task<IResult> Submit(Command command, ProposalRow row, int account, Tradable tradable, CancellationToken stop)
    {
        var answer = await entry.Submit(command, null, stop);
        if (answer.Outputs[0] is { Kind: OutputKind.Rejected } no)
            return Problems.Problem(no.Code is Refusal.UnknownOrder ? Refused.Because("UNKNOWN_PROPOSAL", null).With("id", OrderDesk.Id(row.Number)) : OrderDesk.Why(no.Code, no.Needed, no.Had, tradable));
        return await Shown((await Find(account, row.Number, stop))!, account, 200, stop);
    }

    private Task<Tradable> Of(ProposalRow row, CancellationToken stop) => Tradable.Of(row.Instrument, directory, listings, stop);
}
