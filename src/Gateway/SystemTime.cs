using NodaTime;

namespace Trading.Gateway;

/// <summary>The one place that names the wall clock.</summary>
internal static class SystemTime
{
#pragma warning disable RS0030 // the composition root names it so that nothing else does
    public static IClock Clock => NodaTime.SystemClock.Instance;
#pragma warning restore RS0030

    /// <summary>So many days ahead of the wall: a demonstration shows what falls due. What was journaled ahead never goes back.</summary>
    public static IClock Ahead(int days) => days == 0 ? Clock : new AheadClock(Duration.FromDays(days));

    private sealed class AheadClock(Duration ahead) : IClock
    {
        public Instant GetCurrentInstant() => Clock.GetCurrentInstant() + ahead;
    }
}
