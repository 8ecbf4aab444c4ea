using MassTransit;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodaTime;
using RabbitMQ.Client;

namespace Trading.Settlement.Deliveries;

/// <summary>
/// Keeps the queue of one consumer read. Left to itself MassTransit waits longer after every failure, up to 38 s, cannot be told otherwise, and keeps that wait
/// for the next trouble however long all was well in between: a queue deleted long after the broker had come back was not read for as long as the
/// broker's own absence had taught it. Here whatever ends an endpoint ends it for good, and a new one, which remembers nothing, takes its place.
/// </summary>
internal sealed partial class Reception<TConsumer>(Uri broker, IReceiveEndpointConnector bus, Parking parking, ILogger<Reception<TConsumer>> log) : BackgroundService
    where TConsumer : class, IConsumer
{
    private static readonly Duration Pause = Duration.FromSeconds(2);
    private static readonly Duration StopMost = Duration.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await Read(stoppingToken);
            }
            catch (Exception failed) when (!stoppingToken.IsCancellationRequested)
            {
                Failed(log, typeof(TConsumer).Name, failed.Message);
            }

            await Task.Delay(Pause.ToTimeSpan(), stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task Read(CancellationToken stop)
    {
        // MassTransit keeps the configuration of every endpoint it ever had: none is made for a broker that is not there.
        await using (await new ConnectionFactory { Uri = broker, ClientProvidedName = "is it there", AutomaticRecoveryEnabled = false }.CreateConnectionAsync(stop))
        {
        }

        var ended = new Ended();
        var endpoint = bus.ConnectReceiveEndpoint(typeof(TConsumer).Name, (context, queue) =>
        {
            RabbitBus.Configure((IRabbitMqReceiveEndpointConfigurator)queue, parking);
            queue.ConnectReceiveEndpointObserver(ended);
            queue.ConfigureConsumer<TConsumer>(context);
        });
        try
        {
            await ended.Task.WaitAsync(stop);
        }
        finally
        {
            using var over = new CancellationTokenSource(StopMost.ToTimeSpan());
            await endpoint.StopAsync(over.Token);
        }
    }

    /// <summary>Completed: its queue was deleted or its connection lost. Faulted: it could not begin.</summary>
    private sealed class Ended : IReceiveEndpointObserver
    {
        private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Task => ended.Task;

        Task IReceiveEndpointObserver.Ready(ReceiveEndpointReady ready) => Task.CompletedTask;

        Task IReceiveEndpointObserver.Stopping(ReceiveEndpointStopping stopping) => Task.CompletedTask;

        Task IReceiveEndpointObserver.Completed(ReceiveEndpointCompleted completed)
        {
            ended.TrySetResult();
            return Task.CompletedTask;
        }

        Task IReceiveEndpointObserver.Faulted(ReceiveEndpointFaulted faulted)
        {
            ended.TrySetException(faulted.Exception ?? new InvalidOperationException("the endpoint could not begin"));
            return Task.CompletedTask;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The queue of {Consumer} is not read now: {Reason}")]
    private static partial void Failed(ILogger log, string consumer, string reason);
}
