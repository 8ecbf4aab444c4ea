using MassTransit;

namespace Trading.Settlement.Deliveries;

/// <summary>
/// The bus on RabbitMQ: quorum queues from the first day (they cannot be exchanged later), publisher confirms, and every message mandatory, so that one
/// which no queue takes comes back as a failure and is told again. The broker holds no state of ours.
/// </summary>
internal static class RabbitBus
{
    private const ushort Prefetch = 64;

    public static void Use(IBusRegistrationConfigurator bus, Uri broker)
    {
        bus.AddConfigureEndpointsCallback((_, _, endpoint) =>
        {
            if (endpoint is not IRabbitMqReceiveEndpointConfigurator queue) return;
            queue.SetQuorumQueue();
            queue.PrefetchCount = Prefetch;
            // Idempotent consumers: once more at once, and else the row that was not answered is told again.
            queue.UseMessageRetry(retry => retry.Intervals(100, 500));
            queue.DiscardFaultedMessages();
        });
        bus.UsingRabbitMq((context, rabbit) =>
        {
            rabbit.Host(broker, host =>
            {
                host.PublisherConfirmation = true;
                host.Heartbeat(TimeSpan.FromSeconds(5));
            });
            rabbit.ConfigurePublish(publish => publish.UseExecute(message =>
            {
                if (message.TryGetPayload<RabbitMqSendContext>(out var sent)) sent.Mandatory = true;
            }));
            rabbit.ConfigureEndpoints(context);
        });
    }
}
