using NodaTime;

namespace Trading.Matching.Contracts;

/// <summary>
/// Turns of a reader behind the market: one at most in a while, so that what it does with a batch does not stand in the way of the next order's commit. What is
/// committed meanwhile is one turn's work; after a quiet time a turn begins at once.
/// </summary>
public sealed class Turns(IClock clock, Duration apart) : IDisposable
{
    /// <summary>A person does not see it, and one order in many has company on the disk.</summary>
    public static readonly Duration Usual = Duration.FromMilliseconds(25);

    private readonly SemaphoreSlim bell = new(0, 1);
    private Instant next = Instant.MinValue;
    private int asked;

    /// <summary>Returns when the turn begins.</summary>
    public async Task Next(CancellationToken stop)
    {
        // A clock that was set back costs one wait and no more.
        var wait = Duration.Min(apart, next - clock.GetCurrentInstant());
        if (wait > Duration.Zero && await bell.WaitAsync(wait.ToTimeSpan(), stop)) Volatile.Write(ref asked, 0);
        next = clock.GetCurrentInstant() + apart;
    }

    /// <summary>Somebody waits for what the reader does: its next turn begins at once.</summary>
    public void Ask()
    {
        if (Interlocked.Exchange(ref asked, 1) == 0) bell.Release();
    }

    public void Dispose() => bell.Dispose();
}
