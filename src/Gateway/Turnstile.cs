namespace Trading.Gateway;

/// <summary>How many may be inside at one moment, all together: what they ask keeps a core busy, and the market comes first.</summary>
/// <param name="seconds">After how long whoever finds it full is told to come again.</param>
internal sealed class Turnstile(int most, int seconds)
{
    private int inside;

    /// <exception cref="RefusedException">SLOW_DOWN.</exception>
    public IDisposable Enter()
    {
        if (Interlocked.Increment(ref inside) <= most) return new Place(this);
        Interlocked.Decrement(ref inside);
        throw Json.No("SLOW_DOWN", ("seconds", seconds.ToString(System.Globalization.CultureInfo.InvariantCulture)));
    }

    private sealed class Place(Turnstile of) : IDisposable
    {
        private int left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref left, 1) == 0) Interlocked.Decrement(ref of.inside);
        }
    }
}
