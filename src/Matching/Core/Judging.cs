using System.Runtime.CompilerServices;
using Trading.Matching.Core.Books;

namespace Trading.Matching.Core;

/// <summary>What an order must satisfy before anything changes: a flat run of refusals, and what it needs locked.</summary>
public sealed partial class Market
{
    /// <summary>An iceberg of more tips than this would answer one taker with as many trades.</summary>
    private const long TipsMost = 1_000;

    /// <summary>In the order of RULEBOOK §3: account, product open, quantity and price, limits, eligibility, position limit, money and rights.</summary>
    /// <param name="replaces">Slot of the order that changes; -1 = a new one.</param>
    /// <param name="locks">Fen that the order needs locked from here on.</param>
    private Refusal Judge(in Command asked, ref Account account, Instrument? instrument, int replaces, out long locks)
    {
        locks = 0;
        if (account.Is(AccountMarks.Blocked)) return No(Refusal.AccountBlocked);
        if (instrument is null) return No(Refusal.UnknownInstrument);
        if (asked.Side is not (Side.Buy or Side.Sell) || asked.Type > OrderType.StopLimit || asked.TimeInForce > TimeInForce.Gtd || asked.SelfTrade > SelfTrade.Decrement)
            return No(Refusal.TypeNotAllowed);
        if (instrument.Phase is not (Phase.Continuous or Phase.Call)) return No(Refusal.InstrumentNotOpen, (long)Phase.Continuous, (long)instrument.Phase);
        var unusual = instrument.Mode != Mode.Continuous || instrument.Phase == Phase.Call || asked.Listing != 0;
        if (unusual && JudgeMode(in asked, instrument) is not Refusal.None and var wrong) return wrong;
        if (asked.Lots < 1) return No(Refusal.QtyNotPositive, 1, asked.Lots);
        if (asked.Lots < instrument.Terms.LotsLeast) return No(Refusal.QtyTooSmall, instrument.Terms.LotsLeast, asked.Lots);
        if (instrument.Terms.LotsMost > 0 && asked.Lots > instrument.Terms.LotsMost) return No(Refusal.QtyTooLarge, instrument.Terms.LotsMost, asked.Lots);
        if (asked.Type is OrderType.Market or OrderType.Stop)
        {
            if (asked.Ticks != 0) return No(Refusal.PriceNotAllowed, 0, asked.Ticks);
        }
        else
        {
            if (asked.Ticks < 1 && !instrument.Negative) return No(Refusal.PriceNotPositive, 1, asked.Ticks);
            if (asked.Ticks < instrument.LowerTicks) return No(Refusal.PriceBelowLimit, instrument.LowerTicks, asked.Ticks);
            if (asked.Ticks > instrument.UpperTicks) return No(Refusal.PriceAboveLimit, instrument.UpperTicks, asked.Ticks);
        }

        if (instrument.IsSale && JudgeBid(in asked, instrument) is not Refusal.None and var off) return off;
        if ((((long)asked.Type & 2) | asked.StopTicks | asked.Display | asked.MinLots | asked.UntilMicros | ((long)asked.Flags & (long)CommandFlags.PostOnly)) != 0 || asked.TimeInForce == TimeInForce.Gtd)
        {
            var code = JudgeTerms(in asked, instrument);
            if (code != Refusal.None) return code;
        }

        // A new bid takes the place of the one it beats: what that one locks counts as free where it is one's own.
        if (replaces < 0 && instrument.IsSale) replaces = OwnStandingBid(asked.Account, instrument);
        // A replacement that asks for no more than is filled only takes the rest away: it needs nothing.
        if (replaces >= 0 && asked.Lots <= orders.FilledOf(replaces)) return Refusal.None;

        ref var position = ref instrument.Of(asked.Account);
        if ((position.Marks & PositionMarks.Permitted) != 0
                ? (position.Marks & (asked.Side == Side.Buy ? PositionMarks.MayBuy : PositionMarks.MaySell)) == 0
                : instrument.PermitNeeded)
            return No(Refusal.NotPermitted);
        return asked.Side == Side.Buy
            ? JudgeBuy(in asked, ref account, instrument, ref position, replaces, out locks)
            : JudgeSell(in asked, ref account, instrument, ref position, replaces, out locks);
    }

    /// <summary>What the way of trading, or a call, does not take.</summary>
    private Refusal JudgeMode(in Command asked, Instrument instrument)
    {
        var mode = instrument.Mode;
        var stops = asked.Type >= OrderType.Stop;
        if (stops && mode is not (Mode.Continuous or Mode.Call)) return No(Refusal.TypeNotAllowed);
        if (asked.Type == OrderType.Market && mode is not (Mode.Continuous or Mode.Call or Mode.Listing)) return No(Refusal.TypeNotAllowed);
        if (asked.Listing != 0)
        {
            if (mode != Mode.Listing) return No(Refusal.ModeNotAvailable);
            if (asked.Listing > 1 || asked.Type != OrderType.Limit || asked.TimeInForce is TimeInForce.Ioc or TimeInForce.Fok) return No(Refusal.TypeNotAllowed);
        }

        var atOnce = asked.TimeInForce is TimeInForce.Ioc or TimeInForce.Fok;
        var shares = instrument.SharesOut;
        if (atOnce && (instrument.Phase == Phase.Call || shares)) return No(Refusal.TypeNotAllowed);
        if (shares && asked.Type == OrderType.Market) return No(Refusal.TypeNotAllowed);
        if ((asked.Flags & CommandFlags.PostOnly) != 0 && (instrument.Phase == Phase.Call || mode == Mode.Listing)) return No(Refusal.PostOnlyNotAllowed);
        if (asked.MinLots != 0 && (instrument.Phase == Phase.Call || shares)) return No(Refusal.MinQtyNotAllowed, 0, asked.MinLots);
        if (asked.Display != 0 && shares && asked.Listing == 0) return No(Refusal.DisplayNotAllowed, 0, asked.Display);
        if (!instrument.IsSale) return Refusal.None;
        if (instrument.Sale.Order == 0) return No(Refusal.SaleNotOpen);
        return asked.Side == instrument.SaleSide ? No(Refusal.TypeNotAllowed) : Refusal.None;
    }

    /// <summary>What only some orders carry, and whether it goes with the rest.</summary>
    private Refusal JudgeTerms(in Command asked, Instrument instrument)
    {
        if (asked.Type < OrderType.Stop && asked.StopTicks != 0) return No(Refusal.StopNotAllowed, 0, asked.StopTicks);
        if (asked.Type >= OrderType.Stop && asked.StopTicks < 1 && !instrument.Negative) return No(Refusal.StopRequired, 1, asked.StopTicks);
        if (asked.TimeInForce == TimeInForce.Gtd && asked.UntilMicros < 1) return No(Refusal.UntilRequired, 1, asked.UntilMicros);
        if (asked.TimeInForce != TimeInForce.Gtd && asked.UntilMicros != 0) return No(Refusal.UntilNotAllowed, 0, asked.UntilMicros);
        var atOnce = asked.TimeInForce is TimeInForce.Ioc or TimeInForce.Fok;
        if ((asked.Flags & CommandFlags.PostOnly) != 0 && (asked.Type != OrderType.Limit || atOnce)) return No(Refusal.PostOnlyNotAllowed);
        if (asked.Display != 0)
        {
            if (asked.Display < 0 || asked.Display >= asked.Lots) return No(Refusal.DisplayNotAllowed, asked.Lots - 1, asked.Display);
            if (atOnce || asked.MinLots != 0 || asked.Type is OrderType.Market or OrderType.Stop) return No(Refusal.DisplayNotAllowed, 0, asked.Display);
            if ((asked.Lots - 1) / asked.Display >= TipsMost) return No(Refusal.DisplayNotAllowed, ((asked.Lots - 1) / TipsMost) + 1, asked.Display);
        }

        return asked.MinLots < 0 || asked.MinLots > asked.Lots ? No(Refusal.MinQtyNotAllowed, asked.Lots, asked.MinLots) : Refusal.None;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Refusal JudgeBuy(in Command asked, ref Account account, Instrument instrument, ref Position position, int replaces, out long locks)
    {
        locks = 0;
        var (oldLots, oldLock) = replaces < 0 ? (0, 0) : (orders.LotsOf(replaces), orders[replaces].Lock);
        var more = asked.Lots - oldLots;
        if (more > long.MaxValue - instrument.BuyLots) return No(Refusal.BalanceOverflow, asked.Lots, long.MaxValue - instrument.BuyLots);
        if (more > long.MaxValue - position.Coming) return No(Refusal.BalanceOverflow, asked.Lots, long.MaxValue - position.Coming);
        if (position.Hold != 0 && instrument.Holds[position.Hold].Limit is > 0 and var most && more > 0)
        {
            var would = (Int128)position.Free + position.Locked + position.Coming + more;
            if (would > most) return No(Refusal.PositionLimit, (long)Int128.Min(would, long.MaxValue), most);
        }

        long amount, paid = 0;
        if (replaces < 0 && asked.Type == OrderType.Limit)
        {
            if (!instrument.Fen(PaidAt(Side.Buy, asked.Ticks) * asked.Lots, out amount)) return No(Refusal.OrderValueTooLarge, long.MaxValue);
        }
        else
        {
            var story = replaces >= 0 && orders[replaces].Is(Marks.Told) ? orders.Story(replaces) : default;
            paid = story.Amount + story.Fee;
            var waits = asked.Type == OrderType.Stop || (asked.Type == OrderType.Market && instrument.Phase == Phase.Call);
            if (waits && instrument is { UpperTicks: long.MaxValue, RiskOff: false }) return No(Refusal.PriceRequired);
            var ticksLots = asked.Type switch
            {
                OrderType.Market when !waits => Reachable(instrument, Side.Buy, long.MaxValue, asked.Lots, asked.Account, RuleOf(asked.SelfTrade, instrument)).TicksLots,
                OrderType.Market or OrderType.Stop => instrument.RiskOff ? 0 : PaidAt(Side.Buy, replaces < 0 ? instrument.UpperTicks : orders[replaces].Ticks) * asked.Lots,
                _ => story.TicksLots + (PaidAt(Side.Buy, asked.Ticks) * (asked.Lots - story.Filled)),
            };
            if (!instrument.Fen(ticksLots, out amount)) return No(Refusal.OrderValueTooLarge, long.MaxValue);
        }

        if (instrument.Terms.ValueMost > 0 && amount > instrument.Terms.ValueMost && asked.Kind != CommandKind.OpenSale) return No(Refusal.OrderValueAboveLimit, instrument.Terms.ValueMost, amount);
        var fee = asked.Kind == CommandKind.Replace ? instrument.Fee(amount, orders[replaces].Number) : instrument.Fee(amount);
        if (amount > long.MaxValue - fee) return No(Refusal.OrderValueTooLarge, long.MaxValue);
        if (instrument.RiskOff) return Refusal.None;
        if (instrument.Sealed) return JudgeGuarantee(in asked, ref account, instrument, replaces, out locks);
        var needs = amount + fee - paid;
        var moreLock = needs - oldLock;
        if (moreLock > account.Free) return No(Refusal.InsufficientCash, moreLock, account.Free);
        locks = needs;
        return Refusal.None;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Refusal JudgeSell(in Command asked, ref Account account, Instrument instrument, ref Position position, int replaces, out long locks)
    {
        locks = 0;
        var (oldLots, oldLock) = replaces < 0 ? (0, 0) : (orders.LotsOf(replaces), orders[replaces].Lock);
        var more = asked.Lots - oldLots;
        if (more > long.MaxValue - instrument.SellLots) return No(Refusal.BalanceOverflow, asked.Lots, long.MaxValue - instrument.SellLots);
        if (asked.Ticks != 0)
        {
            if (!instrument.Fen((Int128)asked.Ticks * asked.Lots, out var amount)) return No(Refusal.OrderValueTooLarge, long.MaxValue);
            if (instrument.Terms.ValueMost > 0 && amount > instrument.Terms.ValueMost) return No(Refusal.OrderValueAboveLimit, instrument.Terms.ValueMost, amount);
        }

        if (instrument.RiskOff) return Refusal.None;
        if (more > position.Free) return No(Refusal.InsufficientPosition, more, position.Free);
        if (position.Hold != 0 && more > position.Free - instrument.Holds[position.Hold].Fresh)
            return No(Refusal.T1Locked, more, position.Free - instrument.Holds[position.Hold].Fresh);
        if (!instrument.Negative) return Refusal.None;
        var story = replaces >= 0 && orders[replaces].Is(Marks.Told) ? orders.Story(replaces) : default;
        var waits = asked.Type == OrderType.Stop || (asked.Type == OrderType.Market && instrument.Phase == Phase.Call);
        if (waits && instrument.LowerTicks == long.MinValue) return No(Refusal.PriceRequired);
        // The seller pays below zero, and must be able to.
        var all = asked.Type switch
        {
            OrderType.Market when !waits => Reachable(instrument, Side.Sell, long.MinValue, asked.Lots, asked.Account, RuleOf(asked.SelfTrade, instrument)).TicksLots,
            OrderType.Market or OrderType.Stop => PaidAt(Side.Sell, replaces < 0 ? instrument.LowerTicks : orders[replaces].Ticks) * asked.Lots,
            _ => story.TicksLots + (PaidAt(Side.Sell, asked.Ticks) * (asked.Lots - story.Filled)),
        };
        if (!instrument.Fen(all, out var worst)) return No(Refusal.OrderValueTooLarge, long.MaxValue);
        var needs = story.Amount - worst;
        if (needs - oldLock > account.Free) return No(Refusal.InsufficientCash, needs - oldLock, account.Free);
        locks = needs;
        return Refusal.None;
    }
}
