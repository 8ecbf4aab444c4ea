using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Trading.Support;

/// <summary>
/// Stands between a client and PostgreSQL on loopback. Armed, it lets the next COMMIT through and cuts the line before the answer comes back: whoever sent it cannot know what became of it.
/// </summary>
public sealed class CuttingProxy : IAsyncDisposable
{
    private static readonly byte[] Commit = Encoding.ASCII.GetBytes("COMMIT\0");
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource over = new();
    private readonly Task accepting;
    private readonly int port;
    private int armed;
    private int cuts;

    private CuttingProxy(int port)
    {
        this.port = port;
        listener.Start();
        accepting = Task.Run(Accept);
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>How many answers were cut off.</summary>
    public int Cuts => Volatile.Read(ref cuts);

    /// <param name="port">Of the server behind, on loopback.</param>
    public static CuttingProxy To(int port) => new(port);

    public void Arm() => Volatile.Write(ref armed, 1);

    private async Task Accept()
    {
        try
        {
            while (!over.IsCancellationRequested)
            {
                var client = await listener.AcceptTcpClientAsync(over.Token);
                _ = Task.Run(() => Carry(client));
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
        using var line = CancellationTokenSource.CreateLinkedTokenSource(over.Token);
        using (client)
        {
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, port, line.Token);
                client.NoDelay = server.NoDelay = true;
                var back = Back(server.GetStream(), client.GetStream(), line.Token);
                await Forth(client.GetStream(), server, line);
                await line.CancelAsync();
                await back;
            }
            catch (Exception cut) when (cut is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // One end is gone, and so is the other.
            }
        }
    }

    private async Task Forth(NetworkStream from, TcpClient to, CancellationTokenSource line)
    {
        var bytes = new byte[64 * 1024];
        while (await from.ReadAsync(bytes, line.Token) is > 0 and var read)
        {
            // The driver sends a COMMIT as a message of its own, whole.
            var cut = bytes.AsSpan(0, read).IndexOf(Commit) >= 0 && Interlocked.CompareExchange(ref armed, 0, 1) == 1;
            // Nothing comes back from here on.
            if (cut) await line.CancelAsync();
            await to.GetStream().WriteAsync(bytes.AsMemory(0, read), over.Token);
            if (!cut) continue;
            Interlocked.Increment(ref cuts);
            // Time for the server to commit: what is cut is the answer, not the request.
            await Task.Delay(TimeSpan.FromMilliseconds(100), over.Token);
            return;
        }
    }

    private static async Task Back(NetworkStream from, NetworkStream to, CancellationToken stop)
    {
        var bytes = new byte[64 * 1024];
        while (await from.ReadAsync(bytes, stop) is > 0 and var read) await to.WriteAsync(bytes.AsMemory(0, read), stop);
    }

    public async ValueTask DisposeAsync()
    {
        await over.CancelAsync();
        listener.Stop();
        await accepting;
        listener.Dispose();
        over.Dispose();
    }
}
