using System.Runtime.CompilerServices;
using System.Threading.Channels;
using NodaTime;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using Trading.Matching.Contracts;

namespace Trading.Gateway.Broker;

/// <summary>
/// Batches by the stream, from the offset last read; whatever the stream does not have, has damaged, or is late with comes from PostgreSQL. The
/// order and completeness are the journal's either way, because every batch names its place.
/// </summary>
internal sealed partial class StreamFeed(Uri broker, IJournal journal, ILogger<StreamFeed> log) : IBatchFeed
{
    private const int BatchesMost = 128;
    private const ushort Prefetch = 200;
    /// <summary>A silence after which the journal itself is looked at.</summary>
    private static readonly TimeSpan SilenceMost = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private long fromStream;
    private long fromJournal;

    /// <summary>How many batches came which way, for tests and health.</summary>
    public (long FromStream, long FromJournal) Came => (Interlocked.Read(ref fromStream), Interlocked.Read(ref fromJournal));

    public async IAsyncEnumerable<Batch> From(long afterSequence, [EnumeratorCancellation] CancellationToken stop)
    {
        var heard = Channel.CreateBounded<Batch>(Prefetch);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var listening = Listen(heard.Writer, over.Token);
        var at = afterSequence;
        try
        {
            while (true)
            {
                // What is there already, and after a silence whatever the stream did not bring.
                while (await journal.Read(at, BatchesMost, stop) is { Count: > 0 } missed)
                {
                    foreach (var batch in missed)
                    {
                        at = batch.LastSequence;
                        Interlocked.Increment(ref fromJournal);
                        yield return batch;
                    }
                }

                while (await Next(heard.Reader, stop) is { } next)
                {
                    if (next.LastSequence <= at) continue;
                    // A gap: the journal has what lies between, and this one too.
                    if (next.FirstSequence != at + 1) break;
                    at = next.LastSequence;
                    Interlocked.Increment(ref fromStream);
                    yield return next;
                }
            }
        }
        finally
        {
            await over.CancelAsync();
            await listening.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Null after a silence.</summary>
    private static async Task<Batch?> Next(ChannelReader<Batch> heard, CancellationToken stop)
    {
        if (heard.TryRead(out var there)) return there;
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(stop);
        silence.CancelAfter(SilenceMost);
        try
        {
            return await heard.ReadAsync(silence.Token);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task Listen(ChannelWriter<Batch> heard, CancellationToken stop)
    {
        object offset = "next";
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await using var connection = await MarketStream.Connect(broker, "market stream, reading", stop);
                await using var channel = await connection.CreateChannelAsync(cancellationToken: stop);
                await MarketStream.Declare(channel, stop);
                await channel.BasicQosAsync(0, Prefetch, global: false, stop);
                var ended = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
                var consumer = new AsyncEventingBasicConsumer(channel);
                consumer.ReceivedAsync += async (_, message) =>
                {
                    try
                    {
                        await heard.WriteAsync(BatchFormat.Unpack(message.Body.Span), stop);
                    }
                    catch (InvalidDataException damaged)
                    {
                        // The silence or the gap that follows is filled from the journal.
                        Failed(log, damaged.Message);
                    }

                    if (message.BasicProperties.Headers?.TryGetValue("x-stream-offset", out var place) == true && place is long number) offset = number + 1;
                    await channel.BasicAckAsync(message.DeliveryTag, multiple: false, stop);
                };
                // Cancelled by the broker: the stream was deleted. The channel or the connection ended: the broker is gone.
                consumer.UnregisteredAsync += (_, _) => End(ended, deleted: true);
                channel.ChannelShutdownAsync += (_, _) => End(ended, deleted: false);
                connection.ConnectionShutdownAsync += (_, _) => End(ended, deleted: false);
                await channel.BasicConsumeAsync(MarketStream.Name, autoAck: false, "", noLocal: false, exclusive: false, new Dictionary<string, object?>(StringComparer.Ordinal) { ["x-stream-offset"] = offset }, consumer, stop);
                // A lost connection goes on from its offset; what was deleted begins to count anew.
                if (await ended.Task.WaitAsync(stop)) offset = "next";
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failed)
            {
                Failed(log, failed.Message);
                offset = "next";
            }

            await Task.Delay(Pause, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static Task End(TaskCompletionSource<bool> ended, bool deleted)
    {
        ended.TrySetResult(deleted);
        return Task.CompletedTask;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The market stream is not read now, PostgreSQL serves: {Reason}")]
    private static partial void Failed(ILogger log, string reason);
}
