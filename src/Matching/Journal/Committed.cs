using NodaTime;
using Trading.Matching.Contracts;

namespace Trading.Matching.Journal;

/// <summary>
/// Wakes those who wait, inside one process, and holds the newest committed batches for them, so that nobody beside the leader reads and unpacks again what
/// the leader just wrote. Only saves waiting and work: a reader that hears nothing looks again by itself, and what is not held here is read from the table.
/// </summary>
internal sealed class Committed
{
    /// <summary>Commands and outputs held, at most, about; a batch of a few is held beside a thousand others.</summary>
    private const int HeldMost = 1 << 17;
    /// <summary>How long a reader waits before it looks, for batches that another process committed.</summary>
    private static readonly Duration LookAgain = Duration.FromMilliseconds(100);

    private readonly Lock gate = new();
    private readonly Queue<Batch> held = [];
    private int heldSize;
    private long last;
    private TaskCompletionSource next = New();

    /// <summary>What the keeper's own thread sleeps on: a monitor needs no thread of the pool to wake it.</summary>
    private readonly object keeper = new();
    private bool woken;
    private bool staged;

    /// <summary>A batch of this process is committed. Those behind it are woken.</summary>
    public void Add(Batch batch)
    {
        TaskCompletionSource waiting;
        lock (gate)
        {
            // What this process did not write itself (an answer that was lost, another leader between) is a gap, and readers must not be led over it.
            if (batch.FirstSequence != last + 1) Forget();
            held.Enqueue(batch);
            heldSize += SizeOf(batch);
            while (heldSize > HeldMost && held.Count > 1) heldSize -= SizeOf(held.Dequeue());
            last = batch.LastSequence;
            (waiting, next) = (next, New());
        }

        waiting.TrySetResult();
    }

    /// <summary>The journal was lived up to here, whoever wrote it.</summary>
    public void Beyond(long sequence)
    {
        TaskCompletionSource waiting;
        lock (gate)
        {
            if (sequence <= last) return;
            Forget();
            last = sequence;
            (waiting, next) = (next, New());
        }

        waiting.TrySetResult();
    }

    /// <summary>Batches after the sequence that are held here, oldest first. None: ask the table.</summary>
    public IReadOnlyList<Batch> After(long sequence, int most)
    {
        lock (gate)
        {
            if (sequence >= last || held.Count == 0 || held.Peek().FirstSequence > sequence + 1) return [];
            var found = new List<Batch>();
            foreach (var batch in held)
            {
                if (batch.FirstSequence <= sequence) continue;
                if (found.Count == most) break;
                found.Add(batch);
            }

            return found;
        }
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
        // What the work is stands in its queue before this is read; the keeper takes the mark away before it looks there.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref woken)) return;
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
            Volatile.Write(ref woken, false);
            Interlocked.MemoryBarrier();
        }
    }

    private void Forget()
    {
        held.Clear();
        heldSize = 0;
    }

    private static int SizeOf(Batch batch) => batch.Commands.Length + batch.Outputs.Length;

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
