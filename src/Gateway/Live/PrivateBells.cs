using Trading.Matching.Contracts;
using Trading.Matching.Core;
using Trading.Settlement.Contracts;

namespace Trading.Gateway.Live;

/// <summary>What one private reader has not been told yet about its settlements; the market's part it reads by its cursor.</summary>
internal sealed class Bell
{
    private const int TradesMost = 500;
    private readonly Lock gate = new();
    private readonly SortedSet<long> trades = [];
    private bool balances = true;
    private TaskCompletionSource rung = New();

    public Task Rung
    {
        get
        {
            lock (gate) return rung.Task;
        }
    }

    public void Ring(IReadOnlyCollection<long>? settled)
    {
        TaskCompletionSource waiting;
        lock (gate)
        {
            if (settled is not null)
            {
                balances = true;
                trades.UnionWith(settled);
                // The oldest are forgotten first; the reader sees them when it asks.
                while (trades.Count > TradesMost) trades.Remove(trades.Min);
            }

            waiting = rung;
        }

        waiting.TrySetResult();
    }

    /// <summary>Takes what rang; later rings ring anew.</summary>
    public (bool Balances, IReadOnlyCollection<long> Trades) Take()
    {
        lock (gate)
        {
            var taken = (balances, (long[])[.. trades]);
            balances = false;
            trades.Clear();
            if (rung.Task.IsCompleted) rung = New();
            return taken;
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>Wakes private readers, and keeps the last batches so that a reader need not ask the database for what everyone just heard.</summary>
internal sealed class PrivateBells(ISettlementNews news) : BackgroundService
{
    private const int BatchesMost = 2_048;
    private readonly Lock gate = new();
    private readonly Dictionary<int, List<Bell>> bells = [];
    private readonly Queue<Batch> batches = new();
    private readonly TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long sequence;

    public long Sequence
    {
        get
        {
            lock (gate) return sequence;
        }
    }

    /// <summary>Completes when the relay has begun: before, no place means anything.</summary>
    public Task Begun => begun.Task;

    public void Begin(long at)
    {
        lock (gate) sequence = at;
        begun.TrySetResult();
    }

    public void Heard(Batch batch)
    {
        List<Bell>? ringing = null;
        lock (gate)
        {
            batches.Enqueue(batch);
            if (batches.Count > BatchesMost) batches.Dequeue();
            sequence = batch.LastSequence;
            if (bells.Count > 0)
            {
                foreach (ref readonly var output in batch.Outputs.Span)
                {
                    if (output.Account > 0 && bells.TryGetValue(output.Account, out var of)) (ringing ??= []).AddRange(of);
                    if (output.Kind is OutputKind.Trade or OutputKind.Busted && bells.TryGetValue(output.Seller, out var sellers)) (ringing ??= []).AddRange(sellers);
                }
            }
        }

        foreach (var bell in ringing ?? []) bell.Ring(null);
    }

    /// <summary>Batches after the sequence, oldest first; null where they are no longer kept here.</summary>
    public IReadOnlyList<Batch>? After(long from)
    {
        lock (gate)
        {
            if (from >= sequence) return [];
            return batches.Count == 0 || batches.Peek().FirstSequence > from + 1 ? null : [.. batches.Where(b => b.LastSequence > from)];
        }
    }

    public Bell Hang(int account)
    {
        var bell = new Bell();
        lock (gate)
        {
            if (!bells.TryGetValue(account, out var of)) bells[account] = of = [];
            of.Add(bell);
        }

        return bell;
    }

    public void Take(int account, Bell bell)
    {
        lock (gate)
        {
            if (bells.TryGetValue(account, out var of) && of.Remove(bell) && of.Count == 0) bells.Remove(account);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var changed in news.Listen(stoppingToken).ConfigureAwait(false))
        {
            List<Bell> ringing;
            lock (gate) ringing = changed.Accounts is { } accounts ? [.. accounts.SelectMany(a => bells.GetValueOrDefault(a) ?? [])] : [.. bells.Values.SelectMany(b => b)];
            foreach (var bell in ringing) bell.Ring(changed.Trades);
        }
    }
}
