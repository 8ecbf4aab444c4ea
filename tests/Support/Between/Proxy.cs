using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Trading.Support.Between;

/// <summary>Stands between clients and one server on loopback, and carries what they say message by message. What is done with a message is its line's to say.</summary>
public sealed class Proxy : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource over = new();
    private readonly ConcurrentDictionary<Task, byte> lines = [];
    private readonly Func<Line> open;
    private readonly Task accepting;
    private readonly int port;

    private Proxy(int port, Func<Line> open)
    {
        (this.port, this.open) = (port, open);
        listener.Start();
        accepting = Task.Run(Accept);
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <param name="port">Of the server behind, on loopback.</param>
    /// <param name="open">Called for each connection.</param>
    public static Proxy To(int port, Func<Line> open) => new(port, open);

    private async Task Accept()
    {
        try
        {
            while (!over.IsCancellationRequested)
            {
                var client = await listener.AcceptTcpClientAsync(over.Token);
                var line = Task.Run(() => Carry(client));
                lines.TryAdd(line, 0);
                _ = line.ContinueWith(done => lines.TryRemove(done, out _), TaskScheduler.Default);
            }
        }
        catch (OperationCanceledException)
        {
            // Asked to stop.
        }
    }

    private async Task Carry(TcpClient client)
    {
        using var server = new TcpClient();
        using (client)
        {
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, port, over.Token);
                client.NoDelay = server.NoDelay = true;
                using var line = open();
                await line.Carry(client, server, over.Token);
            }
            catch (Exception cut) when (cut is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // One end is gone, and so is the other.
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await over.CancelAsync();
        listener.Stop();
        await accepting;
        await Task.WhenAll(lines.Keys);
        listener.Dispose();
        over.Dispose();
    }
}
