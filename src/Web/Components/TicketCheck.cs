using Trading.Web.Text;

namespace Trading.Web.Components;

/// <summary>What can be said of an order before it is sent. The market judges alone; this only saves a person a refusal. Pure.</summary>
public static class TicketCheck
{
    private const decimal TipsMost = 1_000;

    /// <summary>A call gathers orders, and takes them as a continuous market does.</summary>
    public static bool TakesOrders(string? phase) => phase is "continuous" or "call";

    /// <returns>The text's key and its values, or null where nothing speaks against it.</returns>
    public static (string Key, string[] Values)? Of(Instrument i, string phase, Draft d, DateTimeOffset now, Holding? holding, Funds? funds, EligibilityAnswer? eligible, string unit)
    {
        if (eligible is { Eligible: false } no) return ("ticket.no.eligible", [no.Title ?? no.Code ?? ""]);
        if (!TakesOrders(phase)) return ("ticket.no.phase", []);
        if (Lots(i, d.Quantity, unit) is { } lots) return lots;
        if (d.HasPrice && Priced(i, d.Price) is { } priced) return priced;
        if (d.HasStop && Stop(i, d.StopPrice) is { } stop) return stop;
        if (Together(i, d) is { } together) return together;
        if (d.HasUntil && End(d.UntilAt, now) is { } end) return end;
        var quantity = Fmt.Number(d.Quantity)!.Value;
        if (d.Condition == "iceberg" && Shown(i, d.Part, quantity, unit) is { } shown) return shown;
        if (d.Condition == "least" && Least(i, d.Part, quantity, unit) is { } least) return least;
        if (d.Side == "sell" && (Fmt.Number(holding?.InMarket) ?? 0) < quantity) return ("ticket.no.holding", [Fmt.Quantity(holding?.InMarket ?? "0", i), unit]);
        if (d.Side == "buy" && d.LockedAt(i) is { } price && funds is not null && Cost(i, price, quantity) > Fmt.Number(funds.InMarket)) return ("ticket.no.funds", [Fmt.Yuan(funds.InMarket), Fmt.Fixed(Cost(i, price, quantity), 2)]);
        return null;
    }

    /// <summary>What cannot stand in one order, whatever the figures are.</summary>
    private static (string Key, string[] Values)? Together(Instrument i, Draft d) =>
        d.Type == "stop" && d.Side == "buy" && i.UpperLimit is null ? ("ticket.no.stop.band", [])
        : d.PostOnly && !d.AllowsPostOnly ? ("ticket.no.postonly", [])
        : d.Condition == "iceberg" && !d.Allows("iceberg") ? ("ticket.no.iceberg", [])
        : !d.Allows(d.Condition) ? ("ticket.no.least.fok", [])
        : null;

    /// <summary>A limit against the terms of the listing.</summary>
    public static (string Key, string[] Values)? Priced(Instrument i, string? text)
    {
        if (Fmt.Number(text) is not { } typed || typed <= 0) return ("ticket.no.price", []);
        if (typed % Fmt.Number(i.Tick)!.Value != 0) return ("ticket.no.tick", [i.Tick]);
        if (Fmt.Number(i.UpperLimit) is { } upper && typed > upper) return ("ticket.no.upper", [Fmt.Price(i.UpperLimit, i)]);
        if (Fmt.Number(i.LowerLimit) is { } lower && typed < lower) return ("ticket.no.lower", [Fmt.Price(i.LowerLimit, i)]);
        return null;
    }

    /// <summary>A price that sets an order off: the band is no matter.</summary>
    public static (string Key, string[] Values)? Stop(Instrument i, string? text) =>
        Fmt.Number(text) is not { } typed || typed <= 0 ? ("ticket.no.stop", [])
        : typed % Fmt.Number(i.Tick)!.Value != 0 ? ("ticket.no.stop.tick", [i.Tick])
        : null;

    public static (string Key, string[] Values)? End(DateTimeOffset? until, DateTimeOffset now) =>
        until is not { } at ? ("ticket.no.until", []) : at <= now ? ("ticket.no.until.past", []) : null;

    /// <summary>The tip of an iceberg: less than the whole, and no smaller than a thousandth of it.</summary>
    public static (string Key, string[] Values)? Shown(Instrument i, string? text, decimal quantity, string unit) =>
        Lots(i, text, unit) is { } said ? (said.Key == "ticket.no.quantity" ? "ticket.no.shown" : said.Key, said.Values)
        : Fmt.Number(text)!.Value is var shown && shown >= quantity ? ("ticket.no.shown.whole", [])
        : decimal.Ceiling(quantity / shown) > TipsMost ? ("ticket.no.shown.small", [])
        : null;

    private static (string Key, string[] Values)? Least(Instrument i, string? text, decimal quantity, string unit) =>
        Lots(i, text, unit) is { } said ? (said.Key == "ticket.no.quantity" ? "ticket.no.least" : said.Key, said.Values)
        : Fmt.Number(text) > quantity ? ("ticket.no.least.above", [])
        : null;

    public static (string Key, string[] Values)? Lots(Instrument i, string? quantityText, string unit) =>
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
