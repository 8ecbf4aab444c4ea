using Trading.Gateway.Identity;

namespace Trading.Gateway.Cli;

/// <param name="Bots">Seeded participants trade; only with the demo province.</param>
/// <param name="Broker">amqp(s) address of a RabbitMQ; null: the bus stays in this process.</param>
/// <param name="DaysAhead">The exchange's clock runs so many days ahead; only with the demo province.</param>
/// <param name="External">Null: the embedded issuer signs people in.</param>
internal sealed record ServeOptions(string Data, string Urls, bool Demo, string? Postgres, bool Bots = false, int Seed = 1, Uri? Broker = null, ExternalIssuer? External = null, int DaysAhead = 0);

internal static class Serve
{
    public static async Task<int> Run(ServeOptions options, CancellationToken stop)
    {
        var addresses = Addresses.Of(options.Urls, options.Demo);
        if (options is { Bots: true, Demo: false }) throw new UsageException("--bots trade in the demo province: give --demo too");
        if (options.DaysAhead < 0 || options is { DaysAhead: > 0, Demo: false }) throw new UsageException("--days-ahead shows the demo province later: give --demo too, and 0 days or more");
        options = options with { External = ExternalIssuer.From(new ConfigurationBuilder().AddEnvironmentVariables().Build()) };
        Folder.Make(options.Data);
        Environment.ExitCode = 0;
        await using var store = await Store.Open(options.Data, options.Postgres, besideAServer: false, stop);
        Addresses.Free(addresses);
        await store.Upgrade();
        await using var app = Host.Build(options, store.ConnectionString);
        // Endpoints can be named in the configuration too, and are opened instead of --urls.
        foreach (var endpoint in app.Configuration.GetSection("Kestrel:Endpoints").GetChildren()) Addresses.Of(endpoint["Url"] ?? "", options.Demo);
        await app.StartAsync(stop);
        var url = new Uri(app.Urls.First());
        if (!options.Demo && await app.Services.GetRequiredService<FirstAdministrator>().Link(url, stop) is { } link)
            Console.WriteLine($"trading: no user yet; make the first administrator once at {link}");
        Console.WriteLine($"trading: listening on {string.Join(", ", app.Urls)}");
        await app.WaitForShutdownAsync(stop);
        return Environment.ExitCode;
    }
}
