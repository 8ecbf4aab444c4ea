using NodaTime;

namespace Trading.Matching.Contracts;

/// <summary>Market time: Unix microseconds.</summary>
public static class Time
{
    public static long Micros(Instant at) => at.ToUnixTimeTicks() / 10;

    public static Instant Instant(long micros) => NodaTime.Instant.FromUnixTimeTicks(micros * 10);
}
