using Microsoft.AspNetCore.SignalR.Client;

namespace Trading.Web.Live;

/// <summary>One's own orders, balances and settlements, loaded once and kept live.</summary>
public sealed class Mine(Api api, MarketFeed feed, Session session)
{
    private const int Kept = 500;
    private readonly Dictionary<string, Order> orders = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Settlement> settlements = new(StringComparer.Ordinal);
    private IDisposable? stream;
    private Task? loading;
    private string? cursor;

    public Problem? Problem { get; private set; }

    public bool Loaded { get; private set; }

    /// <summary>Newest first.</summary>
    public IEnumerable<Order> Orders => orders.Values.OrderByDescending(o => o.EnteredAt).ThenByDescending(o => o.OrderId.Length).ThenByDescending(o => o.OrderId, StringComparer.Ordinal);

    public IReadOnlyList<Holding> Holdings { get; private set; } = [];

    public Funds? Funds { get; private set; }

    /// <summary>Newest first.</summary>
    public IEnumerable<Settlement> Settlements => settlements.Values.OrderByDescending(s => s.TradeId.Length).ThenByDescending(s => s.TradeId, StringComparer.Ordinal);

    public event Action? Changed;

    /// <summary>Something was filled while the page was open.</summary>
    public event Action<MineFrame>? Filled;

    public Task Load()
    {
        if (!session.Trades) return Task.CompletedTask;
        stream ??= feed.Run(Follow);
        return loading ??= Read();
    }

    public void Put(Order order)
    {
        orders[order.OrderId] = order;
        Changed?.Invoke();
    }

    private async Task Read()
    {
        var (newest, no1) = await api.List<Order>("/api/v1/orders?limit=200");
        var (alive, no2) = await api.List<Order>("/api/v1/orders?status=alive&limit=500");
        var (settled, no3) = await api.List<Settlement>("/api/v1/account/settlements?limit=200");
        var (holdings, no4) = await api.List<Holding>("/api/v1/account/holdings");
        var funds = await api.Get<Funds>("/api/v1/account/funds");
        Problem = no1 ?? no2 ?? no3 ?? no4 ?? funds.Problem;
        if (Problem is null)
        {
            orders.Clear();
            settlements.Clear();
            foreach (var order in newest.Concat(alive)) orders[order.OrderId] = order;
            foreach (var settlement in settled) settlements[settlement.TradeId] = settlement;
            (Holdings, Funds, Loaded) = (holdings, funds.Value, true);
        }
        else
        {
            loading = null;
        }

        Changed?.Invoke();
    }

    private async Task Follow(HubConnection hub, CancellationToken stop)
    {
        var resumed = cursor is not null;
        if (!resumed && Loaded) await Read();
        await foreach (var frames in hub.StreamAsync<MineFrame[]>("FollowMine", cursor, stop))
        {
            foreach (var frame in frames)
            {
                switch (frame.Type)
                {
                    case "order" when frame.Order is { } order:
                        orders[order.OrderId] = order;
                        break;
                    case "fill":
                        Filled?.Invoke(frame);
                        break;
                    case "balances":
                        (Holdings, Funds) = (frame.Holdings ?? Holdings, frame.Funds ?? Funds);
                        break;
                    case "settlement" when frame.Settlement is { } settlement:
                        settlements[settlement.TradeId] = settlement;
                        break;
                    case "reset":
                        await Read();
                        break;
                    case "cursor":
                        cursor = frame.Cursor;
                        break;
                }
            }

            Forget();
            Changed?.Invoke();
        }
    }

    private void Forget()
    {
        foreach (var old in Orders.Where(o => !o.IsAlive).Skip(Kept).ToList()) orders.Remove(old.OrderId);
        foreach (var old in Settlements.Skip(Kept).ToList()) settlements.Remove(old.TradeId);
    }
}
