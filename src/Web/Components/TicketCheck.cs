using Trading.Web.Text;

namespace Trading.Web.Components;

/// <summary>What can be said of an order before it is sent. The market judges alone; this only saves a person a refusal. Pure.</summary>
public static class TicketCheck
{
    /// <returns>The text's key and its values, or null where nothing speaks against it.</returns>
    public static (string Key, string[] Values)? Of(Instrument i, string phase, string side, bool isMarket, string? priceText, string? quantityText, Holding? holding, Funds? funds, EligibilityAnswer? eligible, string unit)
    {
        if (eligible is { Eligible: false } no) return ("ticket.no.eligible", [no.Title ?? no.Code ?? ""]);
        if (phase != "continuous") return ("ticket.no.phase", []);
        if ((isMarket ? Lots(i, quantityText, unit) : Terms(i, priceText, quantityText, unit)) is { } said) return said;
        var quantity = Fmt.Number(quantityText)!.Value;
        decimal? price = isMarket ? null : Fmt.Number(priceText);
        if (side == "sell" && (Fmt.Number(holding?.InMarket) ?? 0) < quantity) return ("ticket.no.holding", [Fmt.Quantity(holding?.InMarket ?? "0", i), unit]);
        if (side == "buy" && price is { } p && funds is not null && Cost(i, p, quantity) > Fmt.Number(funds.InMarket)) return ("ticket.no.funds", [Fmt.Yuan(funds.InMarket), Fmt.Fixed(Cost(i, p, quantity), 2)]);
        return null;
    }

    /// <summary>A price and a quantity against the terms of the listing.</summary>
    public static (string Key, string[] Values)? Terms(Instrument i, string? priceText, string? quantityText, string unit)
    {
        if (Lots(i, quantityText, unit) is { } said) return said;
        if (Fmt.Number(priceText) is not { } typed || typed <= 0) return ("ticket.no.price", []);
        if (typed % Fmt.Number(i.Tick)!.Value != 0) return ("ticket.no.tick", [i.Tick]);
        if (Fmt.Number(i.UpperLimit) is { } upper && typed > upper) return ("ticket.no.upper", [Fmt.Price(i.UpperLimit, i)]);
        if (Fmt.Number(i.LowerLimit) is { } lower && typed < lower) return ("ticket.no.lower", [Fmt.Price(i.LowerLimit, i)]);
        return null;
    }

    private static (string Key, string[] Values)? Lots(Instrument i, string? quantityText, string unit) =>
        Fmt.Number(quantityText) is not { } quantity || quantity <= 0 ? ("ticket.no.quantity", [])
        : quantity % Fmt.Number(i.Lot)!.Value != 0 ? ("ticket.no.lot", [i.Lot, unit])
        : null;

    /// <summary>Price times quantity, to the fen.</summary>
    public static decimal Amount(decimal price, decimal quantity) => decimal.Round(price * quantity, 2, MidpointRounding.AwayFromZero);

    public static decimal Fee(Instrument i, decimal amount) => decimal.Round(amount * (Fmt.Number(i.Fee) ?? 0), 2, MidpointRounding.AwayFromZero);

    /// <summary>What the market locks for a buy: amount and fee.</summary>
    public static decimal Cost(Instrument i, decimal price, decimal quantity) => Amount(price, quantity) is var amount ? amount + Fee(i, amount) : 0;

    /// <summary>The most that can be bought at a price with the money in the market, in whole lots.</summary>
    public static decimal Most(Instrument i, decimal price, decimal money)
    {
        var lot = Fmt.Number(i.Lot)!.Value;
        if (price <= 0 || money <= 0) return 0;
        var most = decimal.Floor(money / (price * (1 + (Fmt.Number(i.Fee) ?? 0))) / lot) * lot;
        // Amount and fee are rounded each: at the edge that may cost a lot.
        while (most > 0 && Cost(i, price, most) > money) most -= lot;
        return most;
    }

    /// <summary>A price moved by ticks, kept within the limits and above zero.</summary>
    public static decimal Moved(Instrument i, decimal price, int ticks)
    {
        var tick = Fmt.Number(i.Tick)!.Value;
        var moved = decimal.Round(price / tick) * tick + ticks * tick;
        if (Fmt.Number(i.UpperLimit) is { } upper) moved = Math.Min(moved, upper);
        if (Fmt.Number(i.LowerLimit) is { } lower) moved = Math.Max(moved, lower);
        return Math.Max(moved, tick);
    }
}
