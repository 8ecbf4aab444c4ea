using NodaTime;

namespace Trading.Matching.Contracts;

/// <summary>Market time: Unix microseconds.</summary>
public static class Time
{
    public static long Micros(Instant at) => at.ToUnixTimeTicks() / 10;

    /// <summary>Now, as rows keep it: what an event tells and what its row says is then the same instant.</summary>
    public static Instant Now(IClock clock) => Instant(Micros(clock.GetCurrentInstant()));

    public static Instant Instant(long micros) => NodaTime.Instant.FromUnixTimeTicks(micros * 10);
}
