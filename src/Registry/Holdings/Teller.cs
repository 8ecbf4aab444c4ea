using NodaTime;
using Npgsql;
using Trading.Registry.Contracts;

namespace Trading.Registry.Holdings;

/// <summary>
/// The one desk through which holdings and supply change outside settlement. What callers ask while the last transaction commits is gathered and done as
/// one: rows locked in key order, each unit decided in order on the state as it evolves, events booked once, results kept beside their idempotency keys.
/// Any number of processes may run one: row locks and their order keep them apart.
/// </summary>
internal sealed class Teller(NpgsqlDataSource database, IHoldings holdings, PostgresDirectory directory, IClock clock)
{
    /// <summary>Instructions in one transaction; a longer list of one caller is still one unit.</summary>
    private const int Most = 256;
    private const int TriesMost = 20;

    private readonly Lock gate = new();
    private readonly Queue<Unit> waiting = new();
    private bool busy;

    /// <summary>For tests: called before each commit, and may throw.</summary>
    internal Func<int, Task>? BeforeCommit { get; set; }

    /// <summary>For tests: called after each commit, and may throw as a connection that is lost then would.</summary>
    internal Func<int, Task>? AfterCommit { get; set; }

    /// <summary>Transactions committed and instructions done in them, so far.</summary>
    internal (long Transactions, long Done) Count { get; private set; }

    /// <summary>
    /// One instruction. Refused UNKNOWN_ACCOUNT, UNKNOWN_INSTRUMENT, IDEMPOTENCY_KEY_REUSED, and as its decider refuses. A refusal is not remembered: the
    /// same key may be asked again. Once asked it runs to its end, whether or not the caller still waits.
    /// </summary>
    public async Task<Outcome<Holding>> Ask(Instruction asked, Actor actor, CancellationToken stop)
    {
        var (after, _, refused) = await Ask([asked], actor, stop);
        return refused is not null ? refused : after![0];
    }

    /// <summary>A list as one unit: all of it or none. What of it was done before counts as done.</summary>
    /// <returns>The holding of each as its own instruction left it, or the place of the first that was refused and why.</returns>
    public async Task<(IReadOnlyList<Holding>? After, int Place, Refused? Refused)> Ask(IReadOnlyList<Instruction> asked, Actor actor, CancellationToken stop)
    {
        if (asked.Count == 0) return ([], -1, null);
        var catalog = await directory.Current(stop);
        for (var place = 0; place < asked.Count; place++)
        {
            foreach (var key in Till.Keys(asked[place]))
            {
                if (catalog.Participant(key.Account) is null) return (null, place, Refused.Because("UNKNOWN_ACCOUNT", null, ("account", key.Account)));
                if (catalog.Instrument(key.Instrument) is null) return (null, place, Refused.Because("UNKNOWN_INSTRUMENT", null, ("instrument", key.Instrument)));
            }
        }

        var unit = new Unit(asked, actor);
        lock (gate)
        {
            waiting.Enqueue(unit);
            if (!busy)
            {
                busy = true;
                _ = Task.Run(Serve, CancellationToken.None);
            }
        }

        return await unit.Answer.Task.WaitAsync(stop);
    }

    private async Task Serve()
    {
        while (true)
        {
            var units = new List<Unit>();
            lock (gate)
            {
                var taken = 0;
                while (waiting.TryPeek(out var next) && (taken == 0 || taken + next.Asked.Count <= Most))
                {
                    taken += next.Asked.Count;
                    units.Add(waiting.Dequeue());
                }

                if (units.Count == 0)
                {
                    busy = false;
                    return;
                }
            }

            await Do(units);
        }
    }

    /// <summary>All together; when that fails as a whole, each alone, so that one which cannot be done hurts nobody else.</summary>
    private async Task Do(List<Unit> units)
    {
        try
        {
            Tell(units, await Commit(units));
        }
        catch (Exception) when (units.Count > 1)
        {
            foreach (var unit in units) await Do([unit]);
        }
        catch (Exception failed)
        {
            try
            {
                // The commit may have happened: the keys of the operations know. Asking again reads them first.
                Tell(units, await Commit(units));
            }
            catch (Exception)
            {
                units[0].Answer.TrySetException(failed);
            }
        }
    }

    private static void Tell(List<Unit> units, List<(IReadOnlyList<Holding>?, int, Refused?)> answers)
    {
        for (var n = 0; n < units.Count; n++) units[n].Answer.TrySetResult(answers[n]);
    }

    private async Task<List<(IReadOnlyList<Holding>?, int, Refused?)>> Commit(List<Unit> units)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await CommitOnce(units);
            }
            catch (PostgresException crossed) when (crossed.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure && tries < TriesMost)
            {
                // Another process came the other way; one of both goes first now.
            }
        }
    }

    private async Task<List<(IReadOnlyList<Holding>?, int, Refused?)>> CommitOnce(List<Unit> units)
    {
        await using var connection = await database.OpenConnectionAsync(CancellationToken.None);
        await using var transaction = await connection.BeginTransactionAsync(CancellationToken.None);
        var (answers, done) = await Apply(connection, transaction, units);
        if (done == 0) return answers;
        if (BeforeCommit is { } before) await before(done);
        await transaction.CommitAsync(CancellationToken.None);
        if (AfterCommit is { } after) await after(done);
        Count = (Count.Transactions + 1, Count.Done + done);
        return answers;
    }

    /// <summary>As a part of somebody else's transaction, which he commits, or loses where it is refused: what two people decided is done as they decide it.</summary>
    public async Task<Refused?> Within(NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<Instruction> asked, Actor actor)
    {
        var (answers, _) = await Apply(connection, transaction, [new(asked, actor)]);
        return answers[0].Item3;
    }

    private async Task<(List<(IReadOnlyList<Holding>?, int, Refused?)> Answers, int Done)> Apply(NpgsqlConnection connection, NpgsqlTransaction transaction, List<Unit> units)
    {
        var all = units.SelectMany(u => u.Asked).ToList();
        var locked = await holdings.Lock(connection, transaction, [.. all.SelectMany(Till.Keys)], CancellationToken.None);
        // After the rows are ours: whoever did the same before us has committed, and is seen.
        var (heard, supplies) = await Operations.Read(connection, transaction, all, [.. all.Where(Till.ChangesSupply).Select(a => a.Holding.Instrument).Distinct().Order()]);
        var till = new Till(locked, supplies);
        var claimed = new List<Operations.Claim>();
        var answers = units.ConvertAll(unit => Decide(unit, till, heard, claimed));
        if (claimed.Count == 0) return (answers, 0);
        // No headers of its own: each event says who did it.
        await using var session = holdings.Session(connection, transaction, null);
        await holdings.Book(session, connection, transaction, till.Changes(), CancellationToken.None);
        await Operations.Write(connection, transaction, claimed, till, Micros.Now(clock));
        return (answers, claimed.Count);
    }

    /// <summary>What of a unit was done before is answered as it was then; the rest is taken whole or not at all.</summary>
    private static (IReadOnlyList<Holding>?, int, Refused?) Decide(
        Unit unit, Till till, Dictionary<(int Account, string Operation), (byte[] Digest, Holding? First)> heard, List<Operations.Claim> claimed)
    {
        var results = new Holding?[unit.Asked.Count];
        var (fresh, places) = (new List<Instruction>(), new List<int>());
        var keys = new Dictionary<(int, string), (byte[] Digest, int Place)>();
        for (var place = 0; place < unit.Asked.Count; place++)
        {
            var (asked, digest, key) = (unit.Asked[place], unit.Digests[place], (unit.Asked[place].Holding.Account, unit.Asked[place].Operation));
            if (heard.TryGetValue(key, out var first))
            {
                if (!digest.AsSpan().SequenceEqual(first.Digest)) return (null, place, Reused(asked));
                // Kept before results were: the holding as it stands is the nearest that is known.
                results[place] = first.First ?? till.Of(asked.Holding);
            }
            else if (!keys.TryAdd(key, (digest, place)))
            {
                if (!digest.AsSpan().SequenceEqual(keys[key].Digest)) return (null, place, Reused(asked));
            }
            else
            {
                fresh.Add(asked);
                places.Add(place);
            }
        }

        var (after, refusedAt, refused) = till.Take(fresh, unit.Actor);
        if (refused is not null) return (null, places[refusedAt], refused);
        for (var n = 0; n < fresh.Count; n++)
        {
            results[places[n]] = after![n];
            var key = (fresh[n].Holding.Account, fresh[n].Operation);
            heard[key] = (unit.Digests[places[n]], after[n]);
            claimed.Add(new(key.Account, key.Operation, unit.Digests[places[n]], after[n]));
        }

        for (var place = 0; place < results.Length; place++) results[place] ??= heard[(unit.Asked[place].Holding.Account, unit.Asked[place].Operation)].First;
        return (results!, -1, null);
    }

    private static Refused Reused(Instruction asked) => Refused.Because("IDEMPOTENCY_KEY_REUSED", "R-REG-09").With("operation", asked.Operation);

    private sealed class Unit(IReadOnlyList<Instruction> asked, Actor actor)
    {
        public IReadOnlyList<Instruction> Asked { get; } = asked;
        public Actor Actor { get; } = actor;
        public byte[][] Digests { get; } = [.. asked.Select(Operations.Digest)];
        public TaskCompletionSource<(IReadOnlyList<Holding>?, int, Refused?)> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
