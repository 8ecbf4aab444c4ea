using Marten;
using NodaTime;
using Trading.Registry.Contracts;
using Trading.Registry.Proposals;

namespace Trading.Registry.Instruments;

/// <summary>A product is configured by two people (FEATURES row 68); the rule common/venues says how its class may be treated.</summary>
internal sealed class InstrumentProposals(PostgresDirectory directory, IRules rules) : ProposalKind<Product>
{
    public override string Name => "instrument";

    public override IReadOnlyCollection<string> Proposers => ["operator"];

    public override IReadOnlyCollection<string> Approvers => ["regulator"];

    protected override async Task<(Refused? Refused, string? Affected)> Judge(Product body, Actor asker, Instant now, CancellationToken stop) =>
        (RegisterInstrument.Decide(await directory.Current(stop), body, 0, await rules.Current(stop), now).Refused, null);

    protected override async Task<Refused?> CarryOut(Product body, CarryingOut step, CancellationToken stop) =>
        (await Instruments.Add(step.Connection, step.Transaction, step.Session, body, await rules.Current(stop), step.At, stop)).Refused;

    public override void Done() => directory.Forget();
}
