using System.Globalization;
using System.Text.Json;
using Trading.Gateway.Identity;
using Trading.Gateway.Market;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;

namespace Trading.Gateway.Register;

internal sealed record Comment(string? Text = null);

/// <summary>What one person asks for and another decides (R-REG-08).</summary>
internal static class ProposalEndpoints
{
    public static void MapProposals(this WebApplication app)
    {
        var group = app.MapGroup("/api/v1/proposals").RequireAuthorization(IdentityModule.Supervisor).WithTags("Proposals");
        group.MapGet("", async (string? kind, string? state, string? after, string? limit, IProposals proposals, CancellationToken stop) =>
        {
            var most = Paging.Limit(limit);
            return Paging.Page(await proposals.All(kind, Wanted(state), Paging.After(after, long.MaxValue), most + 1, stop), most, p => p.Id, Show);
        });
        group.MapGet("/{id}", async (string id, IProposals proposals, CancellationToken stop) =>
            Paging.Id(id) is { } number && await proposals.Find(number, stop) is { } one ? Results.Json(Show(one), Json.Plain) : Problems.NotFound());
        group.MapPost("/{id}/approve", (string id, HttpContext context, IProposals proposals, IListings listings, IDirectory directory, CancellationToken stop) => Decide(id, true, context, proposals, listings, directory, stop)).Accepts<Comment>("application/json");
        group.MapPost("/{id}/reject", (string id, HttpContext context, IProposals proposals, IListings listings, IDirectory directory, CancellationToken stop) => Decide(id, false, context, proposals, listings, directory, stop)).Accepts<Comment>("application/json");
    }

    /// <summary>What concerns one's own organisation, and what its people decide, as a pledgee does.</summary>
    public static void MapOwnProposals(this WebApplication app)
    {
        var group = app.MapGroup("/api/v1/account/proposals").RequireAuthorization(IdentityModule.Trader).WithTags("Account");
        group.MapGet("", async (string? state, string? after, string? limit, HttpContext context, Whoami who, IProposals proposals, CancellationToken stop) =>
        {
            var most = Paging.Limit(limit);
            return Paging.Page(await proposals.Concerning((await who.Participant(context.User, stop)).Id, Wanted(state), Paging.After(after, long.MaxValue), most + 1, stop), most, p => p.Id, Show);
        });
        group.MapPost("/{id}/approve", (string id, HttpContext context, Whoami who, IProposals proposals, IListings listings, IDirectory directory, CancellationToken stop) => Decide(id, true, context, who, proposals, listings, directory, stop)).Accepts<Comment>("application/json");
        group.MapPost("/{id}/reject", (string id, HttpContext context, Whoami who, IProposals proposals, IListings listings, IDirectory directory, CancellationToken stop) => Decide(id, false, context, who, proposals, listings, directory, stop)).Accepts<Comment>("application/json");
    }

    /// <summary>Another's proposal answers as a missing one.</summary>
    private static async Task<IResult> Decide(string id, bool approve, HttpContext context, Whoami who, IProposals proposals, IListings listings, IDirectory directory, CancellationToken stop) =>
        Paging.Id(id) is { } number && await proposals.Find(number, stop) is { Decider: { } decider } && decider == (await who.Participant(context.User, stop)).Id
            ? await Decide(id, approve, context, proposals, listings, directory, stop) : Problems.NotFound();

    private static ProposalState? Wanted(string? state) =>
        state is null ? null : Enum.TryParse<ProposalState>(state, ignoreCase: true, out var known) && !char.IsAsciiDigit(state[0]) ? known : throw Json.No("FIELD_INVALID", ("state", state));

    /// <summary>What an endpoint asks of two people: the body as JSON, and the document or reason that it stands on.</summary>
    /// <param name="field">What the document is called where it is asked.</param>
    /// <param name="about">The right that it is about, in whose unit a refusal is said; null: it names none that is known.</param>
    public static async Task<IResult> Ask(HttpContext context, IProposals proposals, string kind, object body, string document, CancellationToken stop, string field = "document", Instrument? about = null) =>
        Answer(await proposals.Propose(kind, JsonSerializer.Serialize(body, Json.Plain), Texts.Line(document, field), Whoami.Actor(context.User), stop), 201, about);

    /// <param name="instrument">In whose unit people read what was compared; null: as the register counts.</param>
    private static IResult Answer(Outcome<Proposal> outcome, int status = 200, Instrument? instrument = null) =>
        outcome.Refused is { } refused ? refused.Code == "NOT_FOUND" ? Problems.NotFound() : Problems.Problem(InUnits(refused, instrument))
            : Results.Json(Show(outcome.Value!), Json.Plain, statusCode: status);

    /// <summary>Caps count in their own steps, and money is said in yuan where it is compared.</summary>
    private static Refused InUnits(Refused refused, Instrument? instrument) => refused.InUnitsOfCaps() is var said && (instrument is null || said != refused || refused.Code == "INSUFFICIENT_CASH") ? said : refused.InUnitsOf(instrument);

    /// <summary>The right that a proposal is about, where it names one, or an allocation or a pledge of one.</summary>
    private static async Task<Instrument?> About(Proposal? proposal, IDirectory directory, IAllocations allocations, IPledges pledges, CancellationToken stop)
    {
        if (proposal is null || JsonDocument.Parse(proposal.Body).RootElement is not { ValueKind: JsonValueKind.Object } body) return null;
        var catalog = await directory.Current(stop);
        if (body.TryGetProperty("symbol", out var symbol) && symbol.GetString() is { } named) return catalog.Instrument(named);
        if (body.TryGetProperty("allocation", out var allocation) && allocation.ValueKind == JsonValueKind.Number && allocation.TryGetInt64(out var given)) return await allocations.Find(given, stop) is { } a ? catalog.Instrument(a.Instrument) : null;
        return body.TryGetProperty("pledge", out var pledge) && pledge.ValueKind == JsonValueKind.Number && pledge.TryGetInt64(out var secured) && await pledges.Find(secured, stop) is { } p ? catalog.Instrument(p.Holding.Instrument) : null;
    }

    private static async Task<IResult> Decide(string id, bool approve, HttpContext context, IProposals proposals, IListings listings, IDirectory directory, CancellationToken stop)
    {
        var comment = context.Request.ContentLength is null or 0 ? null : (await Json.Body<Comment>(context.Request)).Text;
        if (comment is not null) Texts.Line(comment, "text");
        if (Paging.Id(id) is not { } number) return Problems.NotFound();
        var outcome = await proposals.Decide(number, approve, comment, Whoami.Actor(context.User), stop);
        // A rule or a standing that takes effect now is heard by the market now, not at the next look.
        if (outcome.Value is { State: ProposalState.Approved }) await listings.RefreshChangedPermits(stop);
        return Answer(outcome, instrument: outcome.Refused is null ? null : await About(await proposals.Find(number, stop), directory, context.RequestServices.GetRequiredService<IAllocations>(), context.RequestServices.GetRequiredService<IPledges>(), stop));
    }

    private static object Show(Proposal p) => new
    {
        id = p.Id.ToString(CultureInfo.InvariantCulture), kind = p.Kind, body = JsonDocument.Parse(p.Body).RootElement, reason = p.Reason, affected = p.Affected, decider = p.Decider,
        state = p.State.ToString().ToLowerInvariant(), proposedBy = p.ProposedBy.User, proposedAt = MarketEndpoints.At(p.ProposedAt),
        decidedBy = p.DecidedBy?.User, decidedAt = p.DecidedAt is { } at ? MarketEndpoints.At(at) : null, comment = p.Comment,
    };
}
