using System.Globalization;
using System.Text;
using CsvHelper;
using Trading.Gateway.Export;
using Trading.Gateway.Identity;
using Trading.Gateway.Market;
using Trading.Gateway.Register;
using Trading.Matching.Contracts;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;

namespace Trading.Gateway.Deliveries;

/// <param name="Operation">Made once by it.</param>
internal sealed record PayoutAsked(string Amount, string Operation);

internal sealed record RefusalAsked(string Reason);

/// <summary>Money out (出金, R-SET-03): its account asks, an operator approves above the limit and takes the payment file, the bank's statement says what became of it.</summary>
internal static class PayoutEndpoints
{
    public static void MapPayouts(this WebApplication app)
    {
        var own = app.MapGroup("/api/v1/account/funds/payouts").RequireAuthorization(IdentityModule.Trader).WithTags("Account");
        own.MapPost("", async (HttpContext context, Whoami who, IPayouts desk, IDirectory directory, CancellationToken stop) =>
        {
            var participant = await who.Participant(context.User, stop);
            var asked = await Json.Body<PayoutAsked>(context.Request);
            return await Answer(desk.Ask(participant.Account, Json.Whole(asked.Amount, "amount", 0.01m, TradingUnit.Fen), TransferEndpoints.Key(asked.Operation), Whoami.Actor(context.User), stop), directory, stop, 201);
        }).Accepts<PayoutAsked>("application/json").Produces(201);
        own.MapGet("", async (string? state, string? after, string? limit, HttpContext context, Whoami who, IPayouts desk, IDirectory directory, CancellationToken stop) =>
            await Page(state, (await who.Participant(context.User, stop)).Account, after, limit, desk, directory, stop));
        own.MapPost("/{id}/cancel", async (string id, HttpContext context, Whoami who, IPayouts desk, IDirectory directory, CancellationToken stop) =>
        {
            var participant = await who.Participant(context.User, stop);
            await Json.Nothing(context.Request);
            return Paging.Id(id) is { } payout ? await Answer(desk.Cancel(participant.Account, payout, Whoami.Actor(context.User), stop), directory, stop) : Problems.NotFound();
        });

        var bank = app.MapGroup("/api/v1/bank").WithTags("Bank");
        bank.MapGet("/payouts", (string? state, string? after, string? limit, IPayouts desk, IDirectory directory, CancellationToken stop) => Page(state, null, after, limit, desk, directory, stop))
            .RequireAuthorization(IdentityModule.Supervisor);
        bank.MapPost("/payouts/{id}/approve", async (string id, HttpContext context, IPayouts desk, IDirectory directory, CancellationToken stop) =>
        {
            await Json.Nothing(context.Request);
            return Paging.Id(id) is { } payout ? await Answer(desk.Approve(payout, Whoami.Actor(context.User), stop), directory, stop) : Problems.NotFound();
        }).RequireAuthorization(IdentityModule.Operator);
        bank.MapPost("/payouts/{id}/refuse", async (string id, HttpContext context, IPayouts desk, IDirectory directory, CancellationToken stop) =>
        {
            var asked = await Json.Body<RefusalAsked>(context.Request);
            return Paging.Id(id) is { } payout ? await Answer(desk.Refuse(payout, Texts.Line(asked.Reason, "reason"), Whoami.Actor(context.User), stop), directory, stop) : Problems.NotFound();
        }).RequireAuthorization(IdentityModule.Operator).Accepts<RefusalAsked>("application/json");
        bank.MapPost("/payment-files", async (HttpContext context, IPayouts desk, CancellationToken stop) =>
        {
            await Json.Nothing(context.Request);
            var (file, refused) = await desk.Send(Whoami.Actor(context.User), stop);
            return refused is not null ? Problems.Problem(refused) : Results.Json(Show(file!), Json.Plain, statusCode: 201);
        }).RequireAuthorization(IdentityModule.Operator).Produces(201);
        bank.MapGet("/payment-files", async (string? after, string? limit, IPayouts desk, CancellationToken stop) =>
        {
            var most = Paging.Limit(limit);
            return Paging.Page(await desk.Files(Paging.After(after, long.MaxValue), most + 1, stop), most, f => f.Number, Show);
        }).RequireAuthorization(IdentityModule.Supervisor);
        bank.MapGet("/payment-files/{number}", async (string number, IPayouts desk, IDirectory directory, CancellationToken stop) =>
            Paging.Id(number) is { } id && await desk.File(id, stop) is { } found
                ? Results.File(Written(found.File, found.Payouts, await directory.Current(stop)), "text/csv; charset=utf-8", $"payment-file-{number}.csv")
                : Problems.NotFound()).RequireAuthorization(IdentityModule.Supervisor).Produces(200, contentType: "text/csv");
    }

    /// <summary>The same bytes whenever it is asked for: only what was fixed when it was made stands in it, and a row of totals last.</summary>
    private static byte[] Written(PaymentFile file, IReadOnlyList<Payout> payouts, Catalog catalog)
    {
        using var bytes = new MemoryStream();
        using (var text = new StreamWriter(bytes, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)))
        using (var csv = new CsvWriter(text, CultureInfo.InvariantCulture))
        {
            var number = file.Number.ToString(CultureInfo.InvariantCulture);
            foreach (var row in (IEnumerable<string[]>)[["file", "record", "reference", "participant", "name", "amount"],
                .. payouts.Select(p => (string[])[number, "payment", p.Reference, catalog.Participant(p.Account)!.Id, catalog.Participant(p.Account)!.NameZh, Json.Yuan(p.Fen)]),
                [number, "total", file.Payouts.ToString(CultureInfo.InvariantCulture), "", "", Json.Yuan(file.Fen)]])
            {
                foreach (var cell in row) csv.WriteField(ExportFile.Harmless(cell));
                csv.NextRecord();
            }
        }

        return bytes.ToArray();
    }

    private static async Task<IResult> Page(string? state, int? account, string? after, string? limit, IPayouts desk, IDirectory directory, CancellationToken stop)
    {
        var most = Paging.Limit(limit);
        var catalog = await directory.Current(stop);
        return Paging.Page(await desk.All(state is null ? null : ParticipantEndpoints.Word<PayoutState>(state, "state"), account, Paging.After(after, long.MaxValue), most + 1, stop), most, p => p.Id, p => Show(p, catalog));
    }

    private static async Task<IResult> Answer(Task<Outcome<Payout>> asked, IDirectory directory, CancellationToken stop, int status = 200)
    {
        var (payout, refused) = await asked;
        return refused is not null ? Problems.Problem(refused.InUnitsOf(null)) : Results.Json(Show(payout!, await directory.Current(stop)), Json.Plain, statusCode: status);
    }

    private static object Show(Payout p, Catalog catalog) => new
    {
        id = p.Id.ToString(CultureInfo.InvariantCulture), participant = catalog.Participant(p.Account)?.Id, amount = Json.Yuan(p.Fen), reference = p.Reference, operation = p.Operation, state = Json.Word(p.State),
        needsApproval = p is { FourEyes: true, ApprovedBy: null, State: PayoutState.Asked }, askedBy = p.AskedBy.User, askedAt = MarketEndpoints.At(p.AskedAt), approvedBy = p.ApprovedBy?.User,
        file = p.File?.ToString(CultureInfo.InvariantCulture), why = p.Why, endedAt = p.EndedAt is { } at ? MarketEndpoints.At(at) : null,
    };

    private static object Show(PaymentFile f) => new
    {
        number = f.Number.ToString(CultureInfo.InvariantCulture), madeAt = MarketEndpoints.At(f.MadeAt), by = f.By.User, count = f.Payouts.ToString(CultureInfo.InvariantCulture), total = Json.Yuan(f.Fen),
    };
}
