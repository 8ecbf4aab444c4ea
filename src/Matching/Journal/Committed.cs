using NodaTime;

namespace Trading.Matching.Journal;

/// <summary>Wakes those who wait, inside one process. Only saves waiting: a reader that hears nothing looks again by itself.</summary>
internal sealed class Committed
{
    /// <summary>How long a reader waits before it looks, for batches that another process committed.</summary>
    private static readonly Duration LookAgain = Duration.FromMilliseconds(100);

    private readonly Lock gate = new();
    private long last;
    private TaskCompletionSource next = New();

    /// <summary>What the keeper's own thread sleeps on: a monitor needs no thread of the pool to wake it.</summary>
    private readonly object keeper = new();
    private bool woken;
    private bool staged;

    public void Beyond(long sequence)
    {
        TaskCompletionSource waiting;
        lock (gate)
        {
            if (sequence <= last) return;
            last = sequence;
            (waiting, next) = (next, New());
        }

        waiting.TrySetResult();
    }

    public async Task WaitBeyond(long sequence, Duration atMost, CancellationToken stop)
    {
        Task waiting;
        lock (gate)
        {
            if (last > sequence) return;
            waiting = next.Task;
        }

        await Task.WhenAny(waiting, Task.Delay(Duration.Min(atMost, LookAgain).ToTimeSpan(), stop));
        stop.ThrowIfCancellationRequested();
    }

    /// <summary>Something stands in the inbox.</summary>
    public void Staged()
    {
        lock (gate) staged = true;
        Wake();
    }

    /// <summary>True once for each time something was announced.</summary>
    public bool TakeStaged()
    {
        lock (gate)
        {
            var was = staged;
            staged = false;
            return was;
        }
    }

    /// <summary>There is work for the keeper. Heard though it comes before the keeper sleeps.</summary>
    public void Wake()
    {
        lock (keeper)
        {
            woken = true;
            Monitor.Pulse(keeper);
        }
    }

    /// <summary>Sleeps until there may be work, or the time is over.</summary>
    public void WaitForWork(Duration atMost)
    {
        lock (keeper)
        {
            if (!woken) Monitor.Wait(keeper, atMost.ToTimeSpan());
            woken = false;
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
