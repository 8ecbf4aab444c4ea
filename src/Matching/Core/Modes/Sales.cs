using Trading.Matching.Core.Books;

namespace Trading.Matching.Core;

/// <summary>A sale by auction: what is for sale stands as one order and is locked; it is open until it is uncrossed, its time has come, or its order is taken away.</summary>
public sealed partial class Market
{
    /// <summary>The instrument whose sale is being closed: its bids lock what they locked, whatever leaves; 0 = none.</summary>
    private int closing;

    private void OpenSale(in Command command, OutputBuffer outputs)
    {
        if (Find(command.Instrument) is not { } instrument)
        {
            Refuse(in command, outputs, No(Refusal.UnknownInstrument));
            return;
        }

        var nobodys = command.Account == 0 && instrument.RiskOff;
        if (!instrument.IsSale || (!nobodys && !Accounts.Possible(command.Account)))
        {
            Refuse(in command, outputs, No(instrument.IsSale ? Refusal.UnknownAccount : Refusal.ModeNotAvailable));
            return;
        }

        var named = (command.ClientHigh | command.ClientLow) != 0;
        var unheard = default(Unheard);
        if (named && Repeats(in command, out unheard, outputs)) return;
        ref var account = ref nobodys ? ref accounts[0] : ref accounts.Open(command.Account);
        var code = JudgeSale(in command, ref account, instrument, out var locks);
        if (code != Refusal.None)
        {
            Refuse(in command, outputs, code);
            return;
        }

        var asked = new Command { Account = command.Account, Instrument = command.Instrument, Side = instrument.SaleSide, TimeInForce = TimeInForce.Gtc, Ticks = Math.Max(command.Ticks, 1), Lots = command.Lots, AtMicros = command.AtMicros };
        var slot = Admit(in asked, locks, named ? clientIds.Remember(in unheard, ContentOf(in command), Sequence, Sequence) : -1, instrument, ref account, outputs, out var at);
        ref var opened = ref outputs[at];
        opened = new() { Kind = OutputKind.SaleOpened, CommandIndex = opened.CommandIndex, AtMicros = opened.AtMicros };
        (opened.Instrument, opened.Account, opened.Order, opened.Side) = (command.Instrument, command.Account, Sequence, instrument.SaleSide);
        (opened.Ticks, opened.Lots, opened.UntilMicros) = (command.Ticks, command.Lots, command.UntilMicros);
        instrument.Sale = new()
        {
            Order = Sequence, Reserve = command.Ticks, Increment = instrument.Sealed ? 0 : command.Increment, MaxStep = instrument.Sealed ? 0 : command.MaxStep, UntilMicros = command.UntilMicros,
            ExtendMicros = instrument.Sealed ? 0 : command.ExtendMicros, Seed = instrument.Sealed ? command.Seed : 0, BidLimitMillionths = command.BidLimitMillionths, ExtensionsMost = command.ExtensionsMost,
            Ties = command.Ties, Undersubscribed = command.Undersubscribed,
        };
        Rest(slot, instrument);
        if (command.UntilMicros != 0) Expect(new(command.UntilMicros, DueKind.SaleEnds, instrument.Number));
    }

    private Refusal JudgeSale(in Command asked, ref Account account, Instrument instrument, out long locks)
    {
        locks = 0;
        var buys = instrument.SaleSide == Side.Buy;
        if (account.Is(AccountMarks.Blocked)) return No(Refusal.AccountBlocked);
        if (instrument.Sale.Order != 0) return No(Refusal.SaleExists, 0, instrument.Sale.Order);
        if (asked.Ties > Ties.Random || asked.Undersubscribed > Undersubscribed.Cancel || asked.Ticks < 0 || asked.UntilMicros < 0 || (asked.UntilMicros != 0 && asked.UntilMicros <= asked.AtMicros)
            || (!instrument.Sealed && (asked.MaxStep < 0 || asked.Increment < 0)) || asked.ExtendMicros < 0 || asked.ExtensionsMost < 0 || asked.BidLimitMillionths is < 0 or > 1_000_000
            || (buys && !instrument.RiskOff && asked.Ticks == 0))
            return No(Refusal.SaleTermsInvalid);
        if (asked.Lots < 1) return No(Refusal.QtyNotPositive, 1, asked.Lots);
        // Nobody's supply stands in no account: there is nothing to ask of one.
        var overflows = asked.Lots > long.MaxValue - (buys ? instrument.BuyLots : instrument.SellLots);
        if (asked.Account == 0) return overflows ? No(Refusal.BalanceOverflow, asked.Lots, long.MaxValue - (buys ? instrument.BuyLots : instrument.SellLots)) : Refusal.None;
        if (!MayTrade(asked.Account, instrument.SaleSide, instrument)) return No(Refusal.NotPermitted);
        var order = asked;
        (order.Side, order.Type, order.SelfTrade) = (instrument.SaleSide, OrderType.Limit, SelfTrade.Default);
        if (!buys) order.Ticks = 0;
        ref var position = ref instrument.Of(asked.Account);
        return buys ? JudgeBuy(in order, ref account, instrument, ref position, -1, out locks) : JudgeSell(in order, ref account, instrument, ref position, -1, out locks);
    }

    private static bool MayTrade(int account, Side side, Instrument instrument)
    {
        var marks = instrument.Read(account).Marks;
        return (marks & PositionMarks.Permitted) == 0 ? !instrument.PermitNeeded : (marks & (side == Side.Buy ? PositionMarks.MayBuy : PositionMarks.MaySell)) != 0;
    }

    /// <summary>Is it the order of a sale that is open?</summary>
    private bool IsSale(int slot) => instruments[orders[slot].Instrument] is { IsSale: true } instrument && instrument.Sale.Order == orders[slot].Number;

    /// <summary>Why its owner cannot take it back: it stands for a sale, or is a bid that leads.</summary>
    private Refusal Bound(int slot)
    {
        if (instruments[orders[slot].Instrument] is not { IsSale: true, Sale.Order: not 0 } instrument) return Refusal.None;
        if (instrument.Sale.Order == orders[slot].Number) return Refusal.UnknownOrder;
        return !instrument.Sealed && StandingBid(instrument) == slot ? Refusal.BidBinding : Refusal.None;
    }

    /// <summary>Whatever a bid must satisfy beyond what every order must.</summary>
    private Refusal JudgeBid(in Command asked, Instrument instrument)
    {
        ref var sale = ref instrument.Sale;
        if (asked.Display != 0) return No(Refusal.DisplayNotAllowed, 0, asked.Display);
        if (!instrument.Sealed) return JudgeStep(in asked, instrument);
        return sale.Reserve != 0 && asked.Ticks < sale.Reserve ? No(Refusal.PriceBelowReserve, sale.Reserve, asked.Ticks) : Refusal.None;
    }

    private void CloseSale(Instrument instrument, in Command cause, OutputBuffer outputs)
    {
        if (instrument.Sale.Order == 0) return;
        closing = instrument.Number;
        if (instrument.Sealed) CloseSealed(instrument, in cause, outputs);
        else CloseStepped(instrument, in cause, outputs);
        closing = 0;
        if (orders.Find(instrument.Sale.Order) is >= 0 and var slot) Withdraw(slot, instrument, in cause, outputs);
        instrument.Sale = default;
        Reckon();
    }

    private static ref Output SaleClosed(Instrument instrument, int account, in Command cause, OutputBuffer outputs)
    {
        ref var closed = ref outputs.Next(OutputKind.SaleClosed, in cause);
        (closed.Instrument, closed.Account, closed.Order, closed.Side, closed.Bids) = (instrument.Number, account, instrument.Sale.Order, instrument.SaleSide, instrument.Sale.Bids);
        return ref closed;
    }

    /// <summary>What a sale did not sell comes free without a word: the sale's own end says it.</summary>
    private void Withdraw(int slot, Instrument instrument, in Command cause, OutputBuffer outputs)
    {
        ref var order = ref orders[slot];
        var (number, side, left, locked) = (order.Account, order.Side, order.Left, order.Lock);
        instrument.Of(side).Take(slot, order.Ticks);
        clientIds.Died(order.Heard, instrument.Number);
        ref var account = ref accounts[number];
        orders.Remove(slot, ref account);
        account.Locked -= locked;
        LockLots(number, side, -left, instrument);
        account.Free += locked;
        if (!account.Is(AccountMarks.Claimed)) return;
        if (side == Side.Sell && !instrument.RiskOff) Satisfy(number, instrument.Number, in cause, outputs);
        Satisfy(number, 0, in cause, outputs);
    }

    /// <summary>The order of a sale was taken away: it sells nothing, and its bids go.</summary>
    private void FailSale(Instrument instrument, int account, in Command cause, OutputBuffer outputs)
    {
        if (instrument.Sealed) instrument.Sale.Bids = CountBids(instrument);
        SaleClosed(instrument, account, in cause, outputs);
        DropBids(instrument, in cause, outputs);
        instrument.Sale = default;
    }

    private int CountBids(Instrument instrument)
    {
        var (book, count) = (instrument.Against(instrument.SaleSide), 0);
        for (var level = book.Best; level >= 0; level = book.Worse(book.TicksOf(level))) count += book[level].Count;
        return count;
    }

    /// <summary>What is left of the bids leaves, in the order of their numbers.</summary>
    private void DropBids(Instrument instrument, in Command cause, OutputBuffer outputs)
    {
        var (book, numbers) = (instrument.Against(instrument.SaleSide), new List<long>());
        for (var level = book.Best; level >= 0; level = book.Worse(book.TicksOf(level)))
        {
            for (var slot = book[level].First; slot >= 0; slot = orders[slot].After) numbers.Add(orders[slot].Number);
        }

        numbers.Sort();
        foreach (var number in numbers) Leave(orders.Find(number), CancelReason.Close, in cause, outputs);
    }
}
