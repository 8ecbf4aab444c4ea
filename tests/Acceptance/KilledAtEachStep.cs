using System.Collections.Concurrent;
using Trading.Support;
using Trading.Support.Between;

namespace Trading.Acceptance;

/// <summary>
/// F13: kill -9 of the server at each step between an order and the word that its trade was told of. What stands between the server and its PostgreSQL, and between it and its broker, sees
/// the very message by which the next step would be done, holds it, and kills; that the kill fell there is then asked of the rows.
/// </summary>
[Trait("layer", "acceptance")]
[Trait("faults", "yes")]
public sealed class KilledAtEachStep : Experiment
{
    private const int Seed = 20_261_130;
    private const string Notices = "NoticeLog";
    private static readonly TimeSpan ReachedWithin = TimeSpan.FromSeconds(30);

    private enum Step
    {
        BatchNotCommitted, BatchCommitted, NotSettled, SettledNotTold, PublishedNotConfirmed, ConfirmedNotMoved, HandledNotAcknowledged,
    }

    private static readonly (Step Step, string Says, string Proof)[] Steps =
    [
        (Step.BatchNotCommitted, "keeper, before its batch is committed", "select count(*) from matching.batches where first_sequence >= {0}"),
        (Step.BatchCommitted, "keeper, after that, before it hears so", "select count(*) - 1 from matching.batches where first_sequence = {0}"),
        (Step.NotSettled, "settler, before its COMMIT", "select count(*) from settlement.positions where reader = 'settler' and sequence >= {0}"),
        (Step.SettledNotTold, "settler, after it, before a word of it", "select count(*) - 1 from settlement.positions where reader = 'settler' and sequence = {0}"),
        (Step.PublishedNotConfirmed, "announcer, published and not confirmed", "select count(*) - 1 from settlement.deliveries where trade_no = {0}"),
        (Step.ConfirmedNotMoved, "announcer, confirmed and not noted", "select count(*) - 1 from settlement.deliveries where trade_no = {0} and announced < version"),
        (Step.HandledNotAcknowledged, "worker, handled and not acknowledged", "select (count(*) = 0)::int::bigint from settlement.notices where trade_no = {0}"),
    ];

    /// <summary>Waits for its step; the number is of what was held there: a sequence, or a trade.</summary>
    private sealed class Trap(Step step) : TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public Step Step { get; } = step;
    }

    private readonly ConcurrentDictionary<(AmqpLine Line, ushort Channel, long Number), long> published = [];
    private readonly ConcurrentDictionary<(AmqpLine Line, ushort Channel, long Number), long> delivered = [];
    private readonly ConcurrentDictionary<long, byte> confirmed = [];
    private Trap? trap;
    private Exchange exchange = null!;

    /// <remarks>Failed when the settler committed its position before the deliveries: killed at its COMMIT, it had passed what it had not settled.</remarks>
    [Fact]
    public async Task Every_trade_is_settled_once_wherever_between_two_steps_the_server_dies()
    {
        Assert.SkipWhen(RabbitServer.Missing is not null, RabbitServer.Missing ?? "");
        var (rounds, chance) = (Faults.Rounds(usual: 1, all: 50), new Random(Seed));
        await using var rabbit = await RabbitServer.Open();
        await using var toPostgres = Proxy.To(Port, () => new PostgresLine { Asks = Asks, Answers = Answers });
        await using var toRabbit = Proxy.To(rabbit.Port, () => new AmqpLine { Publishes = Publishes, Confirms = Confirms, Delivers = Delivers, Acks = Acks });
        await using var opened = exchange = await Exchange.Open("--postgres", Through(toPostgres), "--rabbitmq", $"amqp://guest:guest@127.0.0.1:{toRabbit.Port}/");
        await using var reader = Reader.Begin(Database);
        for (var round = 1; round <= rounds; round++)
        {
            foreach (var (step, says, proof) in Steps)
            {
                await using var load = await Load.Begin(exchange, $"{round}-{(int)step}", conditional: true);
                await Task.Delay(TimeSpan.FromMilliseconds(200 + chance.Next(400)));
                var waits = new Trap(step);
                Volatile.Write(ref trap, waits);
                long at;
                try
                {
                    at = await waits.Task.WaitAsync(ReachedWithin);
                }
                catch (TimeoutException never)
                {
                    throw new InvalidOperationException($"{says}: never came to it\n{exchange.Said}", never);
                }

                await load.End();
                var elsewhere = await Scalar(string.Format(System.Globalization.CultureInfo.InvariantCulture, proof, at));
                foreach (var known in (ConcurrentDictionary<(AmqpLine, ushort, long), long>[])[published, delivered]) known.Clear();
                confirmed.Clear();
                await exchange.StartAndStartAgain();
                Console.WriteLine($"round {round,2} kill -9 of {says,-42} at {at,7}: {load.Traded,4} trades, {load.Unknown,3} of unknown outcome, back after {exchange.StartTook.TotalSeconds:0.0} s, the reader looked {reader.Looks} times");
                Assert.True(elsewhere == 0, $"{says}: the rows say that {at} was not killed there");
            }
        }

        await Told(exchange);
        await Whole(exchange, reader, $"F13: each of {Steps.Length} steps {rounds} times, seed {Seed}, all told");
    }

    /// <summary>Kills, if this is where it is to be; nothing that was held goes on then.</summary>
    private void Kill(Trap? at, long number)
    {
        if (at is null || Interlocked.CompareExchange(ref trap, null, at) != at) return;
        exchange.KillServer();
        at.SetResult(number);
        throw new OperationCanceledException("killed here");
    }

    private Trap? At(Step step) => Volatile.Read(ref trap) is { } set && set.Step == step ? set : null;

    private async ValueTask Asks(PostgresLine line, Asked asked)
    {
        if (At(Step.BatchNotCommitted) is { } batch && asked.Bind.Length > 0 && asked.Says("matching.commit_batch")) Kill(batch, asked.Number(3));
        if (asked.Sql == "COMMIT" && At(Step.NotSettled) is { } commit && Settled(line.Transaction) is { } reached) Kill(commit, reached);
        if (At(Step.ConfirmedNotMoved) is not { } note || !asked.Says("update settlement.deliveries set announced") || !confirmed.ContainsKey(asked.Number(1))) return;
        // A repeat of what is noted already moves nothing.
        if (await Scalar($"select count(*) from settlement.deliveries where trade_no = {asked.Number(1)} and announced < {asked.Number(2)} and version = {asked.Number(2)}") == 0) return;
        // The confirm went its way just now: it has the time to arrive.
        await Task.Delay(TimeSpan.FromMilliseconds(50));
        Kill(note, asked.Number(1));
    }

    private ValueTask Answers(PostgresLine line, Answer answer)
    {
        if (At(Step.BatchCommitted) is { } batch && answer is { Error: false, Number: 0, Asked: [.., var append] } && append.Says("matching.commit_batch")) Kill(batch, append.Number(3));
        if (At(Step.SettledNotTold) is { } commit && answer.Done is ["COMMIT"] && Settled(answer.Transaction) is { } reached) Kill(commit, reached);
        return ValueTask.CompletedTask;
    }

    /// <summary>How far the settler came with this transaction; null: it is not the settler's, or settles nothing.</summary>
    private static long? Settled(IReadOnlyList<Asked> transaction) =>
        transaction.Any(a => a.Says("insert into settlement.deliveries")) ? transaction.FirstOrDefault(a => a.Says("update settlement.positions set sequence"))?.Number(1) : null;

    private ValueTask<bool> Publishes(AmqpLine line, Carried message)
    {
        if (message is { Number: > 0, Tells: var (trade, _) }) published[(line, message.Channel, message.Number)] = trade;
        return ValueTask.FromResult(true);
    }

    private ValueTask<bool> Confirms(AmqpLine line, ushort channel, long number, bool andBefore)
    {
        foreach (var (key, trade) in published)
        {
            if (key.Line != line || key.Channel != channel || (andBefore ? key.Number > number : key.Number != number) || !published.TryRemove(key, out _)) continue;
            Kill(At(Step.PublishedNotConfirmed), trade);
            confirmed[trade] = 0;
        }

        return ValueTask.FromResult(true);
    }

    private ValueTask<bool> Delivers(AmqpLine line, Carried message)
    {
        if (message.Where == Notices && message.Tells is var (trade, _)) delivered[(line, message.Channel, message.Number)] = trade;
        return ValueTask.FromResult(true);
    }

    private ValueTask Acks(AmqpLine line, ushort channel, string queue, long number)
    {
        if (queue == Notices && delivered.TryRemove((line, channel, number), out var trade)) Kill(At(Step.HandledNotAcknowledged), trade);
        return ValueTask.CompletedTask;
    }
}
