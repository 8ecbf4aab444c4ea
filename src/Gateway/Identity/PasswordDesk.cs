using System.Threading.Channels;

namespace Trading.Gateway.Identity;

/// <summary>
/// Where passwords are hashed, and nowhere else. A hash is slow on purpose, so whoever knows the address could keep every core and every thread busy
/// with names that are not there: few threads of its own hash, some wait, and everybody else is told to come again. Counted by account and by all, not by
/// address: behind a proxy all have one, and a header can claim any.
/// </summary>
internal sealed class PasswordDesk : IDisposable
{
    public const int WaitingMost = 24;
    public const int PerNameMost = 4;
    /// <summary>At least half of the cores stay with the market.</summary>
    private static readonly int Hashers = Math.Clamp(Environment.ProcessorCount / 2, 1, 2);

    private readonly Lock gate = new();
    private readonly Dictionary<string, int> inside = new(StringComparer.Ordinal);
    private readonly Channel<Action> work = Channel.CreateUnbounded<Action>();
    private int all;

    public PasswordDesk()
    {
        for (var i = 0; i < Hashers; i++) new Thread(Work) { IsBackground = true, Name = "passwords" }.Start();
    }

    /// <summary>A place in the queue, until it is disposed. Only names that are inside are remembered.</summary>
    /// <exception cref="RefusedException">SLOW_DOWN: the queue is full, or this account's part of it.</exception>
    public IDisposable Enter(string name)
    {
        lock (gate)
        {
            var ofName = inside.GetValueOrDefault(name);
            if (all >= WaitingMost || ofName >= PerNameMost) throw Json.No("SLOW_DOWN", ("seconds", "2"));
            all++;
            inside[name] = ofName + 1;
        }

        return new Place(this, name);
    }

    /// <summary>Runs it on a thread that no request needs.</summary>
    public Task<T> Hash<T>(Func<T> hash, CancellationToken stop)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        // Who has left is not hashed for.
        if (!work.Writer.TryWrite(() =>
            {
                if (stop.IsCancellationRequested) done.TrySetCanceled(stop);
                else done.TrySetResult(hash());
            }))
        {
            done.TrySetCanceled(CancellationToken.None);
        }

        return done.Task;
    }

    public void Dispose() => work.Writer.TryComplete();

    private void Work()
    {
        while (work.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (work.Reader.TryRead(out var next)) next();
        }
    }

    private void Leave(string name)
    {
        lock (gate)
        {
            all--;
            if (inside[name] == 1) inside.Remove(name);
            else inside[name]--;
        }
    }

    private sealed class Place(PasswordDesk desk, string name) : IDisposable
    {
        private int left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref left, 1) == 0) desk.Leave(name);
        }
    }
}
