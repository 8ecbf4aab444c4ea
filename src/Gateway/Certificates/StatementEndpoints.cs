using System.Globalization;
using NodaTime;
using Trading.Gateway.Accounts;
using Trading.Gateway.Export;
using Trading.Gateway.Identity;
using Trading.Gateway.Market;
using Trading.Gateway.Papers;
using Trading.Gateway.Register;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;

namespace Trading.Gateway.Certificates;

/// <summary>A day of an account: to its own people, and of whom they name to who supervises (R-SET-08).</summary>
internal static class StatementEndpoints
{
    private const int LinesMost = 200_000;
    /// <summary>A sheet may be long; some hundred pages are the most that anybody prints.</summary>
    private const int LinesOnPaperMost = 10_000;

    public static void MapStatements(this WebApplication app)
    {
        var group = app.MapGroup("/api/v1/statements").RequireAuthorization(IdentityModule.Holder).WithTags("Statements");
        group.MapGet("/{day}", async (string day, string? participant, HttpContext context, Whoami who, IStatements statements, IDirectory directory, CancellationToken stop) =>
        {
            var holder = await CertificateEndpoints.Whose(participant, context, who, directory, stop);
            var (statement, refused) = await statements.Of(holder.Account, ParticipantEndpoints.BusinessDay(day), LinesMost, stop);
            return refused is not null ? Problems.Problem(refused) : Results.Json(Show(statement!, holder, await directory.Current(stop)), Json.Plain);
        }).WithSummary("Opening, every movement and closing of a business day, of money and of each right.");
        group.MapGet("/{day}/export", async (string day, string? participant, string? format, string? language, HttpContext context, Whoami who, IStatements statements, Press press, IDirectory directory, CancellationToken stop) =>
        {
            var (words, onPaper) = (Wording.Of(language, context.Request), format == "pdf");
            var holder = await CertificateEndpoints.Whose(participant, context, who, directory, stop);
            var (statement, refused) = await statements.Of(holder.Account, ParticipantEndpoints.BusinessDay(day), onPaper ? LinesOnPaperMost : LinesMost, stop);
            if (refused is not null) return Problems.Problem(refused);
            var (catalog, name) = (await directory.Current(stop), $"statement-{holder.Id}-{day}");
            return onPaper
                ? Results.File(press.Print(StatementPaper.Of(statement!, holder, catalog, words)), "application/pdf", name + ".pdf")
                : await ExportFile.Of(name, format, context.Request, StatementPaper.Sheet(words), StatementPaper.Rows(statement!, catalog).ToAsyncEnumerable());
        }).WithSummary("The same as a file: format=xlsx (where nothing is said), csv or pdf; language=zh or en.");
    }

    private static object Show(DailyStatement s, Participant holder, Catalog catalog) => new
    {
        participant = holder.Id, day = Wording.Day(s.Day), asOf = MarketEndpoints.At(s.AsOf), over = s.Over,
        money = new
        {
            opening = AccountEndpoints.Show(s.Opening), closing = AccountEndpoints.Show(s.Closing),
            lines = s.Lines.Select(l => (Line: l, Fee: l.Fee is { } parts ? FeeWords.Of(parts) : (FeeWords?)null)).Select(of => new
            {
                at = MarketEndpoints.At(of.Line.At), kind = Json.Word(of.Line.Kind), reference = of.Line.Reference, symbol = of.Line.Instrument is { } traded ? catalog.Instrument(traded)?.Symbol : null, fee = of.Fee?.Fee, tradingFee = of.Fee?.Trading, settlementFee = of.Fee?.Settlement,
                available = Json.Yuan(of.Line.Change.Available), inMarket = Json.Yuan(of.Line.Change.InMarket), awaitingConfirmation = Json.Yuan(of.Line.Change.Awaiting), frozen = Json.Yuan(of.Line.Change.Frozen), payingOut = Json.Yuan(of.Line.Change.PayingOut), total = Json.Yuan(of.Line.Change.Total),
            }),
        },
        rights = s.Rights.Select(r =>
        {
            var i = catalog.Instrument(r.Opening.Key.Instrument)!;
            string Text(long units) => Json.Text(i.Quantity(units));
            return new
            {
                symbol = i.Symbol, opening = AccountEndpoints.Show([r.Opening], catalog).Single(), closing = AccountEndpoints.Show([r.Closing], catalog).Single(),
                lines = r.Lines.Select(l => new
                {
                    at = MarketEndpoints.At(l.At), kind = StatementPaper.What(l.Happened), reference = StatementPaper.Reference(l.Happened), total = Text(l.Change.Total), available = Text(l.Change.Available), inMarket = Text(l.Change.Earmarked),
                    pledged = Text(l.Change.Pledged), frozen = Text(l.Change.Frozen), awaitingConfirmation = Text(l.Change.Awaiting), held = Text(l.Change.Held),
                }),
            };
        }),
    };
}
