using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodaTime;
using Trading.Registry.Contracts;
using Trading.Settlement.Confirmations;
using Trading.Settlement.Contracts;
using Trading.Settlement.Freezes;

namespace Trading.Settlement;

/// <summary>What falls due without anybody asking: deadlines of authorities, freezes that wait for more, permits whose facts changed, rights past their last day.</summary>
internal sealed partial class Upkeep(Deadlines deadlines, FreezeDesk freezes, IListings listings, IRegister register, IRightLeases leases, ISerials serials, ITransferOrders transfers, ILogger<Upkeep> log) : BackgroundService
{
    private static readonly Duration Every = Duration.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await deadlines.Step(stoppingToken);
                await freezes.TakeStanding(stoppingToken);
                await listings.RefreshChangedPermits(stoppingToken);
                await transfers.CarryOutDue(stoppingToken);
                await leases.ReturnDue(stoppingToken);
                await serials.Follow(stoppingToken);
                if (await register.Expire(stoppingToken) is { Ended: > 0 } expiry) Expired(log, expiry.Ended, expiry.Held);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failed)
            {
                Failed(log, failed.Message);
            }

            await Task.Delay(Every.ToTimeSpan(), stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Deadlines and freezes are looked at again: {Reason}")]
    private static partial void Failed(ILogger log, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Past their last day: {Ended} holdings ended, of {Held} something is still in the market or held")]
    private static partial void Expired(ILogger log, int ended, int held);
}
