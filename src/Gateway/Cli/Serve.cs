using System.Net;
using Trading.Gateway.Identity;

namespace Trading.Gateway.Cli;

/// <param name="Bots">Seeded participants trade; only with the demo province.</param>
/// <param name="Broker">amqp(s) address of a RabbitMQ; null: the bus stays in this process.</param>
/// <param name="External">Null: the embedded issuer signs people in.</param>
internal sealed record ServeOptions(string Data, string Urls, bool Demo, string? Postgres, bool Bots = false, int Seed = 1, Uri? Broker = null, ExternalIssuer? External = null);

internal static class Serve
{
    public static async Task<int> Run(ServeOptions options, CancellationToken stop)
    {
        var url = Address(options);
        options = options with { External = ExternalIssuer.From(new ConfigurationBuilder().AddEnvironmentVariables().Build()) };
        Directory.CreateDirectory(options.Data);
        Environment.ExitCode = 0;
        await using var store = await Store.Open(options.Data, options.Postgres, besideAServer: false, stop);
        await store.Upgrade();
        await using var app = Host.Build(options, store.ConnectionString);
        await app.StartAsync(stop);
        if (!options.Demo && await app.Services.GetRequiredService<FirstAdministrator>().Link(url, stop) is { } link)
            Console.WriteLine($"trading: no user yet; make the first administrator once at {link}");
        Console.WriteLine($"trading: listening on {url}");
        await app.WaitForShutdownAsync(stop);
        return Environment.ExitCode;
    }

    private static Uri Address(ServeOptions options)
    {
        if (!Uri.TryCreate(options.Urls, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https")) throw new UsageException($"--urls {options.Urls} is no http or https address");
        if (options is { Bots: true, Demo: false }) throw new UsageException("--bots trade in the demo province: give --demo too");
        var loopback = url.IsLoopback || (IPAddress.TryParse(url.Host, out var address) && IPAddress.IsLoopback(address));
        if (!loopback && url.Scheme == "http") throw new UsageException($"plain http is for loopback only, and {url.Host} is not: use https, or a proxy that ends TLS on this machine");
        if (!loopback && options.Demo) throw new UsageException($"--demo has users whose password everyone knows: it listens on loopback only, and {url.Host} is not");
        return url;
    }
}
