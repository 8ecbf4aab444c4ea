using System.Numerics;
using Trading.Matching.Core;

namespace Trading.Matching.Tests;

/// <summary>Listings stand and are taken, at once or shared out.</summary>
internal sealed partial class PlainMarket
{
    private (Refusal, BigInteger, BigInteger)? Take()
    {
        if (!Possible(now.Account)) return No(Refusal.UnknownAccount);
        if (Named && heard.TryGetValue(Name, out var first)) return Again(first);
        known.Add(now.Account);
        if (Listed(now.Instrument) is { } listed) Begin(listed);
        var no = OutOfReach() ?? Objection(Taker(), null);
        var id = Named ? Hear(Listed(now.Instrument)) : null;
        if (no is not null)
        {
            if (id is not null) id.Died = id.Instrument?.Closes ?? days;
            return no;
        }

        var (taker, listing) = (Taker(), Chosen()!);
        taker.Id = id;
        open.Add(taker);
        said.Add(Said(OutputKind.Accepted) with
        {
            Instrument = now.Instrument, Account = now.Account, Order = taker.Number, Waiting = (byte)(Hidden(taker) ? 2 : 0), Side = taker.Side, Type = taker.Type, Ticks = taker.Ticks, Lots = taker.Lots,
        });
        if (taker.Instrument.Shares) Stand(taker);
        else Take(taker, listing);
        return null;
    }

    private PlainOrder? Chosen() => open.Find(o => o.Number == now.Order && o.Instrument.Number == now.Instrument && o.Listing > 0);

    private (Refusal, BigInteger, BigInteger)? OutOfReach()
    {
        if (blocked.Contains(now.Account)) return No(Refusal.AccountBlocked);
        if (Listed(now.Instrument) is not { } instrument) return No(Refusal.UnknownInstrument);
        if (instrument.Mode != Mode.Listing) return No(Refusal.ModeNotAvailable);
        if (instrument.Phase != Phase.Continuous) return No(Refusal.InstrumentNotOpen, 1, (int)instrument.Phase);
        if (Chosen() is not { } listing) return No(Refusal.UnknownListing);
        var place = Levels(instrument, listing.Side).IndexOf(listing.Ticks) + 1;
        return instrument.Terms.Levels > 0 && place > instrument.Terms.Levels ? No(Refusal.ListingOutOfReach, instrument.Terms.Levels, place) : null;
    }

    /// <summary>Prices of the listings on one side, best first.</summary>
    private List<long> Levels(PlainInstrument instrument, Side side) => [.. Listings(instrument, side).Select(o => o.Ticks).Distinct()];

    private List<PlainOrder> Listings(PlainInstrument instrument, Side side) => InTheirOrder(instrument, side, o => !o.Apart);

    private PlainOrder Taker()
    {
        var listing = Chosen()!;
        return new()
        {
            Number = sequence, Account = now.Account, Instrument = listing.Instrument, Side = listing.Side == Side.Buy ? Side.Sell : Side.Buy, Type = OrderType.Limit,
            InForce = listing.Instrument.Shares ? TimeInForce.Day : TimeInForce.Ioc, PostOnly = false, SelfTrade = SelfTrade.Default, FeeRate = listing.Instrument.FeeRate, Ticks = listing.Ticks, Lots = now.Lots,
            Chosen = listing.Number,
        };
    }

    private void Take(PlainOrder taker, PlainOrder listing)
    {
        var (reason, rule) = (CancelReason.Ioc, taker.Instrument.Rule(SelfTrade.Default));
        if (rule != SelfTrade.None && OneGroup(taker.Account, listing.Account))
        {
            var lots = Math.Min(taker.Left, listing.Left);
            if (rule is SelfTrade.CancelNewest or SelfTrade.CancelBoth) reason = CancelReason.SelfTrade;
            if (rule is SelfTrade.CancelOldest or SelfTrade.CancelBoth) Leaves(listing, CancelReason.SelfTrade);
            if (rule == SelfTrade.Decrement)
            {
                Lose(listing, lots, stands: true);
                Lose(taker, lots, stands: false);
            }
        }
        else if (taker.Left >= Math.Min(listing.Least, listing.Left))
        {
            while (taker.Left > 0 && listing.Left > 0) Trade(Buying(taker, listing), Selling(taker, listing), listing.Ticks, Math.Min(taker.Left, listing.Shows), taker);
        }

        if (open.Contains(taker)) Leaves(taker, reason);
    }

    private static PlainOrder Buying(PlainOrder one, PlainOrder other) => one.Side == Side.Buy ? one : other;

    private static PlainOrder Selling(PlainOrder one, PlainOrder other) => one.Side == Side.Buy ? other : one;

    /// <summary>Every listing in turn is shared among those who want it and may have it; first it is planned, then it happens.</summary>
    private void ShareOut(PlainInstrument instrument)
    {
        var takers = open.Where(o => o.Instrument == instrument && o.Apart).OrderBy(o => o.Since).ToList();
        var left = takers.ToDictionary(t => t, t => t.Left);
        var plan = new List<(PlainOrder Listing, PlainOrder Taker, long Lots)>();
        foreach (var side in (Side[])[Side.Sell, Side.Buy])
        {
            var reach = instrument.Terms.Levels > 0 ? Levels(instrument, side).Take(instrument.Terms.Levels) : Levels(instrument, side);
            foreach (var listing in Listings(instrument, side).Where(l => l.Least == 0 && reach.Contains(l.Ticks)))
            {
                var those = takers.Where(t => t.Side != side && t.Takes(listing.Ticks) && (t.Chosen == 0 || t.Chosen == listing.Number)
                    && !OneGroup(t.Account, listing.Account) && left[t] > 0).ToList();
                foreach (var (taker, lots) in those.Zip(Shares([.. those.Select(t => left[t])], listing.Left, byWhatTheyWant: true)))
                {
                    if (lots == 0) continue;
                    left[taker] -= lots;
                    plan.Add((listing, taker, lots));
                }
            }
        }

        said.Add(Said(OutputKind.Uncrossed) with { Instrument = instrument.Number, Lots = (long)plan.Aggregate(BigInteger.Zero, (sum, p) => sum + p.Lots) });
        foreach (var (listing, taker, lots) in plan) Trade(Buying(taker, listing), Selling(taker, listing), listing.Ticks, lots, taker, auctioned: true);
        LeaveAll(takers.Where(t => t.Left > 0), CancelReason.Ioc);
    }
}
