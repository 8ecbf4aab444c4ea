using NodaTime;

namespace Trading.Registry;

/// <summary>Instants as the tables hold them: whole microseconds since 1970.</summary>
internal static class Micros
{
    public static long Of(Instant at) => at.ToUnixTimeTicks() / 10;

    public static Instant At(long micros) => Instant.FromUnixTimeTicks(micros * 10);

    /// <summary>The clock, to the microsecond: what is stored reads back equal.</summary>
    public static Instant Now(IClock clock) => At(Of(clock.GetCurrentInstant()));
}
