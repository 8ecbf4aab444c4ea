using NodaTime;
using RabbitMQ.Client;
using Trading.Matching.Contracts;

namespace Trading.Gateway.Broker;

/// <summary>
/// Reads the journal behind the leader and puts every batch on the stream, confirmed. It keeps no position: it begins at the end of the journal, and
/// whatever is not on the stream its readers read from PostgreSQL. Two that publish at once do no harm.
/// </summary>
internal sealed partial class StreamPublisher(Uri broker, IJournal journal, IMarketState market, ILogger<StreamPublisher> log) : BackgroundService
{
    private const int BatchesMost = 64;
    private static readonly Duration LookAgain = Duration.FromMilliseconds(100);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly BasicProperties Kept = new() { Persistent = true };

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (market.Leads) await Publish(stoppingToken);
            }
            catch (Exception failed) when (!stoppingToken.IsCancellationRequested)
            {
                Failed(log, failed.Message);
            }

            await Task.Delay(Pause, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task Publish(CancellationToken stop)
    {
        await using var connection = await MarketStream.Connect(broker, "market stream, writing", stop);
        await using var channel = await connection.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), stop);
        await MarketStream.Declare(channel, stop);
        var at = await journal.LastSequence(stop);
        while (market.Leads && channel.IsOpen)
        {
            var batches = await journal.Read(at, BatchesMost, stop);
            if (batches.Count == 0)
            {
                await journal.WaitBeyond(at, LookAgain, stop);
                continue;
            }

            // In order on one channel; each awaits its confirm, and a message that no queue took comes back as an exception.
            await Task.WhenAll(batches.Select(b => channel.BasicPublishAsync("", MarketStream.Name, mandatory: true, Kept, BatchFormat.Pack(b), stop).AsTask()));
            at = batches[^1].LastSequence;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The market stream is not written now, PostgreSQL serves: {Reason}")]
    private static partial void Failed(ILogger log, string reason);
}
