using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodaTime;
using Trading.Registry.Contracts;
using Trading.Settlement.Confirmations;
using Trading.Settlement.Contracts;
using Trading.Settlement.Freezes;
using Trading.Settlement.Lots;

namespace Trading.Settlement;

/// <summary>What falls due without anybody asking: deadlines of authorities, freezes that wait for more, winners who did not pay, permits whose facts changed, rights past their last day.</summary>
internal sealed partial class Upkeep(Deadlines deadlines, FreezeDesk freezes, LotDesk lots, IListings listings, IRegister register, IRightLeases leases, ISerials serials, ITransferOrders transfers, ILogger<Upkeep> log) : BackgroundService
{
    private static readonly Duration Every = Duration.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            // Each by itself: what is stuck in one keeps none of the others from it.
            await Try("deadlines", deadlines.Step, stoppingToken);
            await Try("lapsed freezes", freezes.LapseDue, stoppingToken);
            await Try("freezes", freezes.TakeStanding, stoppingToken);
            await Try("lots", lots.DefaultDue, stoppingToken);
            await Try("permits", listings.RefreshChangedPermits, stoppingToken);
            await Try("hand-overs", transfers.CarryOutDue, stoppingToken);
            await Try("leases", leases.ReturnDue, stoppingToken);
            await Try("serials", serials.Follow, stoppingToken);
            await Try("expiry", async stop =>
            {
                if (await register.Expire(stop) is { Ended: > 0 } expiry) Expired(log, expiry.Ended, expiry.Held);
            }, stoppingToken);
            await Task.Delay(Every.ToTimeSpan(), stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task Try(string what, Func<CancellationToken, Task> step, CancellationToken stop)
    {
        if (stop.IsCancellationRequested) return;
        try
        {
            await step(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Asked to stop.
        }
        catch (Exception failed)
        {
            Failed(log, what, failed.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Upkeep of {What} is tried again: {Reason}")]
    private static partial void Failed(ILogger log, string what, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Past their last day: {Ended} holdings ended, of {Held} something is still in the market or held")]
    private static partial void Expired(ILogger log, int ended, int held);
}
