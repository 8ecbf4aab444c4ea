using System.Globalization;
using NodaTime;
using Trading.Registry.Contracts;
using Trading.Registry.Proposals;

namespace Trading.Registry.Allocation;

/// <param name="Quantity">In the legal unit.</param>
internal sealed record PlanLine(string Participant, decimal Quantity, AllocationBasis Basis, int Years);

/// <param name="Plan">Name of the plan, by which it is found and undone.</param>
internal sealed record PlanAsked(string Plan, string Symbol, IReadOnlyList<PlanLine> Lines);

/// <summary>A plan of allocation: a county for its own area or an operator proposes, the province approves, and approval gives all of it.</summary>
internal sealed class AllocationProposals(AllocationDesk desk, IDirectory directory, IRules rules) : ProposalKind<PlanAsked>
{
    private const int LinesMost = 20_000;

    public override string Name => "allocation";

    public override IReadOnlyCollection<string> Proposers => ["operator", "county"];

    public override IReadOnlyCollection<string> Approvers => ["regulator"];

    protected override async Task<(Refused? Refused, string? Affected)> Judge(PlanAsked body, Actor asker, Instant now, CancellationToken stop)
    {
        if (body.Plan.Length is 0 or > 60 || body.Lines.Count is 0 or > LinesMost) return (Refused.Because("OUT_OF_RANGE", null, ("lines", body.Lines.Count), ("most", LinesMost)), null);
        var catalog = await directory.Current(stop);
        var (lines, refused) = Lines(body, 0, "", catalog);
        if (refused is not null) return (refused, null);
        var book = await rules.Current(stop);
        foreach (var (number, line) in lines!.Index())
        {
            if (Area.Judge(asker, catalog.Participant(line.Account)!, catalog) is { } elsewhere) return (elsewhere, null);
            if (desk.Judge(line, catalog, book) is { } no) return (no.With("line", (number + 1).ToString(CultureInfo.InvariantCulture)), null);
        }

        return (null, null);
    }

    protected override async Task<Refused?> CarryOut(PlanAsked body, CarryingOut step, CancellationToken stop)
    {
        var (lines, refused) = Lines(body, step.Proposal.Id, step.Proposal.Reason, await directory.Current(stop));
        return refused ?? await desk.Give(step.Connection, step.Transaction, step.Session, body.Plan, lines!, step.By, step.At, stop);
    }

    private static Outcome<IReadOnlyList<AllocationLine>> Lines(PlanAsked body, long proposal, string reason, Catalog catalog)
    {
        if (catalog.Instrument(body.Symbol) is not { } instrument) return new(null, Refused.Because("UNKNOWN_SYMBOL", null).With("symbol", body.Symbol));
        var lines = new List<AllocationLine>(body.Lines.Count);
        foreach (var (number, line) in body.Lines.Index())
        {
            var at = (number + 1).ToString(CultureInfo.InvariantCulture);
            if (catalog.Participant(line.Participant) is not { } holder) return new(null, Refused.Because("UNKNOWN_ACCOUNT", null).With("participant", line.Participant).With("line", at));
            if (instrument.Units(line.Quantity) is not { } units) return new(null, Refused.Because("TOO_MANY_DECIMALS", null, ("quantity", line.Quantity), ("step", instrument.MinimumUnit)).With("line", at));
            lines.Add(new(holder.Account, instrument.Number, units, line.Basis, line.Years, string.Create(CultureInfo.InvariantCulture, $"proposal-{proposal}-{number + 1}"), reason));
        }

        return new(lines, null);
    }
}

/// <param name="Quantity">In the legal unit.</param>
internal sealed record BuyBackAsked(long Allocation, decimal Quantity);

/// <summary>R-POL-11: the government takes a surplus back into its reserve.</summary>
internal sealed class BuyBackProposals(AllocationDesk desk, IDirectory directory) : ProposalKind<BuyBackAsked>
{
    public override string Name => "buy-back";

    public override IReadOnlyCollection<string> Proposers => ["operator", "county"];

    public override IReadOnlyCollection<string> Approvers => ["regulator"];

    protected override async Task<(Refused? Refused, string? Affected)> Judge(BuyBackAsked body, Actor asker, Instant now, CancellationToken stop)
    {
        if (await desk.Find(body.Allocation, stop) is not { } allocation) return (Refused.Because("NOT_FOUND", null), null);
        var catalog = await directory.Current(stop);
        var (holder, instrument) = (catalog.Participant(allocation.Account)!, catalog.Instrument(allocation.Instrument)!);
        if (instrument.Units(body.Quantity) is not { } units) return (Refused.Because("TOO_MANY_DECIMALS", null, ("quantity", body.Quantity), ("step", instrument.MinimumUnit)), null);
        if (units <= 0) return (Refused.Because("QTY_NOT_POSITIVE", null, ("quantity", units)), null);
        if (units > allocation.Standing) return (Refused.Because("ALLOCATION_STANDING", "R-POL-11", ("quantity", units), ("standing", allocation.Standing)), null);
        return (Area.Judge(asker, holder, catalog), holder.Id);
    }

    protected override async Task<Refused?> CarryOut(BuyBackAsked body, CarryingOut step, CancellationToken stop)
    {
        var allocation = await desk.Find(body.Allocation, stop) ?? throw new InvalidOperationException($"allocation {body.Allocation} is gone");
        var units = (await directory.Current(stop)).Instrument(allocation.Instrument)!.Units(body.Quantity)!.Value;
        return await desk.BuyBack(step.Connection, step.Transaction, step.Session, body.Allocation, units, step.Proposal.Reason, "proposal-" + step.Proposal.Id.ToString(CultureInfo.InvariantCulture), step.By, step.At, stop);
    }
}

/// <param name="Allocation">Of which something was too much; null: a whole plan is undone.</param>
/// <param name="Plan">All of it that still stands is taken back; null: one allocation is corrected.</param>
/// <param name="ShouldBe">What the allocation should have been, in the legal unit, 0 or more; null with a plan.</param>
internal sealed record CorrectionAsked(long? Allocation, string? Plan, decimal? ShouldBe);

/// <summary>R-REG-10: nothing is deleted; what was wrong is taken back by an event of its own, whole or in part, and an import that was wrong as a batch of them.</summary>
internal sealed class CorrectionProposals(AllocationDesk desk, IDirectory directory) : ProposalKind<CorrectionAsked>
{
    private const int LinesMost = 100_000;

    public override string Name => "correction";

    public override IReadOnlyCollection<string> Proposers => ["operator"];

    public override IReadOnlyCollection<string> Approvers => ["regulator"];

    protected override async Task<(Refused? Refused, string? Affected)> Judge(CorrectionAsked body, Actor asker, Instant now, CancellationToken stop)
    {
        var (lines, refused) = await Lines(body, stop);
        return (refused, lines is { All: [var (allocation, _)] } && await desk.Find(allocation, stop) is { } one ? (await directory.Current(stop)).Participant(one.Account)!.Id : null);
    }

    protected override async Task<Refused?> CarryOut(CorrectionAsked body, CarryingOut step, CancellationToken stop)
    {
        // Read again: what was sold back or corrected meanwhile is not taken twice.
        var (lines, refused) = await Lines(body, stop);
        return refused ?? await desk.Reverse(step.Connection, step.Transaction, step.Session, lines!.All, step.Proposal.Reason, "correction-" + step.Proposal.Id.ToString(CultureInfo.InvariantCulture), step.By, step.At, stop);
    }

    private sealed record TooMuch(IReadOnlyList<(long Allocation, long Units)> All);

    private async Task<Outcome<TooMuch>> Lines(CorrectionAsked body, CancellationToken stop)
    {
        if (body.Plan is { } plan && body is { Allocation: null, ShouldBe: null })
        {
            var standing = (await desk.All(null, plan, 0, LinesMost, stop)).Where(a => a.Standing > 0).Select(a => (a.Id, a.Standing)).ToList();
            return standing.Count > 0 ? new TooMuch(standing) : Refused.Because("NOT_FOUND", "R-REG-10").With("plan", plan);
        }

        if (body is not { Allocation: { } id, ShouldBe: { } wanted, Plan: null }) return Refused.Because("FIELD_MISSING", null).With("path", "allocation and shouldBe, or plan");
        if (await desk.Find(id, stop) is not { } allocation) return Refused.Because("NOT_FOUND", null, ("allocation", id));
        var instrument = (await directory.Current(stop)).Instrument(allocation.Instrument)!;
        if (wanted < 0 || instrument.Units(wanted) is not { } units) return Refused.Because("TOO_MANY_DECIMALS", null, ("quantity", wanted), ("step", instrument.MinimumUnit));
        return units < allocation.Standing ? new TooMuch([(id, allocation.Standing - units)]) : Refused.Because("ALLOCATION_STANDING", "R-REG-10", ("shouldBe", units), ("standing", allocation.Standing));
    }
}
