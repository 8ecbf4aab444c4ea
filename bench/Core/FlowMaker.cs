using Trading.Matching.Core;

namespace Trading.Bench.Core;

/// <summary>
/// 45 % passive, 45 % cancels, 5 % replacements, 5 % that trade, at a held depth, from a seed. It asks a real market what became of each record, so
/// that cancels meet orders that are there.
/// </summary>
internal sealed class FlowMaker(int instruments, int depth, int accounts, ulong seed)
{
    private const int Middle = 10_000;
    private readonly record struct Alive(uint Id, byte Side, ushort Instrument, int Price, int Quantity, uint Account);

    private readonly List<Alive> alive = [];
    private readonly Dictionary<uint, int> placeOf = [];
    private readonly Dictionary<long, uint> idOf = [];
    private ulong state = seed;
    private uint ids;

    public Flow Make(int operations)
    {
        var warm = depth;
        var records = new FlowRecord[warm + operations];
        var (market, outputs) = (new Market(new MarketOptions()), new OutputBuffer());
        // The prices that the flow will have are known before it is made.
        var corner = new FlowRecord { Instrument = (ushort)(instruments - 1), Account = (uint)accounts - 1, Quantity = 1 };
        var shape = new Flow([corner with { Price = Middle / 2 }, corner with { Price = Middle * 2 }], 0);
        foreach (var command in shape.Opening())
        {
            outputs.Clear();
            market.Apply(in command, outputs);
        }

        for (var i = 0; i < records.Length; i++)
        {
            records[i] = Next(i < warm);
            var command = Flow.CommandOf(in records[i], records[i].Op == FlowRecord.New ? 0 : numberOf[records[i].Id]);
            outputs.Clear();
            market.Apply(in command, outputs);
            Heard(records[i], outputs);
        }

        return new(records, warm);
    }

    private readonly Dictionary<uint, long> numberOf = [];

    private FlowRecord Next(bool warming)
    {
        var draw = Draw(100);
        var passes = warming || draw < 45 || alive.Count == 0;
        // The depth is held: what trades takes away is put back in the place of cancels.
        if (!warming && draw is >= 45 and < 90 && alive.Count < depth) passes = true;
        if (passes || draw >= 95)
        {
            var side = (byte)Draw(2);
            var distance = draw >= 95 && !passes ? -3 : 1 + Draw(Spread()) + Draw(Spread());
            return new()
            {
                Op = FlowRecord.New, Side = side, Instrument = (ushort)Zipf(), Id = ids++, Price = side == 0 ? Middle - distance : Middle + distance, Quantity = 1 + Draw(100), Account = (uint)Draw(accounts),
            };
        }

        var chosen = alive[Draw(alive.Count)];
        if (draw < 90) return new() { Op = FlowRecord.Cancel, Side = chosen.Side, Instrument = chosen.Instrument, Id = chosen.Id, Account = chosen.Account };
        var moved = 1 + Draw(Spread()) + Draw(Spread());
        return new()
        {
            Op = FlowRecord.Replace, Side = chosen.Side, Instrument = chosen.Instrument, Id = chosen.Id, NewId = ids++, Account = chosen.Account,
            Price = Draw(2) == 0 ? chosen.Price : chosen.Side == 0 ? Middle - moved : Middle + moved, Quantity = Math.Max(1, chosen.Quantity - Draw(20) + 5),
        };
    }

    private int Spread() => depth / instruments < 2_000 ? 32 : 128;

    private void Heard(in FlowRecord record, OutputBuffer outputs)
    {
        foreach (ref readonly var output in outputs.Written)
        {
            switch (output.Kind)
            {
                case OutputKind.Accepted:
                    idOf[output.Order] = record.Id;
                    numberOf[record.Id] = output.Order;
                    Add(new(record.Id, record.Side, record.Instrument, record.Price, record.Quantity, record.Account));
                    break;
                case OutputKind.Cancelled:
                    Drop(idOf[output.Order]);
                    break;
                case OutputKind.Trade:
                    Fill(idOf[output.BuyOrder], (int)output.Lots);
                    Fill(idOf[output.SellOrder], (int)output.Lots);
                    break;
                case OutputKind.Replaced:
                    var old = alive[placeOf[record.Id]];
                    Drop(record.Id);
                    idOf[output.Order] = record.NewId;
                    numberOf[record.NewId] = output.Order;
                    Add(old with { Id = record.NewId, Price = record.Price, Quantity = record.Quantity });
                    break;
            }
        }
    }

    private void Add(Alive order)
    {
        placeOf[order.Id] = alive.Count;
        alive.Add(order);
    }

    private void Fill(uint id, int lots)
    {
        var place = placeOf[id];
        if (alive[place].Quantity == lots) Drop(id);
        else alive[place] = alive[place] with { Quantity = alive[place].Quantity - lots };
    }

    private void Drop(uint id)
    {
        if (!placeOf.Remove(id, out var place)) return;
        if (place != alive.Count - 1)
        {
            alive[place] = alive[^1];
            placeOf[alive[place].Id] = place;
        }

        alive.RemoveAt(alive.Count - 1);
    }

    /// <summary>Instrument k is drawn about 1/k as often as the first.</summary>
    private int Zipf()
    {
        if (instruments == 1) return 0;
        var weights = zipf ??= Weights(instruments);
        var at = Array.BinarySearch(weights, Draw(weights[^1]) + 1);
        return at < 0 ? ~at : at;
    }

    private int[]? zipf;

    private static int[] Weights(int count)
    {
        var sums = new int[count];
        for (var (i, sum) = (0, 0); i < count; i++) sums[i] = sum += 1_000_000 / (i + 1);
        return sums;
    }

    private int Draw(int below)
    {
        unchecked
        {
            state += 0x9E37_79B9_7F4A_7C15;
            var z = (state ^ (state >> 30)) * 0xBF58_476D_1CE4_E5B9;
            z = (z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB;
            return (int)(((z ^ (z >> 31)) >> 33) % (ulong)below);
        }
    }
}
