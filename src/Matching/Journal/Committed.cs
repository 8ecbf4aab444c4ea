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

    /// <summary>Set while nothing staged was announced since the keeper last looked.</summary>
    private TaskCompletionSource staged = New();

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

    public void Staged()
    {
        lock (gate) staged.TrySetResult();
    }

    public Task SomethingStaged
    {
        get
        {
            lock (gate) return staged.Task;
        }
    }

    /// <summary>True once for each time something was announced.</summary>
    public bool TakeStaged()
    {
        lock (gate)
        {
            if (!staged.Task.IsCompleted) return false;
            staged = New();
            return true;
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
