using MassTransit;

namespace Trading.Settlement.Deliveries;

/// <summary>
/// The bus on RabbitMQ: quorum queues from the first day (they cannot be exchanged later), publisher confirms, and every message mandatory, so that one
/// which no queue takes comes back as a failure and is told again. The broker holds no state of ours.
/// </summary>
internal static class RabbitBus
{
    private const ushort Prefetch = 64;
    /// <summary>Of one queue; each holds a database connection, and what an outage piled up must leave enough of them to orders and approvals.</summary>
    private const int AtOnce = 8;

    public static void Use(IBusRegistrationConfigurator bus, Uri broker)
    {
        bus.UsingRabbitMq((_, rabbit) =>
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
        });
        // Not ConfigureEndpoints: who keeps a queue read is Reception.
    }

    public static void Configure(IRabbitMqReceiveEndpointConfigurator queue, Parking parking)
    {
        queue.SetQuorumQueue();
        queue.PrefetchCount = Prefetch;
        queue.ConcurrentMessageLimit = AtOnce;
        ToItsEnd(queue, parking);
    }

    /// <summary>What becomes of a message that fails, on whatever bus: once more at once, for consumers are idempotent, and else it is parked. No queue of the broker's own keeps it.</summary>
    public static void ToItsEnd(IReceiveEndpointConfigurator queue, Parking parking)
    {
        queue.UseMessageRetry(retry => retry.Intervals(100, 500));
        queue.ConfigureError(pipe => pipe.UseFilter(parking));
        queue.ConfigureDeadLetter(pipe => pipe.UseFilter(parking));
    }
}
