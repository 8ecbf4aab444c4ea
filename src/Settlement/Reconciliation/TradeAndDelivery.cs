using Trading.Settlement.Contracts;
using Trading.Settlement.Deliveries;

namespace Trading.Settlement.Reconciliation;

/// <summary>What the journal says of a trade, against the row of its delivery. Pure.</summary>
internal static class TradeAndDelivery
{
    /// <param name="row">As it stands where the journal was read to; null: there is none.</param>
    /// <returns>Each names the row, what it says and what it should.</returns>
    public static IEnumerable<string> Differences(long number, MarketBooks.Traded expected, Delivery? row)
    {
        if (row is null)
        {
            yield return $"settlement.deliveries trade_no={number}: the journal has this trade, and there is no row";
            yield break;
        }

        var (t, f) = (expected.Trade, row.Facts);
        var (should, stands) = (
            (expected.Sequence, t.Instrument, t.Buyer, t.Seller, t.BuyOrder, t.SellOrder, t.Ticks, t.Lots, t.Amount, t.BuyFee, t.SellFee, Done: expected.SettledLots + expected.UnwoundLots),
            (f.Sequence, f.Instrument, f.Buyer, f.Seller, f.BuyOrder, f.SellOrder, f.Ticks, f.Lots, f.Amount, f.BuyFee, f.SellFee, Done: row.DoneLots));
        if (should != stands) yield return $"settlement.deliveries trade_no={number}: row says {stands}, journal says {should}";
        var ended = f.State is DeliveryState.Settled or DeliveryState.Unwound or DeliveryState.Busted ? f.State : (DeliveryState?)null;
        // Settled in part and unwound in part: either word may be the last.
        if (expected.SettledLots + expected.UnwoundLots > 0 && expected.End is null) yield break;
        if (expected.End != ended) yield return $"settlement.deliveries trade_no={number}: state {f.State}, and the journal says {expected.End?.ToString() ?? "open"}";
    }
}
