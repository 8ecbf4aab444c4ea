using System.Collections.Immutable;
using System.Globalization;
using System.IO.Hashing;
using System.Text;
using System.Text.Json.Nodes;
using Trading.Gateway.Live;
using Trading.Gateway.Market;
using Trading.Matching.Contracts;
using Trading.Matching.Core;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;
using Instrument = Trading.Registry.Contracts.Instrument;

namespace Trading.Gateway.Tests;

/// <summary>The market itself makes the outputs; readers join anywhere, at any pace, and stand where the market stands.</summary>
public sealed class JoiningABook
{
    private const int Joins = 40;
    private static readonly NodaTime.Instant Opened = NodaTime.Instant.FromUtc(2026, 3, 2, 1, 0);
    private static readonly Tradable Cea = new(
        new Instrument(1, "CEA", "碳", "Carbon", RightClass.Carbon, null, null, null, "tCO2e", 0, VenueMode.Simulate, "2025", null),
        new Listing(1, new TradingUnit(0.01m, 1), null, 8_200, null, null, 0, 1));

    [Theory, InlineData(1), InlineData(2), InlineData(3), InlineData(20_261_124)]
    public void Anywhere_gives_the_same_book(int seed)
    {
        var chance = new Random(seed);
        var (market, books) = (new Core(chance), new FeedBooks(new(0, [], [], [])));
        var channel = new BookChannel(Cea, null, [], Opened);
        var readers = new List<Reader>();
        for (var batch = 0; batch < 900; batch++)
        {
            foreach (var step in books.Add(market.Next())) channel.Apply(step);
            if (readers.Count < Joins && chance.Next(20) == 0) readers.Add(new());
            foreach (var reader in readers)
            {
                // Each at its own pace: some every time, some after dozens of batches, some cut in the middle and come back.
                if (chance.Next(reader.Pace) == 0) reader.Read(channel);
            }
        }

        foreach (var reader in readers) reader.Read(channel);
        Assert.True(readers.Count > 20);
        Assert.All(readers, reader => Assert.Equal((channel.Sequence, market.Bids(), market.Asks()), (reader.Sequence, reader.Bids, reader.Asks)));
        Assert.All(readers, reader => Assert.Equal(1, reader.Snapshots));
        Assert.Contains(readers, reader => reader.Checksums > 3);
    }

    [Fact]
    public void A_reader_beyond_the_window_gets_a_snapshot_and_not_a_gap()
    {
        var (market, books, channel, late) = (new Core(new Random(5)), new FeedBooks(new(0, [], [], [])), new BookChannel(Cea, null, [], Opened), new Reader());
        foreach (var step in books.Add(market.Next())) channel.Apply(step);
        late.Read(channel);
        for (var batch = 0; batch < BookChannel.StepsMost + 200; batch++)
        {
            foreach (var step in books.Add(market.Next())) channel.Apply(step);
        }

        late.Read(channel);
        Assert.Equal((2, channel.Sequence, market.Bids()), (late.Snapshots, late.Sequence, late.Bids));
    }

    [Fact]
    public void Begun_in_the_middle_the_numbers_are_the_same()
    {
        var (market, whole) = (new Core(new Random(9)), new FeedBooks(new(0, [], [], [])));
        for (var batch = 0; batch < 200; batch++) whole.Add(market.Next());
        // As the blotter would give it: resting orders with what is left of them, and the number.
        var half = new FeedBooks(new(whole.Sequence, [new(1, market.Numbers, Phase.Continuous, null)], market.Resting(), []));
        for (var batch = 0; batch < 200; batch++)
        {
            var next = market.Next();
            Assert.Equal(whole.Add(next).SelectMany(Told), half.Add(next).SelectMany(Told));
        }
    }

    [Fact]
    public void A_batch_that_does_not_follow_stops_the_feed()
    {
        var (market, books) = (new Core(new Random(1)), new FeedBooks(new(0, [], [], [])));
        books.Add(market.Next());
        market.Next();
        Assert.Throws<JournalDamagedException>(() => books.Add(market.Next()));
    }

    private static IEnumerable<string> Told(FeedStep s) =>
        [$"{s.Previous}-{s.Sequence}-{s.BookSequence}", .. s.Trades.Select(t => $"{t.Sequence} {t.Ticks} {t.Lots}"), .. s.Busts.Select(b => $"{b.Sequence} busts {b.TradeNo}"), .. s.Levels.Select(l => l.ToString()).Order(StringComparer.Ordinal)];

    /// <summary>The production core, and what rests in it by its own outputs.</summary>
    private sealed class Core
    {
        private readonly Trading.Matching.Core.Market market = new(new MarketOptions());
        private readonly Random chance;
        private readonly OutputBuffer outputs = new();
        private sealed record Standing(Side Side, long Ticks, long Left, long Total, int Account, long Shown, long Display)
        {
            public long Tip => Display == 0 ? Left : Math.Min(Display, Left);
        }

        private readonly SortedDictionary<long, Standing> resting = [];
        private readonly List<Output> trades = [];
        private long sequence;
        private long micros = 1_000_000;

        public Core(Random chance) => this.chance = chance;

        /// <summary>The instrument's number, counted here by hand: see docs/protocol.md.</summary>
        public long Numbers { get; private set; }

        public string Bids() => Side(Matching.Core.Side.Buy);

        public string Asks() => Side(Matching.Core.Side.Sell);

        public List<RestingOrder> Resting() => [.. resting.Select(o => new RestingOrder(o.Key, 1, o.Value.Side, o.Value.Ticks, o.Value.Left, o.Value.Total, o.Value.Shown, o.Value.Display))];

        public Batch Next()
        {
            List<Command> commands = sequence == 0
                ? [new() { Kind = CommandKind.ListInstrument, Instrument = 1, Num = 1, Den = 1, LowerTicks = 1, UpperTicks = long.MaxValue }, .. Enumerable.Range(1, 4).SelectMany(a => (Command[])[Deposit(a, 0, 1L << 40), Deposit(a, 1, 1L << 30)])]
                : [.. Enumerable.Range(0, chance.Next(1, 5)).Select(_ => One())];
            var written = new List<Output>();
            for (var i = 0; i < commands.Count; i++)
            {
                var command = commands[i] with { AtMicros = micros += 1_000, Version = Command.CurrentVersion };
                commands[i] = command;
                outputs.Clear();
                market.Apply(in command, outputs);
                foreach (var output in outputs.Written)
                {
                    written.Add(output with { CommandIndex = i });
                    Hear(in command, in output);
                }
            }

            var batch = new Batch(sequence + 1, commands.Count, 1, commands.ToArray(), written.ToArray(), ImmutableSortedDictionary<int, string>.Empty, default, default);
            sequence = batch.LastSequence;
            return batch;
        }

        private static Command Deposit(int account, int asset, long amount) => new() { Kind = CommandKind.Deposit, Account = account, Instrument = asset, Amount = amount };

        private Command One()
        {
            var account = chance.Next(1, 5);
            var mine = resting.Where(o => o.Value.Account == account).Select(o => o.Key).ToList();
            return chance.Next(10) switch
            {
                < 2 when mine.Count > 0 => new() { Kind = CommandKind.Cancel, Account = account, Order = mine[chance.Next(mine.Count)] },
                2 when mine.Count > 0 => new() { Kind = CommandKind.Replace, Account = account, Instrument = 1, Order = mine[chance.Next(mine.Count)], Ticks = 8_190 + chance.Next(20), Lots = chance.Next(1, 12), Changes = Changes.Price | Changes.Lots },
                3 when chance.Next(2) == 0 => new()
                {
                    Kind = CommandKind.Place, Account = account, Instrument = 1, Side = (Side)chance.Next(1, 3), Type = OrderType.StopLimit, StopTicks = 8_190 + chance.Next(20), Ticks = 8_190 + chance.Next(20),
                    Lots = chance.Next(1, 6), TimeInForce = TimeInForce.Gtc,
                },
                // Fails where a bust counts no number of its own: whoever begins in the middle then counts otherwise.
                5 when trades.Count > 0 && chance.Next(3) == 0 => Bust(trades[chance.Next(trades.Count)]),
                4 => new()
                {
                    Kind = CommandKind.Place, Account = account, Instrument = 1, Side = (Side)chance.Next(1, 3), TimeInForce = TimeInForce.Gtc, Ticks = 8_190 + chance.Next(20), Lots = chance.Next(6, 12),
                    Display = chance.Next(2) == 0 ? chance.Next(1, 4) : 0, SelfTrade = SelfTrade.Decrement,
                },
                3 => new() { Kind = CommandKind.Place, Account = account, Instrument = 1, Side = (Side)chance.Next(1, 3), Type = OrderType.Market, TimeInForce = TimeInForce.Ioc, Lots = chance.Next(1, 5) },
                _ => new() { Kind = CommandKind.Place, Account = account, Instrument = 1, Side = (Side)chance.Next(1, 3), TimeInForce = (TimeInForce)chance.Next(0, 4), Ticks = 8_190 + chance.Next(20), Lots = chance.Next(1, 9) },
            };
        }

        private static Command Bust(in Output t) => new()
        {
            Kind = CommandKind.BustTrade, Trade = t.TradeNo, Instrument = 1, Account = t.Buyer, Seller = t.Seller, Lots = t.Lots, TradeAmount = t.Amount, BuyFee = t.BuyFee, SellFee = t.SellFee,
        };

        private void Hear(in Command command, in Output output)
        {
            switch (output.Kind)
            {
                case OutputKind.Accepted:
                    Numbers++;
                    var hides = output.Waiting != 0 || command.Type is OrderType.Market or OrderType.Stop;
                    resting[output.Order] = new(command.Side, command.Ticks, command.Lots, command.Lots, command.Account, hides ? 0 : command.Display == 0 ? command.Lots : command.Display, command.Display);
                    break;
                case OutputKind.Busted:
                    Numbers++;
                    break;
                case OutputKind.Trade:
                    Numbers += 2;
                    trades.Add(output);
                    foreach (var order in (ReadOnlySpan<long>)[output.BuyOrder, output.SellOrder])
                    {
                        var came = (order == output.BuyOrder) == (output.Side == Matching.Core.Side.Buy);
                        var after = resting[order] with { Left = resting[order].Left - output.Lots };
                        if (after.Left == 0) resting.Remove(order);
                        else resting[order] = after.Shown == 0 ? after : after with { Shown = came ? after.Tip : output.Shown };
                    }

                    break;
                case OutputKind.Cancelled:
                    Numbers++;
                    resting.Remove(output.Order);
                    break;
                case OutputKind.Replaced:
                    Numbers++;
                    var was = resting[output.Order];
                    resting[output.Order] = was with { Ticks = output.Ticks, Left = was.Left + output.Lots - was.Total, Total = output.Lots, Display = output.Display, Shown = output.Waiting != 0 ? 0 : output.Shown };
                    break;
                case OutputKind.Triggered:
                    Numbers++;
                    if (output.Ticks != 0) resting[output.Order] = resting[output.Order] with { Shown = resting[output.Order].Tip };
                    break;
                case OutputKind.Decremented:
                    Numbers++;
                    var less = resting[output.Order] with { Left = output.Left, Total = resting[output.Order].Total - output.Lots };
                    resting[output.Order] = less.Shown == 0 ? less : less with { Shown = output.Shown == 0 ? less.Tip : output.Shown };
                    break;
                case OutputKind.Listed or OutputKind.PhaseChanged:
                    Numbers++;
                    break;
            }
        }

        /// <summary>By the core's own book, not by what was heard of it.</summary>
        private string Side(Side side) => string.Join(' ', market.Depth(1, side).Select(l => $"{Cea.Price(l.Ticks)}:{l.Lots}:{l.Orders}"));
    }

    /// <summary>A client that knows docs/protocol.md and nothing else.</summary>
    private sealed class Reader
    {
        private static int readers;
        private readonly Dictionary<string, (string Quantity, int Orders)> bids = new(StringComparer.Ordinal);
        private readonly Dictionary<string, (string Quantity, int Orders)> asks = new(StringComparer.Ordinal);
        private long? at;

        public int Pace { get; } = (readers++ % 4) switch { 0 => 1, 1 => 3, 2 => 12, _ => 60 };

        public long Sequence => at ?? 0;

        public int Snapshots { get; private set; }

        public int Checksums { get; private set; }

        public string Bids => Side(bids, -1);

        public string Asks => Side(asks, 1);

        public void Read(BookChannel channel)
        {
            while (channel.After(at) is ({ } frames, _, _))
            {
                foreach (var frame in JsonNode.Parse(frames.Utf8.Span)!.AsArray()) Apply(frame!);
            }
        }

        private void Apply(JsonNode frame)
        {
            var (sequence, previous) = (frame["sequence"]!.GetValue<long>(), frame["previousSequence"]!.GetValue<long>());
            if (frame["type"]!.GetValue<string>() == "snapshot")
            {
                Snapshots++;
                bids.Clear();
                asks.Clear();
            }
            else
            {
                Assert.True(sequence > Sequence, $"{sequence} after {Sequence}");
                Assert.Equal(Sequence, previous);
            }

            at = sequence;
            Set(bids, frame["bids"]);
            Set(asks, frame["asks"]);
            if (frame["checksum"] is not { } sum) return;
            Checksums++;
            var best = Best(bids, -1).Concat(Best(asks, 1)).Select(l => $"{l.Key}:{l.Value.Quantity}");
            Assert.Equal(Crc32.HashToUInt32(Encoding.UTF8.GetBytes(string.Join('|', best))), sum.GetValue<uint>());
        }

        private static void Set(Dictionary<string, (string Quantity, int Orders)> side, JsonNode? levels)
        {
            foreach (var level in levels?.AsArray() ?? [])
            {
                if (level![1]!.GetValue<string>() == "0") side.Remove(level[0]!.GetValue<string>());
                else side[level[0]!.GetValue<string>()] = (level[1]!.GetValue<string>(), level[2]!.GetValue<int>());
            }
        }

        private static IEnumerable<KeyValuePair<string, (string Quantity, int Orders)>> Best(Dictionary<string, (string Quantity, int Orders)> side, int sign) => Sorted(side, sign).Take(10);

        private static IEnumerable<KeyValuePair<string, (string Quantity, int Orders)>> Sorted(Dictionary<string, (string Quantity, int Orders)> side, int sign) =>
            side.OrderBy(l => sign * decimal.Parse(l.Key, CultureInfo.InvariantCulture));

        private static string Side(Dictionary<string, (string Quantity, int Orders)> side, int sign) => string.Join(' ', Sorted(side, sign).Select(l => $"{l.Key}:{l.Value.Quantity}:{l.Value.Orders}"));
    }
}
