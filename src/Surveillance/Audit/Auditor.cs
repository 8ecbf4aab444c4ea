using Trading.Matching.Contracts;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;

namespace Trading.Surveillance.Audit;

/// <summary>Everything that `verify` holds against everything else: rights, money, supply, chain, deliveries, projections.</summary>
public sealed class Auditor(IMatchingVerification market, IRegistryVerification register, ISettlementVerification settlement)
{
    /// <returns>Every check with what it counted and each broken row; none broken means that all holds.</returns>
    public async Task<IReadOnlyList<Verified>> Verify(CancellationToken stop) =>
    [
        .. await market.Verify(stop),
        .. (await register.Verify(stop)).Select(check => new Verified(check.Check, check.Examined, check.Broken)),
        .. await settlement.Verify(stop),
    ];
}
