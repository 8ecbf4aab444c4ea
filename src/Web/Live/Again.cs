namespace Trading.Web.Live;

/// <summary>What has no stream of its own is read again every few seconds, for as long as its page is open.</summary>
public sealed class Again : IDisposable
{
    private const int EveryMs = 4_000;
    private readonly CancellationTokenSource over = new();

    public Again(Func<Task> read) => _ = Repeat(read, over.Token);

    private static async Task Repeat(Func<Task> read, CancellationToken over)
    {
        while (true)
        {
            await Task.Delay(EveryMs, over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (over.IsCancellationRequested) return;
            await read();
        }
    }

    public void Dispose()
    {
        over.Cancel();
        over.Dispose();
    }
}
