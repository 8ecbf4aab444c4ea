using System.Globalization;
using NodaTime;
using Trading.Registry.Contracts;
using Trading.Registry.Holdings;
using Trading.Registry.Holds;
using Trading.Registry.Proposals;
using Trading.Registry.Transfers;

namespace Trading.Registry.Pledges;

/// <param name="Value">Yuan, as the contract says.</param>
internal sealed record PledgeAsked(string Pledgor, string Symbol, decimal Quantity, string Pledgee, string Contract, decimal Value, string Registration);

/// <summary>R-REG-07: the pledgor asks, the pledgee takes it, and from then on it is held.</summary>
internal sealed class PledgeProposals(Teller teller, IDirectory directory) : ProposalKind<PledgeAsked>
{
    public override string Name => "pledge";

    public override IReadOnlyCollection<string> Proposers => ["enterprise", "county"];

    public override IReadOnlyCollection<string> Approvers => [];

    protected override string? Decider(PledgeAsked body) => body.Pledgee;

    protected override async Task<(Refused? Refused, string? Affected)> Judge(PledgeAsked body, Actor asker, Instant now, CancellationToken stop)
    {
        if (asker.Participant != body.Pledgor) return (Refused.Because("FORBIDDEN", "R-REG-07").With("participant", body.Pledgor), null);
        if (string.IsNullOrWhiteSpace(body.Contract) || string.IsNullOrWhiteSpace(body.Registration)) return (Refused.Because("REASON_REQUIRED", "R-REG-07").With("path", "contract, registration"), null);
        if (body.Value <= 0) return (Refused.Because("AMOUNT_NOT_POSITIVE", "R-REG-07", ("value", body.Value)), null);
        var (parties, refused) = Parties.Of(body.Symbol, body.Pledgor, body.Pledgee, body.Quantity, await directory.Current(stop));
        if (refused is not null) return (refused, null);
        return parties!.From == parties.To ? (Refused.Because("SAME_ACCOUNT", "R-REG-07").With("participant", body.Pledgor), null) : (null, body.Pledgor);
    }

    protected override async Task<Refused?> CarryOut(PledgeAsked body, CarryingOut step, CancellationToken stop)
    {
        var (part, refused) = Parties.Part(body.Symbol, body.Pledgor, body.Quantity, await directory.Current(stop));
        var reference = Pledge.Reference(step.Proposal.Id);
        return refused ?? (await teller.Within(step.Connection, step.Transaction, [new Instruction.Keep(part!.Key, part.Units, HoldReason.Pledge, reference, reference)], step.By)).Refused;
    }
}

/// <param name="Quantity">In the legal unit; as much as stands, or less.</param>
internal sealed record PledgeReleaseAsked(long Pledge, decimal Quantity);

/// <summary>The loan is paid back: the pledgee releases, and the register's operator lets go.</summary>
internal sealed class PledgeReleases(Teller teller, IDirectory directory, IPledges pledges) : ProposalKind<PledgeReleaseAsked>
{
    public override string Name => "pledge-release";

    public override IReadOnlyCollection<string> Proposers => ["enterprise", "county"];

    public override IReadOnlyCollection<string> Approvers => ["operator"];

    protected override async Task<(Refused? Refused, string? Affected)> Judge(PledgeReleaseAsked body, Actor asker, Instant now, CancellationToken stop)
    {
        var (lift, refused) = await Lift(body, "asked", stop);
        if (refused is not null) return (refused, null);
        return lift!.Of.Pledgee == asker.Participant ? (null, lift.Of.Pledgor) : (Refused.Because("FORBIDDEN", "R-REG-07", ("pledge", body.Pledge)), null);
    }

    protected override async Task<Refused?> CarryOut(PledgeReleaseAsked body, CarryingOut step, CancellationToken stop)
    {
        var (lift, refused) = await Lift(body, "release-" + step.Proposal.Id.ToString(CultureInfo.InvariantCulture), stop);
        return refused ?? (await teller.Within(step.Connection, step.Transaction, [lift!.Asked], step.By)).Refused;
    }

    private sealed record Lifting(Pledge Of, Instruction.LiftHold Asked);

    private async Task<Outcome<Lifting>> Lift(PledgeReleaseAsked body, string operation, CancellationToken stop)
    {
        if (await pledges.Find(body.Pledge, stop) is not { } pledge) return Refused.Because("NOT_FOUND", "R-REG-07", ("pledge", body.Pledge));
        var instrument = (await directory.Current(stop)).Instrument(pledge.Holding.Instrument)!;
        if (instrument.Units(body.Quantity) is not { } units) return Refused.Because("TOO_MANY_DECIMALS", null, ("quantity", body.Quantity), ("step", instrument.MinimumUnit));
        var asked = new Instruction.LiftHold(pledge.Holding, units, Pledge.Reference(pledge.Id), operation);
        return units > pledge.Standing ? Refused.Because("HOLD_STANDING", "R-REG-07", ("needed", units), ("standing", pledge.Standing)) : new Lifting(pledge, asked);
    }
}

/// <param name="Operation">Idempotency key of the surrender.</param>
internal sealed record PledgedSurrenderAsked(string Participant, string Symbol, decimal Quantity, string Obligation, string Operation, long Pledge, string Pledgee);

/// <summary>A surrender that needs a pledged right: the pledgee consents or does not. Until then what is available is held for it (R-REG-03).</summary>
internal sealed class PledgedSurrenders(Teller teller, WaitingHold waiting, IDirectory directory) : ProposalKind<PledgedSurrenderAsked>
{
    public const string Kind = "pledged-surrender";

    public override string Name => Kind;

    public override IReadOnlyCollection<string> Proposers => ["enterprise", "county"];

    public override IReadOnlyCollection<string> Approvers => [];

    protected override string? Decider(PledgedSurrenderAsked body) => body.Pledgee;

    protected override async Task<(Refused? Refused, string? Affected)> Judge(PledgedSurrenderAsked body, Actor asker, Instant now, CancellationToken stop) =>
        (asker.Participant != body.Participant ? Refused.Because("FORBIDDEN", "R-REG-07") : Parties.Part(body.Symbol, body.Participant, body.Quantity, await directory.Current(stop)).Refused, body.Participant);

    protected override async Task<Refused?> Asked(PledgedSurrenderAsked body, CarryingOut step, CancellationToken stop) => await waiting.Keep(step, await Of(body, stop), Reference(step), stop);

    protected override async Task<Refused?> CarryOut(PledgedSurrenderAsked body, CarryingOut step, CancellationToken stop)
    {
        var part = await Of(body, stop);
        var (_, kept, end) = await waiting.Of(step, part, Reference(step), stop);
        var asked = new List<Instruction>();
        if (end is not null) asked.Add(end);
        if (part.Units > kept) asked.Add(new Instruction.LiftHold(part.Key, part.Units - kept, Pledge.Reference(body.Pledge), "consent/" + Reference(step)));
        // Under the key of whoever asked: asked again at the desk, it is known.
        var surrender = new Instruction.Surrender(part.Key, part.Units, body.Obligation, body.Operation);
        return (await teller.Within(step.Connection, step.Transaction, [.. asked, surrender], step.By, surrender)).Refused;
    }

    protected override async Task<Refused?> Rejected(PledgedSurrenderAsked body, CarryingOut step, CancellationToken stop) => await waiting.LetGo(step, await Of(body, stop), Reference(step), stop);

    private async Task<Part> Of(PledgedSurrenderAsked body, CancellationToken stop) => Parties.Part(body.Symbol, body.Participant, body.Quantity, await directory.Current(stop)).Value!;

    private static string Reference(CarryingOut step) => "consent/" + step.Proposal.Id.ToString(CultureInfo.InvariantCulture);
}
