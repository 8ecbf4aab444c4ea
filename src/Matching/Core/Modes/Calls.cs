using System.Runtime.InteropServices;
using Trading.Matching.Core.Books;

namespace Trading.Matching.Core;

/// <summary>Call auction (集中竞价): one price for all (R-PWR-05, EDGES).</summary>
public sealed partial class Market
{
    private readonly List<(long Limit, long Lots)> demand = [];
    private readonly List<(long Limit, long Lots)> supply = [];
    private readonly List<long> candidates = [];

    /// <summary>What an uncrossing would come to now.</summary>
    /// <param name="Surplus">Above zero: buyers would be left over.</param>
    private readonly record struct Clearing(bool Priced, long Ticks, long Lots, long Surplus);

    /// <summary>The price and the lots at which a call would be uncrossed now, and what would be left over on which side; null where it would not trade, or gathers nothing.</summary>
    public (long Ticks, long Lots, long Surplus, Side Side)? Indicative(int instrument)
    {
        if (Find(instrument) is not { Phase: Phase.Call, Mode: Mode.Continuous or Mode.Call } called) return null;
        var clearing = Clear(called);
        return clearing.Priced ? (clearing.Ticks, clearing.Lots, Math.Abs(clearing.Surplus), SideOf(clearing.Surplus)) : null;
    }

    private static Side SideOf(long surplus) => surplus > 0 ? Side.Buy : surplus < 0 ? Side.Sell : Side.None;

    private void UncrossCall(Instrument instrument, in Command cause, OutputBuffer outputs)
    {
        var clearing = Clear(instrument);
        // Stops that the price reaches join one at a time, and it is reckoned again.
        while (clearing.Priced && FirstReached(instrument, clearing.Ticks) is >= 0 and var stop)
        {
            instrument.Stops(orders[stop].Side).Take(stop, orders.Story(stop).StopTicks);
            orders[stop].Marks &= ~Marks.Waiting;
            Trigger(stop, instrument, in cause, outputs);
            clearing = Clear(instrument);
        }

        ref var uncrossed = ref outputs.Next(OutputKind.Uncrossed, in cause);
        uncrossed.Instrument = instrument.Number;
        if (clearing.Priced)
        {
            (uncrossed.Priced, uncrossed.Ticks, uncrossed.Lots) = (1, clearing.Ticks, clearing.Lots);
            (uncrossed.Left, uncrossed.Side) = (Math.Abs(clearing.Surplus), SideOf(clearing.Surplus));
            var proRata = instrument.Terms.Priority == Priority.ProRata;
            buyers.RemoveAll(b => b.Limit < clearing.Ticks);
            sellers.RemoveAll(s => s.Limit > clearing.Ticks);
            Give(CollectionsMarshal.AsSpan(buyers), clearing.Lots, proRata);
            Give(CollectionsMarshal.AsSpan(sellers), clearing.Lots, proRata);
            Pair(clearing.Ticks, instrument, in cause, outputs);
        }

        EndMarketOrders(instrument, clearing, in cause, outputs);
    }

    /// <summary>The lowest number among stops that a price sets off; -1 = none.</summary>
    private int FirstReached(Instrument instrument, long price)
    {
        var first = -1;
        foreach (var side in (ReadOnlySpan<Side>)[Side.Buy, Side.Sell])
        {
            var stops = instrument.Stops(side);
            for (var level = stops.Best; level >= 0 && stops.Reaches(price, stops.TicksOf(level)); level = stops.Worse(stops.TicksOf(level)))
            {
                for (var slot = stops[level].First; slot >= 0; slot = orders[slot].After)
                {
                    // What a call does not take goes off right after it, when trading goes on.
                    if (orders[slot].TimeInForce is TimeInForce.Ioc or TimeInForce.Fok || orders[slot].Is(Marks.MinLots)) continue;
                    if (first < 0 || orders[slot].Number < orders[first].Number) first = slot;
                }
            }
        }

        return first;
    }

    /// <summary>Fills both sides as they stand, and finds the price.</summary>
    private Clearing Clear(Instrument instrument)
    {
        Stand(instrument, Side.Buy, buyers);
        Stand(instrument, Side.Sell, sellers);
        Weigh();
        var price = MostVolume(instrument, out var lots);
        if (lots > 0 && instrument.Terms.PriceRule == PriceRule.LastPair) price = LastPair(instrument, lots);
        if (lots == 0 || price is not { } ticks) return default;
        var (bought, sold) = (0L, 0L);
        foreach (var buyer in buyers) bought += buyer.Limit >= ticks ? buyer.Lots : 0;
        foreach (var seller in sellers) sold += seller.Limit <= ticks ? seller.Lots : 0;
        return Math.Min(bought, sold) == 0 ? default : new(true, ticks, Math.Min(bought, sold), bought - sold);
    }

    /// <summary>Both sides by their limits, lowest first, and the prices that may become the auction's: the limits in the book.</summary>
    private void Weigh()
    {
        demand.Clear();
        supply.Clear();
        candidates.Clear();
        foreach (var buyer in buyers)
        {
            demand.Add((buyer.Limit, buyer.Lots));
            if (!buyer.AtMarket) candidates.Add(buyer.Limit);
        }

        foreach (var seller in sellers)
        {
            supply.Add((seller.Limit, seller.Lots));
            if (!seller.AtMarket) candidates.Add(seller.Limit);
        }

        demand.Sort(static (a, b) => a.Limit.CompareTo(b.Limit));
        supply.Sort(static (a, b) => a.Limit.CompareTo(b.Limit));
        candidates.Sort();
    }

    /// <summary>Most volume; then the least surplus; then the surplus's side pulls to its end, else the price nearest to the reference (EDGES).</summary>
    private long? MostVolume(Instrument instrument, out long lots)
    {
        lots = 0;
        var reference = instrument.ReferenceTicks;
        if (candidates.Count == 0 && reference != 0) candidates.Add(reference);
        var (left, offered, at, from) = (0L, 0L, 0, 0);
        foreach (var (_, wanted) in demand) left += wanted;
        var (least, lowest, highest, buying, selling) = (long.MaxValue, 0L, 0L, false, false);
        for (var i = 0; i < candidates.Count; i++)
        {
            var price = candidates[i];
            while (at < demand.Count && demand[at].Limit < price) left -= demand[at++].Lots;
            while (from < supply.Count && supply[from].Limit <= price) offered += supply[from++].Lots;
            var (volume, surplus) = (Math.Min(left, offered), left - offered);
            if (volume < lots || volume == 0) continue;
            var size = Math.Abs(surplus);
            if (volume == lots && size > least) continue;
            if (volume > lots || size < least) (lots, least, lowest, buying, selling) = (volume, size, price, true, true);
            (highest, buying, selling) = (price, buying && surplus > 0, selling && surplus < 0);
        }

        if (lots == 0) return null;
        return buying ? highest : selling || reference == 0 ? lowest : Math.Clamp(reference, lowest, highest);
    }

    /// <summary>The mean of the last buyer and the last seller that are matched (边际统一出清).</summary>
    private long? LastPair(Instrument instrument, long lots)
    {
        var (buyer, seller) = (Last(buyers, lots), Last(sellers, lots));
        if (!buyer.AtMarket && !seller.AtMarket) return Mean(buyer.Limit, seller.Limit);
        if (buyer.AtMarket && seller.AtMarket) return instrument.ReferenceTicks == 0 ? null : instrument.ReferenceTicks;
        return buyer.AtMarket ? seller.Limit : buyer.Limit;
    }

    private static Entrant Last(List<Entrant> side, long lots)
    {
        var at = 0;
        while (side[at].Lots < lots) lots -= side[at++].Lots;
        return side[at];
    }

    /// <summary>Market orders that were not filled leave, or stand at the auction's price from here on.</summary>
    private void EndMarketOrders(Instrument instrument, Clearing clearing, in Command cause, OutputBuffer outputs)
    {
        var rests = clearing.Priced && instrument.Terms.MarketRemainder == MarketRemainder.Limit;
        foreach (var side in (ReadOnlySpan<Side>)[Side.Buy, Side.Sell])
        {
            var queue = instrument.Queue(side);
            while (queue.Best >= 0)
            {
                var slot = queue[queue.Best].First;
                // One whose lock does not reach the price could not pay it.
                if (rests && instrument.Of(side).Reaches(clearing.Ticks, LimitOf(in orders[slot]))) Stay(slot, clearing.Ticks, instrument, in cause, outputs);
                else Leave(slot, CancelReason.MarketRemainder, in cause, outputs);
            }
        }
    }

    private void Stay(int slot, long ticks, Instrument instrument, in Command cause, OutputBuffer outputs)
    {
        ref var order = ref orders[slot];
        instrument.Queue(order.Side).Take(slot, 0);
        order.Marks = (order.Marks & ~(Marks.Gathered | Marks.Capped)) | Marks.Resting;
        (order.Type, order.Ticks) = (OrderType.Limit, ticks);
        instrument.Of(order.Side).Rest(slot, ticks);
        ref var rested = ref Of(in order, OutputKind.Rested, in cause, outputs);
        (rested.Lots, rested.Shown) = (order.Left, orders.ShownOf(slot));
        var (account, released) = (order.Account, order.Lock);
        if (!instrument.RiskOff) order.Lock = StillNeeds(slot, instrument);
        released -= order.Lock;
        accounts[account].Locked -= released;
        CreditMoney(account, released, in cause, outputs);
    }
}
