using Trading.Matching.Contracts;
using Trading.Matching.Core;

namespace Trading.Matching;

/// <summary>Passes commands to the keeper, while this process leads.</summary>
internal sealed class OrderEntry : IOrderEntry, IMarketState
{
    private volatile Keeper? leading;

    public bool Leads => leading is not null;

    public void Lead(Keeper? keeper) => leading = keeper;

    public ValueTask<Answer> Submit(Command command, string? clientId, CancellationToken stop) =>
        (leading ?? throw new MarketUnavailableException("this process does not lead the market", outcomeUnknown: false)).Submit(command, clientId, stop);
}
