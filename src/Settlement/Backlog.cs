using NodaTime;

namespace Trading.Settlement;

/// <summary>How far the settler is behind the market: told every five seconds while there is work for longer than that, so that whoever waits after an outage sees it move.</summary>
internal sealed class Backlog(Instant began, long reached)
{
    private static readonly Duration Every = Duration.FromSeconds(5);
    private (Instant At, long Reached) told = (began, reached);

    public bool Due(Instant now) => now - told.At >= Every;

    /// <param name="last">Last sequence of the journal.</param>
    /// <returns>Entries behind, entries worked off a second, and the seconds that are left at that pace; null: level soon, or nothing moved and nobody knows.</returns>
    public (long Behind, long PerSecond, long Seconds)? Tell(Instant now, long reached, long last)
    {
        var (behind, moved, took) = (last - reached, reached - told.Reached, now - told.At);
        told = (now, reached);
        var pace = (long)(moved / took.TotalSeconds);
        return pace > 0 && behind > moved ? (behind, pace, behind / pace) : null;
    }
}
