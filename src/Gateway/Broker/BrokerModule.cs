using Microsoft.Extensions.DependencyInjection.Extensions;
using Trading.Matching.Contracts;

namespace Trading.Gateway.Broker;

internal static class BrokerModule
{
    /// <summary>The market feed goes by the broker's stream, with the journal behind it.</summary>
    public static void AddMarketStream(this IServiceCollection services, Uri broker)
    {
        services.AddSingleton(s => new StreamFeed(broker, s.GetRequiredService<IJournal>(), s.GetRequiredService<ILogger<StreamFeed>>()));
        services.Replace(ServiceDescriptor.Singleton<IBatchFeed>(s => s.GetRequiredService<StreamFeed>()));
        services.AddSingleton<IHostedService>(s => new StreamPublisher(broker, s.GetRequiredService<IJournal>(), s.GetRequiredService<IMarketState>(), s.GetRequiredService<ILogger<StreamPublisher>>()));
    }
}
