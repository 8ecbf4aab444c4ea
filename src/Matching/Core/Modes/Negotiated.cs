using System.Runtime.InteropServices;

namespace Trading.Matching.Core;

/// <summary>A trade that one account proposed to another and that is open.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct Proposal
{
    public long Number;
    public long Ticks;
    public long Lots;
    public int Account;
    public int Counterparty;
    public int Instrument;
    public Side Side;
}

/// <summary>Negotiated and block trades (协议, 大宗): two accounts agree; nothing is locked until both have, and no price of the market moves.</summary>
public sealed partial class Market
{
    private readonly SortedDictionary<long, (Proposal Said, int Heard)> proposals = [];

    private void Propose(in Command command, OutputBuffer outputs)
    {
        if (!Hears(in command, out var named, out var unheard, outputs)) return;
        ref var account = ref accounts.Open(command.Account);
        var instrument = Find(command.Instrument);
        var code = JudgeProposal(in command, ref account, instrument);
        if (code != Refusal.None)
        {
            RefuseNamed(in command, named, in unheard, instrument, code, outputs);
            return;
        }

        var proposal = new Proposal { Number = Sequence, Ticks = command.Ticks, Lots = command.Lots, Account = command.Account, Counterparty = command.Counterparty, Instrument = command.Instrument, Side = command.Side };
        proposals.Add(Sequence, (proposal, named ? clientIds.Remember(in unheard, ContentOf(in command), Sequence, Sequence) : -1));
        Say(OutputKind.Proposed, in proposal, in command, outputs).Counterparty = command.Counterparty;
    }

    private Refusal JudgeProposal(in Command asked, ref Account account, Instrument? instrument)
    {
        if (account.Is(AccountMarks.Blocked)) return No(Refusal.AccountBlocked);
        if (instrument is null) return No(Refusal.UnknownInstrument);
        if (instrument.IsSale || instrument.Negative) return No(Refusal.ModeNotAvailable);
        if (!Accounts.Possible(asked.Counterparty)) return No(Refusal.UnknownAccount);
        if (accounts.Open(asked.Counterparty).Group == accounts[asked.Account].Group) return No(Refusal.SelfTrade);
        if (asked.Side is not (Side.Buy or Side.Sell)) return No(Refusal.TypeNotAllowed);
        if (instrument.Phase is Phase.Halt or Phase.Close) return No(Refusal.InstrumentNotOpen, (long)Phase.Continuous, (long)instrument.Phase);
        ref var terms = ref instrument.Terms;
        var (least, most) = (terms.NegotiatedLeast | terms.NegotiatedMost) != 0 ? (terms.NegotiatedLeast, terms.NegotiatedMost) : (terms.LotsLeast, terms.LotsMost);
        if (asked.Lots < 1) return No(Refusal.QtyNotPositive, 1, asked.Lots);
        if (asked.Lots < least) return No(Refusal.QtyTooSmall, least, asked.Lots);
        if (most > 0 && asked.Lots > most) return No(Refusal.QtyTooLarge, most, asked.Lots);
        if (asked.Ticks < 1) return No(Refusal.PriceNotPositive, 1, asked.Ticks);
        if ((instrument.NegotiatedLower | instrument.NegotiatedUpper) != 0)
        {
            if (asked.Ticks < instrument.NegotiatedLower) return No(Refusal.PriceBelowLimit, instrument.NegotiatedLower, asked.Ticks);
            if (asked.Ticks > instrument.NegotiatedUpper) return No(Refusal.PriceAboveLimit, instrument.NegotiatedUpper, asked.Ticks);
        }

        return instrument.Fen((Int128)asked.Ticks * asked.Lots, out _) ? Refusal.None : No(Refusal.OrderValueTooLarge, long.MaxValue);
    }

    private void Accept(in Command command, OutputBuffer outputs)
    {
        if (!Accounts.Possible(command.Account)) Refuse(in command, outputs, No(Refusal.UnknownAccount));
        else if (!proposals.TryGetValue(command.Order, out var open) || open.Said.Counterparty != command.Account) Refuse(in command, outputs, No(Refusal.UnknownProposal));
        else
        {
            var proposal = open.Said;
            var instrument = instruments[proposal.Instrument]!;
            var (buyer, seller) = proposal.Side == Side.Buy ? (proposal.Account, proposal.Counterparty) : (proposal.Counterparty, proposal.Account);
            instrument.Fen((Int128)proposal.Ticks * proposal.Lots, out var amount);
            var fee = instrument.Fee(amount);
            var code = JudgeAcceptance(in proposal, buyer, seller, amount, fee, instrument);
            if (code != Refusal.None)
            {
                Refuse(in command, outputs, code);
                return;
            }

            proposals.Remove(proposal.Number);
            clientIds.Died(open.Heard, proposal.Instrument);
            Agree(in proposal, buyer, seller, amount, fee, Math.Min(fee, amount), instrument, in command, outputs);
        }
    }

    private Refusal JudgeAcceptance(in Proposal proposal, int buyer, int seller, long amount, long fee, Instrument instrument)
    {
        if (instrument.Phase is Phase.Halt or Phase.Close) return No(Refusal.InstrumentNotOpen, (long)Phase.Continuous, (long)instrument.Phase);
        if (accounts[proposal.Counterparty].Is(AccountMarks.Blocked) || accounts[proposal.Account].Is(AccountMarks.Blocked)) return No(Refusal.AccountBlocked);
        // They may have come under one control since.
        if (accounts[buyer].Group == accounts[seller].Group) return No(Refusal.SelfTrade);
        if (!MayTrade(buyer, Side.Buy, instrument) || !MayTrade(seller, Side.Sell, instrument)) return No(Refusal.NotPermitted);
        ref var buys = ref instrument.Of(buyer);
        var lots = proposal.Lots;
        if (lots > long.MaxValue - buys.Coming) return No(Refusal.BalanceOverflow, lots, long.MaxValue - buys.Coming);
        if (buys.Hold != 0 && instrument.Holds[buys.Hold].Limit is > 0 and var most)
        {
            var would = (Int128)buys.Free + buys.Locked + buys.Coming + lots;
            if (would > most) return No(Refusal.PositionLimit, (long)Int128.Min(would, long.MaxValue), most);
        }

        if (amount > long.MaxValue - fee) return No(Refusal.OrderValueTooLarge, long.MaxValue);
        if (instrument.RiskOff) return Refusal.None;
        if (amount + fee > accounts[buyer].Free) return No(Refusal.InsufficientCash, amount + fee, accounts[buyer].Free);
        var free = instrument.Of(seller).Free;
        if (lots > free) return No(Refusal.InsufficientPosition, lots, free);
        var old = Sellable(seller, instrument);
        return lots > old ? No(Refusal.T1Locked, lots, old) : Refusal.None;
    }

    private void Agree(in Proposal proposal, int buyer, int seller, long amount, long buyFee, long sellFee, Instrument instrument, in Command cause, OutputBuffer outputs)
    {
        var lots = proposal.Lots;
        ref var trade = ref Traded(instrument, proposal.Ticks, lots, buyer, seller, amount, buyFee, sellFee, in cause, outputs);
        (trade.BuyOrder, trade.SellOrder) = (proposal.Number, proposal.Number);
        trade.Negotiated = 1;
        if (instrument.Conditional)
        {
            Pend(instrument, buyer, seller, lots, amount, buyFee, sellFee);
            instrument.Of(buyer).Coming += lots;
        }

        if (instrument.RiskOff) return;
        accounts[buyer].Free -= amount + buyFee;
        instrument.Of(seller).Free -= lots;
        if (instrument.Conditional)
        {
            accounts[buyer].Locked += amount + buyFee;
            instrument.Of(seller).Locked += lots;
            return;
        }

        accounts.Total(0) -= buyFee + sellFee;
        if (instrument.Terms.TPlus > 0)
        {
            instrument.HoldOf(buyer).Fresh += lots;
            instrument.Fresh.Add(new() { Account = buyer, Closes = instrument.Terms.TPlus, Lots = lots });
        }

        CreditRight(buyer, instrument, lots, in cause, outputs);
        CreditMoney(seller, amount - sellFee, in cause, outputs);
    }

    private void Decline(in Command command, OutputBuffer outputs)
    {
        if (!Accounts.Possible(command.Account)) Refuse(in command, outputs, No(Refusal.UnknownAccount));
        else if (!proposals.TryGetValue(command.Order, out var open) || open.Said.Counterparty != command.Account) Refuse(in command, outputs, No(Refusal.UnknownProposal));
        else End(command.Order, CancelReason.Declined, in command, outputs);
    }

    /// <summary>False: no proposal of the account has this number.</summary>
    private bool CancelProposal(long number, in Command command, OutputBuffer outputs)
    {
        if (!proposals.TryGetValue(number, out var open) || open.Said.Account != command.Account) return false;
        End(number, CancelReason.User, in command, outputs);
        return true;
    }

    /// <param name="instrument">0 = all.</param>
    /// <param name="side">None = both.</param>
    private void CancelProposals(int account, int instrument, Side side, CancelReason reason, in Command cause, OutputBuffer outputs)
    {
        // Asked on every cancel-all, and nearly always in vain: nothing is made for it then.
        if (proposals.Count == 0) return;
        foreach (var (open, _) in proposals.Values.ToArray())
        {
            if (open.Account == account && (instrument == 0 || open.Instrument == instrument) && (side == Side.None || open.Side == side)) End(open.Number, reason, in cause, outputs);
        }
    }

    /// <param name="instrument">0 = of all that are not closed.</param>
    private void EndProposals(int instrument, CancelReason reason, in Command cause, OutputBuffer outputs)
    {
        if (proposals.Count == 0) return;
        foreach (var (open, _) in proposals.Values.ToArray())
        {
            if (instrument == 0 ? instruments[open.Instrument]!.Phase != Phase.Close : open.Instrument == instrument) End(open.Number, reason, in cause, outputs);
        }
    }

    private void End(long number, CancelReason reason, in Command cause, OutputBuffer outputs)
    {
        proposals.Remove(number, out var open);
        clientIds.Died(open.Heard, open.Said.Instrument);
        Say(OutputKind.Cancelled, in open.Said, in cause, outputs).Reason = reason;
    }

    private static ref Output Say(OutputKind kind, in Proposal proposal, in Command cause, OutputBuffer outputs)
    {
        ref var said = ref outputs.Next(kind, in cause);
        (said.Instrument, said.Account, said.Order, said.Side) = (proposal.Instrument, proposal.Account, proposal.Number, proposal.Side);
        (said.Ticks, said.Lots) = (proposal.Ticks, proposal.Lots);
        return ref said;
    }
}
