using MessagePack;
using MessagePack.Resolvers;
using Microsoft.AspNetCore.SignalR;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;

namespace Trading.Gateway.Live;

internal static class LiveModule
{
    private const int MessageBytesMost = 16 * 1024;

    public static void AddLive(this IServiceCollection services)
    {
        services.AddSingleton<Crowding>();
        services.AddSingleton<HubProblems>();
        services.AddSingleton<PrivateBells>();
        services.AddSingleton<IHostedService>(s => s.GetRequiredService<PrivateBells>());
        services.AddSingleton<PrivateFeed>();
        services.AddSingleton<ConnectionWatch>();
        services.AddSingleton<IHostedService>(s => s.GetRequiredService<ConnectionWatch>());
        services.AddSingleton<Relay>();
        services.AddSingleton<IHostedService>(s => s.GetRequiredService<Relay>());
        // For every socket, the hub's too, whose library switches this off and would then wait for ever for a client that never pinged: who answers no ping is gone.
        services.PostConfigure<WebSocketOptions>(sockets => (sockets.KeepAliveInterval, sockets.KeepAliveTimeout) = (TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(30)));
        services.AddSignalR(hub =>
            {
                hub.MaximumReceiveMessageSize = MessageBytesMost;
                hub.MaximumParallelInvocationsPerClient = 4;
                hub.AddFilter<HubProblems>();
            })
            .AddJsonProtocol(json => json.PayloadSerializerOptions = Json.Plain)
            .AddMessagePackProtocol(pack => pack.SerializerOptions = MessagePackSerializerOptions.Standard
                .WithResolver(CompositeResolver.Create([new RawJsonFormatter()], [StandardResolver.Instance]))
                .WithSecurity(MessagePackSecurity.UntrustedData));
    }

    public static void MapLive(this WebApplication app)
    {
        app.MapHub<MarketHub>("/hubs/market", connection => connection.CloseOnAuthenticationExpiration = true).AllowAnonymous();
        app.MapGet("/ws/market", (HttpContext context, Relay relay, IDirectory directory, IListings listings, IHostApplicationLifetime host) => MarketSocket.Serve(context, relay, directory, listings, host))
            .AllowAnonymous().ExcludeFromDescription();
    }
}
