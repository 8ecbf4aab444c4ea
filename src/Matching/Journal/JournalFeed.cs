using System.Runtime.CompilerServices;
using NodaTime;
using Trading.Matching.Contracts;

namespace Trading.Matching.Journal;

/// <summary>Batches from PostgreSQL, woken by the commits of this process and looking by itself for those of others.</summary>
internal sealed class JournalFeed(IJournal journal) : IBatchFeed
{
    private const int BatchesMost = 128;
    private static readonly Duration LookAgain = Duration.FromMilliseconds(100);

    public async IAsyncEnumerable<Batch> From(long afterSequence, [EnumeratorCancellation] CancellationToken stop)
    {
        while (true)
        {
            var batches = await journal.Read(afterSequence, BatchesMost, stop);
            foreach (var batch in batches)
            {
                yield return batch;
                afterSequence = batch.LastSequence;
            }

            if (batches.Count == 0) await journal.WaitBeyond(afterSequence, LookAgain, stop);
        }
    }
}
