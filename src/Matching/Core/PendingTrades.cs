namespace Trading.Matching.Core;

/// <summary>A conditional trade whose outcome is open for <see cref="Lots"/> − <see cref="Done"/>.</summary>
internal record struct PendingTrade
{
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

    public readonly ulong Digest(long trade)
    {
        var mix = new Mix();
        foreach (var word in (ReadOnlySpan<long>)[trade, Instrument, Buyer, Seller, Lots, Amount, BuyFee, SellFee, Done, AmountDone, BuyFeeDone, SellFeeDone]) mix.Add(word);
        return mix.Value;
    }
}

internal sealed class PendingTrades
{
    private readonly Dictionary<long, PendingTrade> byNumber = [];

    /// <summary>Order-independent digest, for the market's fingerprint.</summary>
    public ulong Digest { get; private set; }

    /// <summary>In no promised order: for checks that do not depend on one.</summary>
    public IEnumerable<PendingTrade> All => byNumber.Values;

    public bool Find(long number, out PendingTrade trade) => byNumber.TryGetValue(number, out trade);

    public void Put(long number, in PendingTrade trade)
    {
        Forget(number);
        if (trade.Done == trade.Lots) return;
        byNumber[number] = trade;
        Digest = unchecked(Digest + trade.Digest(number));
    }

    private void Forget(long number)
    {
        if (byNumber.Remove(number, out var before)) Digest = unchecked(Digest - before.Digest(number));
    }
}
