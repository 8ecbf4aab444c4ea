using NodaTime;
using Trading.Registry.Contracts;

namespace Trading.Settlement.Contracts;

/// <summary>Why money of an account moved, in the word of the API. Worked out from the entry, never stored.</summary>
public enum MoneyKind
{
    PayIn, PayOut, IntoMarket, OutOfMarket, Bought, Sold, SetAside, Returned, Busted, Frozen, Unfrozen, Deducted, DeductionReceived, ReleaseBought, ReleaseProceeds,
    PledgeBought, PledgeProceeds, DepositTaken, DepositReturned, DepositForfeited, LotBought, LotProceeds, PayOutAsked, PayOutBack, Other,
}

/// <summary>How far each bucket of an account moved, in fen; a sum of none is 0 in all.</summary>
public readonly record struct FundChange(long Available, long InMarket, long Awaiting, long Frozen, long PayingOut = 0)
{
    public long Total => Available + InMarket + Awaiting + Frozen + PayingOut;

    public static FundChange operator +(FundChange a, FundChange b) => Add(a, b);

    public static FundAccount operator +(FundAccount before, FundChange change) => Plus(before, change);

    public static FundChange Add(FundChange a, FundChange b) => new(a.Available + b.Available, a.InMarket + b.InMarket, a.Awaiting + b.Awaiting, a.Frozen + b.Frozen, a.PayingOut + b.PayingOut);

    public static FundAccount Plus(FundAccount before, FundChange change) =>
        before with { Available = before.Available + change.Available, InMarket = before.InMarket + change.InMarket, Awaiting = before.Awaiting + change.Awaiting, Frozen = before.Frozen + change.Frozen, PayingOut = before.PayingOut + change.PayingOut };
}

/// <summary>One entry, as far as it is this account's.</summary>
/// <param name="Reference">The number of what it was booked for: a trade, a transfer, the bank's reference.</param>
/// <param name="Instrument">Of a trade; null: of none.</param>
/// <param name="Fee">How much of it is a fee, paid above 0 and given back below; null: it has none.</param>
public sealed record MoneyLine(Instant At, MoneyKind Kind, string Reference, int? Instrument, FeeParts? Fee, FundChange Change);

/// <summary>How far each bucket of a holding moved, in minimum units.</summary>
public readonly record struct RightChange(long Available, long Earmarked, long Pledged, long Frozen, long Awaiting, long Held)
{
    public long Total => Available + Earmarked + Pledged + Frozen + Awaiting + Held;

    public static RightChange Between(Holding before, Holding after) => new(
        after.Available - before.Available, after.Earmarked - before.Earmarked, after.Pledged - before.Pledged, after.Frozen - before.Frozen, after.Awaiting - before.Awaiting, after.Held - before.Held);
}

public sealed record RightLine(Instant At, HoldingEvent Happened, RightChange Change);

/// <summary>A day of one holding.</summary>
public sealed record RightsOfDay(Holding Opening, IReadOnlyList<RightLine> Lines, Holding Closing)
{
    /// <summary>Something is held, or was, or moved.</summary>
    public bool Says => Lines.Count > 0 || Opening.Total != 0 || Closing.Total != 0;

    /// <summary>What happened to a holding until a day was over; what happened before the day is its opening.</summary>
    public static RightsOfDay Fold(HoldingKey key, IEnumerable<(Instant At, HoldingEvent Happened)> history, Instant from)
    {
        Holding opening = Holding.Empty(key), now = opening;
        var lines = new List<RightLine>();
        foreach (var (at, happened) in history)
        {
            var after = Holding.Evolve(now, happened);
            if (at < from) opening = after;
            else lines.Add(new(at, happened, RightChange.Between(now, after)));
            now = after;
        }

        return new(opening, lines, now);
    }
}

/// <summary>What an account had when a day began, all that moved, and what it had when the day was over (R-SET-08).</summary>
/// <param name="AsOf">The end of the day; of a day that is not over, when it was read.</param>
/// <param name="Over">Nothing is added to it any more.</param>
public sealed record DailyStatement(int Account, LocalDate Day, Instant AsOf, bool Over, FundAccount Opening, IReadOnlyList<MoneyLine> Lines, FundAccount Closing, IReadOnlyList<RightsOfDay> Rights);

/// <summary>What of a trade was delivered, on one side of it.</summary>
/// <param name="Amount">Of the lots delivered, in fen, without the fee.</param>
/// <param name="At">When the last of them was.</param>
public sealed record DeliveredTrade(TradeSettlement Trade, long Lots, long Amount, FeeParts Fee, Instant At);

public interface IStatements
{
    /// <summary>Read at one instant, money and rights. Refused OUT_OF_RANGE for a day to come.</summary>
    /// <param name="linesMost">More than so many of money or of rights are refused OUT_OF_RANGE.</param>
    Task<Outcome<DailyStatement>> Of(int account, LocalDate day, int linesMost, CancellationToken stop);

    /// <summary>Refused NOT_FOUND where the trade is not this account's, TRADE_BUSTED where it was cancelled, TRADE_NOT_SETTLED where nothing of it was delivered, or not all that will be.</summary>
    Task<Outcome<DeliveredTrade>> Delivered(int account, long tradeNo, CancellationToken stop);
}
