using System.Numerics;
using Trading.Matching.Core;

namespace Trading.Matching.Tests;

/// <summary>Two accounts agree on a trade.</summary>
internal sealed partial class PlainMarket
{
    private (Refusal, BigInteger, BigInteger)? Propose()
    {
        if (!Possible(now.Account)) return No(Refusal.UnknownAccount);
        if (Named && heard.TryGetValue(Name, out var first)) return Again(first);
        known.Add(now.Account);
        var no = Unfit();
        var id = Named ? Hear(Listed(now.Instrument)) : null;
        if (no is not null)
        {
            if (id is not null) id.Died = id.Instrument?.Closes ?? days;
            return no;
        }

        proposals.Add(new()
        {
            Number = sequence, Account = now.Account, Counterparty = now.Counterparty, Instrument = Listed(now.Instrument)!, Side = now.Side, Ticks = now.Ticks, Lots = now.Lots, Id = id,
        });
        said.Add(Said(OutputKind.Proposed) with
        {
            Instrument = now.Instrument, Order = sequence, Account = now.Account, Counterparty = now.Counterparty, Side = now.Side, Ticks = now.Ticks, Lots = now.Lots,
        });
        return null;
    }

    private (Refusal, BigInteger, BigInteger)? Unfit()
    {
        if (blocked.Contains(now.Account)) return No(Refusal.AccountBlocked);
        if (Listed(now.Instrument) is not { } instrument) return No(Refusal.UnknownInstrument);
        if (instrument.IsForSales || instrument.Negative) return No(Refusal.ModeNotAvailable);
        if (!Possible(now.Counterparty)) return No(Refusal.UnknownAccount);
        known.Add(now.Counterparty);
        if (OneGroup(now.Account, now.Counterparty)) return No(Refusal.SelfTrade);
        if (now.Side is not (Side.Buy or Side.Sell)) return No(Refusal.TypeNotAllowed);
        if (NotOpen(instrument) is { } closed) return closed;
        if (now.Lots < 1) return No(Refusal.QtyNotPositive, 1, now.Lots);
        var terms = instrument.Terms;
        var (least, most) = terms.NegotiatedLeast == 0 && terms.NegotiatedMost == 0 ? (terms.LotsLeast, terms.LotsMost) : (terms.NegotiatedLeast, terms.NegotiatedMost);
        if (now.Lots < least) return No(Refusal.QtyTooSmall, least, now.Lots);
        if (most > 0 && now.Lots > most) return No(Refusal.QtyTooLarge, most, now.Lots);
        if (now.Ticks < 1) return No(Refusal.PriceNotPositive, 1, now.Ticks);
        if (instrument.NegotiatedLower != 0 || instrument.NegotiatedUpper != 0)
        {
            if (now.Ticks < instrument.NegotiatedLower) return No(Refusal.PriceBelowLimit, instrument.NegotiatedLower, now.Ticks);
            if (now.Ticks > instrument.NegotiatedUpper) return No(Refusal.PriceAboveLimit, instrument.NegotiatedUpper, now.Ticks);
        }

        return instrument.TooLarge((BigInteger)now.Ticks * now.Lots) ? No(Refusal.OrderValueTooLarge, long.MaxValue, 0) : null;
    }

    private static (Refusal, BigInteger, BigInteger)? NotOpen(PlainInstrument instrument) =>
        instrument.Phase is Phase.Halt or Phase.Close ? No(Refusal.InstrumentNotOpen, 1, (int)instrument.Phase) : null;

    private PlainProposal? Addressed() => proposals.Find(p => p.Number == now.Order && p.Counterparty == now.Account);

    private (Refusal, BigInteger, BigInteger)? Accept()
    {
        if (!Possible(now.Account)) return No(Refusal.UnknownAccount);
        if (Addressed() is not { } proposal) return No(Refusal.UnknownProposal);
        var instrument = proposal.Instrument;
        var amount = instrument.Fen((BigInteger)proposal.Ticks * proposal.Lots);
        var fee = PlainInstrument.HalfUp(amount * instrument.FeeRate, 1_000_000);
        if (NotOpen(instrument) is { } closed) return closed;
        if (blocked.Contains(now.Account) || blocked.Contains(proposal.Account)) return No(Refusal.AccountBlocked);
        if (OneGroup(proposal.Buyer, proposal.Seller)) return No(Refusal.SelfTrade);
        if (!May(proposal.Buyer, instrument, Side.Buy) || !May(proposal.Seller, instrument, Side.Sell)) return No(Refusal.NotPermitted);
        if (Uncovered(proposal, amount + fee) is { } no) return no;
        proposals.Remove(proposal);
        var sellFee = BigInteger.Min(fee, amount);
        said.Add(Said(OutputKind.Trade) with
        {
            Instrument = instrument.Number, TradeNo = ++trades, Ticks = proposal.Ticks, Lots = proposal.Lots, BuyOrder = proposal.Number, SellOrder = proposal.Number,
            Buyer = proposal.Buyer, Seller = proposal.Seller, Amount = (long)amount, BuyFee = (long)fee, SellFee = (long)sellFee, Negotiated = 1,
            Pending = (byte)(instrument.Conditional ? 1 : 0),
        });
        if (instrument.Conditional)
        {
            pending.Add(new()
            {
                No = trades, Instrument = instrument, Buyer = proposal.Buyer, Seller = proposal.Seller, Lots = proposal.Lots, Amount = amount, BuyFee = fee, SellFee = sellFee,
            });
        }
        else if (!instrument.RiskOff)
        {
            Deliver(proposal.Buyer, proposal.Seller, instrument, proposal.Lots, amount + fee, amount - sellFee, 0);
        }

        Dies(proposal);
        return null;
    }

    private (Refusal, BigInteger, BigInteger)? Uncovered(PlainProposal proposal, BigInteger cost)
    {
        var (instrument, buyer, seller, lots) = (proposal.Instrument, proposal.Buyer, proposal.Seller, proposal.Lots);
        var coming = Coming(buyer, instrument);
        if (coming + lots > long.MaxValue) return No(Refusal.BalanceOverflow, lots, long.MaxValue - coming);
        var most = permits.GetValueOrDefault((buyer, instrument.Number)).Limit;
        var position = Owned(buyer, instrument.Number) + coming + lots;
        if (most > 0 && position > most) return No(Refusal.PositionLimit, BigInteger.Min(position, long.MaxValue), most);
        if (cost > long.MaxValue) return No(Refusal.OrderValueTooLarge, long.MaxValue, 0);
        if (instrument.RiskOff) return null;
        if (cost > Free(buyer, 0)) return No(Refusal.InsufficientCash, cost, Free(buyer, 0));
        if (lots > Free(seller, instrument.Number)) return No(Refusal.InsufficientPosition, lots, Free(seller, instrument.Number));
        return lots > Sellable(seller, instrument) ? No(Refusal.T1Locked, lots, Sellable(seller, instrument)) : null;
    }

    private (Refusal, BigInteger, BigInteger)? Decline()
    {
        if (!Possible(now.Account)) return No(Refusal.UnknownAccount);
        if (Addressed() is not { } proposal) return No(Refusal.UnknownProposal);
        Ends(proposal, CancelReason.Declined);
        return null;
    }

    private void Ends(PlainProposal proposal, CancelReason reason)
    {
        proposals.Remove(proposal);
        Dies(proposal);
        said.Add(Said(OutputKind.Cancelled) with
        {
            Instrument = proposal.Instrument.Number, Account = proposal.Account, Order = proposal.Number, Side = proposal.Side, Ticks = proposal.Ticks, Lots = proposal.Lots, Reason = reason,
        });
    }

    private void EndAll(IEnumerable<PlainProposal> which, CancelReason reason)
    {
        foreach (var proposal in which.OrderBy(p => p.Number).ToList()) Ends(proposal, reason);
    }

    private static void Dies(PlainProposal proposal)
    {
        if (proposal.Id is { } id) id.Died = proposal.Instrument.Closes;
    }
}
