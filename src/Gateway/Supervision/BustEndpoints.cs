using System.Globalization;
using Trading.Gateway.Identity;
using Trading.Gateway.Market;
using Trading.Gateway.Orders;
using Trading.Matching.Core;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;

namespace Trading.Gateway.Supervision;

internal sealed record BustAsked(string TradeNo, string Reason);

/// <summary>Cancelling an erroneous trade: one asks, another approves (R-REG-08), the market carries it out whole or says why not.</summary>
internal static class BustEndpoints
{
    public static void MapBusts(this WebApplication app)
    {
        var busts = app.MapGroup("/api/v1/busts").RequireAuthorization(IdentityModule.Supervisor).WithTags("Supervision");
        busts.MapGet("", async (string? after, string? limit, IBusts desk, IDirectory directory, IListings listings, CancellationToken stop) =>
        {
            var most = Paging.Limit(limit);
            var read = await desk.All(Paging.After(after, long.MaxValue), most + 1, stop);
            var show = await Showing(read, desk, directory, listings, stop);
            return Paging.Page(read, most, b => b.Id, show);
        });
        busts.MapGet("/{id}", async (string id, IBusts desk, IDirectory directory, IListings listings, CancellationToken stop) =>
            Paging.Id(id) is { } number && await desk.Bust(number, stop) is { } bust ? Results.Json((await Showing([bust], desk, directory, listings, stop))(bust), Json.Plain) : Problems.NotFound());
        busts.MapPost("", async (HttpContext context, IBusts desk, IDirectory directory, IListings listings, CancellationToken stop) =>
        {
            var asked = await Json.Body<BustAsked>(context.Request);
            if (Paging.Id(asked.TradeNo) is not { } trade) throw Json.No("UNKNOWN_TRADE", ("tradeNo", Texts.Shown(asked.TradeNo)));
            return await Answer(desk.Ask(trade, Texts.Line(asked.Reason, "reason"), Whoami.Actor(context.User), stop), desk, directory, listings, stop, 201);
        }).RequireAuthorization(IdentityModule.Regulator).Accepts<BustAsked>("application/json").Produces(201);
        busts.MapPost("/{id}/approve", async (string id, HttpContext context, IBusts desk, IDirectory directory, IListings listings, CancellationToken stop) =>
        {
            await Json.Nothing(context.Request);
            return Paging.Id(id) is { } number ? await Answer(desk.Approve(number, Whoami.Actor(context.User), stop), desk, directory, listings, stop) : Problems.NotFound();
        }).RequireAuthorization(IdentityModule.Operator);
        busts.MapPost("/{id}/withdraw", async (string id, HttpContext context, IBusts desk, IDirectory directory, IListings listings, CancellationToken stop) =>
        {
            await Json.Nothing(context.Request);
            return Paging.Id(id) is { } number ? await Answer(desk.Withdraw(number, Whoami.Actor(context.User), stop), desk, directory, listings, stop) : Problems.NotFound();
        });
    }

    private static async Task<IResult> Answer(Task<Outcome<Bust>> asked, IBusts desk, IDirectory directory, IListings listings, CancellationToken stop, int status = 200)
    {
        var outcome = await asked;
        if (outcome.Refused is { } refused) return Problems.Problem(refused);
        return Results.Json((await Showing([outcome.Value!], desk, directory, listings, stop))(outcome.Value!), Json.Plain, statusCode: status);
    }

    private static async Task<Func<Bust, object>> Showing(IReadOnlyList<Bust> busts, IBusts desk, IDirectory directory, IListings listings, CancellationToken stop)
    {
        var trades = (await desk.Trades([.. busts.Select(b => b.TradeNo)], stop)).ToDictionary(t => t.TradeNo);
        var (catalog, listed) = (await directory.Current(stop), await listings.Current(stop));
        return bust => Show(bust, trades[bust.TradeNo], new(catalog.Instrument(trades[bust.TradeNo].Instrument)!, listed[trades[bust.TradeNo].Instrument]));
    }

    /// <summary>Without the parties: who carries it out need not know them.</summary>
    private static object Show(Bust b, TradeSettlement s, Tradable t)
    {
        var refused = b.Code == Refusal.None ? null : OrderDesk.Why(b.Code, b.Needed, b.Had, t);
        return new
        {
            id = b.Id.ToString(CultureInfo.InvariantCulture), tradeNo = b.TradeNo.ToString(CultureInfo.InvariantCulture), symbol = t.Instrument.Symbol, price = t.Price(s.Ticks), quantity = t.Quantity(s.Lots),
            amount = Json.Yuan(s.Amount), tradedAt = MarketEndpoints.At(s.ExecutedAt), reason = b.Reason,
            state = b.State switch { BustState.Asked => "asked", BustState.Approved => "approved", BustState.Busted => "busted", BustState.Refused => "refused", _ => "withdrawn" },
            askedBy = b.AskedBy.User, askedAt = MarketEndpoints.At(b.AskedAt), answeredBy = b.AnsweredBy?.User, answeredAt = b.AnsweredAt is { } at ? MarketEndpoints.At(at) : null,
            code = refused?.Code, values = refused?.Values.ToDictionary(v => v.Key, v => v.Value, StringComparer.Ordinal),
        };
    }
}
