using System.Numerics;
using Trading.Matching.Core;

namespace Trading.Matching.Tests;

/// <summary>What an order must satisfy before a book sees it.</summary>
internal sealed partial class PlainMarket
{
    private (Refusal, BigInteger, BigInteger)? Objection(PlainOrder asked, PlainOrder? old) =>
        ToItsPhase(asked) ?? ToItsMode(asked) ?? ToItsSize(asked) ?? ToItsPrice(asked) ?? ToItsBid(asked) ?? ToItsTerms(asked)
        ?? (old is not null && asked.Lots <= old.Filled ? null : ToItsOwner(asked) ?? ToItsCover(asked, old ?? OwnBid(asked)));

    private (Refusal, BigInteger, BigInteger)? ToItsCover(PlainOrder asked, PlainOrder? old) => asked.Side == Side.Buy ? ToBuying(asked, old) : ToSelling(asked, old);

    private static (Refusal, BigInteger, BigInteger)? ToItsPhase(PlainOrder asked) =>
        asked.Instrument.Phase is Phase.Continuous or Phase.Call ? null : No(Refusal.InstrumentNotOpen, 1, (int)asked.Instrument.Phase);

    private static (Refusal, BigInteger, BigInteger)? ToItsMode(PlainOrder asked)
    {
        var (instrument, mode) = (asked.Instrument, asked.Instrument.Mode);
        var atOnce = asked.InForce is TimeInForce.Ioc or TimeInForce.Fok;
        if (asked.Type is OrderType.Stop or OrderType.StopLimit && mode is not (Mode.Continuous or Mode.Call)) return No(Refusal.TypeNotAllowed);
        if (asked.Type == OrderType.Market && (mode == Mode.HighLow || instrument.IsForSales)) return No(Refusal.TypeNotAllowed);
        if (asked.Listing != 0 && mode != Mode.Listing) return No(Refusal.ModeNotAvailable);
        if (asked.Listing > 1 || (asked.Listing == 1 && (asked.Type != OrderType.Limit || atOnce))) return No(Refusal.TypeNotAllowed);
        var (called, shares) = (instrument.Phase == Phase.Call, mode == Mode.Listing && instrument.Shares);
        var taker = shares && asked.Listing == 0;
        if ((called && atOnce) || (taker && (asked.Type == OrderType.Market || atOnce))) return No(Refusal.TypeNotAllowed);
        if ((called || mode == Mode.Listing) && asked.PostOnly) return No(Refusal.PostOnlyNotAllowed);
        if ((called || shares) && asked.Least != 0) return No(Refusal.MinQtyNotAllowed, 0, asked.Least);
        if (taker && asked.Display != 0) return No(Refusal.DisplayNotAllowed, 0, asked.Display);
        if (!instrument.IsForSales) return null;
        if (instrument.Sale is null) return No(Refusal.SaleNotOpen);
        return asked.Side == (mode == Mode.Descending ? Side.Sell : Side.Buy) ? null : No(Refusal.TypeNotAllowed);
    }

    private static (Refusal, BigInteger, BigInteger)? ToItsSize(PlainOrder asked)
    {
        var instrument = asked.Instrument;
        if (asked.Lots <= 0) return No(Refusal.QtyNotPositive, 1, asked.Lots);
        if (asked.Lots < instrument.Terms.LotsLeast) return No(Refusal.QtyTooSmall, instrument.Terms.LotsLeast, asked.Lots);
        return instrument.Terms.LotsMost > 0 && asked.Lots > instrument.Terms.LotsMost ? No(Refusal.QtyTooLarge, instrument.Terms.LotsMost, asked.Lots) : null;
    }

    private static (Refusal, BigInteger, BigInteger)? ToItsPrice(PlainOrder asked)
    {
        var instrument = asked.Instrument;
        if (asked.AtMarket) return asked.Ticks == 0 ? null : No(Refusal.PriceNotAllowed, 0, asked.Ticks);
        if (asked.Ticks <= 0 && !instrument.Negative) return No(Refusal.PriceNotPositive, 1, asked.Ticks);
        if (asked.Ticks < instrument.Lower) return No(Refusal.PriceBelowLimit, instrument.Lower, asked.Ticks);
        return asked.Ticks > instrument.Upper ? No(Refusal.PriceAboveLimit, instrument.Upper, asked.Ticks) : null;
    }

    private static (Refusal, BigInteger, BigInteger)? ToItsTerms(PlainOrder asked)
    {
        var atOnce = asked.InForce is TimeInForce.Ioc or TimeInForce.Fok;
        if (asked.Type is OrderType.Stop or OrderType.StopLimit)
        {
            if (asked.Stop <= 0 && !asked.Instrument.Negative) return No(Refusal.StopRequired, 1, asked.Stop);
        }
        else if (asked.Stop != 0)
        {
            return No(Refusal.StopNotAllowed, 0, asked.Stop);
        }

        if (asked.InForce == TimeInForce.Gtd)
        {
            if (asked.Until <= 0) return No(Refusal.UntilRequired, 1, asked.Until);
        }
        else if (asked.Until != 0)
        {
            return No(Refusal.UntilNotAllowed, 0, asked.Until);
        }

        if (asked.PostOnly && (atOnce || asked.Type != OrderType.Limit)) return No(Refusal.PostOnlyNotAllowed);
        if (asked.Display < 0 || (asked.Display > 0 && asked.Display >= asked.Lots)) return No(Refusal.DisplayNotAllowed, asked.Lots - 1, asked.Display);
        if (asked.Display > 0)
        {
            if (atOnce || asked.AtMarket || asked.Least != 0) return No(Refusal.DisplayNotAllowed, 0, asked.Display);
            // No more than a thousand tips.
            if ((BigInteger)asked.Display * 1_000 < asked.Lots) return No(Refusal.DisplayNotAllowed, ((asked.Lots - 1) / 1_000) + 1, asked.Display);
        }

        return asked.Least < 0 || asked.Least > asked.Lots ? No(Refusal.MinQtyNotAllowed, asked.Lots, asked.Least) : null;
    }

    private (Refusal, BigInteger, BigInteger)? ToItsOwner(PlainOrder asked) => May(asked.Account, asked.Instrument, asked.Side) ? null : No(Refusal.NotPermitted);

    private bool May(int account, PlainInstrument instrument, Side side) =>
        permits.TryGetValue((account, instrument.Number), out var permit) ? side == Side.Buy ? permit.Buy : permit.Sell : !instrument.PermitNeeded;

    /// <summary>It pays what there will be, up to a bound that there must be: a stop that waits, a market order in a call.</summary>
    private static bool NeedsABound(PlainOrder asked) => asked.Type == OrderType.Stop || (asked.Type == OrderType.Market && asked.Instrument.Phase == Phase.Call);

    private (Refusal, BigInteger, BigInteger)? ToBuying(PlainOrder asked, PlainOrder? old, bool purchase = false)
    {
        var (instrument, account) = (asked.Instrument, asked.Account);
        var more = (BigInteger)asked.Lots - (old?.Lots ?? 0);
        foreach (var already in (BigInteger[])[OpenLots(instrument, Side.Buy), Coming(account, instrument)])
        {
            if (already + more > long.MaxValue) return No(Refusal.BalanceOverflow, asked.Lots, long.MaxValue - already);
        }

        var most = permits.GetValueOrDefault((account, instrument.Number)).Limit;
        var position = Owned(account, instrument.Number) + Coming(account, instrument) + more;
        if (most > 0 && more > 0 && position > most) return No(Refusal.PositionLimit, BigInteger.Min(position, long.MaxValue), most);
        if (NeedsABound(asked) && instrument.Upper == long.MaxValue && !instrument.RiskOff) return No(Refusal.PriceRequired);
        var worst = Worst(asked);
        if (instrument.TooLarge(worst)) return No(Refusal.OrderValueTooLarge, long.MaxValue, 0);
        var amount = instrument.Fen(worst);
        if (!purchase && instrument.Terms.ValueMost > 0 && amount > instrument.Terms.ValueMost) return No(Refusal.OrderValueAboveLimit, instrument.Terms.ValueMost, amount);
        var cost = amount + asked.FeeOn(amount);
        if (cost > long.MaxValue) return No(Refusal.OrderValueTooLarge, long.MaxValue, 0);
        var needs = instrument.Mode == Mode.Sealed ? Guarantee(account, instrument, old, asked) - Guarantee(account, instrument) : cost - asked.Paid - asked.Fee - (old?.Money() ?? 0);
        return !instrument.RiskOff && needs > Free(account, 0) ? No(Refusal.InsufficientCash, BigInteger.Min(needs, long.MaxValue), Free(account, 0)) : null;
    }

    private (Refusal, BigInteger, BigInteger)? ToSelling(PlainOrder asked, PlainOrder? old, bool sale = false)
    {
        var (instrument, account) = (asked.Instrument, asked.Account);
        var more = (BigInteger)asked.Lots - (old?.Lots ?? 0);
        var already = OpenLots(instrument, Side.Sell);
        if (already + more > long.MaxValue) return No(Refusal.BalanceOverflow, asked.Lots, long.MaxValue - already);
        var value = sale ? 0 : (BigInteger)asked.Ticks * asked.Lots;
        if (instrument.TooLarge(value)) return No(Refusal.OrderValueTooLarge, long.MaxValue, 0);
        if (instrument.Terms.ValueMost > 0 && instrument.Fen(value) > instrument.Terms.ValueMost) return No(Refusal.OrderValueAboveLimit, instrument.Terms.ValueMost, instrument.Fen(value));
        if (instrument.RiskOff) return null;
        if (more > Free(account, instrument.Number)) return No(Refusal.InsufficientPosition, more, Free(account, instrument.Number));
        if (more > 0 && more > Sellable(account, instrument)) return No(Refusal.T1Locked, more, Sellable(account, instrument));
        if (!instrument.Negative) return null;
        if (NeedsABound(asked) && instrument.Lower == long.MinValue) return No(Refusal.PriceRequired);
        var worst = Worst(asked);
        if (instrument.TooLarge(worst)) return No(Refusal.OrderValueTooLarge, long.MaxValue, 0);
        var needs = asked.Paid - instrument.Fen(worst) - (old?.Money() ?? 0);
        return needs > Free(account, 0) ? No(Refusal.InsufficientCash, needs, Free(account, 0)) : null;
    }

    /// <summary>Σ ticks × lots that the order can come to have paid for; of a market order, what the book asks now.</summary>
    private BigInteger Worst(PlainOrder asked) => asked switch
    {
        { Type: OrderType.Market, Instrument.Phase: not Phase.Call } => Plan(asked).Where(s => s.Kind == Meeting.Trade).Aggregate(BigInteger.Zero, (sum, s) => sum + (PlainInstrument.Pays(asked.Side, s.Maker!.Ticks) * s.Lots)),
        { Limit: { } limit } => asked.Spent + (PlainInstrument.Pays(asked.Side, limit) * asked.Left),
        _ => 0,
    };
}
