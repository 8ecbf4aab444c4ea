using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Trading.Matching.Core.Books;

namespace Trading.Matching.Core;

/// <summary>The trading parameters of an instrument that SetTerms changes.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct Terms
{
    public long LotsLeast;
    public long LotsMost;
    public long ValueMost;
    public long HaltMicros;
    public int VolatilityMillionths;
    public byte TPlus;
    public byte Levels;
    public SelfTrade SelfTrade;
    public Priority Priority;
    public PriceRule PriceRule;
    public MarketRemainder MarketRemainder;
    /// <summary>Of negotiated trades; both 0 = as of orders.</summary>
    public long NegotiatedLeast;
    public long NegotiatedMost;
    /// <summary>When the instrument itself ends; 0 = never.</summary>
    public long EndsMicros;
}

/// <summary>What one day's trades came to, for the closing price (R-CEA-09).</summary>
internal struct DayTrades
{
    public long Lots;
    public Int128 TicksLots;
    public long Amount;

    /// <summary>What lots no long can count is not counted: so no sum of ticks × lots passes 128 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(long ticks, long lots, long amount)
    {
        if (lots > long.MaxValue - Lots) return;
        Lots += lots;
        TicksLots += (Int128)ticks * lots;
        Amount = (long)Int128.Clamp((Int128)Amount + amount, long.MinValue, long.MaxValue);
    }
}

/// <summary>Lots bought that can be sold only after so many closes.</summary>
internal struct Bought
{
    public int Account;
    public int Closes;
    public long Lots;
}

/// <summary>A fee that is not taken of new orders any more.</summary>
internal struct EarlierFee
{
    /// <summary>Orders below this number, and not below that of the fee before, entered under it.</summary>
    public long Until;
    public long Millionths;
}

/// <summary>A sale that is open; its supply and whose it is stand in its order.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct Sale
{
    /// <summary>Number of the order that stands for it; 0 = there is no sale.</summary>
    public long Order;
    /// <summary>0 = none.</summary>
    public long Reserve;
    public long Increment;
    public long MaxStep;
    public long UntilMicros;
    public long ExtendMicros;
    public long Seed;
    public long Bids;
    public int BidLimitMillionths;
    public int ExtensionsMost;
    public int Extensions;
    public Ties Ties;
    public Undersubscribed Undersubscribed;
}

internal sealed class Instrument
{
    public readonly int Number;
    public readonly long Num;
    public readonly long Den;
    /// <summary>Of orders that enter now.</summary>
    public int FeeMillionths;
    /// <summary>Of orders that entered under another fee, oldest first; mostly empty.</summary>
    public readonly List<EarlierFee> EarlierFees = [];
    public readonly CommandFlags Flags;
    public readonly bool Conditional;
    public readonly bool PermitNeeded;
    public readonly bool RiskOff;
    public readonly bool Negative;
    public readonly Mode Mode;
    public readonly bool IsSale;
    /// <summary>Bids of one bidder lock together what any of their prices could cost (R-AUC-06).</summary>
    public readonly bool Sealed;
    public readonly OrderBook Bids;
    public readonly OrderBook Asks;
    /// <summary>Stops that wait: a buyer's goes off as the price rises to it, a seller's as it falls.</summary>
    public readonly OrderBook BuyStops;
    public readonly OrderBook SellStops;
    /// <summary>What waits for an uncrossing beside the book, first come first, all at one place: market orders in a call, takers of listings that are shared out.</summary>
    public readonly OrderBook BuyQueue;
    public readonly OrderBook SellQueue;
    /// <summary>Open lots of each side, waiting stops and hidden parts included: they never pass a long, so no level can.</summary>
    public long BuyLots;
    public long SellLots;
    public long LowerTicks;
    public long UpperTicks;
    public long ReferenceTicks;
    /// <summary>Of negotiated prices; both 0 = none.</summary>
    public long NegotiatedLower;
    public long NegotiatedUpper;
    public Phase Phase;
    /// <summary>A call gathered orders that were not uncrossed yet: the book may stand crossed.</summary>
    public bool Gathered;
    /// <summary>When a call uncrosses by itself; 0 = when somebody says so.</summary>
    public long CallEndsMicros;
    /// <summary>The sale that is open; its order's number is 0 where there is none.</summary>
    public Sale Sale;
    public bool Traded;
    /// <summary>Price of the last trade, where <see cref="Traded"/>.</summary>
    public long LastTicks;
    /// <summary>The last closing price, where <see cref="HasClosed"/>.</summary>
    public long CloseTicks;
    public bool HasClosed;
    public DayTrades Day;
    public Terms Terms;
    /// <summary>When a volatility halt ends by itself; 0 = not in one.</summary>
    public long ResumesMicros;
    public readonly List<Bought> Fresh = [];
    public Hold[] Holds = new Hold[2];
    public int HoldCount = 1;
    private Pinned<Position> positions = new(1);
    /// <summary>Up to here Σ ticks × lots becomes fen in 64 bits.</summary>
    private readonly ulong quickMost;
    private readonly OrderBook[] books;
    private bool plain;
    /// <summary>From this order number on <see cref="FeeMillionths"/> is the fee.</summary>
    private long feeSince;
    private long lotsLeast;
    private ulong lotsMore;
    private ulong ticksMore;

    public Instrument(in Command listed, Orders orders)
    {
        (Number, Num, Den, FeeMillionths, Flags, Mode) = (listed.Instrument, listed.Num, listed.Den, listed.FeeMillionths, listed.Flags, listed.Mode);
        Conditional = (Flags & CommandFlags.Conditional) != 0;
        PermitNeeded = (Flags & CommandFlags.PermitNeeded) != 0;
        RiskOff = (Flags & CommandFlags.RiskOff) != 0;
        Negative = (Flags & CommandFlags.Negative) != 0;
        (LowerTicks, UpperTicks, ReferenceTicks) = (listed.LowerTicks, listed.UpperTicks, listed.ReferenceTicks);
        Phase = listed.Phase != Phase.None ? listed.Phase : IsSession ? Phase.Continuous : Phase.Call;
        Gathered = Phase == Phase.Call;
        Sealed = Mode == Mode.Sealed;
        IsSale = Sealed || Mode is Mode.Ascending or Mode.Descending;
        Terms.SelfTrade = SelfTrade.CancelNewest;
        Bids = new(higherFirst: true, orders);
        Asks = new(higherFirst: false, orders);
        BuyStops = new(higherFirst: false, orders);
        SellStops = new(higherFirst: true, orders);
        BuyQueue = new(higherFirst: false, orders);
        SellQueue = new(higherFirst: false, orders);
        quickMost = Den < 1L << 60 ? (ulong)((1L << 61) / Num) : 0;
        books = [Asks, Bids, Asks];
        Weigh();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public OrderBook Of(Side side) => Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(books), (int)side);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public OrderBook Against(Side side) => Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(books), (int)side - 1);

    /// <summary>To be called after limits or terms changed: what <see cref="Takes"/> and <see cref="Costs"/> look at.</summary>
    public void Weigh()
    {
        const long Most = int.MaxValue;
        plain = Mode == Mode.Continuous && !PermitNeeded && !RiskOff && !Negative && Terms.ValueMost == 0 && Terms.VolatilityMillionths == 0 && LowerTicks >= 1 && LowerTicks <= Most;
        lotsLeast = Math.Max(1, Terms.LotsLeast);
        if (!plain) return;
        var lotsMost = Math.Min(Most, Terms.LotsMost == 0 ? Most : Terms.LotsMost);
        plain = lotsLeast <= lotsMost;
        lotsMore = unchecked((ulong)(lotsMost - lotsLeast));
        ticksMore = (ulong)(Math.Min(Most, UpperTicks) - LowerTicks);
    }

    /// <summary>True: price and quantity are within what is allowed, and the instrument asks nothing unusual. False says nothing: ask in full.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Takes(long ticks, long lots) => plain && Phase == Phase.Continuous && unchecked((ulong)(lots - lotsLeast)) <= lotsMore && unchecked((ulong)(ticks - LowerTicks)) <= ticksMore;

    /// <summary>Amount and fee of a plain order that <see cref="Takes"/> took; false: it is large, ask in full.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Costs(long ticks, long lots, out long needs)
    {
        var product = unchecked((ulong)ticks * (ulong)lots);
        var amount = product <= quickMost ? QuickFen(product) : 0;
        needs = amount + Fee(amount);
        return product <= quickMost;
    }

    /// <summary>It trades as orders come, not only when it is uncrossed.</summary>
    public bool IsSession => Mode is Mode.Continuous or Mode.Listing;

    /// <summary>The side of whoever sells (or buys) by auction.</summary>
    public Side SaleSide => Mode == Mode.Descending ? Side.Buy : Side.Sell;

    /// <summary>Takers of listings wait and are served together.</summary>
    public bool SharesOut => Mode == Mode.Listing && Terms.Priority == Priority.ProRata;

    /// <summary>Does this way of trading know the phase?</summary>
    public bool Has(Phase phase) => phase switch { Phase.Continuous => IsSession, Phase.Call => Mode != Mode.Listing, _ => true };

    /// <summary>Is there something that an uncrossing would end?</summary>
    public bool Uncrosses => Phase == Phase.Call || (SharesOut && Phase == Phase.Continuous);

    public OrderBook Queue(Side side) => side == Side.Buy ? BuyQueue : SellQueue;

    public OrderBook Stops(Side side) => side == Side.Buy ? BuyStops : SellStops;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private long QuickFen(ulong ticksLots)
    {
        var over = unchecked(ticksLots * (ulong)Num);
        return unchecked((long)(Den == 1 ? over : ((over * 2) + (ulong)Den) / ((ulong)Den * 2)));
    }

    /// <summary>False where it does not fit a long.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Fen(Int128 ticksLots, out long fen)
    {
        if (unchecked((UInt128)ticksLots) <= quickMost)
        {
            fen = QuickFen(unchecked((ulong)ticksLots));
            return true;
        }

        return Amounts.Fen(ticksLots, Num, Den, out fen);
    }

    /// <summary>Of an order that enters now.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long Fee(long amount) => FeeMillionths == 0 ? 0 : Amounts.Fee(amount, FeeMillionths);

    /// <summary>Of an order that entered under this number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long Fee(long amount, long order) => order >= feeSince ? Fee(amount) : Amounts.Fee(amount, EarlierFee(order));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private int EarlierFee(long order) => (int)EarlierFees.Find(fee => order < fee.Until).Millionths;

    /// <param name="from">Orders from this number on pay it.</param>
    /// <param name="oldest">No open order has a lower number: what none of them entered under is forgotten.</param>
    public void SetFee(int millionths, long from, long oldest)
    {
        if (millionths != FeeMillionths) EarlierFees.Add(new() { Until = from, Millionths = FeeMillionths });
        FeeMillionths = millionths;
        EarlierFees.RemoveAll(fee => fee.Until <= oldest);
        Know();
    }

    /// <summary>To be called after <see cref="EarlierFees"/> changed.</summary>
    public void Know() => feeSince = EarlierFees.Count == 0 ? 0 : EarlierFees[^1].Until;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref Position Of(int account)
    {
        if (account >= positions.Length) Widen(account);
        return ref positions[account];
    }

    public Position Read(int account) => account < positions.Length ? positions[account] : default;

    public int Positions => positions.Length;

    internal unsafe void* AddressOf(int account) => positions.AddressOf(account);

    public ref Hold HoldOf(int account)
    {
        ref var position = ref Of(account);
        if (position.Hold == 0)
        {
            if (HoldCount == Holds.Length) Array.Resize(ref Holds, Holds.Length * 2);
            position.Hold = HoldCount++;
            Holds[position.Hold] = new() { Account = account };
        }

        return ref Holds[position.Hold];
    }

    public long FreshOf(in Position position) => position.Hold == 0 ? 0 : Holds[position.Hold].Fresh;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Widen(int account) => positions.Lengthen(Math.Max(64, checked((int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)account + 1))));
}
