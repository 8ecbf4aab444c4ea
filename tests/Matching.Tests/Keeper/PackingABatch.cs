using System.Runtime.InteropServices;
using CsCheck;
using Trading.Matching.Core;
using Trading.Matching.Journal;

namespace Trading.Matching.Tests.Keeper;

public sealed class PackingABatch
{
    /// <summary>Words as commands have them: mostly nothing or small, seldom anything at all.</summary>
    private static readonly Gen<Command[]> Commands = Gen.Frequency((6, Gen.Const(0UL)), (3, Gen.ULong[0, 70_000]), (1, Gen.ULong)).Array[12]
        .Select(words => MemoryMarshal.Cast<ulong, Command>(words)[0]).Array[0, 40];

    /// <remarks>Failed when a word's lowest bytes were dropped without being counted, and when only the first struct was compared with nothing.</remarks>
    [Fact]
    public void Gives_back_what_was_packed() => Commands.Sample(commands =>
        MemoryMarshal.AsBytes<Command>(Packing.Unpack<Command>(Packing.Pack<Command>(commands))).SequenceEqual(MemoryMarshal.AsBytes<Command>(commands)));

    /// <remarks>Failed when lengths were not compared.</remarks>
    [Fact]
    public void Says_what_was_packed_and_nothing_else() => Gen.Select(Commands, Gen.Int[0, 11], Gen.ULong[1, ulong.MaxValue]).Sample((commands, word, change) =>
    {
        var packed = Packing.Pack<Command>(commands);
        Assert.True(Packing.Says<Command>(packed, commands));
        Assert.False(Packing.Says<Command>([.. packed, 0], commands));
        if (commands.Length == 0) return;
        MemoryMarshal.Cast<Command, ulong>(commands.AsSpan(commands.Length - 1))[word] ^= change;
        Assert.False(Packing.Says<Command>(packed, commands));
    });

    /// <summary>There is one way to write a value, so nobody can change a stored byte and leave the value as it was.</summary>
    /// <remarks>Failed when a word might begin or end with an empty byte.</remarks>
    [Fact]
    public void No_other_bytes_give_the_same() => Gen.Select(Commands, Gen.Int, Gen.Byte).Sample((commands, place, change) =>
    {
        var packed = Packing.Pack<Command>(commands);
        if (change == 0) return;
        var changed = packed.ToArray();
        changed[(place & int.MaxValue) % changed.Length] ^= change;
        try
        {
            Assert.False(MemoryMarshal.AsBytes<Command>(Packing.Unpack<Command>(changed)).SequenceEqual(MemoryMarshal.AsBytes<Command>(commands)));
        }
        catch (InvalidDataException)
        {
            // Found at once.
        }
    });

    [Fact]
    public void A_resting_order_is_a_fraction_of_its_struct()
    {
        var orders = Enumerable.Range(1, 1_000).Select(n => new Command
        {
            Kind = CommandKind.Place, Version = Command.CurrentVersion, Side = Side.Buy, TimeInForce = TimeInForce.Gtc, AtMicros = 1_772_415_000_000_000, Account = 1 + (n * 7 % 500), Instrument = 1, Ticks = 1_000 + (n % 30),
            Lots = 1 + (n % 90), ClientHigh = unchecked((ulong)n * 0x9E37_79B9_7F4A_7C15), ClientLow = unchecked((ulong)n * 0xC2B2_AE3D_27D4_EB4F),
        }).ToArray();
        Assert.InRange(Packing.Pack<Command>(orders).Length, 1_000, 1_000 * Command.SizeBytes / 3);
    }
}
