using Trading.Matching.Core;

namespace Trading.Matching.Tests;

/// <summary>Moves in calls, sales, listings and negotiations. Most of them look at the plain market, for something to answer.</summary>
internal sealed partial class Flow
{
    private const int Called = 5;
    private const int Paired = 6;
    private const int Sealed = 7;
    private const int Rising = 8;
    private const int Falling = 9;
    private const int Taken = 10;
    private const int Sealed2 = 11;
    /// <summary>Half of all that is asked goes where trading is continuous.</summary>
    private static readonly int[] Often = [1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 1, Called, Called, Paired, Sealed, Rising, Falling, Taken, Taken, Sealed2];
    private static readonly int[] CallsIn = [1, 2, 3, 4, Called, Paired, 4, Called, Paired, 1];
    private static readonly int[] SalesIn = [Sealed, Rising, Falling, Sealed2, Sealed, Sealed, Rising, Falling];

    private IEnumerable<Command> OtherModes()
    {
        var upper = extreme ? long.MaxValue : 7;
        yield return Ask.List(Called, 7, 3, 12_345, upper: upper, reference: extreme ? 0 : 4) with { Mode = Mode.Call };
        yield return Ask.List(Paired, 2, 7, 600_000, CommandFlags.Conditional, upper: upper) with { Mode = Mode.HighLow };
        yield return Ask.List(Sealed, 7, 3, 300_001, upper: upper) with { Mode = Mode.Sealed };
        yield return Ask.List(Rising, 5, 2, 12_345, upper: extreme ? long.MaxValue : 40) with { Mode = Mode.Ascending };
        yield return Ask.List(Falling, 3, 2, 12_345, upper: extreme ? long.MaxValue : 40) with { Mode = Mode.Descending };
        yield return Ask.List(Taken, 7, 3, 12_345, upper: upper) with { Mode = Mode.Listing };
        yield return Ask.List(Sealed2, 7, 3, 12_345, CommandFlags.RiskOff, upper: upper) with { Mode = Mode.Sealed };
    }

    private static bool Gathers(int instrument) => instrument is >= Called and <= Falling or Sealed2;

    private Command InOtherModes(Move move, int account, int instrument, long ticks, long lots)
    {
        var sale = instrument > Paired && Gathers(instrument) ? instrument : SalesIn[move.Which % SalesIn.Length];
        switch (move.What)
        {
            case < 130:
                return Calling(move, Callable(move, instrument));
            case < 132:
                return Named(OpeningASale(move, sale, account, lots), move);
            case < 139:
                return Named(Bidding(move, sale, account, lots), move);
            case < 141:
                return Ask.SetPhase(sale, plain.PhaseOf(sale) == Phase.Call && move.Extra % 8 > 0 ? Phase.Uncross : Phase.Call);
            case < 144:
                return Proposing(move, account, instrument, ticks, lots);
            case < 149:
                return plain.Proposals.Count == 0 && move.Extra % 4 > 0 ? Proposing(move, account, instrument, ticks, lots) : Answering(move, account);
            case < 153:
                return Named(Offering(move, account, ticks, lots), move);
            case < 156:
                return Named(Taking(move, account, lots), move);
            case < 158:
                return Ask.SetPhase(Taken, plain.Instrument(Taken)!.Shares ? Phase.Uncross : Phase.Continuous);
            default:
                return Limits(move with { More = move.More * 2 % 65_536 }, instrument);
        }
    }

    /// <summary>What is called already comes first: calls of continuous instruments last no longer than others are away.</summary>
    private int Callable(Move move, int instrument)
    {
        var called = Enumerable.Range(1, 4).Where(i => plain.PhaseOf(i) == Phase.Call && i != focus).ToList();
        if (called.Count > 0 && move.Lots % 2 > 0) return called[move.Which % called.Count];
        return instrument <= Paired ? instrument : CallsIn[move.Which % CallsIn.Length];
    }

    private Command Proposing(Move move, int account, int instrument, long ticks, long lots)
    {
        var other = ((account - 1 + (move.Extra % 15 == 0 ? 0 : 1 + (move.Extra % (Accounts - 1)))) % Accounts) + 1;
        var side = (Side)(move.More % 37 == 0 ? 3 : 1 + (move.More % 2));
        if ((instrument == 3 || (Gathers(instrument) && instrument > Paired)) && move.More % 5 > 0) instrument = 1;
        return Named(Ask.Propose(account, move.Extra % 31 == 0 ? move.More % 2 * 77 : other, instrument, side, ticks, lots), move);
    }

    private Command Offering(Move move, int account, long ticks, long lots)
    {
        var listing = Ask.Listing(move.Extra % 7 < 3 ? Ask.Buy(account, Taken, ticks, lots) : Ask.Sell(account, Taken, ticks, lots));
        listing.TimeInForce = (TimeInForce)(move.Extra % 16 == 9 ? 1 : move.Extra % 2 * 3);
        if (move.More % 23 == 0) listing.Listing = 2;
        return move.More % 5 == 0 ? Adorned(listing, move) : listing;
    }

    /// <summary>Calls are called, last a while, and are uncrossed by a word, by going on, or by themselves.</summary>
    private Command Calling(Move move, int instrument)
    {
        if (plain.PhaseOf(instrument) != Phase.Call)
        {
            if (!Gathers(instrument) && (move.Extra % 3 > 0 || instrument != focus)) return Ask.SetPhase(instrument, Phase.Continuous);
            return move.More % 3 == 0 ? Ask.CallUntil(instrument, move.More % 11 == 0 ? now - Second : Soon(move.More)) : Ask.SetPhase(instrument, Phase.Call);
        }

        return (instrument == focus || Gathers(instrument) ? move.Extra % 16 : move.Extra % 4) switch
        {
            < 3 => Ask.SetPhase(instrument, Phase.Uncross),
            < 5 => Ask.SetPhase(instrument, Gathers(instrument) ? Phase.Uncross : Phase.Continuous),
            5 or 6 or 7 or 8 => Ask.AtMarket((move.Who % Accounts) + 1, instrument, (Side)(1 + (move.More % 2)), 1 + (move.Lots % 6), (TimeInForce)(move.More / 2 % 2 * 3)),
            9 or 10 => Ask.Stop((move.Who % Accounts) + 1, instrument, (Side)(1 + (move.More % 2)), Ticks(move.Price, instrument), 1 + (move.Lots % 6), (TimeInForce)(move.More / 2 % 2 * 3)),
            _ => Ask.StopLimit((move.Who % Accounts) + 1, instrument, (Side)(1 + (move.More % 2)), Ticks(move.Price, instrument), Ticks(move.Lots, instrument), 1 + (move.Lots % 6)),
        };
    }

    private Command OpeningASale(Move move, int instrument, int account, long lots)
    {
        var pick = move.More;
        var reserve = move.Price % 4 == 0 ? 0 : instrument == Falling ? extreme ? long.MaxValue / 2 : 25 : (long)(1 + (move.Price % 3));
        var sale = Ask.OpenSale(instrument == Sealed2 && move.Extra % 3 > 0 ? 0 : account, instrument, reserve, extreme ? lots : lots + (instrument < Rising ? 3 : 0));
        sale.UntilMicros = pick % 5 < 2 ? now + ((move.Lots % 25) * Second) : 0;
        if (instrument is Sealed or Sealed2)
        {
            sale.Ties = (Ties)(pick % 83 == 0 ? 4 : pick % 4);
            sale.Undersubscribed = (Undersubscribed)(pick / 4 % 3 / 2);
            sale.BidLimitMillionths = pick / 12 % 3 == 0 ? 500_000 : pick % 97 == 0 ? 1_000_001 : 0;
            sale.Seed = (pick * 7919L) - 40_000;
        }
        else
        {
            sale.MaxStep = pick / 5 % 3 == 0 ? 3 : pick % 91 == 0 ? -1 : 0;
            sale.Increment = pick / 15 % 3 == 0 ? 2 : 0;
            sale.ExtendMicros = pick / 45 % 3 > 0 ? 4 * Second : 0;
            sale.ExtensionsMost = pick / 135 % 3;
            if (extreme && pick % 7 == 0) sale.ExtendMicros = Ends[move.Price % 16];
            if (extreme && pick % 7 == 1) sale.Increment = Ends[move.Price % 16];
            if (extreme && pick % 7 == 2) sale.MaxStep = Ends[move.Price % 16];
        }

        return sale;
    }

    /// <summary>Prices near the best, mostly for the whole supply where there is but one lot.</summary>
    private Command Bidding(Move move, int instrument, int account, long lots)
    {
        if (plain.Instrument(instrument)?.Sale is null && move.Extra % 8 > 0) return plain.PhaseOf(instrument) == Phase.Call ? OpeningASale(move, instrument, account, lots) : Ask.SetPhase(instrument, Phase.Call);
        var open = plain.Instrument(instrument)?.Sale;
        var best = plain.Open.FirstOrDefault(o => o.Instrument.Number == instrument && !o.IsSale)?.Ticks;
        var (ticks, supply) = (Ticks(move.Price, instrument), move.Lots % 13 > 0 && open is not null ? open.Order.Lots : lots);
        if (instrument is Sealed or Sealed2) supply = lots;
        else ticks = unchecked((best ?? open?.Reserve ?? 0) + ((instrument == Rising ? 1 : -1) * (move.Extra % 5)));
        var until = move.More % 10 == 0 ? TimeInForce.Gtd : (TimeInForce)(move.Extra / 5 % 2 * 3);
        var bid = instrument == Falling ? Ask.Sell(account, instrument, ticks, supply, until) : Ask.Buy(account, instrument, ticks, supply, until);
        if (until == TimeInForce.Gtd) bid.UntilMicros = Soon(move.More / 10);
        if (move.More % 29 == 0) bid.Display = 1;
        var own = plain.Open.FirstOrDefault(o => o.Instrument.Number == instrument && !o.IsSale && o.Account == account);
        return own is not null && move.More % 3 == 0 ? Ask.Replace(account, own.Number, ticks, supply) : bid;
    }

    private Command Answering(Move move, int account)
    {
        if (plain.Proposals.Count == 0) return Ask.Accept(account, move.Which);
        var proposal = plain.Proposals[move.Which % plain.Proposals.Count];
        var counterparty = move.Extra % 15 == 0 ? account : proposal.Counterparty;
        return (move.Extra % 6) switch
        {
            0 => Ask.Decline(counterparty, proposal.Number),
            1 when move.More % 2 == 0 => Ask.Cancel(proposal.Account, proposal.Number),
            _ => Ask.Accept(counterparty, proposal.Number),
        };
    }

    private Command Taking(Move move, int account, long lots)
    {
        var listings = plain.Open.Where(o => o.Listing > 0).ToList();
        return listings.Count == 0 || move.Extra % 15 == 0
            ? Ask.Take(account, move.Extra % 2 == 0 ? Taken : 1, move.Which, lots)
            : Ask.Take(account, Taken, listings[move.Which % listings.Count].Number, lots);
    }
}
