using Trading.Web.Text;

namespace Trading.Web.Components;

/// <summary>What an order is beyond side, price and quantity, in words: for the ticket's question and for the list. Pure.</summary>
public static class OrderTerms
{
    /// <summary>Type and how long it stands: 限价 · 当日有效.</summary>
    public static string Kind(Words w, string type, string timeInForce) => w.Of("type", type) + " · " + w.Of("time", timeInForce);

    public static IEnumerable<string> Of(Words w, Order o, Instrument? i)
    {
        string Price(string text) => i is null ? text : Fmt.Price(text, i);
        string Quantity(string text) => i is null ? text : Fmt.Quantity(text, i);
        if (o.StopPrice is { } stop) yield return w["terms.stop", Price(stop)];
        if (o.Until is { } until) yield return w["terms.until", Fmt.Minute(until)];
        if (o.DisplayQuantity is { } shown) yield return w["terms.shown", Quantity(shown)];
        if (o.MinQuantity is { } least) yield return Fmt.Number(least) == Fmt.Number(o.Quantity) ? w["terms.whole"] : w["terms.least", Quantity(least)];
        if (o.PostOnly) yield return w["terms.postonly"];
    }

    public static IEnumerable<string> Of(Words w, Draft d, Instrument i)
    {
        yield return Kind(w, d.Type, d.TimeInForce);
        if (d is { HasUntil: true, UntilAt: { } until }) yield return w["terms.until", Fmt.Minute(until)];
        foreach (var condition in Conditions(w, d, i)) yield return condition;
    }

    /// <summary>What the ticket folds away.</summary>
    public static IEnumerable<string> Conditions(Words w, Draft d, Instrument i)
    {
        if (d.Condition == "iceberg") yield return w["terms.shown", Fmt.Quantity(d.Part, i)];
        if (d.Condition == "least") yield return w["terms.least", Fmt.Quantity(d.Part, i)];
        if (d.Condition == "whole") yield return w["terms.whole"];
        if (d.PostOnly) yield return w["terms.postonly"];
    }
}
