using System.Collections.Concurrent;
using System.Diagnostics;
using Trading.Support;
using Trading.Support.Between;

namespace Trading.Acceptance;

/// <summary>
/// F17: two servers on one store and one broker. The one that settles is stopped in the middle of a write, past its lease, its heartbeat and what the broker waits for an answer; the other takes
/// over; then the first goes on where it was. What it tries to write as the one that settles, or leads, is counted on its own line to the store; what it wrote is asked of the rows.
/// </summary>
[Trait("layer", "acceptance")]
[Trait("faults", "yes")]
public sealed class StoppedWhileItSettles : Experiment
{
    private const int Seed = 20_261_202;
    private const int Stopped = 75;
    private static readonly TimeSpan Goes = TimeSpan.FromSeconds(30);
    /// <summary>The end of the woken one's lease, and its market's writes, reach it this late: so long it may believe.</summary>
    private static readonly TimeSpan Believes = TimeSpan.FromMilliseconds(900);

    private enum Moment
    {
        AsksWhetherItSettles, Commits, WritesABatch,
    }

    /// <remarks>Failed when a lease held whatever the epoch was: the woken one committed four times, 36 rows.</remarks>
    [Fact]
    public async Task Whoever_wakes_up_after_another_settles_writes_nothing_more()
    {
        Assert.SkipWhen(RabbitServer.Missing is not null, RabbitServer.Missing ?? "");
        var (rounds, chance) = (Faults.Rounds(usual: 3, all: 9), new Random(Seed));
        var held = TimeSpan.FromSeconds(Faults.Rounds(usual: 6, all: 60));
        await using var rabbit = await RabbitServer.Open("consumer_timeout = 20000");
        var settles = new Server(Port);
        var waits = new Server(Port);
        try
        {
            settles.Exchange = await Exchange.Open("--postgres", Through(settles.Proxy), "--rabbitmq", rabbit.Address.ToString());
            waits.Exchange = await Exchange.StandBy("--postgres", Through(waits.Proxy), "--rabbitmq", rabbit.Address.ToString());
            await NoteWhoWrites();
            await using var reader = Reader.Begin(Database);
            var (tried, refused) = (0, 0);
            for (var round = 1; round <= rounds; round++)
            {
                var moment = (Moment)((round - 1) % 3);
                await using var before = await Load.Begin(settles.Exchange, $"b{round}", conditional: true);
                await Task.Delay(TimeSpan.FromMilliseconds(300 + chance.Next(400)));
                var watch = await settles.StopAt(moment);
                await waits.Exchange.Leads();
                var took = watch.Elapsed;
                await using var after = await Load.Begin(waits.Exchange, $"a{round}", conditional: true);
                if (held > watch.Elapsed) await Task.Delay(held - watch.Elapsed);
                var stopped = watch.Elapsed;
                var (old, lines) = (await Of(settles), settles.Exchange.Lines);
                // Who settles now is slow for a moment, so that there is something to settle for whoever wakes up.
                waits.Settling(goesOn: false);
                await Task.Delay(Believes / 2);
                await settles.GoOn(Believes);
                waits.Settling(goesOn: true);
                await settles.Exchange.WaitForExit(Goes);
                await after.End();
                await before.End();
                Assert.Equal(Stopped, settles.Exchange.ExitCode);
                var (mine, committed) = (await Of(settles), settles.Committed);
                (tried, refused) = (tried + settles.Tried, refused + settles.Tried - committed.Count);
                Console.WriteLine($"round {round} stopped as it {moment}: {stopped.TotalSeconds:0.0} s, the other took over after {took.TotalSeconds:0.0} s and made {after.Traded} trades; woken it tried {settles.Tried} writes ({settles.Kinds}), " +
                                  $"committed {committed.Count}, rows of its {mine - old}, said {settles.Exchange.SaidAfter(lines, "no longer")} times that it no longer may; notes of a reader's {settles.Noted}");
                Assert.Empty(committed);
                Assert.Equal(old, mine);
                Assert.True(settles.Tried > 0, "it tried nothing: nothing is shown");
                await settles.Exchange.Start(standsBy: true);
                (settles, waits) = (waits, settles);
            }

            await Told(settles.Exchange);
            await waits.Exchange.Stop();
            await Whole(settles.Exchange, reader, $"F17: {rounds} rounds of {held.TotalSeconds:0} s, seed {Seed}, {tried} writes tried by whoever was woken, {refused} refused");
            Assert.Equal(tried, refused);
        }
        finally
        {
            await settles.DisposeAsync();
            await waits.DisposeAsync();
        }
    }

    /// <summary>Beside every row that a settler or a keeper writes, its signature, in the same transaction: what is not committed leaves none.</summary>
    private async Task NoteWhoWrites()
    {
        await Execute(
            """
            create schema noted;
            create table noted.writes (number bigint generated always as identity, who text not null, what text not null);
            create function noted.write() returns trigger language plpgsql as $$
            begin
                insert into noted.writes (who, what) values (current_setting('application_name'), tg_table_schema || '.' || tg_table_name);
                return null;
            end $$;
            """);
        foreach (var table in (string[])["matching.batches", "settlement.positions", "settlement.deliveries", "settlement.postings", "settlement.fund_accounts", "registry.holdings", "events.mt_events"])
            await Execute($"create trigger noted after insert or update on {table} for each statement execute function noted.write()");
    }

    private Task<long> Of(Server server) => Scalar($"select count(*) from noted.writes where who like 'server {server.Exchange.Pid} %'");

    /// <summary>One of the two, with what stands between it and the store.</summary>
    private sealed class Server : IAsyncDisposable
    {
        private const string LeasesLine = "lease";
        private const string KeepersLine = "keeper";
        private readonly Lock gate = new();
        private readonly ConcurrentDictionary<PostgresLine, byte> leases = [];
        private readonly List<string> committed = [];
        private readonly Dictionary<string, int> kinds = new(StringComparer.Ordinal);
        private Trap? trap;
        private Moment stoppedAt;
        private TaskCompletionSource slow = new();
        private volatile TaskCompletionSource pause = new();
        private volatile bool woken;
        private long epoch;
        private int noted;

        private sealed class Trap(Moment moment)
        {
            public Moment Moment { get; } = moment;

            public TaskCompletionSource<Stopwatch> Sprung { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

            public TaskCompletionSource GoesOn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        private Trap? held;

        public Server(int port)
        {
            Proxy = Proxy.To(port, () => new PostgresLine { Asks = Asks, Answers = Answers, Unanswered = Unanswered });
            pause.SetResult();
        }

        public Proxy Proxy { get; }

        public Exchange Exchange { get; set; } = null!;

        public int Tried
        {
            get
            {
                lock (gate) return kinds.Values.Sum();
            }
        }

        public string Kinds
        {
            get
            {
                lock (gate) return string.Join(", ", kinds.OrderBy(k => k.Key, StringComparer.Ordinal).Select(k => $"{k.Key} {k.Value}"));
            }
        }

        public IReadOnlyList<string> Committed
        {
            get
            {
                lock (gate) return [.. committed];
            }
        }

        /// <summary>What its readers of the bus wrote when it was woken: no lease is asked for that, for a repeat of it changes nothing.</summary>
        public int Noted => Volatile.Read(ref noted);

        /// <summary>Returns when it is stopped there, with its watch.</summary>
        public async Task<Stopwatch> StopAt(Moment moment)
        {
            (woken, stoppedAt, noted, slow) = (false, moment, 0, new(TaskCreationOptions.RunContinuationsAsynchronously));
            lock (gate)
            {
                committed.Clear();
                kinds.Clear();
            }

            held = new(moment);
            Volatile.Write(ref trap, held);
            return await held.Sprung.Task.WaitAsync(Goes);
        }

        /// <summary>Whether it may ask if it settles: before that it holds no lock and has read nothing.</summary>
        public void Settling(bool goesOn)
        {
            if (goesOn) pause.SetResult();
            else pause = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        public async Task GoOn(TimeSpan believes)
        {
            woken = true;
            Exchange.Signal("CONT");
            held!.GoesOn.SetResult();
            await Task.Delay(believes);
            slow.SetResult();
        }

        private async ValueTask Asks(PostgresLine line, Asked asked)
        {
            if (asked.Says("update matching.lease set lasts_until = clock_timestamp() +")) Take(line, LeasesLine);
            else if (asked.Says("matching.commit_batch") && asked.Bind.Length > 0) Take(line, KeepersLine);
            if (woken && (asked.Says("into settlement.notices") || asked.Says("into settlement.desk")) && asked.Bind.Length > 0) Interlocked.Increment(ref noted);
            if (Volatile.Read(ref trap) is { } set && Is(set.Moment, line, asked) && Interlocked.CompareExchange(ref trap, null, set) == set)
            {
                Exchange.Signal("STOP");
                // That its leases were ended is what it must not hear yet.
                foreach (var lease in leases.Keys) lease.Mute();
                leases.Clear();
                if (set.Moment == Moment.AsksWhetherItSettles) line.Role = "";
                set.Sprung.SetResult(Stopwatch.StartNew());
                await set.GoesOn.Task;
            }
            else if (woken && line.Role.Length > 0)
            {
                await slow.Task;
            }
            else if (IsFence(asked))
            {
                await pause.Task;
            }
        }

        private void Take(PostgresLine line, string role)
        {
            if (role == LeasesLine) leases.TryAdd(line, 0);
            (line.Role, line.Ends) = (role, () => woken || held is { GoesOn.Task.IsCompleted: false } ? slow.Task : Task.CompletedTask);
        }

        private static bool Is(Moment moment, PostgresLine line, Asked asked) => moment switch
        {
            Moment.AsksWhetherItSettles => IsFence(asked),
            Moment.Commits => asked.Sql == "COMMIT" && Settles(line.Transaction),
            _ => asked.Bind.Length > 0 && asked.Says("matching.commit_batch"),
        };

        private static bool IsFence(Asked asked) => asked.Bind.Length > 0 && asked.Says("from matching.epoch where role = $2 for share");

        private static bool Settles(IReadOnlyList<Asked> transaction) => transaction.Any(a => a.Says("update settlement.positions set sequence = $1 where reader = 'settler'"));

        private ValueTask Answers(PostgresLine line, Answer answer)
        {
            var fence = answer.Asked.FirstOrDefault(IsFence);
            if (!woken)
            {
                // Its epoch is what it was last told while it ruled.
                if (fence is not null && answer.Number is { } ruling) Volatile.Write(ref epoch, ruling);
                return ValueTask.CompletedTask;
            }

            if (fence is not null) Tell("asked whether it settles", answer.Number == Volatile.Read(ref epoch));
            if (answer.Done is ["COMMIT" or "ROLLBACK"] && Settles(answer.Transaction)) Tell("COMMIT", answer.Done is ["COMMIT"]);
            if (answer.Asked.Any(a => a.Bind.Length > 0 && a.Says("matching.commit_batch"))) Tell("batch", answer is { Error: false, Number: 0 });
            if (answer.Asked.Any(a => a.Says("update matching.epoch set epoch"))) Tell("epoch", answer is { Error: false, Number: not null });
            if (answer.Asked.Any(a => a.Says("update matching.lease set lasts_until = clock_timestamp() +"))) Tell("lease", answer is { Error: false, Done: ["UPDATE 1"] });
            return ValueTask.CompletedTask;
        }

        private void Unanswered(PostgresLine line, IReadOnlyList<Asked> asked)
        {
            if (!woken) return;
            foreach (var one in asked)
            {
                if (IsFence(one)) Tell("asked whether it settles", committed: false);
                else if (one.Sql == "COMMIT" && Settles(line.Transaction)) Tell("COMMIT", committed: false);
                else if (one.Bind.Length > 0 && one.Says("matching.commit_batch")) Tell("batch", committed: false);
                else if (one.Says("update matching.lease set lasts_until = clock_timestamp() +")) Tell("lease", committed: false);
            }
        }

        private void Tell(string kind, bool committed)
        {
            lock (gate)
            {
                kinds[kind] = kinds.GetValueOrDefault(kind) + 1;
                if (committed) this.committed.Add($"{kind}, though stopped as it {stoppedAt}");
            }
        }

        public async ValueTask DisposeAsync()
        {
            held?.GoesOn.TrySetResult();
            slow.TrySetResult();
            pause.TrySetResult();
            if (Exchange is { } exchange)
            {
                // Whoever is stopped cannot be told to end.
                if (!exchange.HasExited) exchange.Signal("CONT");
                await exchange.DisposeAsync();
            }

            await Proxy.DisposeAsync();
        }
    }
}
