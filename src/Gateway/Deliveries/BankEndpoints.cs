using System.Globalization;
using NodaTime;
using Trading.Gateway.Identity;
using Trading.Gateway.Import;
using Trading.Gateway.Market;
using Trading.Gateway.Register;
using Trading.Gateway.Supervision;
using Trading.Matching.Contracts;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;

namespace Trading.Gateway.Deliveries;

/// <param name="Amount">Yuan; below zero: it went out.</param>
internal sealed record LineAsked(string Reference, string Amount, string? Participant = null, string Note = "");

internal sealed record BalanceAsked(string Participant, string Amount);

internal sealed record StatementAsked(string Number, string Day, IReadOnlyList<LineAsked> Lines, IReadOnlyList<BalanceAsked> Balances);

internal sealed record AssignAsked(string Participant);

internal sealed record SetAsideAsked(string Reason);

internal sealed record DayEndAsked(string Day);

/// <summary>What the settlement bank says, and whether all books agree at the end of a day (R-SET-03, R-SET-06): an operator's desk.</summary>
internal static class BankEndpoints
{
    private const int LinesMost = 5_000;

    public static void MapBank(this WebApplication app)
    {
        var bank = app.MapGroup("/api/v1/bank").WithTags("Bank");
        bank.MapPost("/statements", async (HttpContext context, IBank desk, IDirectory directory, CancellationToken stop) =>
        {
            var catalog = await directory.Current(stop);
            var statement = IsCsv(context.Request) ? await StatementFile.Read(context.Request.Body, catalog, LinesMost, stop) : Statement(await Json.Body<StatementAsked>(context.Request), catalog);
            var (taken, refused) = await desk.Take(statement, Whoami.Actor(context.User), stop);
            return refused is not null ? Problems.Problem(refused) : Results.Json(new { number = taken!.Number, day = Text(taken.Day), matched = Count(taken.Matched), booked = Count(taken.Booked), unmatched = Count(taken.Unmatched) }, Json.Plain, statusCode: 201);
        }).RequireAuthorization(IdentityModule.Operator).Accepts<StatementAsked>("application/json", "text/csv").Produces(201);
        bank.MapGet("/statements", async (string? after, string? limit, IBank desk, CancellationToken stop) =>
        {
            var most = Paging.Limit(limit);
            var read = await desk.Statements(Paging.After(after, long.MaxValue) is var before and < long.MaxValue ? Time.Instant(before) : null, most + 1, stop);
            return Paging.Page(read, most, s => Time.Micros(s.TakenAt), s => new { number = s.Number, day = Text(s.Day), takenAt = MarketEndpoints.At(s.TakenAt), lines = Count(s.Lines), unmatched = Count(s.Unmatched) });
        }).RequireAuthorization(IdentityModule.Supervisor);
        bank.MapGet("/lines", async (string? state, string? after, string? limit, IBank desk, IDirectory directory, CancellationToken stop) =>
        {
            var most = Paging.Limit(limit);
            var catalog = await directory.Current(stop);
            return Paging.Page(await desk.Lines(state is null ? null : ParticipantEndpoints.Word<BankLineState>(state, "state"), Paging.After(after, long.MaxValue), most + 1, stop), most, l => l.Id, l => Show(l, catalog));
        }).RequireAuthorization(IdentityModule.Supervisor);
        bank.MapPost("/lines/{id}/assign", async (string id, HttpContext context, IBank desk, IDirectory directory, CancellationToken stop) =>
        {
            var asked = await Json.Body<AssignAsked>(context.Request);
            var catalog = await directory.Current(stop);
            return Paging.Id(id) is { } line ? Answer(await desk.Assign(line, Named.Participant(catalog, asked.Participant).Account, Whoami.Actor(context.User), stop), catalog) : Problems.NotFound();
        }).RequireAuthorization(IdentityModule.Operator).Accepts<AssignAsked>("application/json");
        bank.MapPost("/lines/{id}/set-aside", async (string id, HttpContext context, IBank desk, IDirectory directory, CancellationToken stop) =>
        {
            var asked = await Json.Body<SetAsideAsked>(context.Request);
            return Paging.Id(id) is { } line ? Answer(await desk.SetAside(line, Texts.Line(asked.Reason, "reason"), Whoami.Actor(context.User), stop), await directory.Current(stop)) : Problems.NotFound();
        }).RequireAuthorization(IdentityModule.Operator).Accepts<SetAsideAsked>("application/json");
        var ends = app.MapGroup("/api/v1/day-ends").WithTags("Bank");
        ends.MapPost("", async (HttpContext context, IDayEnds desk, IDirectory directory, CancellationToken stop) =>
        {
            var (closed, refused) = await desk.Close(ParticipantEndpoints.BusinessDay((await Json.Body<DayEndAsked>(context.Request)).Day), Whoami.Actor(context.User), stop);
            return refused is not null ? Problems.Problem(refused) : Results.Json(Show(closed!, await directory.Current(stop)), Json.Plain, statusCode: 201);
        }).RequireAuthorization(IdentityModule.Operator).Accepts<DayEndAsked>("application/json").Produces(201);
        ends.MapGet("/{day}", async (string day, IDayEnds desk, IDirectory directory, CancellationToken stop) =>
            await desk.Of(ParticipantEndpoints.BusinessDay(day), stop) is { } closed ? Results.Json(Show(closed, await directory.Current(stop)), Json.Plain) : Problems.NotFound()).RequireAuthorization(IdentityModule.Supervisor);
    }

    private static bool IsCsv(HttpRequest request) => System.Net.Http.Headers.MediaTypeHeaderValue.TryParse(request.ContentType, out var type) && string.Equals(type.MediaType, "text/csv", StringComparison.OrdinalIgnoreCase);

    private static BankStatement Statement(StatementAsked asked, Catalog catalog)
    {
        if (asked.Lines.Count > LinesMost || asked.Balances.Count > LinesMost) throw Json.No("OUT_OF_RANGE", ("lines", Count(asked.Lines.Count)), ("most", Count(LinesMost)));
        return new(Texts.Line(asked.Number, "number"), ParticipantEndpoints.BusinessDay(asked.Day),
            [.. asked.Lines.Select(l => new StatementLine(Texts.Line(l.Reference, "reference"), l.Participant, Json.Whole(l.Amount, "amount", 0.01m, TradingUnit.Fen), l.Note.Length == 0 ? "" : Texts.Line(l.Note, "note")))],
            [.. asked.Balances.Select(b => (Named.Participant(catalog, b.Participant).Account, Json.Whole(b.Amount, "amount", 0.01m, TradingUnit.Fen)))]);
    }

    private static IResult Answer(Outcome<BankLine> outcome, Catalog catalog) => outcome.Refused is { } refused ? Problems.Problem(refused) : Results.Json(Show(outcome.Value!, catalog), Json.Plain);

    private static object Show(BankLine l, Catalog catalog) => new
    {
        id = l.Id.ToString(CultureInfo.InvariantCulture), statement = l.Statement, day = Text(l.Day), reference = l.Reference, named = l.Participant, amount = Json.Yuan(l.Fen), note = l.Note,
        state = Json.Word(l.State), participant = l.Account is { } account ? catalog.Participant(account)?.Id : null, why = l.Why, by = l.WorkedBy?.User,
    };

    private static object Show(DayEnd d, Catalog catalog) => new
    {
        day = Text(d.Day), at = MarketEndpoints.At(d.At), by = d.By.User, compared = d.Compared.ToString(CultureInfo.InvariantCulture),
        breaks = d.Breaks.Select(b =>
        {
            var words = BreakWords.Of(b, catalog);
            return new { participant = catalog.Participant(b.Account)?.Id, symbol = words.Symbol, books = b.Books, says = words.Says, should = words.Should, difference = words.Difference };
        }),
    };

    private static string Text(LocalDate day) => day.ToString("uuuu-MM-dd", CultureInfo.InvariantCulture);

    private static string Count(int number) => number.ToString(CultureInfo.InvariantCulture);
}
