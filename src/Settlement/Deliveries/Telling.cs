using NodaTime;

namespace Trading.Settlement.Deliveries;

/// <summary>
/// What was told a moment ago and is on its way. Whoever is woken in between tells only what is new: told again at every wake-up, the repeats of what cannot
/// be answered yet would come faster than anyone can hear them, and the news would wait behind them. Pure; it forgets by itself.
/// </summary>
/// <param name="again">After this long without an answer it may have been lost. Times are of a clock nobody sets.</param>
internal sealed class Telling(Duration again)
{
    private readonly Dictionary<long, (long Version, Duration At)> told = [];

    /// <summary>Of what is not answered, what is to be told now.</summary>
    public IReadOnlyList<DeliveryChanged> Due(IReadOnlyList<DeliveryChanged> unanswered, Duration now)
    {
        foreach (var (trade, (_, at)) in told)
        {
            if (now - at >= again) told.Remove(trade);
        }

        return [.. unanswered.Where(changed => !told.TryGetValue(changed.TradeNo, out var last) || last.Version < changed.Version)];
    }

    /// <summary>These have left; what failed on its way is not among them.</summary>
    public void Told(IReadOnlyList<DeliveryChanged> changed, Duration at)
    {
        foreach (var one in changed) told[one.TradeNo] = (one.Version, at);
    }
}
