using System.Runtime.InteropServices;

namespace Trading.Matching.Core;

/// <summary>A conditional trade whose outcome is open for <see cref="Lots"/> − <see cref="Done"/>.</summary>
[StructLayout(LayoutKind.Sequential, Pack = sizeof(int))]
internal record struct PendingTrade
{
    public long Number;
    public int Instrument;
    public int Buyer;
    public int Seller;
    public long Lots;
    public long Amount;
    public long BuyFee;
    public long SellFee;
    /// <summary>Lots settled or unwound so far, and the money that went with them.</summary>
    public long Done;
    public long AmountDone;
    public long BuyFeeDone;
    public long SellFeeDone;

    /// <summary>
    /// The money of the next lots, by cumulative rounding, so that all parts together are the whole. A part's seller's fee never passes what
    /// the part pays him; what that leaves is due with a later part.
    /// </summary>
    public readonly (long Amount, long BuyFee, long SellFee) Part(long lots)
    {
        var amount = Amounts.Share(Amount, Done + lots, Lots) - AmountDone;
        var sellFee = Math.Min(Amounts.Share(SellFee, Done + lots, Lots) - SellFeeDone, amount);
        return (amount, Amounts.Share(BuyFee, Done + lots, Lots) - BuyFeeDone, sellFee);
    }
}

internal sealed class PendingTrades
{
    /// <summary>Not sorted: a sorted one allocates with every trade.</summary>
    private readonly Dictionary<long, PendingTrade> byNumber = [];

    /// <summary>In the order of their numbers.</summary>
    public IEnumerable<PendingTrade> All => byNumber.Values.OrderBy(t => t.Number);

    public int Count => byNumber.Count;

    public bool Find(long number, out PendingTrade trade) => byNumber.TryGetValue(number, out trade);

    public void Put(in PendingTrade trade)
    {
        if (trade.Done == trade.Lots) byNumber.Remove(trade.Number);
        else byNumber[trade.Number] = trade;
    }
}
