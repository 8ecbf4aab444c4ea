using System.Numerics;
using Trading.Matching.Core;

namespace Trading.Matching.Tests;

internal sealed class PlainOrder
{
    public required long Number;
    public required int Account;
    public required PlainInstrument Instrument;
    public required Side Side;
    public required bool IsMarket;
    public required TimeInForce Until;
    public required long Ticks;
    public required long Lots;
    public required (int Account, ulong High, ulong Low) Id;
    public long Filled;
    public BigInteger Spent;
    public BigInteger Amount;
    public BigInteger Fee;
    public int Since;

    public long Left => Lots - Filled;

    public int Asset => Side == Side.Buy ? 0 : Instrument.Number;

    public BigInteger Behind()
    {
        if (Side == Side.Sell) return Left;
        // A market order never rests: what it takes is paid as it takes it.
        if (IsMarket) return 0;
        var worst = Instrument.Fen(Spent + ((BigInteger)Ticks * Left));
        return worst + Instrument.FeeOn(worst) - Amount - Fee;
    }
}

internal sealed class PlainInstrument
{
    public required int Number;
    public required BigInteger Num;
    public required BigInteger Den;
    public required int Fee;
    public required bool Conditional;
    public required bool PermitNeeded;
    public required long Lower;
    public required long Upper;
    public required Phase Phase;

    public BigInteger Fen(BigInteger ticksLots) => HalfUp(ticksLots * Num, Den);

    public BigInteger FeeOn(BigInteger amount) => HalfUp(amount * Fee, 1_000_000);

    /// <summary>The market reckons in 128 bits and refuses what might not fit, before it divides.</summary>
    public bool TooLarge(BigInteger ticksLots) => ticksLots > ((BigInteger.One << 128) - 1) / 4 / Num || Fen(ticksLots) > long.MaxValue;

    public static BigInteger HalfUp(BigInteger over, BigInteger under)
    {
        var whole = BigInteger.DivRem(over, under, out var rest);
        return rest * 2 >= under ? whole + 1 : whole;
    }
}

internal sealed class PlainTrade
{
    public required long No;
    public required PlainInstrument Instrument;
    public required int Buyer;
    public required int Seller;
    public required BigInteger Lots;
    public required BigInteger Amount;
    public required BigInteger BuyFee;
    public required BigInteger SellFee;
    public BigInteger Done;
    public BigInteger Paid;
    public BigInteger BuyFeePaid;
    public BigInteger SellFeePaid;
}

internal sealed class PlainClaim
{
    public required int Account;
    public required int Asset;
    public required long Reference;
    public required BigInteger Left;
}

/// <summary>
/// The same market said slowly: lists that are searched, whole numbers without end, nothing kept that can be worked out. What is free is what
/// is owned less what orders and trades need. It shares the words of commands and outputs with the real one, and no line of code.
/// </summary>
internal sealed partial class PlainMarket
{
    private readonly SortedDictionary<int, PlainInstrument> instruments = [];
    private readonly SortedSet<int> known = [];
    private readonly HashSet<int> blocked = [];
    private readonly Dictionary<(int Account, int Asset), BigInteger> owned = [];
    private readonly Dictionary<(int Account, int Instrument), (bool Buy, bool Sell, long Limit)> permits = [];
    private readonly List<PlainOrder> open = [];
    private readonly List<PlainTrade> pending = [];
    private readonly List<PlainClaim> claims = [];
    private readonly Dictionary<(int, ulong, ulong), Heard> heard = [];
    private List<Output> said = [];
    private Command now;
    private long sequence;
    private long trades;
    private int entries;
    private long day;
    private BigInteger dayEnds = long.MaxValue;
    private long dayLength;

    private sealed record Heard(long Sequence, (int, Side, OrderType, TimeInForce, long, long) Content)
    {
        /// <summary>The day in which its order died; null while it lives.</summary>
        public long? Died { get; set; }
    }

    public IReadOnlyList<PlainOrder> Open => open;

    public IReadOnlyList<PlainTrade> Pending => pending;

    public IReadOnlyList<PlainClaim> Claims => claims;

    public BigInteger NextDue => dayEnds;

    public (BigInteger Free, BigInteger Locked) Balance(int account, int asset)
    {
        var behind = Behind(account, asset);
        return (Owned(account, asset) - behind, behind);
    }

    public IEnumerable<(long Ticks, long Lots, int Orders)> Depth(int instrument, Side side)
    {
        var levels = open.Where(o => o.Instrument.Number == instrument && o.Side == side)
            .GroupBy(o => o.Ticks).Select(l => (l.Key, l.Sum(o => o.Left), l.Count()));
        return side == Side.Buy ? levels.OrderByDescending(l => l.Key) : levels.OrderBy(l => l.Key);
    }

    public Phase PhaseOf(int instrument) => instruments.TryGetValue(instrument, out var found) ? found.Phase : Phase.None;

    public List<Output> Apply(Command command)
    {
        said = [];
        now = command;
        sequence++;
        var refusal = Decide();
        if (refusal is var (code, needed, had)) Refused(code, needed, had);
        return said;
    }

    private (Refusal Code, BigInteger Needed, BigInteger Had)? Decide()
    {
        if (now.Version != 1) return (Refusal.UnknownCommand, 1, now.Version);
        return now.Kind switch
        {
            CommandKind.ListInstrument => ListInstrument(),
            CommandKind.SetLimits => SetLimits(),
            CommandKind.Permit => Permit(),
            CommandKind.BlockAccount => BlockAccount(),
            CommandKind.Deposit => Deposit(),
            CommandKind.Withdraw => Withdraw(),
            CommandKind.Place => Place(),
            CommandKind.Cancel => Cancel(),
            CommandKind.CancelAll => CancelAll(),
            CommandKind.Replace => Replace(),
            CommandKind.SetPhase => SetPhase(),
            CommandKind.StartDay => StartDay(),
            CommandKind.Advance => Advance(),
            CommandKind.Seize => Seize(),
            CommandKind.LiftSeizure => Lift(),
            CommandKind.Settle => Conclude(settles: true),
            CommandKind.Unwind => Conclude(settles: false),
            _ => (Refusal.UnknownCommand, 0, (int)now.Kind),
        };
    }

    private static (Refusal, BigInteger, BigInteger) No(Refusal code) => (code, 0, 0);

    private static (Refusal, BigInteger, BigInteger) No(Refusal code, BigInteger needed, BigInteger had) => (code, needed, had);

    private void Refused(Refusal code, BigInteger needed, BigInteger had)
    {
        var no = Said(OutputKind.Rejected) with
        {
            Code = code, Account = now.Account, Instrument = now.Instrument, Side = now.Side, Needed = (long)needed, Had = (long)had,
        };
        if (now.Kind is CommandKind.Deposit or CommandKind.Withdraw or CommandKind.Seize or CommandKind.LiftSeizure)
        {
            no.Reference = now.Reference;
            no.Amount = now.Amount;
        }

        if (now.Kind is CommandKind.Cancel or CommandKind.Replace) no.Order = now.Order;
        if (now.Kind is CommandKind.Settle or CommandKind.Unwind)
        {
            no.TradeNo = now.Trade;
            no.Lots = now.Lots;
        }

        said.Add(no);
    }

    private Output Said(OutputKind kind) => new() { Kind = kind, AtMicros = now.AtMicros };

    private static bool Possible(int account) => account is >= 1 and <= 1_048_576;

    private PlainInstrument? Listed(int number) => instruments.GetValueOrDefault(number);

    private BigInteger Owned(int account, int asset) => owned.GetValueOrDefault((account, asset));

    private void Gains(int account, int asset, BigInteger amount) => owned[(account, asset)] = Owned(account, asset) + amount;

    private BigInteger Behind(int account, int asset)
    {
        var sum = BigInteger.Zero;
        foreach (var order in open)
        {
            if (order.Account == account && order.Asset == asset) sum += order.Behind();
        }

        foreach (var trade in pending)
        {
            if (trade.Buyer == account && asset == 0) sum += trade.Amount + trade.BuyFee - trade.Paid - trade.BuyFeePaid;
            if (trade.Seller == account && asset == trade.Instrument.Number) sum += trade.Lots - trade.Done;
        }

        return sum;
    }

    private BigInteger Free(int account, int asset) => Owned(account, asset) - Behind(account, asset);

    private BigInteger InMarket(int asset) => owned.Where(o => o.Key.Asset == asset).Aggregate(BigInteger.Zero, (sum, o) => sum + o.Value);

    /// <summary>Lots that are on their way to a buyer: behind his open orders and behind conditional trades.</summary>
    private BigInteger Coming(int account, int instrument)
    {
        var orders = open.Where(o => o.Account == account && o.Side == Side.Buy && o.Instrument.Number == instrument).Aggregate(BigInteger.Zero, (sum, o) => sum + o.Left);
        return orders + pending.Where(t => t.Buyer == account && t.Instrument.Number == instrument).Aggregate(BigInteger.Zero, (sum, t) => sum + t.Lots - t.Done);
    }

    /// <summary>Freezes take what is free, first come first.</summary>
    private void Grab(int account, int asset)
    {
        foreach (var claim in claims)
        {
            if (claim.Account != account || claim.Asset != asset) continue;
            var taken = BigInteger.Min(claim.Left, Free(account, asset));
            if (taken.IsZero) continue;
            claim.Left -= taken;
            Gains(account, asset, -taken);
            said.Add(Said(OutputKind.Seized) with { Account = account, Instrument = asset, Amount = (long)taken, Reference = claim.Reference });
        }
    }

    private void Leaves(PlainOrder order, CancelReason reason)
    {
        open.Remove(order);
        Forgettable(order.Id);
        said.Add(Said(OutputKind.Cancelled) with
        {
            Instrument = order.Instrument.Number, Account = order.Account, Order = order.Number, Side = order.Side, Ticks = order.Ticks, Lots = order.Left, Reason = reason,
        });
        Grab(order.Account, order.Asset);
    }

    private void Forgettable((int, ulong, ulong) id)
    {
        if (heard.TryGetValue(id, out var found)) found.Died = day;
    }
}
