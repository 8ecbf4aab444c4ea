using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodaTime;

namespace Trading.Settlement.Reconciliation;

/// <summary>Looks every few seconds, and not while settlement works off a backlog: whoever trades goes first.</summary>
internal sealed partial class ReconcilerLoop(Reconciler reconciler, Settler settler, ILogger<ReconcilerLoop> log) : BackgroundService
{
    private static readonly Duration Every = Duration.FromSeconds(5);
    private static readonly Duration Breath = Duration.FromMilliseconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(Every.ToTimeSpan(), stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stoppingToken.IsCancellationRequested) return;
            if (settler.Behind) continue;
            try
            {
                var (_, _, found) = await reconciler.Look(stop => Task.Delay(Breath.ToTimeSpan(), stop), stoppingToken);
                foreach (var one in found) Differs(log, one.Text);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failed)
            {
                // What moved is remembered and compared at the next look.
                Failed(log, failed.Message);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "The books differ, the accounts are stopped: {What}")]
    private static partial void Differs(ILogger log, string what);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Reconciliation looks again: {Reason}")]
    private static partial void Failed(ILogger log, string reason);
}
