using System.Globalization;
using OpenIddict.Abstractions;
using Trading.Gateway.Cli;
using Trading.Gateway.Identity;
using Trading.Gateway.Market;
using Trading.Gateway.Supervision;
using Trading.Registry.Contracts;

namespace Trading.Gateway.Register;

/// <summary>Serial numbers (R-REG-04): who holds which, and the life of each from issue to end.</summary>
internal static class SerialEndpoints
{
    public static void MapSerials(this WebApplication app)
    {
        // Everyone may follow a number; between whom it went an authority sees, everyone else from which county to which (R-DIS-03).
        app.MapGet("/api/v1/instruments/{symbol}/serials/{serial}", async (string symbol, string serial, HttpContext context, ISerials serials, IDirectory directory, CancellationToken stop) =>
        {
            var catalog = await directory.Current(stop);
            var instrument = Named.Instrument(catalog, symbol);
            if (Paging.Id(serial) is not { } number) return Problems.NotFound();
            var moves = await serials.Trace(instrument.Number, number, stop);
            if (moves.Count == 0) return Problems.NotFound();
            var sees = context.User.GetClaim(OpenIddictConstants.Claims.Role) is Roles.Regulator or Roles.Operator;
            object? Party(int? account) => account is { } of && catalog.Participant(of) is { } p ? new { region = p.Region, kind = Json.Word(p.Kind), participant = sees ? p.Id : null } : null;
            return Results.Json(new
            {
                symbol, serial = Text(number),
                items = moves.Select(m => new { first = Text(m.Range.First), last = Text(m.Range.Last), how = How(m.How), from = Party(m.From), to = Party(m.To), at = MarketEndpoints.At(m.At) }),
                next = (string?)null,
            }, Json.Plain);
        }).AllowAnonymous().WithTags("Serials");
        app.MapGet("/api/v1/instruments/{symbol}/serials", async (string symbol, string? participant, ISerials serials, IDirectory directory, CancellationToken stop) =>
        {
            var catalog = await directory.Current(stop);
            var instrument = Named.Instrument(catalog, symbol);
            return All(await serials.Blocks(instrument.Number, participant is null ? null : Named.Participant(catalog, participant).Account, stop), instrument, catalog);
        }).RequireAuthorization(IdentityModule.Supervisor).WithTags("Serials");
        app.MapGet("/api/v1/account/serials", async (string symbol, HttpContext context, Whoami who, ISerials serials, IDirectory directory, CancellationToken stop) =>
        {
            var catalog = await directory.Current(stop);
            var instrument = Named.Instrument(catalog, symbol);
            return All(await serials.Blocks(instrument.Number, (await who.Participant(context.User, stop)).Account, stop), instrument, catalog);
        }).RequireAuthorization(IdentityModule.Trader).WithTags("Account");
    }

    /// <exception cref="RefusedException">FIELD_INVALID.</exception>
    public static SerialRange? Range(string? text)
    {
        if (text is null) return null;
        return text.Split('-') is [var first, var last] && Paging.Id(first) is { } from && Paging.Id(last) is { } to && from >= 1 && to >= from ? new(from, to) : throw Json.No("FIELD_INVALID", ("serials", Texts.Shown(text)));
    }

    private static IResult All(IReadOnlyList<SerialBlock> blocks, Instrument instrument, Catalog catalog) => Results.Json(new
    {
        items = blocks.Select(b => new
        {
            participant = catalog.Participant(b.Account)!.Id, first = Text(b.Range.First), last = Text(b.Range.Last), quantity = Json.Text(instrument.Quantity(b.Range.Units)), label = $"{instrument.Symbol}:{Text(b.Range.First)}-{Text(b.Range.Last)}",
        }),
        next = (string?)null,
    }, Json.Plain);

    /// <summary>right_transferred_in: transferredIn.</summary>
    private static string How(string stored) => string.Concat(stored.Split('_').Skip(1).Select((word, n) => n == 0 ? word : char.ToUpperInvariant(word[0]) + word[1..]));

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
