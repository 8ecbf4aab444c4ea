using System.Globalization;
using NodaTime;
using NodaTime.Text;
using Trading.Gateway.Identity;
using Trading.Gateway.Market;
using Trading.Gateway.Supervision;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;

namespace Trading.Gateway.Register;

/// <param name="Occupation">What the person who opens it does for a living: some may not (R-LAW-02).</param>
internal sealed record OpeningAsked(string Id, string CreditCode, string NameZh, string NameEn, string Kind, string Region, string Basin, string Occupation);

internal sealed record StandingAsked(
    string Reason, string? State = null, string? CreditScore = null, string? SourceClass = null, string? Sector = null, string? Zone = null, string? ControlGroup = null, string? PermitThrough = null);

/// <summary>Opening accounts, and what is known of their holders.</summary>
internal static class ParticipantEndpoints
{
    public static void MapParticipants(this WebApplication app)
    {
        var group = app.MapGroup("/api/v1/participants").RequireAuthorization(IdentityModule.Supervisor).WithTags("Participants");
        group.MapPost("", async (HttpContext context, IRegister register, IListings listings, IDirectory directory, IRules rules, IClock clock, CancellationToken stop) =>
        {
            var asked = await Json.Body<OpeningAsked>(context.Request);
            var kind = Word<ParticipantKind>(asked.Kind, "kind");
            if (!Regions.MayLie(asked.Region, kind) || !Regions.Drains(asked.Region, asked.Basin)) throw Json.No("FIELD_INVALID", ("region", Texts.Shown(asked.Region)), ("basin", Texts.Shown(asked.Basin)));
            var application = new Application(asked.Id, asked.CreditCode, asked.NameZh, asked.NameEn, kind, asked.Region, asked.Basin);
            var outcome = await register.Open(application, asked.Occupation, Whoami.Actor(context.User), stop);
            if (outcome.Refused is { } refused) return Problems.Problem(refused);
            if ((await listings.Current(stop)).Count > 0) await listings.RefreshPermits(stop);
            return Results.Json(Show(outcome.Value!, (await directory.Current(stop)).Standing(outcome.Value!.Account), await rules.Current(stop), clock.GetCurrentInstant()), Json.Plain, statusCode: 201);
        }).RequireAuthorization(IdentityModule.Operator).Accepts<OpeningAsked>("application/json").Produces(201);
        group.MapGet("/{id}", async (string id, string? at, IDirectory directory, IRegister register, IRules rules, IClock clock, CancellationToken stop) =>
        {
            var catalog = await directory.Current(stop);
            if (catalog.Participant(id) is not { } participant) return Problems.NotFound();
            var then = MarketEndpoints.Moment(at, "at");
            var standing = then is { } past ? await register.StandingAt(participant.Account, past, stop) : catalog.Standing(participant.Account);
            return Results.Json(Show(participant, standing, await rules.Current(stop), then ?? clock.GetCurrentInstant()), Json.Plain);
        });
        group.MapPost("/{id}/standing", async (string id, HttpContext context, IProposals proposals, IDirectory directory, CancellationToken stop) =>
        {
            var asked = await Json.Body<StandingAsked>(context.Request);
            if ((await directory.Current(stop)).Participant(id) is null) return Problems.NotFound();
            AccountState? state = asked.State is null ? null : Word<AccountState>(asked.State, "state");
            int? score = asked.CreditScore is null ? null : Json.Count(asked.CreditScore, "creditScore", 100);
            var body = new
            {
                participant = id,
                change = new { state = state is { } s ? Json.Word(s) : null, creditScore = score, sourceClass = asked.SourceClass, sector = asked.Sector, zone = asked.Zone, controlGroup = asked.ControlGroup, permitThrough = Day(asked.PermitThrough, "permitThrough") is { } day ? LocalDatePattern.Iso.Format(day) : null },
            };
            return await ProposalEndpoints.Ask(context, proposals, "standing", body, asked.Reason, stop, "reason");
        }).RequireAuthorization(IdentityModule.Operator).Accepts<StandingAsked>("application/json").Produces(201);
    }

    /// <exception cref="RefusedException">FIELD_INVALID.</exception>
    public static LocalDate? Day(string? text, string field)
    {
        if (text is null) return null;
        var parsed = LocalDatePattern.Iso.Parse(text);
        return parsed.Success ? parsed.Value : throw Json.No("FIELD_INVALID", (field, Texts.Shown(text)));
    }

    /// <summary>A day that the books may have: what is meant by year 12 is a slip.</summary>
    /// <exception cref="RefusedException">FIELD_INVALID.</exception>
    public static LocalDate BusinessDay(string text) => Day(text, "day") is { Year: > 1999 and < 3000 } day ? day : throw Json.No("FIELD_INVALID", ("day", Texts.Shown(text)));

    /// <exception cref="RefusedException">FIELD_INVALID: no name of the kind, in whatever case.</exception>
    public static T Word<T>(string text, string field) where T : struct, Enum =>
        Enum.GetValues<T>().Where(v => string.Equals(v.ToString(), text, StringComparison.OrdinalIgnoreCase)).Select(v => (T?)v).FirstOrDefault() ?? throw Json.No("FIELD_INVALID", (field, Texts.Shown(text)));

    private static object Show(Participant p, Standing standing, RuleBook rules, Instant now)
    {
        var credit = Eligibility.Credit(standing.CreditScore, rules, now);
        return new
        {
            id = p.Id, account = p.Account.ToString(CultureInfo.InvariantCulture), creditCode = p.CreditCode, nameZh = p.NameZh, nameEn = p.NameEn, kind = p.Kind.ToString().ToLowerInvariant(), region = p.Region, basin = p.Basin,
            standing = new
            {
                state = Json.Word(standing.State), creditScore = standing.CreditScore.ToString(CultureInfo.InvariantCulture), sourceClass = standing.SourceClass, sector = standing.Sector, zone = standing.Zone,
                controlGroup = standing.ControlGroup, permitThrough = standing.PermitThrough is { } day ? LocalDatePattern.Iso.Format(day) : null,
            },
            credit = credit is null ? null : new { grade = credit.Grade, depositFactor = credit.DepositFactor is { } factor ? factor.ToString(CultureInfo.InvariantCulture) : null, trade = credit.Trade },
        };
    }
}
