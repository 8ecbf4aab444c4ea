using System.Globalization;
using NodaTime.Text;
using Trading.Gateway.Identity;
using Trading.Gateway.Market;
using Trading.Gateway.Register;
using Trading.Matching.Contracts;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;

namespace Trading.Gateway.Supervision;

/// <param name="Symbol">Null: money.</param>
/// <param name="Quantity">In the unit of the instrument.</param>
/// <param name="Amount">Yuan.</param>
/// <param name="All">In place of a figure: all that is there when it is carried out.</param>
/// <param name="Kind">judicial or administrative.</param>
/// <param name="Basis">The law the document names.</param>
/// <param name="From">First day it may be carried out, yyyy-mm-dd; null: at once.</param>
/// <param name="Until">Last day it holds, yyyy-mm-dd; null: until it is lifted.</param>
internal sealed record FreezeAsked(
    string Participant, string Kind, string Authority, string Officer, string Document, string? Basis = null, string? From = null, string? Until = null,
    string? Symbol = null, string? Quantity = null, string? Amount = null, bool All = false);

internal sealed record LiftAsked(string Document);

/// <param name="Amount">In the unit of the freeze.</param>
internal sealed record DeductionAsked(string To, string Amount, string Document);

/// <summary>Freezes: a regulator orders, an operator carries out (R-REG-06, R-REG-08).</summary>
internal static class SupervisionEndpoints
{
    public static void MapSupervision(this WebApplication app)
    {
        var freezes = app.MapGroup("/api/v1/freezes").RequireAuthorization(IdentityModule.Supervisor).WithTags("Supervision");
        freezes.MapGet("", async (string? after, string? limit, IFreezes desk, IDirectory directory, CancellationToken stop) =>
        {
            var most = Paging.Limit(limit);
            var catalog = await directory.Current(stop);
            return Paging.Page(await desk.All(Paging.After(after, 0), most + 1, stop), most, f => f.Id, f => Show(f, catalog));
        });
        freezes.MapPost("", async (HttpContext context, IFreezes desk, IDirectory directory, CancellationToken stop) =>
        {
            var asked = await Json.Body<FreezeAsked>(context.Request);
            var warrant = new FreezeWarrant(
                ParticipantEndpoints.Word<FreezeKind>(asked.Kind, "kind"), Texts.Line(asked.Authority, "authority"), Texts.Line(asked.Officer, "officer"), Texts.Line(asked.Document, "document"),
                asked.Basis is null ? null : Texts.Line(asked.Basis, "basis"), ParticipantEndpoints.Day(asked.From, "from"), ParticipantEndpoints.Day(asked.Until, "until"));
            var catalog = await directory.Current(stop);
            var participant = Named.Participant(catalog, asked.Participant);
            var (figure, other) = asked.Symbol is null ? (asked.Amount, asked.Quantity) : (asked.Quantity, asked.Amount);
            if (other is not null || (figure is null) != asked.All) throw Json.No("FIELD_MISSING", ("path", "symbol and quantity, or amount, or all"));
            var instrument = asked.Symbol is null ? null : Named.Instrument(catalog, asked.Symbol);
            long? units = asked.All ? null : instrument is null ? Json.Whole(figure, "amount", 0.01m, TradingUnit.Fen) : Json.Whole(figure, "quantity", instrument.MinimumUnit, instrument.Units);
            return await Answer(desk.Order(participant.Account, instrument?.Number ?? 0, units, warrant, Whoami.Actor(context.User), stop), directory, stop, 201, instrument);
        }).RequireAuthorization(IdentityModule.Regulator).Accepts<FreezeAsked>("application/json").Produces(201);
        freezes.MapPost("/{id}/lift", async (string id, HttpContext context, IFreezes desk, IDirectory directory, CancellationToken stop) =>
        {
            var asked = await Json.Body<LiftAsked>(context.Request);
            return Paging.Id(id) is { } number ? await Answer(desk.OrderLift(number, Texts.Line(asked.Document, "document"), Whoami.Actor(context.User), stop), directory, stop) : Problems.NotFound();
        }).RequireAuthorization(IdentityModule.Regulator).Accepts<LiftAsked>("application/json");
        freezes.MapPost("/{id}/deduct", async (string id, HttpContext context, IFreezes desk, IDirectory directory, CancellationToken stop) =>
        {
            var asked = await Json.Body<DeductionAsked>(context.Request);
            if (Paging.Id(id) is not { } number || await desk.Find(number, stop) is not { } freeze) return Problems.NotFound();
            var catalog = await directory.Current(stop);
            var instrument = catalog.Instrument(freeze.Instrument);
            var amount = instrument is null ? Json.Whole(asked.Amount, "amount", 0.01m, TradingUnit.Fen) : Json.Whole(asked.Amount, "amount", instrument.MinimumUnit, instrument.Units);
            return await Answer(desk.OrderDeduction(number, new(Named.Participant(catalog, asked.To).Account, amount, Texts.Line(asked.Document, "document")), Whoami.Actor(context.User), stop), directory, stop, instrument: instrument);
        }).RequireAuthorization(IdentityModule.Regulator).Accepts<DeductionAsked>("application/json");
        freezes.MapPost("/{id}/carry-out", async (string id, HttpContext context, IFreezes desk, IDirectory directory, CancellationToken stop) =>
        {
            await Json.Nothing(context.Request);
            return Paging.Id(id) is { } number ? await Answer(desk.CarryOut(number, Whoami.Actor(context.User), stop), directory, stop) : Problems.NotFound();
        }).RequireAuthorization(IdentityModule.Operator);
    }

    private static async Task<IResult> Answer(Task<Outcome<Freeze>> asked, IDirectory directory, CancellationToken stop, int status = 200, Instrument? instrument = null)
    {
        var outcome = await asked;
        return outcome.Refused is { } refused ? Problems.Problem(refused.InUnitsOf(instrument)) : Results.Json(Show(outcome.Value!, await directory.Current(stop)), Json.Plain, statusCode: status);
    }

    private static object Show(Freeze f, Catalog catalog)
    {
        var instrument = catalog.Instrument(f.Instrument);
        string Amount(long value) => instrument is null ? Json.Yuan(value) : Json.Text(instrument.Quantity(value));
        return new
        {
            id = f.Id.ToString(CultureInfo.InvariantCulture), participant = catalog.Participant(f.Account)?.Id, symbol = instrument?.Symbol, amount = f.Amount == 0 && f.State is FreezeState.Ordered or FreezeState.Lapsed ? null : Amount(f.Amount), taken = Amount(f.Taken),
            waiting = Amount(f.State is FreezeState.Active or FreezeState.LiftOrdered or FreezeState.DeductOrdered ? f.Amount - f.Taken : 0), deducted = Amount(f.Deducted),
            deducting = f.Deducting is { } d ? new { to = catalog.Participant(d.To)?.Id, amount = Amount(d.Amount), document = d.Document } : null,
            kind = Json.Word(f.Warrant.Kind), authority = f.Warrant.Authority, officer = f.Warrant.Officer, document = f.Warrant.Document, basis = f.Warrant.Basis,
            from = f.Warrant.FirstDay is { } first ? LocalDatePattern.Iso.Format(first) : null, until = f.Warrant.LastDay is { } last ? LocalDatePattern.Iso.Format(last) : null, state = Json.Word(f.State),
            orderedBy = f.OrderedBy.User, carriedOutBy = f.CarriedOutBy?.User, orderedAt = MarketEndpoints.At(f.OrderedAt),
        };
    }
}

internal static class Named
{
    /// <exception cref="RefusedException">UNKNOWN_ACCOUNT.</exception>
    public static Participant Participant(Catalog catalog, string id) => catalog.Participant(id) ?? throw Json.No("UNKNOWN_ACCOUNT", ("participant", Texts.Shown(id)));

    /// <exception cref="RefusedException">UNKNOWN_SYMBOL.</exception>
    public static Instrument Instrument(Catalog catalog, string symbol) => catalog.Instrument(symbol) ?? throw Json.No("UNKNOWN_SYMBOL", ("symbol", Texts.Shown(symbol)));
}
