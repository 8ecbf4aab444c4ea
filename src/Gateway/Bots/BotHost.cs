using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Trading.Gateway.Cli;
using Trading.Gateway.Identity;
using Trading.Registry.Contracts;

namespace Trading.Gateway.Bots;

/// <summary>
/// Seeded participants for a demonstration: they sign in as users of their own, with passwords made at this start, and trade over HTTP as anyone would.
/// The users that people sign in as are left alone. Counties and a provincial clerk confirm what the bots traded, after a while.
/// </summary>
internal sealed partial class BotHost(Users users, IDirectory directory, Readiness ready, ServeOptions options, IHostApplicationLifetime host, ILogger<BotHost> log) : BackgroundService
{
    private const int MembersMost = 8;
    private static readonly string[] People = ["steel", "textile", "power", "kunshan", "suqian"];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await ready.Loaded.WaitAsync(stoppingToken);
            using var http = new HttpClient { BaseAddress = new(options.Urls), Timeout = TimeSpan.FromSeconds(30) };
            while (!(await http.GetAsync(new Uri("/health/ready", UriKind.Relative), stoppingToken)).IsSuccessStatusCode) await Task.Delay(200, stoppingToken);
            await Run(http, stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Told to stop.
        }
        catch (Exception failed) when (!host.ApplicationStopping.IsCancellationRequested)
        {
            // A demonstration that fails must not take the exchange with it.
            Failed(log, failed, failed.Message);
        }
    }

    private async Task Run(HttpClient http, CancellationToken stop)
    {
        var password = Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
        var chance = new Random(options.Seed);
        var catalog = await directory.Current(stop);
        var traders = new Dictionary<string, BotClient>(StringComparer.Ordinal);
        async Task<BotClient> Client(Participant p) =>
            traders.TryGetValue(p.Id, out var known) ? known : traders[p.Id] = await SignUp(http, "bot-" + p.Id, p.Kind == ParticipantKind.County ? Roles.County : Roles.Enterprise, p.Id, password, stop);

        var instruments = JsonNode.Parse(await http.GetStringAsync(new Uri("/api/v1/instruments", UriKind.Relative), stop))!["items"]!.AsArray();
        var work = new List<Task>();
        foreach (var shown in instruments)
        {
            var instrument = catalog.Instrument(shown!["symbol"]!.GetValue<string>())!;
            var able = catalog.Participants.Where(p => p.Kind == ParticipantKind.Enterprise && !People.Contains(p.Id, StringComparer.Ordinal) && Eligibility.Judge(p, instrument, buys: true, default) is null).ToArray();
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
        await Task.WhenAll(work);
    }

    private async Task<BotClient> SignUp(HttpClient http, string name, string role, string? participant, string password, CancellationToken stop)
    {
        if (await users.Add(new(name, role, participant), password, stop) is { } refused) throw new InvalidOperationException($"bot {name}: {refused.Code}");
        await users.SetPassword(name, password, stop);
        return new(http, name, password);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The bots stop: {Reason}")]
    private static partial void Failed(ILogger log, Exception failed, string reason);
}
