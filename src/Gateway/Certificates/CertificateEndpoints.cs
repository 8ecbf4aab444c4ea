using System.Text.Encodings.Web;
using NodaTime;
using NodaTime.Text;
using OpenIddict.Abstractions;
using Trading.Gateway.Identity;
using Trading.Gateway.Market;
using Trading.Gateway.Papers;
using Trading.Gateway.Supervision;
using Trading.Matching.Contracts;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;

namespace Trading.Gateway.Certificates;

/// <summary>Of a settled trade, or of a right that is held.</summary>
/// <param name="At">As of which instant a right is certified; null: now.</param>
/// <param name="Participant">Whose; one's own where nothing is said.</param>
internal sealed record CertificateAsked(string? TradeId = null, string? Symbol = null, string? At = null, string? Participant = null);

internal static class CertificateEndpoints
{
    /// <summary>Who verifies at one moment: a stranger, anybody.</summary>
    public const int InPublicMost = 16;
    private const string Pdf = "application/pdf";

    public static void AddPapers(this IServiceCollection services)
    {
        services.AddSingleton<Typefaces>();
        services.AddSingleton<Press>();
        services.AddSingleton<CertificateStore>();
        services.AddSingleton<CertificateDesk>();
    }

    public static void MapCertificates(this WebApplication app)
    {
        var group = app.MapGroup("/api/v1/certificates").WithTags("Certificates");
        var inPublic = new Turnstile(InPublicMost, seconds: 1);
        group.MapPost("", async (HttpContext context, Whoami who, CertificateDesk desk, IDirectory directory, CancellationToken stop) =>
        {
            var asked = await Json.Body<CertificateAsked>(context.Request);
            var holder = await Whose(asked.Participant, context, who, directory, stop);
            var ((issued, fresh), refused) = await desk.Issue(holder, asked, Whoami.Actor(context.User), stop);
            if (refused is not null) return refused.Code == "NOT_FOUND" ? Problems.NotFound() : Problems.Problem(refused);
            return Results.Json(await desk.Show(issued!, stop), Json.Plain, statusCode: fresh ? StatusCodes.Status201Created : StatusCodes.Status200OK);
        }).RequireAuthorization(IdentityModule.Holder).Accepts<CertificateAsked>("application/json").Produces(201)
            .WithSummary("Issues a trade confirmation (tradeId) or a holding certificate (symbol, at); asked again for the same, answers with the same.");
        group.MapGet("/{number}", async (string number, CertificateDesk desk, CancellationToken stop) =>
        {
            using var place = inPublic.Enter();
            return await desk.Find(number, stop) is { } found ? Results.Json(await desk.Show(found, stop), Json.Plain) : Problems.NotFound();
        }).AllowAnonymous().WithSummary("What a certificate says and whether it is still so; no sign-in.");
        group.MapGet("/{number}/pdf", async (string number, string? language, HttpContext context, Whoami who, CertificateDesk desk, Press press, IConfiguration configuration, CancellationToken stop) =>
        {
            var words = Wording.Of(language, context.Request);
            if (await desk.Find(number, stop) is not { } found || (context.User.GetClaim(Whoami.ParticipantClaim) is not null && (await who.Participant(context.User, stop)).Account != found.Account)) return Problems.NotFound();
            var paper = CertificatePaper.Of(found, await desk.RevokedAt(found, stop), words, Address(found.Number, context.Request, configuration));
            return Results.File(press.Print(paper), Pdf, $"{found.Number}.pdf");
        }).RequireAuthorization(IdentityModule.Holder).Produces(200, contentType: Pdf).WithSummary("The paper, in Chinese (language=zh) or English (language=en): to the holder's own people and to who supervises.");
    }

    /// <summary>One's own, or of whom a supervisor names.</summary>
    /// <exception cref="RefusedException">FORBIDDEN, FIELD_MISSING, UNKNOWN_ACCOUNT.</exception>
    public static async Task<Participant> Whose(string? participant, HttpContext context, Whoami who, IDirectory directory, CancellationToken stop)
    {
        if (context.User.GetClaim(Whoami.ParticipantClaim) is null)
        {
            // Only who supervises speaks for nobody and still may ask.
            if (!context.User.HasClaim(OpenIddictConstants.Claims.Role, Roles.Regulator) && !context.User.HasClaim(OpenIddictConstants.Claims.Role, Roles.Operator)) throw Json.No("FORBIDDEN");
            return Named.Participant(await directory.Current(stop), participant ?? throw Json.No("FIELD_MISSING", ("path", "participant")));
        }

        var own = await who.Participant(context.User, stop);
        return participant is null || participant == own.Id ? own : throw Json.No("FORBIDDEN");
    }

    /// <summary>Where anybody verifies it: at the configured <c>PublicAddress</c>, for behind a proxy nobody else knows it; else at the address that was asked.</summary>
    private static string Address(string number, HttpRequest request, IConfiguration configuration) =>
        (configuration["PublicAddress"]?.TrimEnd('/') ?? $"{request.Scheme}://{request.Host.ToUriComponent()}") + "/verify/" + UrlEncoder.Default.Encode(number);
}

/// <summary>Gathers facts, gives out certificates, and says whether one still holds.</summary>
internal sealed class CertificateDesk(CertificateStore store, IStatements statements, ISettlements settlements, IHoldings holdings, IDirectory directory, IListings listings, IClock clock)
{
    public Task<Certificate?> Find(string number, CancellationToken stop) => store.Find(number, stop);

    /// <exception cref="RefusedException">FIELD_MISSING, FIELD_INVALID, OUT_OF_RANGE, UNKNOWN_SYMBOL.</exception>
    public async Task<((Certificate? Certificate, bool Fresh) Issued, Refused? Refused)> Issue(Participant holder, CertificateAsked asked, Actor actor, CancellationToken stop) => (asked.TradeId, asked.Symbol) switch
    {
        ({ } trade, null) when asked.At is null => await OfTrade(holder, trade, actor, stop),
        (null, { } symbol) => await OfHolding(holder, symbol, asked.At, actor, stop),
        (null, null) => throw Json.No("FIELD_MISSING", ("path", "tradeId")),
        _ => throw Json.No("FIELD_INVALID", ("path", asked.Symbol is null ? "at" : "symbol")),
    };

    /// <summary>What anybody may know of it who holds the paper: what stands on it, and whether it is still so.</summary>
    public async Task<object> Show(Certificate c, CancellationToken stop)
    {
        var (f, now) = (c.Facts, Time.Now(clock));
        return new
        {
            number = c.Number, kind = Json.Word(f.Kind), issuedAt = MarketEndpoints.At(c.IssuedAt), asOf = f.AsOf, validity = Json.Word(await StillSo(c, f, stop)), checkedAt = MarketEndpoints.At(now),
            holder = new { creditCode = f.Holder.CreditCode, name = new { zh = f.Holder.NameZh, en = f.Holder.NameEn } },
            right = new { symbol = f.Right.Symbol, name = new { zh = f.Right.NameZh, en = f.Right.NameEn }, rightClass = f.Right.RightClass, unit = f.Right.Unit, vintage = f.Right.Vintage, expiry = f.Right.Expiry },
            trade = f.Trade, holding = f.Holding, digest = Convert.ToHexStringLower(c.Digest), facts = c.Text,
        };
    }

    /// <summary>Null: its trade stands, or it is of none.</summary>
    public async Task<Instant?> RevokedAt(Certificate c, CancellationToken stop) =>
        c.Facts.Trade is { } trade && await settlements.Settlement(c.Account, Paging.Id(trade.TradeId)!.Value, stop) is { State: DeliveryState.Busted } busted ? busted.Timeline[^1].At : null;

    private async Task<Validity> StillSo(Certificate c, Facts f, CancellationToken stop)
    {
        if (f.Holding is null) return await RevokedAt(c, stop) is null ? Validity.Current : Validity.Revoked;
        var instrument = (await directory.Current(stop)).Instrument(f.Right.Symbol)!;
        return Facts.Buckets(await holdings.Of(new HoldingKey(c.Account, instrument.Number), stop), instrument) == f.Holding ? Validity.Current : Validity.Changed;
    }

    private async Task<((Certificate? Certificate, bool Fresh) Issued, Refused? Refused)> OfTrade(Participant holder, string tradeId, Actor actor, CancellationToken stop)
    {
        if (Paging.Id(tradeId) is not { } trade) return (default, Refused.Because("NOT_FOUND", null));
        var subject = "trade/" + tradeId;
        // What was given out is given again, whatever became of the trade: its paper says it.
        if (await store.Find(holder.Account, subject, stop) is { } before) return ((before, false), null);
        var (delivered, refused) = await statements.Delivered(holder.Account, trade, stop);
        if (refused is not null) return (default, refused);
        var instrument = (await directory.Current(stop)).Instrument(delivered!.Trade.Instrument)!;
        return (await store.Issue(holder.Account, subject, Facts.Of(delivered, holder, new(instrument, (await listings.Current(stop))[instrument.Number])), actor, stop), null);
    }

    private async Task<((Certificate? Certificate, bool Fresh) Issued, Refused? Refused)> OfHolding(Participant holder, string symbol, string? at, Actor actor, CancellationToken stop)
    {
        var instrument = Named.Instrument(await directory.Current(stop), symbol);
        var now = Time.Now(clock);
        var then = MarketEndpoints.Moment(at, "at") is { } asked ? Time.Instant(Time.Micros(asked)) : now;
        if (then > now) throw Json.No("OUT_OF_RANGE", ("at", InstantPattern.ExtendedIso.Format(then)), ("most", InstantPattern.ExtendedIso.Format(now)));
        var subject = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"holding/{instrument.Number}/{Time.Micros(then)}");
        if (await store.Find(holder.Account, subject, stop) is { } before) return ((before, false), null);
        return (await holdings.At(holder.Account, then, stop)).FirstOrDefault(h => h.Key.Instrument == instrument.Number) is { Total: > 0 } held
            ? (await store.Issue(holder.Account, subject, Facts.Of(held, then, holder, instrument), actor, stop), null)
            : (default, Refused.Because("NOTHING_HELD", "R-REG-03").With("symbol", instrument.Symbol));
    }
}
