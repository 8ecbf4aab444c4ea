using Npgsql;
using Trading.Matching.Contracts;
using Trading.Matching.Journal;
using Trading.Settlement.Ledger;

namespace Trading.Simulation;

/// <summary>The process is gone at this instant; whatever it held in memory with it.</summary>
internal sealed class SimulatedCrash(string where) : Exception(where);

/// <summary>Which fault comes next, from the seed alone.</summary>
internal sealed class Faults(Random chance, NodaTime.Testing.FakeClock clock)
{
    public bool Off { get; set; }

    public int Lost { get; private set; }
    public int Unknown { get; private set; }
    public int Crashes { get; private set; }

    /// <summary>Runs a write of the store: done, lost, done with the answer lost, or with the process dying before or after it.</summary>
    public async Task<T> Write<T>(string what, Func<Task<T>> write, Func<T> answerLost)
    {
        if (Off) return await write();
        switch (chance.Next(100))
        {
            case < 5:
                Lost++;
                return answerLost();
            case < 10:
                await write();
                Unknown++;
                return answerLost();
            case < 13:
                Crashes++;
                throw new SimulatedCrash($"before {what}");
            case < 16:
                await write();
                Crashes++;
                throw new SimulatedCrash($"after {what}");
            case < 26:
                clock.AdvanceMilliseconds(chance.Next(3_000));
                return await write();
            default:
                return await write();
        }
    }
}

/// <summary>The journal's real store, whose answers get lost.</summary>
internal sealed class FaultyJournal(IJournalStore store, Faults faults) : IJournalStore
{
    public Task<Append> Append(Batch batch, IReadOnlyList<long> inbox, CancellationToken stop) =>
        faults.Write("a batch", () => store.Append(batch, inbox, stop), () => Matching.Journal.Append.Unknown);

    public Task<long?> RaiseEpoch(long ours, CancellationToken stop) => store.RaiseEpoch(ours, stop);

    public Task<Batch?> Holding(long sequence, CancellationToken stop) => store.Holding(sequence, stop);

    public Task<IReadOnlyList<StagedCommand>> Pending(int most, CancellationToken stop) => store.Pending(most, stop);
}

/// <summary>The real commit, whose answer gets lost; everything before it is the production's own.</summary>
internal sealed class FaultyCommit(Faults faults) : ICommit
{
    public async Task Commit(NpgsqlTransaction transaction, CancellationToken stop) =>
        await faults.Write("a commit", async () =>
        {
            await transaction.CommitAsync(stop);
            return true;
        }, () => throw new NpgsqlException("the answer to the commit was lost"));
}

/// <summary>A bus that drops, repeats, delays and reorders.</summary>
internal sealed class FaultyBus(Random chance, Faults faults)
{
    private readonly List<Settlement.Deliveries.DeliveryChanged> underway = [];

    public void Publish(Settlement.Deliveries.DeliveryChanged message)
    {
        var copies = faults.Off ? 1 : chance.Next(10) switch { 0 => 0, 1 => 3, 2 => 2, _ => 1 };
        for (var i = 0; i < copies; i++) underway.Insert(faults.Off ? underway.Count : chance.Next(underway.Count + 1), message);
    }

    /// <summary>What arrives now; the rest is late.</summary>
    public IReadOnlyList<Settlement.Deliveries.DeliveryChanged> Arriving()
    {
        var count = faults.Off ? underway.Count : chance.Next(underway.Count + 1);
        var arriving = underway[..count];
        underway.RemoveRange(0, count);
        return arriving;
    }
}
