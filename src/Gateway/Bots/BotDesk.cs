using System.Globalization;
using NodaTime;
using NodaTime.Text;
using Trading.Registry.Contracts;

namespace Trading.Gateway.Bots;

/// <summary>Clerks who confirm what the bots traded with each other, some time after: a desk is never empty, and never for ever full. What a person traded is left to people.</summary>
internal sealed class BotDesk(HttpClient http, Func<string[]> bots, Catalog catalog, Func<string?, Task<BotClient?>> clerk, string[] people)
{
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(15);
    private static readonly Duration Ponders = Duration.FromSeconds(45);

    public async Task Confirm(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await Task.Delay(Round, stop);
            try
            {
                var regions = bots().Select(id => catalog.Participant(id)?.Region).Where(r => r is not null).Distinct(StringComparer.Ordinal).ToArray();
                foreach (var region in regions.Append(null))
                {
                    if (await clerk(region) is { } who) await Answer(who, stop);
                }
            }
            catch (Exception busy) when (busy is BusyException or HttpRequestException or TaskCanceledException && !stop.IsCancellationRequested)
            {
                await Task.Delay(Round, stop);
            }
        }
    }

    private async Task Answer(BotClient who, CancellationToken stop)
    {
        var now = Moment((await http.GetAsync(new Uri("/health/live", UriKind.Relative), stop)).Headers.Date);
        var queue = await who.Get("/api/v1/confirmations?status=awaitingConfirmation&limit=50", stop);
        foreach (var item in queue?["items"]?.AsArray() ?? [])
        {
            var ours = new[] { "buyer", "seller" }.All(side => item![side]?.GetValue<string>() is { } id && !people.Contains(id, StringComparer.Ordinal));
            if (!ours || now - InstantPattern.ExtendedIso.Parse(item!["executedAt"]!.GetValue<string>()).Value < Ponders) continue;
            await who.Send(HttpMethod.Post, string.Create(CultureInfo.InvariantCulture, $"/api/v1/confirmations/{item["id"]!.GetValue<string>()}/approve"), null, stop);
        }
    }

    private static Instant Moment(DateTimeOffset? date) => date is { } at ? Instant.FromDateTimeOffset(at) : Instant.MinValue;
}
