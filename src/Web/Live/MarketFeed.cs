using System.Security.Cryptography;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;

namespace Trading.Web.Live;

public enum Connection { Connecting = 1, Live = 2, Lost = 3 }

/// <summary>The one live connection of the page. It comes back by itself, and every stream goes on from the number it had reached.</summary>
public sealed class MarketFeed(NavigationManager navigation, TimeProvider time) : IDisposable
{
    private const int WaitLeastMs = 250;
    private const int WaitMostMs = 4_000;
    private readonly List<Func<HubConnection, CancellationToken, Task>> streams = [];
    private HubConnection? hub;
    private CancellationTokenSource connected = new();

    public Connection State { get; private set; } = Connection.Connecting;

    /// <summary>Since when nothing has come; null while it lives.</summary>
    public DateTimeOffset? LostAt { get; private set; }

    public event Action? Changed;

    public void Start()
    {
        hub = new HubConnectionBuilder().WithUrl(navigation.ToAbsoluteUri("/hubs/market"), options =>
        {
            options.SkipNegotiation = true;
            options.Transports = Microsoft.AspNetCore.Http.Connections.HttpTransportType.WebSockets;
        }).Build();
        hub.ServerTimeout = TimeSpan.FromSeconds(12);
        hub.KeepAliveInterval = TimeSpan.FromSeconds(5);
        _ = Keep(hub);
    }

    /// <summary>Runs a stream for as long as the handle lives, again after every reconnection. The stream itself knows where it stands.</summary>
    public IDisposable Run(Func<HubConnection, CancellationToken, Task> stream)
    {
        var own = new CancellationTokenSource();
        Task Guarded(HubConnection connection, CancellationToken stop) => Repeat(stream, connection, stop, own.Token);
        streams.Add(Guarded);
        if (State == Connection.Live && hub is not null) _ = Guarded(hub, connected.Token);
        return new Handle(() =>
        {
            streams.Remove(Guarded);
            own.Cancel();
        });
    }

    private static async Task Repeat(Func<HubConnection, CancellationToken, Task> stream, HubConnection connection, CancellationToken connected, CancellationToken own)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(connected, own);
        while (!either.IsCancellationRequested && connection.State == HubConnectionState.Connected)
        {
            try
            {
                await stream(connection, either.Token);
            }
            catch (Exception over) when (over is OperationCanceledException or Microsoft.AspNetCore.SignalR.HubException or InvalidOperationException or IOException or System.Net.WebSockets.WebSocketException)
            {
                // The connection is gone, or the server ended the stream: the loop above decides.
            }

            if (!either.IsCancellationRequested) await Task.Delay(WaitLeastMs, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task Keep(HubConnection connection)
    {
        var wait = WaitLeastMs;
        while (true)
        {
            var closed = new TaskCompletionSource();
            Task Closed(Exception? why)
            {
                closed.TrySetResult();
                return Task.CompletedTask;
            }

            try
            {
                connection.Closed += Closed;
                await connection.StartAsync();
                connected = new CancellationTokenSource();
                (State, LostAt, wait) = (Connection.Live, null, WaitLeastMs);
                Changed?.Invoke();
                foreach (var stream in streams.ToList()) _ = stream(connection, connected.Token);
                await closed.Task;
            }
            catch (Exception failed) when (failed is not OutOfMemoryException)
            {
                // Not there yet.
            }

            connection.Closed -= Closed;
            await connected.CancelAsync();
            if (State != Connection.Lost)
            {
                (State, LostAt) = (Connection.Lost, time.GetUtcNow());
                Changed?.Invoke();
            }

            // Jitter, so that a province of pages does not come back in one instant.
            await Task.Delay(wait + RandomNumberGenerator.GetInt32(wait));
            wait = Math.Min(wait * 2, WaitMostMs);
        }
    }

    public void Dispose() => connected.Dispose();

    private sealed class Handle(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}

/// <summary>At most one call every so often, and always one after the last event.</summary>
public sealed class Throttle(int milliseconds, Func<Task> act)
{
    private bool waiting;

    public void Happened()
    {
        if (waiting) return;
        waiting = true;
        _ = Later();
    }

    private async Task Later()
    {
        await Task.Delay(milliseconds);
        waiting = false;
        await act();
    }
}
