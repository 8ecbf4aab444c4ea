using System.Diagnostics;

namespace Trading.Registry;

/// <summary>What was read of a small table: read anew after a change here, and at the latest a second after one elsewhere.</summary>
internal sealed class Remembered<T>(Func<CancellationToken, Task<T>> read) where T : class
{
    private static readonly TimeSpan ReadAgain = TimeSpan.FromSeconds(1);

    private sealed record Seen(T What, long At);

    private volatile Seen? last;

    public async Task<T> Current(CancellationToken stop)
    {
        if (last is { } seen && Stopwatch.GetElapsedTime(seen.At) < ReadAgain) return seen.What;
        var at = Stopwatch.GetTimestamp();
        var what = await read(stop);
        last = new(what, at);
        return what;
    }

    public void Forget() => last = null;
}
