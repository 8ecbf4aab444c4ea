using System.Collections.Concurrent;
using Trading.Support;
using Trading.Support.Between;

namespace Trading.Acceptance;

/// <summary>
/// F16: what stands before the broker confirms every message at once, and then sends it three times, out of order, or not at all; the broker's own word on it reaches nobody.
/// </summary>
[Trait("layer", "acceptance")]
[Trait("faults", "yes")]
public sealed class TheBusInDisorder : Experiment
{
    private const int Seed = 20_261_201;
    private const string Stream = "market.batches";
    private static readonly TimeSpan ClearWithin = TimeSpan.FromSeconds(20);

    /// <remarks>Failed when the announcer marked announced itself as soon as a publish was confirmed: 5 trades were never told.</remarks>
    [Fact]
    public async Task Thrice_out_of_order_or_not_at_all_every_trade_is_told_and_settled_once()
    {
        Assert.SkipWhen(RabbitServer.Missing is not null, RabbitServer.Missing ?? "");
        var lasts = TimeSpan.FromSeconds(Faults.Rounds(usual: 6, all: 120));
        await using var rabbit = await RabbitServer.Open();
        var disorder = new Disorder(Seed);
        await using var proxy = Proxy.To(rabbit.Port, disorder.Open);
        await using var exchange = await Exchange.Open("--postgres", Database, "--rabbitmq", $"amqp://guest:guest@127.0.0.1:{proxy.Port}/");
        await using var reader = Reader.Begin(Database);
        int traded;
        await using (var load = await Load.Begin(exchange, "f16", conditional: true))
        {
            await Task.Delay(lasts);
            await load.End();
            traded = load.Traded;
        }

        await Told(exchange);
        Console.WriteLine($"F16: {traded} trades; {disorder}");
        var anybody = await Client.SignIn(exchange, "steel");
        await Client.Eventually(async () => (Live: await Sequence(anybody, ""), Book: await Sequence(anybody, "/book")), s => s.Live == s.Book, s => $"live {s.Live}, book {s.Book}");
        Console.WriteLine($"F16: {await Clear(rabbit)}");
        await Whole(exchange, reader, $"F16: {traded} trades under load, seed {Seed}");
        Assert.True(disorder.Dropped > 0 && disorder.ToldAgain > 0, "nothing was lost: nothing is shown");
    }

    /// <summary>The stream keeps what went over it; nobody else may.</summary>
    private static async Task<string> Clear(RabbitServer rabbit)
    {
        var watch = System.Diagnostics.Stopwatch.StartNew();
        while (true)
        {
            var queues = await rabbit.Queues();
            var said = string.Join(", ", queues.Select(q => $"{q.Name} {q.Messages}"));
            Assert.DoesNotContain(queues, q => q.Name.EndsWith("_error", StringComparison.Ordinal) || q.Name.EndsWith("_skipped", StringComparison.Ordinal));
            Assert.Contains(queues, q => q.Name == "DeskOpener");
            Assert.Contains(queues, q => q.Name == "NoticeLog");
            if (queues.All(q => q.Messages == 0 || q.Name == Stream)) return $"left in queues: {said}";
            Assert.True(watch.Elapsed < ClearWithin, $"still in queues: {said}");
            await Task.Delay(500);
        }
    }

    private static async Task<long> Sequence(Client client, string of) => (await client.Get($"/api/v1/instruments/{Load.Symbol}{of}"))["sequence"].GetValue<long>();

    /// <summary>Counts, and decides what becomes of each message by a seed.</summary>
    private sealed class Disorder(int seed)
    {
        private const int Copies = 3;
        private const int DroppedOfHundred = 5;
        private readonly Random chance = new(seed);
        private readonly ConcurrentDictionary<(long Trade, long Version), byte> told = [];
        private int published, batches, forwarded, dropped, again, swallowed, returned;

        public int Dropped => dropped;

        public int ToldAgain => again;

        public override string ToString() =>
            $"published {published} ({batches} of them batches on the stream), forwarded {forwarded}, dropped {dropped}, told again {again}, the broker's confirms swallowed {swallowed}, returns swallowed {returned}";

        public AmqpLine Open()
        {
            var window = new Window(this);
            return new()
            {
                Publishes = async (line, message) =>
                {
                    Interlocked.Increment(ref published);
                    if (message.Where == Stream) Interlocked.Increment(ref batches);
                    if (message.Tells is { } delivery && !told.TryAdd(delivery, 0)) Interlocked.Increment(ref again);
                    if (message.Number > 0) await line.Flush(Way.Back, AmqpLine.Confirm(message.Channel, message.Number));
                    if (Next(100) < DroppedOfHundred) Interlocked.Increment(ref dropped);
                    else await window.Put(line, message.Frames);
                    return false;
                },
                Confirms = (_, _, _, _) => Swallow(ref swallowed),
                Returns = (_, _) => Swallow(ref returned),
                Closes = window.Empty,
            };
        }

        private static ValueTask<bool> Swallow(ref int count)
        {
            Interlocked.Increment(ref count);
            return ValueTask.FromResult(false);
        }

        private int Next(int below)
        {
            lock (chance) return chance.Next(below);
        }

        /// <summary>Of one connection: holds back so many, lets any of them go when one more comes, and all when none comes for a moment.</summary>
        private sealed class Window(Disorder of)
        {
            private const int Most = 50;
            private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(100);
            private readonly Lock gate = new();
            private readonly List<byte[]> held = [];
            private long puts;

            public async ValueTask Put(AmqpLine line, byte[] frames)
            {
                List<byte[]> go = [];
                long put;
                lock (gate)
                {
                    for (var copy = 0; copy < Copies; copy++) held.Add(frames);
                    while (held.Count > Most) go.Add(Any());
                    put = ++puts;
                }

                foreach (var one in go) await Send(line, one);
                _ = EmptyWhenQuiet(line, put);
            }

            public async ValueTask Empty(AmqpLine line)
            {
                List<byte[]> go = [];
                lock (gate)
                {
                    while (held.Count > 0) go.Add(Any());
                }

                foreach (var one in go) await Send(line, one);
            }

            private async Task EmptyWhenQuiet(AmqpLine line, long put)
            {
                await Task.Delay(Quiet);
                lock (gate)
                {
                    if (put != puts) return;
                }

                try
                {
                    await Empty(line);
                }
                catch (Exception over) when (over is OperationCanceledException or ObjectDisposedException or IOException)
                {
                    // The line is gone, and what it held with it.
                }
            }

            private byte[] Any()
            {
                var at = of.Next(held.Count);
                var one = held[at];
                held[at] = held[^1];
                held.RemoveAt(held.Count - 1);
                return one;
            }

            private async ValueTask Send(AmqpLine line, byte[] frames)
            {
                await line.Flush(Way.Forth, frames);
                Interlocked.Increment(ref of.forwarded);
            }
        }
    }
}
