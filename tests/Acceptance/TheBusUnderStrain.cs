using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using RabbitMQ.Client;
using Trading.Support;

namespace Trading.Acceptance;

/// <summary>A broker that takes nothing, messages that nobody can handle, and a consumer slower than the broker's patience: orders, trades and books go on, and the word of them comes.</summary>
[Trait("layer", "acceptance")]
[Trait("faults", "yes")]
public sealed class TheBusUnderStrain : Experiment
{
    private const long GrowsMost = 400L * 1024 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>F14; its data deleted too (F15) and its queues (F24), TheBrokerInTrouble.</summary>
    /// <remarks>Failed when the announcer marked what it had published as told.</remarks>
    [Fact]
    public async Task A_broker_killed_again_and_again_leaves_nothing_untold()
    {
        Assert.SkipWhen(RabbitServer.Missing is not null, RabbitServer.Missing ?? "");
        const int Seed = 20_261_203;
        var (rounds, chance) = (Faults.Rounds(usual: 1, all: 20), new Random(Seed));
        await using var rabbit = await RabbitServer.Open();
        await using var exchange = await Exchange.Open("--postgres", Database, "--rabbitmq", rabbit.Address.ToString());
        await using var reader = Reader.Begin(Database);
        for (var round = 1; round <= rounds; round++)
        {
            await using var load = await Load.Begin(exchange, $"f14-{round}", conditional: true);
            await Task.Delay(500 + chance.Next(1_000));
            rabbit.Kill();
            await Task.Delay(500 + chance.Next(2_000));
            // How long a broker takes to start is the machine's to say, and how much is told after it is not to hang on that; TheBrokerInTrouble goes on while it starts.
            await load.End();
            await rabbit.Start();
            var untold = await Scalar("select count(*) from settlement.deliveries where announced < version");
            var watch = Stopwatch.StartNew();
            await Told(exchange);
            Console.WriteLine($"round {round,2} kill -9 of the broker: {load.Traded,4} trades, {load.Unknown} of unknown outcome, {untold,4} not told when it was back, all told after {watch.Elapsed.TotalSeconds:0.0} s");
        }

        await Whole(exchange, reader, $"F14: {rounds} rounds, seed {Seed}");
    }

    /// <summary>F23.</summary>
    /// <remarks>Failed when the announcer kept what it could not tell to itself: health said ready all the while.</remarks>
    [Fact]
    public async Task A_broker_whose_memory_is_full_delays_the_word_of_trades_and_nothing_else()
    {
        Assert.SkipWhen(RabbitServer.Missing is not null, RabbitServer.Missing ?? "");
        var full = TimeSpan.FromSeconds(Faults.Rounds(usual: 20, all: 300));
        await using var rabbit = await RabbitServer.Open();
        await using var exchange = await Exchange.Open("--postgres", Database, "--rabbitmq", rabbit.Address.ToString());
        await using var reader = Reader.Begin(Database);
        await using var load = await Load.Begin(exchange, "f23", conditional: true);
        await Task.Delay(TimeSpan.FromSeconds(2));
        Assert.Equal("ready", await Health(exchange));
        var (before, resident) = (load.Traded, exchange.ResidentBytes);
        await rabbit.Ctl("set_vm_memory_high_watermark", "absolute", "1MB");
        var (watch, degraded, most) = (Stopwatch.StartNew(), false, 0L);
        while (watch.Elapsed < full)
        {
            degraded |= await Health(exchange) == "degraded";
            most = Math.Max(most, exchange.ResidentBytes);
            await Task.Delay(500);
        }

        var within = load.Traded - before;
        var backlog = await Scalar("select count(*) from settlement.deliveries where announced < version");
        var unsettled = await Scalar(Unsettled);
        await rabbit.Ctl("set_vm_memory_high_watermark", "0.4");
        await load.End();
        await Told(exchange);
        await Client.Eventually(() => Health(exchange), health => health == "ready", health => health);
        Console.WriteLine($"F23: broker blocked for {full.TotalSeconds:0} s, {within} trades meanwhile, {unsettled} entries unsettled then, {backlog} deliveries not told then, resident {resident >> 20} MB before and {most >> 20} MB at most");
        Assert.True(within > full.TotalSeconds * 2, $"only {within} trades while the broker took nothing: orders waited for it");
        Assert.True(backlog > 0, "the broker took everything: nothing was tried");
        Assert.True(degraded, "health never said degraded");
        Assert.True(most - resident < GrowsMost, $"{(most - resident) >> 20} MB more are held for messages");
        await Whole(exchange, reader, "F23");
    }

    /// <summary>F25.</summary>
    /// <remarks>Failed when a faulted message was discarded: the announcer told it for ever and nobody learnt why.</remarks>
    [Fact]
    public async Task Poison_and_a_slow_consumer_stand_in_nobodys_way()
    {
        Assert.SkipWhen(RabbitServer.Missing is not null, RabbitServer.Missing ?? "");
        await using var rabbit = await RabbitServer.Open($"consumer_timeout = {Patience.TotalMilliseconds:0}");
        // How often it looks whether its patience is over: once a minute, usually.
        await rabbit.Ctl("eval", "application:set_env(rabbit, channel_tick_interval, 2000).");
        await using var exchange = await Exchange.Open("--postgres", Database, "--rabbitmq", rabbit.Address.ToString());
        await using var reader = Reader.Begin(Database);
        await Client.Eventually(() => Consumers(rabbit), two => two == 2, two => $"{two} queues are read");
        // Every twenty-ninth trade is poison: each is tried for most of a second, and what stands behind it waits so long, and the first after the thirtieth takes longer than the broker waits, once.
        await Execute("create sequence settlement.slow");
        await Execute(
            $"""
            create function settlement.choke() returns trigger language plpgsql as $$ begin
                if new.trade_no % 29 = 3 then raise exception 'the notice of trade % is poison', new.trade_no; end if;
                if new.trade_no > 30 and nextval('settlement.slow') = 1 then perform pg_sleep({Patience.TotalSeconds * 2.5:0}); end if;
                return new;
            end $$
            """);
        await Execute("create trigger choke before insert on settlement.notices for each row execute function settlement.choke()");
        await using (var load = await Load.Begin(exchange, "f25"))
        {
            await Garbage(rabbit, 3);
            await Task.Delay(Patience * Faults.Rounds(usual: 2, all: 6));
            await load.End();
        }

        await Settled(exchange);
        // The others are told while the poison is there; and it lies parked, each once, and is not told again and again.
        await Client.Eventually(() => Scalar("select count(*) from settlement.deliveries where announced < version and trade_no % 29 <> 3"), left => left == 0, left => $"{left} sound ones are not told");
        await Client.Eventually(() => Scalar("select count(*) from settlement.deliveries d where trade_no % 29 = 3 and not exists (select 1 from settlement.parked_messages p where p.trade_no = d.trade_no and p.state = 1)"), left => left == 0, left => $"{left} poisoned ones are not parked");
        var poison = await Scalar("select count(distinct trade_no) from settlement.parked_messages where state = 1");
        Assert.Equal(2, await Consumers(rabbit));
        var slept = await Scalar("select last_value from settlement.slow");
        Assert.True(slept > 1, "nothing was slow: nothing was tried");
        Assert.True(exchange.SaidAfter(0, "is parked") >= poison, "nobody was told of the parked ones");
        var (desk, garbage) = (await Client.SignIn(exchange, "operator"), 0);
        await Execute("drop trigger choke on settlement.notices");
        while ((await desk.Get("/api/v1/supervision/parked-messages?state=parked&limit=500"))["items"].AsArray() is { Count: > 0 } parked)
        {
            foreach (var id in parked.Select(p => (Id: p!["id"]!.GetValue<string>(), Trade: p["tradeNo"]?.GetValue<string>())))
            {
                garbage += id.Trade is null ? 1 : 0;
                var said = id.Trade is null
                    ? await desk.Post($"/api/v1/supervision/parked-messages/{id.Id}/set-aside", new { reason = "somebody's test" })
                    : await desk.Post($"/api/v1/supervision/parked-messages/{id.Id}/retry");
                Assert.Equal(HttpStatusCode.OK, said.Status);
            }
        }

        await Told(exchange);
        Assert.Equal(3, garbage);
        // Repeats of what was told meanwhile may be on their way still.
        await Client.Eventually(rabbit.Queues, queues => queues.All(q => q.Messages == 0 || q.Name == "market.batches"), queues => string.Join(", ", queues));
        Assert.Equal(2, await Consumers(rabbit));
        Console.WriteLine($"F25: {poison} poisoned messages and {garbage} unreadable ones parked, a consumer slow for {Patience.TotalSeconds * 2.5:0} s where the broker waits {Patience.TotalSeconds:0}, read again by itself; all told after the retry");
        await Whole(exchange, reader, "F25");
    }

    private static async Task<string> Health(Exchange exchange) =>
        JsonNode.Parse(await exchange.Http.GetStringAsync(new Uri("/health/ready", UriKind.Relative)))!["status"]!.GetValue<string>();

    private static async Task<int> Consumers(RabbitServer rabbit) => (await rabbit.Queues()).Count(q => q is { Name: "DeskOpener" or "NoticeLog", Consumers: 1 });

    /// <summary>What no program of ours would write.</summary>
    private static async Task Garbage(RabbitServer rabbit, int many)
    {
        await using var connection = await new ConnectionFactory { Uri = rabbit.Address }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        for (var n = 0; n < many; n++) await channel.BasicPublishAsync("", "NoticeLog", Encoding.UTF8.GetBytes($"garbage {n}"));
    }
}
