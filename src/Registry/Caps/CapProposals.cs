using System.Globalization;
using NodaTime;
using Trading.Registry.Contracts;
using Trading.Registry.Policies;
using Trading.Registry.Policies.Energy;
using Trading.Registry.Proposals;

namespace Trading.Registry.Caps;

/// <param name="Limit">In the legal unit, up to four decimals.</param>
/// <param name="NewQuota">Of it new this year.</param>
internal sealed record CapAsked(string Region, string Indicator, int Year, decimal Limit, decimal NewQuota);

/// <summary>The limit of a county for a year: proposed by an operator or the county, approved by the province.</summary>
internal sealed class CapProposals(ICaps caps, IDirectory directory, IRules rules) : ProposalKind<CapAsked>
{
    public override string Name => "cap";

    public override IReadOnlyCollection<string> Proposers => ["operator", "county"];

    public override IReadOnlyCollection<string> Approvers => ["regulator"];

    protected override async Task<(Refused? Refused, string? Affected)> Judge(CapAsked body, Actor asker, Instant now, CancellationToken stop)
    {
        if (!KnownIndicators.Has(body.Indicator, await directory.Current(stop), await rules.Current(stop))) return (Refused.Because("FIELD_INVALID", "R-REG-14").With("path", "indicator"), null);
        Refused? refused = body.Region.Length != 6 ? Refused.Because("FIELD_INVALID", "R-REG-14").With("path", "region")
            : body.Year is < 2000 or > 2200 ? Refused.Because("OUT_OF_RANGE", "R-REG-14", ("year", body.Year))
            : Units(body.Limit) is null || Units(body.NewQuota) is null || body.NewQuota > body.Limit ? Refused.Because("OUT_OF_RANGE", "R-REG-14", ("limit", body.Limit), ("newQuota", body.NewQuota)) : null;
        return (refused, null);
    }

    protected override Task<Refused?> CarryOut(CapAsked body, CarryingOut step, CancellationToken stop) =>
        caps.Book(step.Session, step.Connection, step.Transaction, [(body.Indicator, new CapEvent.LimitSet(body.Region, body.Year, Units(body.Limit)!.Value, Units(body.NewQuota)!.Value, step.Proposal.Reason))], stop);

    private static long? Units(decimal quantity)
    {
        if (quantity is < 0 or > long.MaxValue / 40_000) return null;
        var scaled = quantity * 10_000m;
        return decimal.Truncate(scaled) == scaled ? (long)scaled : null;
    }
}

/// <param name="IntensityMet">The county met its target of energy intensity.</param>
/// <param name="GrowthAbovePlan">It grew faster than planned.</param>
internal sealed record StretchAsked(string Region, int Year, bool IntensityMet, bool GrowthAbovePlan);

/// <summary>Elastic total control (R-ENE-08): what the cap grows by is the rule's, not the proposer's.</summary>
internal sealed class StretchProposals(ICaps caps, IRules rules) : ProposalKind<StretchAsked>
{
    private const string Energy = "energy";

    public override string Name => "elastic-cap";

    public override IReadOnlyCollection<string> Proposers => ["operator", "county"];

    public override IReadOnlyCollection<string> Approvers => ["regulator"];

    protected override async Task<(Refused? Refused, string? Affected)> Judge(StretchAsked body, Actor asker, Instant now, CancellationToken stop) => ((await Extra(body, now, stop)).Refused, null);

    protected override async Task<Refused?> CarryOut(StretchAsked body, CarryingOut step, CancellationToken stop)
    {
        var (extra, refused) = await Extra(body, step.At, stop);
        if (refused is not null) return refused;
        return extra!.Units == 0 ? null : await caps.Book(step.Session, step.Connection, step.Transaction, [(Energy, new CapEvent.Stretched(body.Region, body.Year, extra.Units, step.Proposal.Reason))], stop);
    }

    private sealed record Stretch(long Units);

    private async Task<Outcome<Stretch>> Extra(StretchAsked body, Instant at, CancellationToken stop)
    {
        var (elastic, missing) = (await rules.Current(stop)).Of<ElasticCap>(at);
        if (missing is not null) return missing;
        if (await caps.Now(body.Region, Energy, body.Year, stop) is not [{ Limit: { } limit } cap]) return Refused.Because("CAP_NOT_SET", "R-REG-14").With("region", body.Region).With("year", body.Year.ToString(CultureInfo.InvariantCulture));
        // Once a year: what was stretched is not stretched again.
        return cap.Elastic > 0 ? Refused.Because("CAP_STRETCHED", "R-ENE-08", ("elastic", cap.Elastic)).With("region", body.Region) : new Stretch(elastic!.Extra(limit, body.IntensityMet, body.GrowthAbovePlan));
    }
}
