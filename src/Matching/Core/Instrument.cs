using Trading.Matching.Core.Books;

namespace Trading.Matching.Core;

internal sealed class Instrument(in Command listed, Orders orders)
{
    public readonly int Number = listed.Instrument;
    public readonly long Num = listed.Num;
    public readonly long Den = listed.Den;
    public readonly int FeeMillionths = listed.FeeMillionths;
    public readonly bool Conditional = (listed.Flags & CommandFlags.Conditional) == CommandFlags.Conditional;
    public readonly bool PermitNeeded = (listed.Flags & CommandFlags.PermitNeeded) == CommandFlags.PermitNeeded;
    public readonly OrderBook Bids = new(Side.Buy, orders);
    public readonly OrderBook Asks = new(Side.Sell, orders);
    public long LowerTicks = listed.LowerTicks;
    public long UpperTicks = listed.UpperTicks;
    public Phase Phase = listed.Phase == Phase.None ? Phase.Continuous : listed.Phase;
    /// <summary>Price of the last trade; 0 = none yet.</summary>
    public long LastTicks;

    public OrderBook Of(Side side) => side == Side.Buy ? Bids : Asks;

    public OrderBook Against(Side side) => side == Side.Buy ? Asks : Bids;

    /// <summary>-1 where it does not fit.</summary>
    public long Fen(UInt128 ticksLots) => Amounts.Fen(ticksLots, Num, Den);

    public long Fee(long amount) => Amounts.Fee(amount, FeeMillionths);
}
