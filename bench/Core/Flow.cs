using System.Runtime.InteropServices;
using Trading.Matching.Core;

namespace Trading.Bench.Core;

/// <summary>One record of a flow file: 24 bytes, packed, little-endian. Ids are the flow's own; a replaced order goes by NewId from then on.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct FlowRecord
{
    public const byte New = 0;
    public const byte Cancel = 1;
    public const byte Replace = 2;

    public byte Op;
    /// <summary>0 buy, 1 sell.</summary>
    public byte Side;
    public ushort Instrument;
    public uint Id;
    public uint NewId;
    public int Price;
    public int Quantity;
    public uint Account;
}

/// <summary>A flow and how many of its records only bring the book to its depth.</summary>
internal sealed record Flow(FlowRecord[] Records, int Warm)
{
    public int Accounts { get; } = (int)Records.Max(r => r.Account) + 1;

    public int Instruments { get; } = Records.Max(r => r.Instrument) + 1;

    public (int Low, int High) Prices { get; } = (Records.Where(r => r.Op != FlowRecord.Cancel).Min(r => r.Price), Records.Where(r => r.Op != FlowRecord.Cancel).Max(r => r.Price));

    /// <exception cref="InvalidDataException">Not a whole number of records, or a record that cannot be.</exception>
    public static Flow Read(string file, int warm)
    {
        var bytes = File.ReadAllBytes(file);
        if (bytes.Length == 0 || bytes.Length % Marshal.SizeOf<FlowRecord>() != 0) throw new InvalidDataException($"{file} is no whole number of records of {Marshal.SizeOf<FlowRecord>()} bytes");
        var records = MemoryMarshal.Cast<byte, FlowRecord>(bytes).ToArray();
        if (warm < 0 || warm >= records.Length) throw new InvalidDataException($"--warm {warm} leaves nothing of {records.Length} records");
        if (!Array.Exists(records, r => r.Op == FlowRecord.New)) throw new InvalidDataException($"{file} enters no order");
        for (var i = 0; i < records.Length; i++)
        {
            if (records[i].Op > FlowRecord.Replace || records[i].Side > 1 || (records[i].Op != FlowRecord.Cancel && (records[i].Price < 1 || records[i].Quantity < 1)))
                throw new InvalidDataException($"record {i} of {file} cannot be");
        }

        return new(records, warm);
    }

    /// <summary>What opens the market: instruments, and for every account enough of everything.</summary>
    public IEnumerable<Command> Opening()
    {
        for (var instrument = 1; instrument <= Instruments; instrument++)
        {
            yield return Stamped(new()
            {
                Kind = CommandKind.ListInstrument, Instrument = instrument, Num = 1, Den = 1, LowerTicks = Math.Max(1, Prices.Low * 9L / 10), UpperTicks = Prices.High * 11L / 10,
                FeeMillionths = 500,
            });
        }

        for (var account = 1; account <= Accounts; account++)
        {
            yield return Stamped(new() { Kind = CommandKind.Deposit, Account = account, Amount = long.MaxValue / 4 / Accounts });
            for (var instrument = 1; instrument <= Instruments; instrument++)
                yield return Stamped(new() { Kind = CommandKind.Deposit, Account = account, Instrument = instrument, Amount = long.MaxValue / 4 / Accounts });
        }
    }

    /// <summary>The records as commands of a market that has heard the opening; order numbers are sequences, so they are known before it runs.</summary>
    public Command[] Commands(long openedAt)
    {
        var numbers = new Dictionary<uint, long>(Records.Length);
        var commands = new Command[Records.Length];
        for (var i = 0; i < Records.Length; i++)
        {
            ref var record = ref Records[i];
            commands[i] = CommandOf(in record, record.Op == FlowRecord.New ? 0 : numbers.GetValueOrDefault(record.Id, -1));
            if (record.Op == FlowRecord.New) numbers[record.Id] = openedAt + i + 1;
            else if (record.Op == FlowRecord.Replace) numbers[record.NewId] = commands[i].Order;
        }

        return commands;
    }

    /// <param name="order">The number that the market gave the order which the record names.</param>
    public static Command CommandOf(in FlowRecord record, long order)
    {
        var command = Stamped(new() { Account = (int)record.Account + 1, Instrument = record.Instrument + 1 });
        switch (record.Op)
        {
            case FlowRecord.New:
                (command.Kind, command.Side, command.TimeInForce) = (CommandKind.Place, record.Side == 0 ? Side.Buy : Side.Sell, TimeInForce.Gtc);
                (command.Ticks, command.Lots) = (record.Price, record.Quantity);
                (command.ClientHigh, command.ClientLow) = Digest(record.Id);
                break;
            case FlowRecord.Cancel:
                (command.Kind, command.Order) = (CommandKind.Cancel, order);
                break;
            default:
                (command.Kind, command.Order, command.Changes) = (CommandKind.Replace, order, Changes.Price | Changes.Lots);
                (command.Ticks, command.Lots) = (record.Price, record.Quantity);
                (command.ClientHigh, command.ClientLow) = Digest(record.NewId);
                break;
        }

        return command;
    }

    /// <summary>As scattered as the digest of a client order id.</summary>
    private static (ulong High, ulong Low) Digest(uint id)
    {
        unchecked
        {
            var mixed = (id + 1UL) * 0x9E37_79B9_7F4A_7C15;
            mixed = (mixed ^ (mixed >> 30)) * 0xBF58_476D_1CE4_E5B9;
            mixed = (mixed ^ (mixed >> 27)) * 0x94D0_49BB_1331_11EB;
            return (mixed ^ (mixed >> 31), id + 1UL);
        }
    }

    private static Command Stamped(Command command)
    {
        command.Version = Command.CurrentVersion;
        command.AtMicros = 1_772_415_000_000_000;
        return command;
    }
}
