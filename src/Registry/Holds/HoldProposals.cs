using System.Globalization;
using NodaTime;
using Trading.Registry.Contracts;
using Trading.Registry.Holdings;
using Trading.Registry.Proposals;
using Trading.Registry.Transfers;

namespace Trading.Registry.Holds;

/// <param name="Quantity">In the legal unit.</param>
internal sealed record HoldAsked(string Participant, string Symbol, decimal Quantity);

/// <summary>An administrative hold (R-REG-03): the authority keeps units back, e.g. while a permit is looked into.</summary>
internal sealed class HoldProposals(Teller teller, IDirectory directory) : ProposalKind<HoldAsked>
{
    public override string Name => "hold";

    public override IReadOnlyCollection<string> Proposers => ["operator"];

    public override IReadOnlyCollection<string> Approvers => ["regulator"];

    protected override async Task<(Refused? Refused, string? Affected)> Judge(HoldAsked body, Actor asker, Instant now, CancellationToken stop) =>
        (Parties.Part(body.Symbol, body.Participant, body.Quantity, await directory.Current(stop)).Refused, body.Participant);

    protected override async Task<Refused?> CarryOut(HoldAsked body, CarryingOut step, CancellationToken stop)
    {
        var (part, refused) = Parties.Part(body.Symbol, body.Participant, body.Quantity, await directory.Current(stop));
        if (refused is not null) return refused;
        var reference = "hold/" + step.Proposal.Id.ToString(CultureInfo.InvariantCulture);
        return (await teller.Within(step.Connection, step.Transaction, [new Instruction.Keep(part!.Key, part.Units, HoldReason.Administrative, reference, reference)], step.By)).Refused;
    }
}

/// <param name="Reference">Of the hold.</param>
internal sealed record HoldLiftAsked(string Participant, string Reference);

/// <summary>The end of an administrative hold, whole. Holds of other reasons end with what they are for.</summary>
internal sealed class HoldLiftProposals(Teller teller, IDirectory directory, IHolds holds) : ProposalKind<HoldLiftAsked>
{
    public override string Name => "hold-lift";

    public override IReadOnlyCollection<string> Proposers => ["operator"];

    public override IReadOnlyCollection<string> Approvers => ["regulator"];

    protected override async Task<(Refused? Refused, string? Affected)> Judge(HoldLiftAsked body, Actor asker, Instant now, CancellationToken stop) => ((await Find(body, stop)).Refused, body.Participant);

    protected override async Task<Refused?> CarryOut(HoldLiftAsked body, CarryingOut step, CancellationToken stop)
    {
        var (hold, refused) = await Find(body, stop);
        return refused ?? (await teller.Within(step.Connection, step.Transaction,
            [new Instruction.LiftHold(hold!.Holding, hold.Standing, hold.Reference, "lift-" + step.Proposal.Id.ToString(CultureInfo.InvariantCulture))], step.By)).Refused;
    }

    private async Task<Outcome<Hold>> Find(HoldLiftAsked body, CancellationToken stop)
    {
        if ((await directory.Current(stop)).Participant(body.Participant) is not { } participant) return Refused.Because("UNKNOWN_ACCOUNT", null).With("participant", body.Participant);
        return (await holds.Standing(participant.Account, HoldReason.Administrative, stop)).FirstOrDefault(h => h.Reference == body.Reference) is { } hold
            ? hold : Refused.Because("NOT_FOUND", "R-REG-03").With("reference", body.Reference);
    }
}

/// <summary>Reads what is kept back.</summary>
internal sealed class HoldDesk(Npgsql.NpgsqlDataSource database) : IHolds
{
    public Task<IReadOnlyList<Hold>> Standing(int? account, HoldReason? reason, CancellationToken stop) => HoldRows.Standing(database, account, reason, stop);
}
