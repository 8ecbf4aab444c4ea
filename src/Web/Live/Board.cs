using Microsoft.AspNetCore.SignalR.Client;
using Trading.Web.Text;

namespace Trading.Web.Live;

/// <summary>Every instrument with its figures of the day, kept live by the tape.</summary>
public sealed class Board(Api api, MarketFeed feed)
{
    private readonly Dictionary<string, Instrument> instruments = new(StringComparer.Ordinal);
    private Task? loading;
    private IDisposable? stream;

    public Problem? Problem { get; private set; }

    public bool Loaded { get; private set; }

    public IEnumerable<Instrument> Instruments => instruments.Values;

    public event Action<string?>? Changed;

    public Instrument? Find(string symbol) => instruments.GetValueOrDefault(symbol);

    /// <summary>Loads once; later calls wait for the same.</summary>
    public Task Load()
    {
        stream ??= feed.Run(Follow);
        return loading ??= Read();
    }

    public async Task Read()
    {
        var (items, problem) = await api.List<Instrument>("/api/v1/instruments");
        Problem = problem;
        if (problem is not null)
        {
            loading = null;
            Changed?.Invoke(null);
            return;
        }

        instruments.Clear();
        foreach (var instrument in items) instruments[instrument.Symbol] = instrument;
        Loaded = true;
        Changed?.Invoke(null);
    }

    private async Task Follow(HubConnection hub, CancellationToken stop)
    {
        var begun = false;
        var frames = hub.StreamAsync<Frame[]>("FollowAll", Array.Empty<string>(), stop).GetAsyncEnumerator(stop);
        try
        {
            var next = frames.MoveNextAsync();
            // Read after following began: what happens in between is in both, and a figure told twice is the same figure.
            if (Loaded || Problem is not null) await Read();
            begun = true;
            while (await next)
            {
                foreach (var frame in frames.Current) await Apply(frame);
                next = frames.MoveNextAsync();
            }
        }
        finally
        {
            if (begun) await frames.DisposeAsync();
        }
    }

    private async Task Apply(Frame frame)
    {
        if (frame.Type == "reset")
        {
            await Read();
            return;
        }

        if (frame.Symbol is not { } symbol || !instruments.TryGetValue(symbol, out var known) || frame.Sequence < known.Sequence) return;
        instruments[symbol] = frame.Type != "trade"
            ? known with { Phase = frame.Phase is null or "uncross" ? known.Phase : frame.Phase, Sequence = frame.Sequence }
            : known with { Last = frame.Last, Open = frame.Open, High = frame.High, Low = frame.Low, Volume = frame.Volume, Amount = Traded(known, frame), Change = frame.Change, ChangePercent = frame.ChangePercent, Sequence = frame.Sequence };
        Changed?.Invoke(symbol);
    }

    /// <summary>The day's amount: frames tell one trade's, so it is added up, once a trade; the first of a day begins it.</summary>
    private static string? Traded(Instrument known, Frame frame) =>
        frame.Negotiated || frame.Sequence == known.Sequence ? known.Amount
        : frame.Volume == frame.Quantity ? frame.Amount
        : ((Fmt.Number(known.Amount) ?? 0) + (Fmt.Number(frame.Amount) ?? 0)).ToString("0.00", System.Globalization.CultureInfo.InvariantCulture);
}
