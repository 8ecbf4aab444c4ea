using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.SignalR;
using Trading.Gateway.Identity;
using Trading.Gateway.Market;
using Trading.Gateway.Orders;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;

namespace Trading.Gateway.Live;

/// <summary>Passes frames on and holds no state, so losing a connection loses nothing (but the orders of who asked for that). What the market shows everyone needs no sign-in.</summary>
[AllowAnonymous]
internal sealed class MarketHub(Relay relay, PrivateFeed mine, OrderDesk desk, ConnectionWatch watch, Whoami who, IDirectory directory, IListings listings) : Hub
{
    private const int ClassesMost = 16;
    private static readonly object Watched = new();

    /// <param name="afterSequence">0: a snapshot first; else what follows, or a snapshot where that is no longer kept.</param>
    [Admits]
    public async IAsyncEnumerable<RawJson> Follow(string? symbol, long afterSequence, [EnumeratorCancellation] CancellationToken stop)
    {
        var tradable = await Tradable.Of(symbol, directory, listings, stop);
        await foreach (var frames in Live.Follow.Book(await relay.Opened(tradable.Instrument.Number, stop), afterSequence, stop)) yield return frames;
    }

    /// <param name="classes">carbon, pollutant, water, energy, power; empty or null: all.</param>
    [Admits]
    public IAsyncEnumerable<RawJson> FollowAll(string?[]? classes, CancellationToken stop)
    {
        if (classes is null or []) return Live.Follow.Tape(relay.Tape, null, false, stop);
        if (classes.Length > ClassesMost) throw Json.No("OUT_OF_RANGE", ("classes", "16"));
        return Live.Follow.Tape(relay.Tape, classes.Select(Class).ToHashSet(), false, stop);
    }

    [Admits(IdentityModule.Trader)]
    public async IAsyncEnumerable<RawJson> FollowMine(string? cursor, [EnumeratorCancellation] CancellationToken stop)
    {
        var participant = await who.Participant(Context.User!, stop);
        await foreach (var frames in mine.Follow(participant.Account, cursor, stop)) yield return frames;
    }

    [Admits(IdentityModule.Regulator)]
    public IAsyncEnumerable<RawJson> FollowSupervision(CancellationToken stop) => Live.Follow.Tape(relay.Tape, null, true, stop);

    /// <summary>As POST /api/v1/orders, the same body.</summary>
    [Admits(IdentityModule.Trader)]
    public async Task<RawJson> PlaceOrder(Dictionary<string, object?>? order)
    {
        var participant = await who.Participant(Context.User!, Context.ConnectionAborted);
        // Read by the one strict reader, whatever the protocol carried it in.
        var asked = Json.Parse<NewOrder>(JsonSerializer.SerializeToUtf8Bytes(order, Json.Plain));
        var (body, refused) = await desk.Place(participant.Account, asked, Context.GetHttpContext() is not { } http || Problems.PrefersChinese(http.Request), CancellationToken.None);
        return refused is null ? RawJson.Of(body!) : throw new RefusedException(refused);
    }

    /// <summary>As DELETE /api/v1/orders/{orderId}.</summary>
    [Admits(IdentityModule.Trader)]
    public async Task<RawJson> CancelOrder(string? orderId)
    {
        var participant = await who.Participant(Context.User!, Context.ConnectionAborted);
        if (Paging.Id(orderId ?? "") is not { } number) throw Json.No("NOT_FOUND");
        var (body, refused) = await desk.Cancel(participant.Account, number, CancellationToken.None);
        return refused is not null ? throw new RefusedException(refused) : body is null ? throw Json.No("NOT_FOUND") : RawJson.Of(body);
    }

    /// <summary>From here on the loss of this connection, by whatever cause and by its time-out too, cancels all orders of the account; false: no longer.</summary>
    [Admits(IdentityModule.Trader)]
    public async Task<RawJson> CancelOnDisconnect(bool on)
    {
        var participant = await who.Participant(Context.User!, Context.ConnectionAborted);
        if (on)
        {
            lock (Context.Items) Context.Items[Watched] = true;
            await watch.Watch(Context.ConnectionId, participant.Account, CancellationToken.None);
            // It may have been lost while it was asked for, before the row was there.
            if (Context.ConnectionAborted.IsCancellationRequested) await watch.Lost(Context.ConnectionId);
        }
        else
        {
            await watch.Forget(Context.ConnectionId, CancellationToken.None);
        }

        return RawJson.Of(new { on });
    }

    public override async Task OnDisconnectedAsync(Exception? exception)
    {
        bool watched;
        lock (Context.Items) watched = Context.Items.ContainsKey(Watched);
        if (watched) await watch.Lost(Context.ConnectionId);
        await base.OnDisconnectedAsync(exception);
    }

    private static RightClass Class(string? word) => Register.ParticipantEndpoints.Word<RightClass>(word ?? "null", "classes");
}

/// <summary>The one way a reader reads, whatever carries it: take what follows, else wait. Its pace is its own.</summary>
internal static class Follow
{
    public static async IAsyncEnumerable<RawJson> Book(BookChannel channel, long after, [EnumeratorCancellation] CancellationToken stop)
    {
        long? at = after <= 0 ? null : after;
        while (true)
        {
            var (frames, reached, moved) = channel.After(at);
            at = reached;
            if (frames is not null) yield return frames;
            else await moved.WaitAsync(stop);
        }
    }

    public static async IAsyncEnumerable<RawJson> Tape(Tape tape, IReadOnlySet<RightClass>? classes, bool supervised, [EnumeratorCancellation] CancellationToken stop)
    {
        var at = tape.Place;
        while (true)
        {
            var (frames, reached, moved) = tape.After(at, classes, supervised);
            at = reached;
            foreach (var one in frames) yield return one;
            await moved.WaitAsync(stop);
        }
    }
}
