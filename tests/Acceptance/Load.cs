using System.Globalization;
using System.Net;

namespace Trading.Acceptance;

/// <summary>Two who trade with each other without a pause: what is settled at once, and where it is asked for also what a county must confirm, and the county that does.</summary>
internal sealed class Load : IAsyncDisposable
{
    public const string Symbol = "CEA-2025";
    public const string Conditional = "COD-TAIHU-2026";
    private readonly CancellationTokenSource over = new();
    private readonly List<Task> flows = [];
    private int traded;
    private int unknown;

    public int Traded => Volatile.Read(ref traded);

    public int Unknown => Volatile.Read(ref unknown);

    public static async Task<Load> Begin(Exchange exchange, string name, bool conditional = false)
    {
        var (steel, textile) = (await Client.SignIn(exchange, "steel"), await Client.SignIn(exchange, "textile"));
        var price = (await steel.Get($"/api/v1/instruments/{Symbol}")).Word("reference");
        var held = new List<decimal>();
        foreach (var client in (Client[])[steel, textile])
        {
            // What a killed server left open would meet its owner's next order.
            await client.Delete($"/api/v1/orders?symbol={Symbol}");
            if ((await client.Funds())["inMarket"] < 100_000) await client.EarmarkMoney("500000.00");
            held.Add((await client.Holding(Symbol)).GetValueOrDefault("inMarket"));
        }

        if (held.Sum() < 1_000) await steel.Earmark(Symbol, "5000");
        // Whoever has more sells: it goes back and forth.
        var (seller, buyer) = held[1] > held[0] ? (textile, steel) : (steel, textile);
        var load = new Load();
        for (var flow = 0; flow < 2; flow++) load.Begin($"{name}-{flow}", (n, id) => load.Trade(seller, buyer, Symbol, price, "1", id, n));
        if (!conditional) return load;
        await steel.Delete($"/api/v1/orders?symbol={Conditional}");
        await textile.Delete($"/api/v1/orders?symbol={Conditional}");
        if ((await steel.Holding(Conditional)).GetValueOrDefault("inMarket") < 3) await steel.Earmark(Conditional, "6");
        var county = await Client.SignIn(exchange, "kunshan");
        load.Begin($"{name}-c", async (n, id) =>
        {
            await load.Trade(steel, textile, Conditional, "4500", "0.001", id, n);
            await Task.Delay(50, CancellationToken.None);
        });
        load.Begin($"{name}-k", async (_, _) =>
        {
            await Approve(county);
            await Task.Delay(200, CancellationToken.None);
        });
        return load;
    }

    /// <summary>The county confirms what lies on its desk.</summary>
    /// <returns>How many.</returns>
    public static async Task<int> Approve(Client county)
    {
        var waiting = (await county.Get("/api/v1/confirmations?status=awaitingConfirmation&limit=500"))["items"].AsArray();
        foreach (var one in waiting) await county.Post($"/api/v1/confirmations/{one!["id"]!.GetValue<string>()}/approve");
        return waiting.Count;
    }

    public async Task End()
    {
        await over.CancelAsync();
        await Task.WhenAll(flows);
    }

    private void Begin(string name, Func<int, string, Task> step) => flows.Add(Task.Run(async () =>
    {
        for (var n = 0; !over.IsCancellationRequested; n++)
        {
            try
            {
                await step(n, name);
            }
            catch (Exception cut) when (cut is HttpRequestException or TaskCanceledException or IOException or InvalidOperationException)
            {
                Interlocked.Increment(ref unknown);
                await Task.Delay(50, CancellationToken.None);
            }
        }
    }));

    private async Task Trade(Client seller, Client buyer, string symbol, string price, string quantity, string name, int n)
    {
        var sold = await seller.Order(string.Create(CultureInfo.InvariantCulture, $"{name}-s{n}"), symbol, "sell", price, quantity);
        var bought = await buyer.Order(string.Create(CultureInfo.InvariantCulture, $"{name}-b{n}"), symbol, "buy", price, quantity);
        if (bought.Status == HttpStatusCode.Created && bought.Word("status") == "filled") Interlocked.Increment(ref traded);
        else if (sold.Status != HttpStatusCode.Created || bought.Status != HttpStatusCode.Created) Interlocked.Increment(ref unknown);
    }

    public async ValueTask DisposeAsync()
    {
        await End();
        over.Dispose();
    }
}
