using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text.Json.Nodes;

namespace Trading.Acceptance;

/// <summary>The official JavaScript client, and a plain WebSocket, follow a book that is being traded, through forced disconnects.</summary>
[Trait("layer", "acceptance")]
public sealed class FollowingTheFeed(FollowingTheFeed.ATradedExchange traded) : IClassFixture<FollowingTheFeed.ATradedExchange>
{
    private const string Symbol = "CEA-2025";
    private const int Disconnects = 100;
    private static readonly string Script = typeof(FollowingTheFeed).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "Feed").Value!;

    [Theory, InlineData("signalr"), InlineData("messagepack"), InlineData("websocket")]
    public async Task Misses_nothing_through_a_hundred_disconnects(string how)
    {
        using var over = new CancellationTokenSource();
        var load = Task.Run(() => traded.Load(how, over.Token));
        var start = new ProcessStartInfo("node", [Script, traded.Exchange.Address.ToString().TrimEnd('/'), Symbol, how, Disconnects.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        using var node = Process.Start(start)!;
        var errors = node.StandardError.ReadToEndAsync();
        var last = "";
        while (await node.StandardOutput.ReadLineAsync() is { } line)
        {
            // All disconnects are done: the trading stops, so that book and page can be compared.
            if (line == "level") await over.CancelAsync();
            else last = line;
        }

        await node.WaitForExitAsync();
        await over.CancelAsync();
        await load;
        Assert.True(node.ExitCode == 0, $"{last}\n{await errors}");
        var verdict = JsonNode.Parse(last)!;
        Assert.Equal(Disconnects, verdict["disconnects"]!.GetValue<int>());
        Assert.Equal(0, verdict["gaps"]!.GetValue<int>());
        Assert.Equal(0, verdict["checksumsWrong"]!.GetValue<int>());
        Assert.True(verdict["equal"]!.GetValue<bool>(), last);
        Assert.True(verdict["checksums"]!.GetValue<int>() >= 1, last);
        Assert.True(verdict["trades"]!.GetValue<int>() >= 10, last);
        // Every public trade since the first snapshot came exactly once.
        Assert.Equal(verdict["distinctTrades"]!.GetValue<int>(), verdict["trades"]!.GetValue<int>());
        Console.WriteLine($"feed over {how}: {last}");
    }

    public sealed class ATradedExchange : IAsyncLifetime
    {
        private Client steel = null!;
        private Client textile = null!;

        internal Exchange Exchange { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Exchange = await Exchange.Open();
            (steel, textile) = (await Client.SignIn(Exchange, "steel"), await Client.SignIn(Exchange, "textile"));
            await steel.Earmark(Symbol, "30000");
            await steel.EarmarkMoney("4000000.00");
            await textile.Earmark(Symbol, "8000");
            await textile.EarmarkMoney("4000000.00");
        }

        /// <summary>Both quote, trade and withdraw around one price, from a seed.</summary>
        public async Task Load(string name, CancellationToken stop)
        {
            var chance = new Random(20_261_124);
            var open = new Queue<(Client Who, string Order)>();
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                var who = chance.Next(2) == 0 ? steel : textile;
                var price = (82m + (chance.Next(-20, 21) / 100m)).ToString("0.00", CultureInfo.InvariantCulture);
                var order = await who.Order($"{name}-{i}", Symbol, chance.Next(2) == 0 ? "buy" : "sell", price, chance.Next(1, 6).ToString(CultureInfo.InvariantCulture));
                if (order.Word("status") is "open" or "partiallyFilled") open.Enqueue((who, order.Word("orderId")));
                if (open.Count > 40 && open.TryDequeue(out var old)) await old.Who.Delete("/api/v1/orders/" + old.Order);
            }
        }

        public ValueTask DisposeAsync() => Exchange.DisposeAsync();
    }
}
