using NodaTime;
using Npgsql;
using Trading.Registry.Contracts;

namespace Trading.Registry.Holdings;

/// <summary>
/// The one desk through which holdings and supply change outside settlement. What callers ask while the last transaction commits is gathered and done as
/// one: rows locked in key order, each unit decided in order on the state as it evolves, events booked once, results kept beside their idempotency keys.
/// Any number of processes may run one: row locks and their order keep them apart.
/// </summary>
internal sealed class Teller(NpgsqlDataSource database, PostgresHoldings holdings, PostgresDirectory directory, Serials.PostgresSerials serials, IClock clock, IStandingClaims? claims = null)
{
    /// <summary>Instructions in one transaction; a longer list of one caller is still one unit.</summary>
    private const int Most = 256;
    private const int TriesMost = 20;
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);

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
        var answer = await Ask([asked], actor, stop);
        return answer.Refused is { } refused ? refused : answer.After![0];
    }

    /// <summary>A list as one unit: all of it or none. What of it was done before counts as done.</summary>
    public async Task<Answer> Ask(IReadOnlyList<Instruction> asked, Actor actor, CancellationToken stop)
    {
        if (asked.Count == 0) return new([], [], -1, null);
        var catalog = await directory.Current(stop);
        for (var place = 0; place < asked.Count; place++)
        {
            foreach (var key in Till.Keys(asked[place]))
            {
                if (catalog.Participant(key.Account) is null) return Answer.No(place, Refused.Because("UNKNOWN_ACCOUNT", null, ("account", key.Account)));
                if (catalog.Instrument(key.Instrument) is null) return Answer.No(place, Refused.Because("UNKNOWN_INSTRUMENT", null, ("instrument", key.Instrument)));
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
                while (waiting.TryPeek(out var next) && (taken == 0 || (taken + next.Asked.Count <= Most && !next.Picks && !units[^1].Picks)))
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
            // Those who were answered ask again at once: a moment for them, or they and those who wait now take turns for ever, each turn half full.
            if (units.Count > 1) await Task.Delay(Moment);
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

    private static void Tell(List<Unit> units, List<Answer> answers)
    {
        for (var n = 0; n < units.Count; n++) units[n].Answer.TrySetResult(answers[n]);
    }

    private async Task<List<Answer>> Commit(List<Unit> units)
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

    private async Task<List<Answer>> CommitOnce(List<Unit> units)
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

    /// <summary>
    /// As a part of somebody else's transaction, which he commits, or loses where it is refused: what two people decided is done as they decide it. The keys are the house's.
    /// </summary>
    /// <param name="holders">Of these, the one that the holder asked himself, under his own key.</param>
    public async Task<Answer> Within(NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<Instruction> asked, Actor actor, Instruction? holders = null) =>
        (await Apply(connection, transaction, [new([.. asked.Select(a => ReferenceEquals(a, holders) ? a : a.ByTheHouse())], actor)])).Answers[0];

    private async Task<(List<Answer> Answers, int Done)> Apply(NpgsqlConnection connection, NpgsqlTransaction transaction, List<Unit> units)
    {
        var all = units.SelectMany(u => u.Asked).ToList();
        List<HoldingKey> keys = [.. all.SelectMany(Till.Keys).Distinct().Order()];
        // Mostly all are there; to make sure of it each time costs as much as to move them.
        var (locked, heard, supplies, holds, claimed) = await Lock(connection, transaction, all, keys, some: true);
        if (locked.Count < keys.Count) (locked, heard, supplies, holds, claimed) = await Lock(connection, transaction, all, keys, some: false);
        var unheld = await Unheld(connection, transaction, all);
        var now = Micros.Now(clock);
        var till = new Till(locked, supplies, holds, now, claimed);
        var done = new List<Operations.Claim>();
        var answers = units.ConvertAll(unit => Decide(unit, till, heard, unheld, done));
        if (done.Count == 0) return (answers, 0);
        // No headers of its own: each event says who did it.
        await using var session = holdings.Session(connection, transaction, null);
        await using var booking = new NpgsqlBatch(connection, transaction);
        var check = till.Changes() is { Count: > 0 } changes ? holdings.Moves(booking, session, changes) : null;
        Operations.Write(booking, done, till, now);
        await booking.ExecuteNonQueryAsync();
        check?.Invoke();
        return (answers, done.Count);
    }

    private async Task<(Dictionary<HoldingKey, Holding> Locked, Dictionary<(int Account, string Operation), (byte[] Digest, Holding? First)> Heard, Dictionary<int, Supply> Supplies, IReadOnlyList<Hold> Holds, Dictionary<HoldingKey, long> Claimed)> Lock(
        NpgsqlConnection connection, NpgsqlTransaction transaction, List<Instruction> all, List<HoldingKey> keys, bool some)
    {
        await using var asking = new NpgsqlBatch(connection, transaction);
        foreach (var command in PostgresHoldings.Locks(keys, some)) asking.BatchCommands.Add(command);
        // After the rows are ours: whoever did the same before us has committed, and is seen.
        Operations.Ask(asking, all, [.. all.Where(Till.ChangesSupply).Select(a => a.Holding.Instrument).Distinct().Order()]);
        if (claims is not null) asking.BatchCommands.Add(claims.On(keys));
        await using var rows = await asking.ExecuteReaderAsync();
        var locked = (await PostgresHoldings.Read(rows, CancellationToken.None)).ToDictionary(h => h.Key);
        await rows.NextResultAsync();
        var (heard, supplies, holds) = await Operations.Read(rows, all);
        var claimed = new Dictionary<HoldingKey, long>();
        if (claims is not null && await rows.NextResultAsync())
        {
            while (await rows.ReadAsync()) claimed[new(rows.GetInt32(0), rows.GetInt32(1))] = rows.GetInt64(2);
        }

        return (locked, heard, supplies, holds, claimed);
    }

    /// <summary>Transfers that pick numbers which their giver does not hold as the transaction begins. Nothing else waits for the numbers.</summary>
    private async Task<HashSet<Instruction>> Unheld(NpgsqlConnection connection, NpgsqlTransaction transaction, List<Instruction> all)
    {
        var unheld = new HashSet<Instruction>();
        foreach (var over in all.OfType<Instruction.HandOver>().Where(o => o.Serials is not null))
        {
            if (all.Count > 1) throw new InvalidOperationException("a transfer that picks numbers is a transaction of its own");
            if (!await serials.Holds(connection, transaction, over.Holding, over.Serials!.Value, CancellationToken.None)) unheld.Add(over);
        }

        return unheld;
    }

    /// <summary>What of a unit was done before is answered as it was then; the rest is taken whole or not at all.</summary>
    private static Answer Decide(
        Unit unit, Till till, Dictionary<(int Account, string Operation), (byte[] Digest, Holding? First)> heard, HashSet<Instruction> unheld, List<Operations.Claim> claimed)
    {
        var results = new Holding?[unit.Asked.Count];
        var (fresh, places) = (new List<Instruction>(), new List<int>());
        var keys = new Dictionary<(int, string), (byte[] Digest, int Place)>();
        for (var place = 0; place < unit.Asked.Count; place++)
        {
            var (asked, digest, key) = (unit.Asked[place], unit.Digests[place], (unit.Asked[place].Holding.Account, unit.Asked[place].Operation));
            if (heard.TryGetValue(key, out var first))
            {
                if (!digest.AsSpan().SequenceEqual(first.Digest)) return Answer.No(place, Reused(asked));
                // Kept before results were: the holding as it stands is the nearest that is known.
                results[place] = first.First ?? till.Of(asked.Holding);
            }
            else if (unheld.Contains(asked))
            {
                var picked = ((Instruction.HandOver)asked).Serials!.Value;
                return Answer.No(place, Refused.Because("SERIALS_NOT_HELD", "R-REG-04", ("first", picked.First), ("last", picked.Last)));
            }
            else if (!keys.TryAdd(key, (digest, place)))
            {
                if (!digest.AsSpan().SequenceEqual(keys[key].Digest)) return Answer.No(place, Reused(asked));
            }
            else
            {
                fresh.Add(asked);
                places.Add(place);
            }
        }

        var (after, refusedAt, refused) = till.Take(fresh, unit.Actor);
        if (refused is not null) return Answer.No(places[refusedAt], refused);
        for (var n = 0; n < fresh.Count; n++)
        {
            results[places[n]] = after![n];
            var key = (fresh[n].Holding.Account, fresh[n].Operation);
            heard[key] = (unit.Digests[places[n]], after[n]);
            claimed.Add(new(key.Account, key.Operation, unit.Digests[places[n]], after[n]));
        }

        for (var place = 0; place < results.Length; place++) results[place] ??= heard[(unit.Asked[place].Holding.Account, unit.Asked[place].Operation)].First;
        return new(results!, places, -1, null);
    }

    private static Refused Reused(Instruction asked) => Refused.Because("IDEMPOTENCY_KEY_REUSED", "R-REG-09").With("operation", asked.Operation);

    /// <param name="After">The holding of each as its own instruction left it; null where one was refused.</param>
    /// <param name="Fresh">The places of those that were not done before.</param>
    /// <param name="Place">Of the first that was refused; -1: none.</param>
    internal sealed record Answer(IReadOnlyList<Holding>? After, IReadOnlyList<int> Fresh, int Place, Refused? Refused)
    {
        public static Answer No(int place, Refused refused) => new(null, [], place, refused);
    }

    private sealed class Unit(IReadOnlyList<Instruction> asked, Actor actor)
    {
        public IReadOnlyList<Instruction> Asked { get; } = asked;
        public Actor Actor { get; } = actor;
        /// <summary>Numbers are picked of what is there as a transaction begins: so nothing goes before it in the same one.</summary>
        public bool Picks { get; } = asked.Any(a => a is Instruction.HandOver { Serials: not null });
        public byte[][] Digests { get; } = [.. asked.Select(Operations.Digest)];
        public TaskCompletionSource<Answer> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
