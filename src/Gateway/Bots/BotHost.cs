using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using NodaTime;
using Trading.Gateway.Cli;
using Trading.Gateway.Identity;
using Trading.Registry.Contracts;

namespace Trading.Gateway.Bots;

/// <summary>
/// Seeded participants for a demonstration: they sign in as users of their own, with passwords made at this start, and trade over HTTP as anyone would.
/// The users that people sign in as are left alone. Counties and a provincial clerk confirm what the bots traded, after a while.
/// </summary>
internal sealed partial class BotHost(Users users, IDirectory directory, IRules rules, IClock clock, Readiness ready, ServeOptions options, IServer server, IHostApplicationLifetime host, ILogger<BotHost> log) : BackgroundService
{
    private const int MembersMost = 8;
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(5);
    private static readonly string[] People = ["steel", "textile", "power", "kunshan", "suqian"];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            // Hosted services begin before the address is open, and on a full store there is nothing else to wait for.
            await Started(stoppingToken);
            await ready.Loaded.WaitAsync(stoppingToken);
            using var http = new HttpClient { BaseAddress = new(server.Features.Get<IServerAddressesFeature>()!.Addresses.First()), Timeout = TimeSpan.FromSeconds(30) };
            while (!stoppingToken.IsCancellationRequested) await Once(http, stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Told to stop.
        }
    }

    /// <summary>Until something fails that the floors did not expect: they rest, and begin anew. A demonstration that fails must not take the exchange with it.</summary>
    private async Task Once(HttpClient http, CancellationToken stoppingToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        try
        {
            while (!await IsReady(http, over.Token)) await Task.Delay(LookAgain, over.Token);
            await Run(http, over.Token);
        }
        catch (Exception failed) when (!stoppingToken.IsCancellationRequested)
        {
            Failed(log, failed.Message);
            await over.CancelAsync();
            await Task.Delay(Rest, stoppingToken);
        }
    }

    private async Task Started(CancellationToken stop)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var listening = host.ApplicationStarted.Register(() => started.TrySetResult());
        await started.Task.WaitAsync(stop);
    }

    private static async Task<bool> IsReady(HttpClient http, CancellationToken stop)
    {
        try
        {
            using var answer = await http.GetAsync(new Uri("/health/ready", UriKind.Relative), stop);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception notYet) when (notYet is HttpRequestException or TaskCanceledException && !stop.IsCancellationRequested)
        {
            return false;
        }
    }

    private async Task Run(HttpClient http, CancellationToken stop)
    {
        var password = Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
        var chance = new Random(options.Seed);
        var (catalog, book, now) = (await directory.Current(stop), await rules.Current(stop), clock.GetCurrentInstant());
        var traders = new Dictionary<string, BotClient>(StringComparer.Ordinal);
        async Task<BotClient> Client(Participant p) =>
            traders.TryGetValue(p.Id, out var known) ? known : traders[p.Id] = await SignUp(http, "bot-" + p.Id, p.Kind == ParticipantKind.County ? Roles.County : Roles.Enterprise, p.Id, password, stop);

        var instruments = JsonNode.Parse(await http.GetStringAsync(new Uri("/api/v1/instruments", UriKind.Relative), stop))!["items"]!.AsArray();
        var work = new List<Task>();
        foreach (var shown in instruments)
        {
            var instrument = catalog.Instrument(shown!["symbol"]!.GetValue<string>())!;
            var able = catalog.Participants.Where(p => p.Kind == ParticipantKind.Enterprise && !People.Contains(p.Id, StringComparer.Ordinal) && Eligibility.Judge(catalog.Party(p), instrument, buys: true, book, now) is null).ToArray();
            chance.Shuffle(able);
            var members = new List<BotClient>();
            foreach (var p in able.Take(MembersMost)) members.Add(await Client(p));
            if (members.Count >= 2) work.Add(new BotFloor(http, shown, members, options.Seed + instrument.Number).Trade(stop));
        }

        var province = await SignUp(http, "bot-province", Roles.Regulator, null, password, stop);
        work.Add(new BotDesk(http, () => [.. traders.Keys], catalog, async region =>
        {
            if (region is null) return province;
            return catalog.Participants.FirstOrDefault(p => p.Kind == ParticipantKind.County && p.Region == region) is { } county && !People.Contains(county.Id, StringComparer.Ordinal) ? await Client(county) : null;
        }, People).Confirm(stop));
        Console.WriteLine($"trading: {traders.Count} bots trade {work.Count - 1} instruments (seed {options.Seed})");
        // The first that ends, ends all: none of them ends by itself.
        await await Task.WhenAny(work);
    }

    private async Task<BotClient> SignUp(HttpClient http, string name, string role, string? participant, string password, CancellationToken stop)
    {
        if (!await users.SetPassword(name, password, stop) && await users.Add(new(name, role, participant), password, stop) is { } refused) throw new InvalidOperationException($"bot {name}: {refused.Code}");
        return new(http, name, password);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The bots rest a while: {Reason}")]
    private static partial void Failed(ILogger log, string reason);
}
