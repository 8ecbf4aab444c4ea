using NodaTime;

namespace Trading.Gateway;

/// <summary>The one place that names the wall clock.</summary>
internal static class SystemTime
{
#pragma warning disable RS0030 // the composition root names it so that nothing else does
    public static IClock Clock => NodaTime.SystemClock.Instance;
#pragma warning restore RS0030
}
