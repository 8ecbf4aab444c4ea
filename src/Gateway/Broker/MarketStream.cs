using RabbitMQ.Client;

namespace Trading.Gateway.Broker;

/// <summary>The stream that carries committed batches to every gateway. It may vanish at any time: PostgreSQL holds the same, for ever.</summary>
internal static class MarketStream
{
    public const string Name = "market.batches";
    private const long BytesMost = 256L * 1024 * 1024;
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(5);

    public static async Task<IConnection> Connect(Uri broker, string who, CancellationToken stop) => await new ConnectionFactory
    {
        Uri = broker,
        ClientProvidedName = who,
        RequestedHeartbeat = Heartbeat,
        // Whoever uses it begins anew by itself, from the number it had reached.
        AutomaticRecoveryEnabled = false,
        TopologyRecoveryEnabled = false,
    }.CreateConnectionAsync(stop);

    public static Task Declare(IChannel channel, CancellationToken stop) => channel.QueueDeclareAsync(Name, durable: true, exclusive: false, autoDelete: false,
        new Dictionary<string, object?>(StringComparer.Ordinal) { ["x-queue-type"] = "stream", ["x-max-length-bytes"] = BytesMost, ["x-stream-max-segment-size-bytes"] = BytesMost / 16 }, cancellationToken: stop);
}
