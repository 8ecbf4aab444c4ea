using System.Runtime.InteropServices;
using CsCheck;
using Trading.Matching.Core;

namespace Trading.Matching.Tests;

public sealed class TheMarketAndItsTwin
{
    private static readonly Gen<Move> AMove = Gen.Select(
        Gen.Int[0, 159], Gen.Int[0, 99], Gen.Int[0, 99], Gen.Int[0, 99], Gen.Int[0, 99], Gen.Int[0, 255], Gen.Int[0, 65_535], (a, b, c, d, e, f, g) => new Move(a, b, c, d, e, f, g));

    private static readonly Gen<Move[]> ARun = AMove.Array[0, 400];
    private static readonly Gen<Move[]> AnExtremeRun = AMove.Array[0, 120];

    [Fact]
    public void Say_the_same_of_any_run_of_commands() => ARun.Sample(moves => Agree(moves, extreme: false), iter: 2_000, time: -1);

    [Fact]
    public void Say_the_same_where_numbers_end() => AnExtremeRun.Sample(moves => Agree(moves, extreme: true), iter: 1_200, time: -1);

    [Fact]
    public void Have_met_everything_that_can_happen()
    {
        var (seen, ends) = (Seen(extreme: false, 160, 400), Seen(extreme: true, 100, 200));
        // These need numbers near the end of 64 bits.
        Refusal[] elsewhere = [Refusal.OrderValueTooLarge, Refusal.BalanceOverflow];
        var missed = Enum.GetValues<Refusal>().Except([Refusal.None, .. elsewhere]).Select(r => r.ToString())
            .Concat(Enum.GetValues<CancelReason>().Where(r => r != CancelReason.None).Select(r => $"Cancelled {r}"))
            .Concat(Enum.GetValues<OutputKind>().Where(k => k is not (OutputKind.None or OutputKind.Rejected or OutputKind.Cancelled)).Select(k => k.ToString()))
            .Where(name => !seen.ContainsKey(name))
            .Concat(elsewhere.Select(r => r.ToString()).Where(name => !ends.ContainsKey(name)));
        Assert.Empty(missed);
    }

    private static SortedDictionary<string, int> Seen(bool extreme, int moves, int runs)
    {
        var seen = new SortedDictionary<string, int>(StringComparer.Ordinal);
        // Of a seed of its own: a generator that goes on by chance would miss something once in a while.
        var chance = new Random(20_261_128);
        for (var run = 0; run < runs; run++)
        {
            var all = Enumerable.Range(0, moves).Select(_ => new Move(chance.Next(160), chance.Next(100), chance.Next(100), chance.Next(100), chance.Next(100), chance.Next(256), chance.Next(65_536))).ToArray();
            foreach (var output in Agree(all, extreme))
            {
                var name = output.Kind == OutputKind.Rejected ? $"{output.Code}" : output.Kind == OutputKind.Cancelled ? $"Cancelled {output.Reason}" : $"{output.Kind}";
                seen[name] = seen.GetValueOrDefault(name) + 1;
            }
        }

        return seen;
    }

    private static List<Output> Agree(Move[] moves, bool extreme)
    {
        var (market, outputs, plain) = (new Market(new MarketOptions()), new OutputBuffer(), new PlainMarket());
        var flow = new Flow(plain, extreme);
        var (all, told) = (new List<Output>(), new List<Command>());
        // From some command on a second market goes along, which a snapshot was made into.
        var (other, from) = ((Market?)null, moves.Length == 0 ? 0 : moves[^1].More % moves.Length);
        foreach (var command in flow.Opening().Concat(moves.Select(flow.Of)))
        {
            told.Add(command);
            outputs.Clear();
            market.Apply(in command, outputs);
            var (fast, slow) = (outputs.Written.ToArray(), plain.Apply(command));
            if (!MemoryMarshal.AsBytes<Output>(fast).SequenceEqual(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(slow))))
                throw new Parted($"outputs{FirstByte(fast, slow)}: {Scene.Told(fast)} | {Scene.Told(slow)}", told);
            if (Difference(market, plain) is { } difference) throw new Parted(difference, told);
            flow.Sees(fast);
            all.AddRange(fast);
            if (other is not null)
            {
                outputs.Clear();
                other.Apply(in command, outputs);
                if (!MemoryMarshal.AsBytes(outputs.Written).SequenceEqual(MemoryMarshal.AsBytes<Output>(fast))) throw new Parted($"after a snapshot: {Scene.Told(fast)} | {Scene.Told(outputs.Written.ToArray())}", told);
                if (other.NextDueMicros != market.NextDueMicros) throw new Parted($"due after a snapshot: {market.NextDueMicros} | {other.NextDueMicros}", told);
            }

            if (other is null && told.Count > from) other = Copied(market, told);
        }

        if (other is not null && other.Fingerprint() != market.Fingerprint()) throw new Parted("fingerprints at the end", told);
        return all;
    }

    private static string FirstByte(Output[] fast, List<Output> slow)
    {
        var at = MemoryMarshal.AsBytes<Output>(fast).CommonPrefixLength(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(slow)));
        return $" from byte {at % Output.SizeBytes} of output {at / Output.SizeBytes} on";
    }

    private static Market Copied(Market market, List<Command> told)
    {
        var copy = Market.Restore(market.Snapshot(), new MarketOptions());
        if (copy.Fingerprint() != market.Fingerprint()) throw new Parted("fingerprints", told);
        return copy.Broken() is [var broken, ..] ? throw new Parted($"after a snapshot: {broken}", told) : copy;
    }

    private static string? Difference(Market market, PlainMarket plain)
    {
        for (var account = 1; account <= Flow.Accounts; account++)
        {
            for (var asset = 0; asset <= Flow.Instruments; asset++)
            {
                var (fast, slow) = (market.Balance(account, asset), plain.Balance(account, asset));
                if (fast.Free != slow.Free || fast.Locked != slow.Locked) return $"account {account} asset {asset}: {fast} | {slow}";
            }
        }

        for (var instrument = 1; instrument <= Flow.Instruments; instrument++)
        {
            foreach (var side in (Side[])[Side.Buy, Side.Sell])
            {
                if (!market.Depth(instrument, side).SequenceEqual(plain.Depth(instrument, side))) return $"the {side} book of {instrument}";
            }

            if (market.PhaseOf(instrument) != plain.PhaseOf(instrument)) return $"the phase of {instrument}";
            if (market.LastTicks(instrument) != plain.LastTicks(instrument)) return $"the last price of {instrument}";
            if (market.CloseTicks(instrument) != plain.CloseTicks(instrument)) return $"the closing price of {instrument}";
        }

        if (market.OpenOrders != plain.Open.Count) return $"open {market.OpenOrders} | {plain.Open.Count}";
        if (market.NextDueMicros != plain.NextDue) return $"due {market.NextDueMicros} | {plain.NextDue}";
        return market.Broken() is [var broken, ..] ? broken : null;
    }

    private sealed class Parted(string where, List<Command> told)
        : Exception($"{where} after {told.Count} commands, the last: {string.Join(", ", told.TakeLast(10).Select(Said))}")
    {
        private static string Said(Command c) =>
            $"{c.Kind} a{c.Account} i{c.Instrument} {c.Side} {c.Type}/{c.Changes} {c.TimeInForce} {c.Flags} {c.SelfTrade} o{c.Order} {c.Lots}@{c.Ticks} stop {c.StopTicks} shows {c.Display} least {c.MinLots} until {(c.UntilMicros == 0 ? 0 : c.UntilMicros - c.AtMicros)} id{c.ClientHigh} phase {c.Phase}";
    }
}
