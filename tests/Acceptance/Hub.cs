using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Trading.Acceptance;

/// <summary>The hub by its wire: JSON texts, each ended by a record separator.</summary>
internal sealed class Hub : IAsyncDisposable
{
    private const char End = '\u001e';
    private readonly ClientWebSocket socket = new();
    private readonly StringBuilder heard = new();
    private int calls;

    /// <param name="silent">It says nothing by itself, as a client whose line is dead: a socket here would else send a sign of life each half minute.</param>
    public static async Task<Hub> Open(Exchange exchange, string? token, bool silent = false)
    {
        var hub = new Hub();
        if (silent) hub.socket.Options.KeepAliveInterval = Timeout.InfiniteTimeSpan;
        if (token is not null) hub.socket.Options.SetRequestHeader("Authorization", "Bearer " + token);
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        try
        {
            await hub.socket.ConnectAsync(new UriBuilder(new Uri(exchange.Address, "/hubs/market")) { Scheme = "ws" }.Uri, soon.Token);
            await hub.Send("""{"protocol":"json","version":1}""");
            await hub.Next(soon.Token);
            return hub;
        }
        catch
        {
            await hub.DisposeAsync();
            throw;
        }
    }

    /// <returns>The error it ends with, or its first item.</returns>
    public async Task<string> Stream(string method, params object?[] arguments) => await Answer(await Begin(method, arguments));

    public async Task<string> Invoke(string method, params object?[] arguments) => await Answer(await Call(1, method, arguments));

    public Task<string> Begin(string method, params object?[] arguments) => Call(4, method, arguments);

    public ValueTask DisposeAsync()
    {
        socket.Abort();
        socket.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<string> Call(int type, string target, object?[] arguments)
    {
        var id = (++calls).ToString(CultureInfo.InvariantCulture);
        await Send(JsonSerializer.Serialize(new { type, target, arguments, invocationId = id }));
        return id;
    }

    private async Task<string> Answer(string id)
    {
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            var message = JsonNode.Parse(await Next(soon.Token))!;
            if (message["invocationId"]?.GetValue<string>() == id) return message["error"]?.GetValue<string>() ?? message.ToJsonString();
        }
    }

    private async Task Send(string text) => await socket.SendAsync(Encoding.UTF8.GetBytes(text + End), WebSocketMessageType.Text, true, CancellationToken.None);

    private async Task<string> Next(CancellationToken stop)
    {
        var buffer = new byte[16_384];
        while (true)
        {
            var whole = heard.ToString();
            if (whole.IndexOf(End, StringComparison.Ordinal) is >= 0 and var at)
            {
                heard.Remove(0, at + 1);
                return whole[..at];
            }

            var got = await socket.ReceiveAsync(buffer, stop);
            if (got.MessageType == WebSocketMessageType.Close) throw new InvalidOperationException($"closed: {got.CloseStatusDescription}");
            heard.Append(Encoding.UTF8.GetString(buffer, 0, got.Count));
        }
    }
}
