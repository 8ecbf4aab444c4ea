using System.Runtime.InteropServices;
using CsCheck;
using Trading.Matching.Core;

namespace Trading.Matching.Tests;

public sealed class TheMarketAsAMachine
{
    private static readonly long[] Ends = [0, 1, 2, 3, 5, 10, 20, -1, 1_000_000, 1L << 32, 1L << 62, long.MaxValue, long.MinValue];

    /// <summary>Any 96 bytes, some of them nearly a command.</summary>
    private static readonly Gen<Command> AnyBytes = Gen.Select(Gen.Byte.Array[Command.SizeBytes], Gen.Byte[0, 24], Gen.Int[0, Ends.Length - 1].Array[10], Gen.Int[0, 255], (bytes, kind, pick, keep) =>
    {
        var command = MemoryMarshal.Read<Command>(bytes);
        if ((keep & 1) == 0) command.Kind = (CommandKind)kind;
        if (keep % 16 > 0) command.Version = Command.CurrentVersion;
        // Not every account up to the highest that could be: the check after each command looks at all of them.
        command.Account = (keep & 2) == 0 ? unchecked((int)Ends[pick[0]] % 8) : command.Account % 3_000;
        if (keep % 64 == 63) command.Account = bytes[20] < 128 ? int.MaxValue : int.MinValue;
        if ((keep & 4) == 0) command.Instrument = unchecked((int)Ends[pick[1]] % 6);
        if ((keep & 8) == 0) (command.Order, command.Ticks, command.Lots) = (Ends[pick[2]], Ends[pick[3]], Ends[pick[4]]);
        if ((keep & 16) == 0) (command.Side, command.Type, command.TimeInForce) = ((Side)(bytes[2] % 3), (OrderType)(bytes[3] % 4), (TimeInForce)(bytes[4] % 5));
        if ((keep & 64) == 0) (command.StopTicks, command.Display, command.MinLots, command.UntilMicros) = (Ends[pick[6]], Ends[pick[7]], Ends[pick[8]], Ends[pick[9]]);
        else if ((keep & 128) == 0) (command.StopTicks, command.Display, command.MinLots, command.UntilMicros) = (0, 0, 0, 0);
        if ((keep & 32) == 0) command.AtMicros = Ends[pick[5]];
        return command;
    });

    [Fact]
    public void No_bytes_break_it() => AnyBytes.Array[0, 200].Sample(
        commands =>
        {
            var (market, outputs) = (new Market(new MarketOptions(InstrumentsMost: 12)), new OutputBuffer());
            foreach (var opening in (Command[])[
                         Ask.List(1, 7, 3, 12_345), Ask.List(2, long.MaxValue, long.MaxValue - 1, 1_000_000, CommandFlags.Conditional),
                         Ask.List(3, 1, long.MaxValue, flags: CommandFlags.Negative, lower: long.MinValue), Ask.List(4, 3, 2, 5, CommandFlags.RiskOff)])
                market.Apply(in opening, outputs);
            if (commands.Length % 2 == 0) market.Apply(Ask.StartDay(Ask.Morning + 1, 3), outputs);
            for (var account = 1; account <= 6; account++)
            {
                for (var asset = 0; asset < 4; asset++) market.Apply(Ask.Deposit(account, asset, long.MaxValue / 7), outputs);
            }

            foreach (var command in commands)
            {
                market.Apply(in command, outputs);
                var broken = market.Broken();
                if (broken.Count > 0) throw new InvalidOperationException($"{command.Kind}: {string.Join("; ", broken)}");
            }
        },
        iter: 2_000, time: -1);

    [Theory, InlineData(1), InlineData(2), InlineData(20_260_302)]
    public void The_same_commands_make_the_same_market_byte_for_byte(int seed)
    {
        var commands = RandomFlow(seed, 4_000);
        var (left, right) = (Live(commands), Live(commands));
        Assert.Equal(left.Prints, right.Prints);
        Assert.True(MemoryMarshal.AsBytes<Output>(left.Outputs).SequenceEqual(MemoryMarshal.AsBytes<Output>(right.Outputs)));
        Assert.Equal(left.Prints.Length, left.Prints.Distinct().Count());
        Assert.NotEqual(left.Prints[^1], Live(RandomFlow(seed + 1, 4_000)).Prints[^1]);
    }

    [Fact]
    public void Allocates_nothing_once_it_is_warm()
    {
        var (market, outputs) = (new Market(new MarketOptions()), new OutputBuffer());
        foreach (var command in (Command[])[
                     Ask.List(1, 7, 3, 300, upper: 1_000), Ask.List(2, flags: CommandFlags.Conditional, upper: 1_000), Ask.Deposit(1, 1, 1_000_000), Ask.Deposit(1, 2, 1_000_000_000),
                     Ask.Deposit(2, Ask.Money, 1_000_000_000_000), Ask.Deposit(1, Ask.Money, 1_000_000_000), Ask.StartDay(Ask.Morning + Ask.Day)])
            market.Apply(in command, outputs);
        for (var day = 1; day <= 3; day++) Trade(market, outputs, 10_000, day);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Trade(market, outputs, 10_000, 4);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Empty(market.Broken());
        Assert.True(market.LastTicks(1) > 0 && market.LastTicks(2) > 0);
    }

    /// <summary>A day of place, replace, trade, settle and cancel, named and unnamed, in a book that stays some hundred orders deep.</summary>
    private static void Trade(Market market, OutputBuffer outputs, int rounds, int day)
    {
        for (var i = 0; i < rounds; i++)
        {
            outputs.Clear();
            var (instrument, price, id) = (1 + (i % 2), 100 + (i * 7 % 50), i % 4 == 0 ? ((ulong)day << 32) + (ulong)i + 1 : 0UL);
            market.Apply(Ask.Sell(1, instrument, price + 60, 2, id: id), outputs);
            var asked = outputs.Written[0].Order;
            market.Apply(Ask.Buy(2, instrument, price, 3), outputs);
            var bid = outputs.Written[^1].Order;
            market.Apply(Ask.Replace(2, bid, price + 70, 2), outputs);
            ref readonly var last = ref outputs.Written[^1];
            if (last.Kind == OutputKind.Trade && last.Pending == 1) market.Apply(Ask.Settle(last.TradeNo, last.Lots), outputs);
            market.Apply(Ask.Sell(1, instrument, price + 70, 1), outputs);
            market.Apply(Ask.Buy(2, instrument, price + 70, 1, TimeInForce.Ioc), outputs);
            if (i % 3 > 0) market.Apply(Ask.Cancel(1, asked), outputs);
            Adorned(market, outputs, instrument, price, i);
            if (i % 1_000 == 999) market.Apply(Ask.CancelAll(2), outputs);
        }

        market.Apply(Ask.CancelAll(1), outputs);
        market.Apply(Ask.CancelAll(2), outputs);
        outputs.Clear();
        market.Apply(Ask.Deposit(1, 1, 100_000), outputs);
        market.Apply(Ask.Advance(Ask.Morning + (day * Ask.Day)), outputs);
        for (var trade = 1L; trade < 200_000; trade++)
        {
            outputs.Clear();
            market.Apply(Ask.Settle(trade, 1), outputs);
        }
    }

    /// <summary>Every kind of order there is, in and out.</summary>
    private static void Adorned(Market market, OutputBuffer outputs, int instrument, long price, int i)
    {
        market.Apply(Ask.Stop(2, instrument, Side.Buy, price + 75, 1), outputs);
        market.Apply(Ask.StopLimit(1, instrument, Side.Sell, price + 60, price + 72, 3) with { Display = 1 }, outputs);
        market.Apply(Ask.Sell(1, instrument, price + 80, 2) with { TimeInForce = TimeInForce.Gtd, UntilMicros = Ask.Morning + (30 * Ask.Day) + i }, outputs);
        market.Apply(Ask.Sell(1, instrument, price + 76, 2) with { MinLots = 2 }, outputs);
        market.Apply(Ask.Buy(1, instrument, price + 71, 1) with { SelfTrade = SelfTrade.Decrement }, outputs);
        market.Apply(Ask.Buy(1, instrument, 1, 1) with { Flags = CommandFlags.PostOnly }, outputs);
        market.Apply(Ask.Buy(2, instrument, price + 78, 9, TimeInForce.Fok), outputs);
        market.Apply(Ask.AtMarket(2, instrument, Side.Buy, 4), outputs);
        market.Apply(Ask.Arm(2, Ask.Morning + (40 * Ask.Day)), outputs);
        if (i % 50 != 49) return;
        market.Apply(Ask.Disconnect(1), outputs);
        market.Apply(Ask.CancelAll(2), outputs);
        for (var at = 0; at < outputs.Written.Length; at++)
        {
            if (outputs.Written[at] is { Kind: OutputKind.Trade, Pending: 1 } trade) market.Apply(Ask.Settle(trade.TradeNo, trade.Lots), outputs);
        }
    }

    private static (ulong[] Prints, Output[] Outputs) Live(List<Command> commands)
    {
        var (market, outputs) = (new Market(new MarketOptions()), new OutputBuffer());
        var prints = new ulong[commands.Count];
        for (var i = 0; i < commands.Count; i++)
        {
            market.Apply(commands[i], outputs);
            prints[i] = market.Fingerprint();
        }

        return (prints, outputs.Written.ToArray());
    }

    private static List<Command> RandomFlow(int seed, int length)
    {
        var chance = new Random(seed);
        var plain = new PlainMarket();
        var flow = new Flow(plain, extreme: false);
        var commands = flow.Opening().ToList();
        foreach (var command in commands) plain.Apply(command);
        while (commands.Count < length)
        {
            var command = flow.Of(new(chance.Next(120), chance.Next(100), chance.Next(100), chance.Next(100), chance.Next(100), chance.Next(256), chance.Next(65_536)));
            flow.Sees(plain.Apply(command));
            commands.Add(command);
        }

        return commands;
    }
}
