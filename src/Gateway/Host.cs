using System.Globalization;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using NodaTime;
using Npgsql;
using Trading.Gateway.Accounts;
using Trading.Gateway.Bots;
using Trading.Gateway.Broker;
using Trading.Gateway.Certificates;
using Trading.Gateway.Cli;
using Trading.Gateway.Deliveries;
using Trading.Gateway.Export;
using Trading.Gateway.Identity;
using Trading.Gateway.Import;
using Trading.Gateway.Live;
using Trading.Gateway.Market;
using Trading.Gateway.Orders;
using Trading.Gateway.Sessions;
using Trading.Gateway.Register;
using Trading.Gateway.Supervision;
using Trading.Matching;
using Trading.Matching.Contracts;
using Trading.Registry;
using Trading.Settlement;
using Trading.Settlement.Contracts;

namespace Trading.Gateway;

/// <summary>The one executable: every role in one process.</summary>
internal static class Host
{
    public static WebApplication Build(ServeOptions options, string connectionString)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory, WebRootPath = ThePage.Root });
        builder.WebHost.UseUrls(options.Urls);
        builder.WebHost.ConfigureKestrel(Limits);
        builder.Logging.ClearProviders().AddSimpleConsole(console => console.SingleLine = true).SetMinimumLevel(LogLevel.Warning).AddFilter("Trading", LogLevel.Information);
        // A stale version is answered, not an error of ours: the library logs it with its whole stack.
        builder.Logging.AddFilter("Marten", LogLevel.Critical);
        // The hub's own filter tells faults of ours; the library would log every refusal with its stack.
        builder.Logging.AddFilter("Microsoft.AspNetCore.SignalR", LogLevel.Critical);
        // Refusals travel as exceptions to the one place that writes problems; only faults of ours are logged, there.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Diagnostics", LogLevel.None).AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error).AddFilter("Microsoft.AspNetCore.Antiforgery", LogLevel.Error);
        builder.Services.AddSingleton(Database.Open(connectionString));
        builder.Services.AddSingleton(SystemTime.Ahead(options.DaysAhead));
        var holder = string.Create(CultureInfo.InvariantCulture, $"server {Environment.ProcessId} {Convert.ToHexString(RandomNumberGenerator.GetBytes(4))}");
        builder.Services.AddMatching(holder).AddRegistry().AddSettlement(options.Broker);
        if (options.Broker is { } broker) builder.Services.AddMarketStream(broker);
        builder.Services.AddIdentity(options);
        builder.Services.AddSingleton(new Readiness(options.Demo));
        builder.Services.AddSingleton<Importer>();
        builder.Services.AddSingleton<OrderDesk>();
        builder.Services.AddSingleton<NegotiationDesk>();
        builder.Services.AddLive();
        builder.Services.AddPapers();
        builder.Services.AddSingleton(options);
        if (options.Demo) builder.Services.AddHostedService<DemoProvince>();
        if (options.Bots) builder.Services.AddHostedService<BotHost>();
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(10));
        // So that a parameter that is missing is named, in the one place where problems are written.
        builder.Services.Configure<RouteHandlerOptions>(o => o.ThrowOnBadRequest = true);
        builder.Services.AddOpenApi("v1", o => o.AddDocumentTransformer(ApiDescription.Complete));
        var app = builder.Build();
        app.UseProblems();
        app.Use(Bodies.Bound);
        app.UseSafeHeaders();
        app.UseKnownHosts(options);
        app.UseCleanTexts();
        app.UseWebSockets();
        app.UseAuthentication();
        app.UseSessionGuard();
        app.UseAuthorization();
        app.Use(Crowding.Count);
        app.MapOpenApi("/openapi/{documentName}.json").AllowAnonymous();
        app.MapGet("/health/live", () => Results.Ok(new { status = "live" })).AllowAnonymous();
        app.MapGet("/health/ready", (Readiness ready, IMarketState market, ISettlerState settler, Relay relay, IBusTrouble bus) => ready.Answer(market.Leads, settler.Settles, relay.Follows, bus.Trouble)).AllowAnonymous();
        app.MapSetup();
        app.MapSession(options);
        app.MapUsers();
        app.MapMarket();
        app.MapRegions();
        app.MapOrders();
        app.MapPhases();
        app.MapListings();
        app.MapAuctions();
        app.MapNegotiations();
        app.MapAccounts();
        app.MapSwitches();
        app.MapDeliveries();
        app.MapBank();
        app.MapPayouts();
        app.MapProducts();
        app.MapRules();
        app.MapProposals();
        app.MapOwnProposals();
        app.MapParticipants();
        app.MapDeals();
        app.MapCaps();
        app.MapTransfers();
        app.MapHandOvers();
        app.MapSerials();
        app.MapReleases();
        app.MapLots();
        app.MapHolds();
        app.MapPledges();
        app.MapAllocations();
        app.MapUsage();
        app.MapExports();
        app.MapCertificates();
        app.MapStatements();
        app.MapSupervision();
        app.MapHalts();
        app.MapAlerts();
        app.MapBusts();
        app.MapLive();
        app.MapThePage();
        return app;
    }

    private static void Limits(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = Bodies.BytesMost;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
    }
}

/// <summary>What must be there before orders are taken.</summary>
internal sealed class Readiness(bool awaitsDemo)
{
    private readonly TaskCompletionSource loaded = awaitsDemo ? new(TaskCreationOptions.RunContinuationsAsynchronously) : Done();

    /// <summary>The demo province is there, or was not asked for.</summary>
    public Task Loaded => loaded.Task;

    public void DemoIsLoaded() => loaded.TrySetResult();

    private static TaskCompletionSource Done()
    {
        var done = new TaskCompletionSource();
        done.SetResult();
        return done;
    }

    /// <summary>Degraded: orders are taken and settled, and something around them waits.</summary>
    public IResult Answer(bool leads, bool settles, bool follows, string? bus)
    {
        var reasons = new List<string>();
        if (!leads) reasons.Add("the market does not lead yet");
        if (!settles) reasons.Add("settlement does not run yet");
        if (!follows) reasons.Add("the live feed does not follow yet");
        if (!loaded.Task.IsCompleted) reasons.Add("the demo province is being loaded");
        if (reasons.Count > 0) return Results.Json(new { status = "starting", reasons }, Json.Plain, statusCode: 503);
        return Results.Json(new { status = bus is null ? "ready" : "degraded", reasons = (string[])(bus is null ? [] : [$"news of trades waits: {bus}"]) }, Json.Plain);
    }
}
