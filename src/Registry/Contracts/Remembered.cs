using System.Diagnostics;

namespace Trading.Registry.Contracts;

/// <summary>
/// What was read of a small table: looked at anew after a change here, and at the latest a second after one elsewhere, by one caller for all who wait. Where a mark is
/// given that changes with the table, the table is read only when it did.
/// </summary>
public sealed class Remembered<T>(Func<CancellationToken, Task<T>> read, Func<CancellationToken, Task<string>>? mark = null) : IDisposable where T : class
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    private sealed record Seen(T What, string? Mark, long At);

    private readonly SemaphoreSlim one = new(1, 1);
    private volatile Seen? last;
    private int forgotten;

    /// <summary>As it was a second ago at the most.</summary>
    public async Task<T> Current(CancellationToken stop)
    {
        if (Fresh() is { } known) return known;
        await one.WaitAsync(stop);
        try
        {
            if (Fresh() is { } meanwhile) return meanwhile;
            var (at, begun, before) = (Stopwatch.GetTimestamp(), Volatile.Read(ref forgotten), last);
            // Before the table: a change between the two is seen as one at the next look.
            var marked = mark is null ? null : await mark(stop);
            var what = before is not null && marked is not null && before.Mark == marked ? before.What : await read(stop);
            // Changed here while it was read: perhaps it was read before that.
            last = new(what, marked, begun == Volatile.Read(ref forgotten) ? at : at - (2 * Stopwatch.Frequency));
            return what;
        }
        finally
        {
            one.Release();
        }
    }

    /// <summary>After a change here.</summary>
    public void Forget()
    {
        Interlocked.Increment(ref forgotten);
        last = null;
    }

    public void Dispose() => one.Dispose();

    private T? Fresh() => last is { } seen && Stopwatch.GetElapsedTime(seen.At) < LookAgain ? seen.What : null;
}
