using System.Buffers;
using System.Net.Sockets;

namespace Trading.Support.Between;

public enum Way { Forth = 0, Back = 1 }

/// <summary>
/// One connection through a proxy. Each way is read by one task, which hears its messages in their order and may wait at any of them; the other way goes on meanwhile.
/// Thread-safe: what is sent of its own accord stands between messages, never inside one.
/// </summary>
public abstract class Line : IDisposable
{
    private const int Chunk = 64 * 1024;
    private readonly ArrayBufferWriter<byte>[] waiting = [new(), new()];
    private readonly SemaphoreSlim[] gates = [new(1, 1), new(1, 1)];
    private readonly NetworkStream?[] to = [null, null];
    private readonly CancellationTokenSource cut = new();
    private volatile bool mute;

    /// <summary>What whoever listens takes it for.</summary>
    public string Role { get; set; } = "";

    /// <summary>Awaited before the server's end of the line reaches the client.</summary>
    public Func<Task>? Ends { get; set; }

    /// <returns>How long the message is that begins here; 0: more of it is needed to say.</returns>
    protected abstract int LengthOf(Way way, ReadOnlySpan<byte> begins);

    /// <summary>One whole message. It goes on if it is sent, and not otherwise.</summary>
    protected abstract ValueTask Hear(Way way, ReadOnlyMemory<byte> message);

    /// <summary>Sends at the latest when all that came with it was heard.</summary>
    protected void Send(Way way, ReadOnlySpan<byte> message)
    {
        gates[(int)way].Wait();
        waiting[(int)way].Write(message);
        gates[(int)way].Release();
    }

    /// <summary>Sends now, after what waits.</summary>
    public async ValueTask Flush(Way way, ReadOnlyMemory<byte> message = default)
    {
        await gates[(int)way].WaitAsync(cut.Token);
        try
        {
            var held = waiting[(int)way];
            held.Write(message.Span);
            if (held.WrittenCount > 0 && !(way == Way.Back && mute)) await to[(int)way]!.WriteAsync(held.WrittenMemory, cut.Token);
            held.ResetWrittenCount();
        }
        finally
        {
            gates[(int)way].Release();
        }
    }

    /// <summary>From here on the client hears nothing more.</summary>
    public void Mute() => mute = true;

    /// <summary>Ends the line at both ends; whoever waits in it is thrown out.</summary>
    public void Cut()
    {
        try
        {
            cut.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It is over already.
        }
    }

    internal async Task Carry(TcpClient client, TcpClient server, CancellationToken stop)
    {
        using var stopping = stop.Register(Cut);
        (to[(int)Way.Forth], to[(int)Way.Back]) = (server.GetStream(), client.GetStream());
        var forth = Pump(Way.Forth, client.GetStream());
        var back = Pump(Way.Back, server.GetStream());
        try
        {
            if (await Task.WhenAny(forth, back) == back && Ends is { } ends) await Task.WhenAny(ends(), Task.Delay(Timeout.Infinite, cut.Token));
        }
        finally
        {
            Cut();
            await Task.WhenAll(forth, back);
        }
    }

    /// <summary>Ends quietly with either end, and when the line is cut.</summary>
    private async Task Pump(Way way, NetworkStream from)
    {
        var (bytes, held) = (new byte[Chunk], 0);
        try
        {
            while (await from.ReadAsync(bytes.AsMemory(held), cut.Token) is > 0 and var read)
            {
                held += read;
                var at = 0;
                while (LengthOf(way, bytes.AsSpan(at, held - at)) is > 0 and var length && length <= held - at)
                {
                    await Hear(way, bytes.AsMemory(at, length));
                    at += length;
                }

                bytes.AsSpan(at, held - at).CopyTo(bytes);
                held -= at;
                if (held == bytes.Length) Array.Resize(ref bytes, bytes.Length * 2);
                await Flush(way);
            }
        }
        catch (Exception gone) when (gone is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // One end is gone, or the line was cut.
        }
    }

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        if (!disposing) return;
        cut.Dispose();
        foreach (var gate in gates) gate.Dispose();
    }
}
