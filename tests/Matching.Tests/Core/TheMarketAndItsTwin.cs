using System.Runtime.InteropServices;
using CsCheck;
using Trading.Matching.Core;

namespace Trading.Matching.Tests;

public sealed class TheMarketAndItsTwin
{
    private static readonly Gen<Move> AMove = Gen.Select(
        Gen.Int[0, 99], Gen.Int[0, 99], Gen.Int[0, 99], Gen.Int[0, 99], Gen.Int[0, 99], Gen.Int[0, 255], (a, b, c, d, e, f) => new Move(a, b, c, d, e, f));

    [Fact]
    public void Say_the_same_of_any_run_of_commands() => AMove.Array[0, 400].Sample(moves => Agree(moves, extreme: false), iter: 3_000, time: -1);

    [Fact]
    public void Say_the_same_where_numbers_end() => AMove.Array[0, 120].Sample(moves => Agree(moves, extreme: true), iter: 2_000, time: -1);

    [Fact]
    public void Have_met_everything_that_can_happen()
    {
        var seen = new SortedDictionary<string, int>(StringComparer.Ordinal);
        AMove.Array[160].Sample(
            moves =>
            {
                foreach (var output in Agree(moves, extreme: false))
                {
                    var name = output.Kind == OutputKind.Rejected ? $"{output.Code}" : output.Kind == OutputKind.Cancelled ? $"Cancelled {output.Reason}" : $"{output.Kind}";
                    lock (seen) seen[name] = seen.GetValueOrDefault(name) + 1;
                }
            },
            seed: "0000000000001", iter: 300, threads: 1);
        // These need numbers near the end of 64 bits: the other flow's matter.
        Refusal[] elsewhere = [Refusal.None, Refusal.OrderValueTooLarge, Refusal.BalanceOverflow, Refusal.UnknownAccount, Refusal.DayInvalid];
        var missed = Enum.GetValues<Refusal>().Except(elsewhere).Select(r => r.ToString())
            .Concat(Enum.GetValues<CancelReason>().Where(r => r != CancelReason.None).Select(r => $"Cancelled {r}"))
            .Concat(Enum.GetValues<OutputKind>().Where(k => k is not (OutputKind.None or OutputKind.Rejected or OutputKind.Cancelled)).Select(k => k.ToString()))
            .Where(name => !seen.ContainsKey(name));
        Assert.Empty(missed);
    }

    private static List<Output> Agree(Move[] moves, bool extreme)
    {
        var (market, outputs, plain) = (new Market(new MarketOptions()), new OutputBuffer(), new PlainMarket());
        var flow = new Flow(plain, extreme);
        var (all, told) = (new List<Output>(), new List<Command>());
        foreach (var command in flow.Opening().Concat(moves.Select(flow.Of)))
        {
            told.Add(command);
            outputs.Clear();
            market.Apply(in command, outputs);
            var (fast, slow) = (outputs.Written.ToArray(), plain.Apply(command));
            if (!MemoryMarshal.AsBytes<Output>(fast).SequenceEqual(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(slow))))
                throw new Parted($"outputs: {Scene.Told(fast)} | {Scene.Told(slow)}", told);
            if (Difference(market, plain) is { } difference) throw new Parted(difference, told);
            all.AddRange(fast);
        }

        return all;
    }

    private static string? Difference(Market market, PlainMarket plain)
    {
        for (var account = 1; account <= 3; account++)
        {
            for (var asset = 0; asset <= 3; asset++)
            {
                var (fast, slow) = (market.Balance(account, asset), plain.Balance(account, asset));
                if (fast.Free != slow.Free || fast.Locked != slow.Locked) return $"account {account} asset {asset}: {fast} | {slow}";
            }
        }

        for (var instrument = 1; instrument <= 3; instrument++)
        {
            foreach (var side in (Side[])[Side.Buy, Side.Sell])
            {
                if (!market.Depth(instrument, side).SequenceEqual(plain.Depth(instrument, side))) return $"the {side} book of {instrument}";
            }

            if (market.PhaseOf(instrument) != plain.PhaseOf(instrument)) return $"the phase of {instrument}";
        }

        if (market.NextDueMicros != plain.NextDue) return $"due {market.NextDueMicros} | {plain.NextDue}";
        return market.Broken() is [var broken, ..] ? broken : null;
    }

    private sealed class Parted(string where, List<Command> told)
        : Exception($"{where} after {told.Count} commands, the last: {string.Join(", ", told.TakeLast(8).Select(c => $"{c.Kind} a{c.Account} i{c.Instrument} {c.Side} {c.Type} {c.TimeInForce} o{c.Order} {c.Ticks} {c.Lots} id{c.ClientHigh}"))}");
}
