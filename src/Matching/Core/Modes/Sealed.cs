using System.Runtime.InteropServices;
using Trading.Matching.Core.Books;

namespace Trading.Matching.Core;

/// <summary>Sealed bids for a sale at one price (政府出让, R-AUC-02…06): all winners pay the price at which the bids reach the supply.</summary>
public sealed partial class Market
{
    /// <summary>One bid in the reckoning of its bidder's guarantee.</summary>
    private readonly record struct BidOf(int Slot, long Ticks, long Lots, long Number);

    private readonly List<BidOf> bids = [];

    /// <summary>What a bidder must have locked with this bid or replacement beside its others (R-AUC-06).</summary>
    private Refusal JudgeGuarantee(in Command asked, ref Account account, Instrument instrument, int replaces, out long locks)
    {
        locks = 0;
        var before = BidsOf(asked.Account, instrument, replaces);
        if (replaces >= 0) before += orders[replaces].Lock;
        var number = asked.Kind == CommandKind.Replace ? orders[replaces].Number : Sequence;
        var filled = replaces < 0 ? 0 : orders.FilledOf(replaces);
        bids.Add(new(-1, asked.Ticks, asked.Lots - filled, number));
        bids.Sort(static (a, b) => b.Ticks.CompareTo(a.Ticks));
        var highest = (Int128)0;
        for (var i = 0; i < bids.Count; i++) highest = Int128.Max(highest, GuaranteeAt(i, instrument));
        var more = highest - before;
        if (more > account.Free) return No(Refusal.InsufficientCash, (long)Int128.Min(more, long.MaxValue), account.Free);
        locks = (long)more + (replaces < 0 ? 0 : orders[replaces].Lock);
        return Refusal.None;
    }

    /// <summary>Lists a bidder's bids but one.</summary>
    /// <returns>Fen that they lock.</returns>
    private Int128 BidsOf(int account, Instrument instrument, int except)
    {
        bids.Clear();
        var locked = (Int128)0;
        for (var slot = accounts[account].FirstOrder; slot >= 0; slot = orders[slot].AccountAfter)
        {
            ref var order = ref orders[slot];
            if (slot == except || order.Instrument != instrument.Number || order.Side != Side.Buy) continue;
            locked += order.Lock;
            bids.Add(new(slot, order.Ticks, order.Left, order.Number));
        }

        return locked;
    }

    /// <summary>Fen, fees included, that the bids down to this one would cost at its price. Sorted they must be.</summary>
    private Int128 GuaranteeAt(int bid, Instrument instrument)
    {
        var (price, sum) = (bids[bid].Ticks, (Int128)0);
        for (var i = 0; i < bids.Count && bids[i].Ticks >= price; i++)
        {
            instrument.Fen((Int128)price * bids[i].Lots, out var amount);
            sum += (Int128)amount + instrument.Fee(amount, bids[i].Number);
        }

        return sum;
    }

    /// <summary>
    /// Spreads what a bidder locks over its bids, each what it adds to the ones above it; one that leaves takes with it what the others do not
    /// need. The sum stays.
    /// </summary>
    /// <param name="leaving">-1 = none.</param>
    private void Spread(int account, Instrument instrument, int leaving = -1)
    {
        if (instrument.RiskOff || closing == instrument.Number || instrument.Sale.Order == 0 || (leaving >= 0 && orders[leaving].Side == Side.Sell)) return;
        var locked = BidsOf(account, instrument, leaving);
        if (leaving >= 0) locked += orders[leaving].Lock;
        bids.Sort(static (a, b) => a.Ticks != b.Ticks ? b.Ticks.CompareTo(a.Ticks) : a.Number.CompareTo(b.Number));
        var highest = (Int128)0;
        for (var i = 0; i < bids.Count; i++)
        {
            var reaches = Int128.Max(highest, GuaranteeAt(i, instrument));
            orders[bids[i].Slot].Lock = (long)(reaches - highest);
            highest = reaches;
        }

        if (leaving >= 0) orders[leaving].Lock = (long)(locked - highest);
    }

    private void CloseSealed(Instrument instrument, in Command cause, OutputBuffer outputs)
    {
        ref var sale = ref instrument.Sale;
        var sold = orders.Find(sale.Order);
        var lots = orders[sold].Left;
        Stand(instrument, Side.Buy, buyers);
        sale.Bids = buyers.Count;
        ref var closed = ref SaleClosed(instrument, orders[sold].Account, in cause, outputs);
        if (sale.Ties == Ties.Random) (closed.Seeded, closed.Seed) = (1, sale.Seed);
        Cut(instrument, lots);
        var bidding = CollectionsMarshal.AsSpan(buyers);
        var wanted = (Int128)0;
        foreach (ref readonly var bid in bidding) wanted += bid.Lots;
        if (wanted > 0 && (wanted >= lots || sale.Undersubscribed == Undersubscribed.Sell))
        {
            if (wanted >= lots && sale.Ties == Ties.Random) Draw(bidding, lots, unchecked((ulong)sale.Seed));
            Give(bidding, lots, (sale.Ties == Ties.Default && instrument.Terms.Priority == Priority.ProRata) || sale.Ties == Ties.ProRata);
            closed.Lots = (long)Int128.Min(wanted, lots);
            closed.Priced = 1;
            closed.Ticks = wanted < lots && sale.Reserve != 0 ? sale.Reserve : Margin(bidding);
            Award(bidding, closed.Ticks, sold, instrument, in cause, outputs);
        }
        else
        {
            Free(bidding, instrument);
        }

        DropBids(instrument, in cause, outputs);
    }

    /// <summary>No control group has more than its part of the supply; what is too much is cut from its cheapest bids (R-AUC-05).</summary>
    private void Cut(Instrument instrument, long supplied)
    {
        if (instrument.Sale.BidLimitMillionths == 0) return;
        var most = (long)((Int128)supplied * instrument.Sale.BidLimitMillionths / 1_000_000);
        var left = new Dictionary<int, long>();
        foreach (ref var bid in CollectionsMarshal.AsSpan(buyers))
        {
            ref var group = ref CollectionsMarshal.GetValueRefOrAddDefault(left, accounts[orders[bid.Slot].Account].Group, out var known);
            if (!known) group = most;
            bid.Lots = Math.Min(bid.Lots, group);
            group -= bid.Lots;
        }
    }

    /// <summary>The price of the worst bid that was given something.</summary>
    private static long Margin(ReadOnlySpan<Entrant> bidding)
    {
        var margin = 0L;
        foreach (ref readonly var bid in bidding)
        {
            if (bid.Given > 0) margin = bid.Limit;
        }

        return margin;
    }

    /// <summary>Those at the margin, where not all of them fit, are shuffled by the seed, which is published (R-AUC-03).</summary>
    private static void Draw(Span<Entrant> bidding, long lots, ulong seed)
    {
        for (var (at, end) = (0, 0); at < bidding.Length; at = end)
        {
            var level = (Int128)0;
            while (end < bidding.Length && bidding[end].Limit == bidding[at].Limit) level += bidding[end++].Lots;
            if (level > lots) Shuffle(bidding[at..end], seed);
            if (level >= lots) return;
            lots -= (long)level;
        }
    }

    /// <summary>Fisher and Yates, drawn from SplitMix64: anybody can do it again with the seed.</summary>
    private static void Shuffle(Span<Entrant> level, ulong seed)
    {
        for (var i = level.Length - 1; i > 0; i--)
        {
            unchecked
            {
                seed += 0x9E37_79B9_7F4A_7C15;
                var drawn = (seed ^ (seed >> 30)) * 0xBF58_476D_1CE4_E5B9;
                drawn = (drawn ^ (drawn >> 27)) * 0x94D0_49BB_1331_11EB;
                drawn ^= drawn >> 31;
                var other = (int)(drawn % (ulong)(i + 1));
                (level[i], level[other]) = (level[other], level[i]);
            }
        }
    }

    /// <summary>What bids locked comes free without a word; what becomes of it is said as each leaves or is filled.</summary>
    private void Free(ReadOnlySpan<Entrant> bidding, Instrument instrument)
    {
        for (var i = 0; i < bidding.Length && !instrument.RiskOff; i++)
        {
            ref var bid = ref orders[bidding[i].Slot];
            ref var account = ref accounts[bid.Account];
            (account.Free, account.Locked, bid.Lock) = (account.Free + bid.Lock, account.Locked - bid.Lock, 0);
        }
    }

    /// <summary>All guarantees come free, and before anything is traded each winner locks what it pays: never more than its guarantee was, for the price is none above its own.</summary>
    private void Award(ReadOnlySpan<Entrant> bidding, long ticks, int sold, Instrument instrument, in Command cause, OutputBuffer outputs)
    {
        Free(bidding, instrument);
        for (var i = 0; i < bidding.Length && !instrument.RiskOff; i++)
        {
            if (bidding[i].Given == 0) continue;
            ref var bid = ref orders[bidding[i].Slot];
            instrument.Fen((Int128)ticks * bidding[i].Given, out var amount);
            bid.Lock = amount + instrument.Fee(amount, bid.Number);
            ref var account = ref accounts[bid.Account];
            (account.Free, account.Locked) = (account.Free - bid.Lock, account.Locked + bid.Lock);
        }

        for (var i = 0; i < bidding.Length; i++)
        {
            var given = bidding[i].Given;
            if (given == 0) continue;
            var bidder = orders[bidding[i].Slot].Account;
            Cross(bidding[i].Slot, sold, ticks, given, Side.None, instrument, in cause, outputs);
            CreditMoney(bidder, 0, in cause, outputs);
        }
    }
}
