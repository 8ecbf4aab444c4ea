using System.Globalization;
using System.Net.WebSockets;
using Trading.Gateway.Market;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;

namespace Trading.Gateway.Live;

/// <summary>The same frames as JSON text for clients without SignalR: one text message an array. What a client sends is not read as anything.</summary>
internal static class MarketSocket
{
    public static async Task Serve(HttpContext context, Relay relay, IDirectory directory, IListings listings, IHostApplicationLifetime host)
    {
        var stop = context.RequestAborted;
        var tradable = await Tradable.Of(context.Request.Query["symbol"], directory, listings, stop);
        var asked = context.Request.Query["after"].ToString();
        if (!long.TryParse(asked.Length == 0 ? "0" : asked, NumberStyles.None, CultureInfo.InvariantCulture, out var after)) throw Json.No("CURSOR_INVALID", ("after", asked.Length > 40 ? asked[..40] : asked));
        if (!context.WebSockets.IsWebSocketRequest) throw Json.No("WEBSOCKET_EXPECTED");
        var channel = await relay.Opened(tradable.Instrument.Number, stop);
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop, host.ApplicationStopping);
        var closed = Closed(socket, over);
        try
        {
            await foreach (var frames in Follow.Book(channel, after, over.Token)) await socket.SendAsync(frames.Utf8, WebSocketMessageType.Text, endOfMessage: true, over.Token);
        }
        catch (Exception gone) when (gone is OperationCanceledException or WebSocketException or IOException)
        {
            // The reader left, or the server stops.
        }

        await over.CancelAsync();
        await closed;
        if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
        {
            using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(2));
            try
            {
                await socket.CloseOutputAsync(host.ApplicationStopping.IsCancellationRequested ? WebSocketCloseStatus.EndpointUnavailable : WebSocketCloseStatus.NormalClosure, null, soon.Token);
            }
            catch (Exception gone) when (gone is OperationCanceledException or WebSocketException or IOException)
            {
                // It did not wait for a farewell.
            }
        }
    }

    private static async Task Closed(WebSocket socket, CancellationTokenSource over)
    {
        var buffer = new byte[512];
        try
        {
            while ((await socket.ReceiveAsync(buffer.AsMemory(), over.Token)).MessageType != WebSocketMessageType.Close)
            {
            }
        }
        catch (Exception gone) when (gone is OperationCanceledException or WebSocketException or IOException)
        {
            // As good as a farewell.
        }

        await over.CancelAsync();
    }
}
