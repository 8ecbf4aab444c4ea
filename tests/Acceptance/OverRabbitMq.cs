using System.Net;
using Trading.Support;

namespace Trading.Acceptance;

/// <summary>The way of an order again, with messages and the market feed on a real broker.</summary>
public sealed class TradingOverRabbitMq : TradingThroughTheFrontDoor
{
    private RabbitServer rabbit = null!;

    internal override async Task<Exchange> Open()
    {
        Assert.SkipWhen(RabbitServer.Missing is not null, RabbitServer.Missing ?? "");
        rabbit = await RabbitServer.Open();
        return await Exchange.Open("--rabbitmq", rabbit.Address.ToString());
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await rabbit.DisposeAsync();
    }
}

/// <summary>The broker holds nothing that is not also in PostgreSQL.</summary>
[Trait("layer", "acceptance")]
[Trait("faults", "yes")]
public sealed class TheBrokerInTrouble
{
    private const string Final = "CEA-2025";
    private const string Conditional = "COD-TAIHU-2026";
    private static readonly TimeSpan SettledWithin = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Killed_and_wiped_under_load_leaves_no_trade_unsettled()
    {
        Assert.SkipWhen(RabbitServer.Missing is not null, RabbitServer.Missing ?? "");
        await using var rabbit = await RabbitServer.Open();
        await using var exchange = await Exchange.Open("--rabbitmq", rabbit.Address.ToString());
        var (steel, textile, kunshan) = (await Client.SignIn(exchange, "steel"), await Client.SignIn(exchange, "textile"), await Client.SignIn(exchange, "kunshan"));
        await steel.Earmark(Final, "20000");
        await steel.Earmark(Conditional, "30");
        await textile.EarmarkMoney("4000000.00");
        await Whole(rabbit);
        using var over = new CancellationTokenSource();
        var load = Task.Run(() => Load(steel, textile, over.Token));
        await Task.Delay(TimeSpan.FromSeconds(4));
        rabbit.Kill();
        rabbit.Wipe();
        await Task.Delay(TimeSpan.FromSeconds(3));
        await rabbit.Start();
        await Whole(rabbit);
        // A queue that somebody deletes is not the end of it either.
        await rabbit.Ctl("delete_queue", "DeskOpener");
        await rabbit.Ctl("delete_queue", "market.batches");
        await Task.Delay(TimeSpan.FromSeconds(4));
        await over.CancelAsync();
        var traded = await load;
        Assert.True(traded > 20, $"only {traded} trades");

        var watch = System.Diagnostics.Stopwatch.StartNew();
        var unsettled = traded;
        while (unsettled > 0 && watch.Elapsed < SettledWithin)
        {
            // What waits for the county lies on its desk, because the bus laid it there.
            foreach (var waiting in (await kunshan.Get("/api/v1/confirmations?status=awaitingConfirmation&limit=500"))["items"].AsArray())
                Assert.Equal(HttpStatusCode.OK, (await kunshan.Post($"/api/v1/confirmations/{waiting!["id"]!.GetValue<string>()}/approve")).Status);
            await Task.Delay(200);
            unsettled = await Unsettled(textile, traded);
        }

        Assert.True(unsettled == 0, $"{unsettled} of {traded} trades are unsettled after {watch.Elapsed.TotalSeconds:0} s\n{exchange.Said}");
        Console.WriteLine($"broker killed, wiped and robbed of queues under load: {traded} trades, all settled {watch.Elapsed.TotalSeconds:0.0} s after the load");
        // The live feed went on from PostgreSQL, and is level.
        await Client.Eventually(async () => (Live: await Sequence(textile, $"/api/v1/instruments/{Final}"), Book: await Sequence(textile, $"/api/v1/instruments/{Final}/book")), s => s.Live == s.Book, s => $"live {s.Live}, book {s.Book}");
        // And the bus is whole again: both queues of the desk are back, and someone reads them.
        await Whole(rabbit);
        var (exit, verdict) = await exchange.Verify();
        Assert.True(exit == 0, verdict);
    }

    private static Task<IReadOnlyList<RabbitServer.Queue>> Whole(RabbitServer rabbit) => Client.Eventually(rabbit.Queues, queues =>
        Array.TrueForAll([("DeskOpener", "quorum"), ("NoticeLog", "quorum"), ("market.batches", "stream")], whole => queues.Any(q => (q.Name, q.Type) == whole && q.Consumers > 0)), queues => string.Join(", ", queues));

    private static async Task<int> Load(Client steel, Client textile, CancellationToken stop)
    {
        var trades = 0;
        for (var i = 0; !stop.IsCancellationRequested; i++)
        {
            var (symbol, price, quantity) = i % 3 == 0 ? (Conditional, "4500", "0.010") : (Final, "82.00", "3");
            await steel.Order($"a{i}", symbol, "sell", price, quantity);
            if ((await textile.Order($"b{i}", symbol, "buy", price, quantity)).Word("status") == "filled") trades++;
            await Task.Delay(15, CancellationToken.None);
        }

        return trades;
    }

    private static async Task<int> Unsettled(Client client, int traded)
    {
        var (settled, next) = (0, "");
        while (true)
        {
            var page = await client.Get($"/api/v1/account/settlements?status=settled&limit=500{(next.Length > 0 ? "&after=" + next : "")}");
            settled += page["items"].AsArray().Count;
            if (page.Body!["next"] is not { } more) return traded - settled;
            next = more.GetValue<string>();
        }
    }

    private static async Task<long> Sequence(Client client, string path) => (await client.Get(path))["sequence"].GetValue<long>();
}
