using System.Globalization;
using Trading.Web.Text;

namespace Trading.Web.Components;

/// <summary>An order as somebody has written it so far: words of the API, figures as typed. What goes together is said in docs/matching.md. Pure.</summary>
public sealed class Draft
{
    public static readonly string[] Types = ["limit", "market", "stop", "stop-limit"];
    public static readonly string[] Conditions = ["none", "iceberg", "least", "whole"];

    public string Side { get; set; } = "buy";

    public string Type { get; set; } = "limit";

    public string TimeInForce { get; set; } = "day";

    public string? Price { get; set; }

    public string? StopPrice { get; set; }

    public string? Quantity { get; set; }

    /// <summary>In Beijing time, written as the page writes every moment, and not as a browser's own field would turn day and month: 2026-12-20 15:00.</summary>
    public string? Until { get; set; }

    /// <summary>What the quantity is subject to: nothing, shown by parts, a least one, or whole.</summary>
    public string Condition { get; set; } = "none";

    /// <summary>The part that is shown, or the least one.</summary>
    public string? Part { get; set; }

    public bool PostOnly { get; set; }

    public bool HasPrice => Type is "limit" or "stop-limit";

    public bool HasStop => Type is "stop" or "stop-limit";

    public bool HasUntil => TimeInForce == "gtd";

    public bool HasPart => Condition is "iceberg" or "least";

    public bool Rests => TimeInForce is "day" or "gtc" or "gtd";

    /// <summary>How long an order of this type can stand.</summary>
    public static string[] TimesOf(string type) => type switch
    {
        "market" => ["ioc", "fok"],
        "limit" => ["day", "gtc", "gtd", "ioc", "fok"],
        _ => ["day", "gtc", "gtd"],
    };

    public void Become(string type)
    {
        Type = type;
        if (!TimesOf(type).Contains(TimeInForce, StringComparer.Ordinal)) TimeInForce = TimesOf(type)[0];
    }

    public bool Allows(string condition) => condition switch
    {
        "none" => true,
        "iceberg" => HasPrice && Rests,
        _ => TimeInForce != "fok",
    };

    public bool AllowsPostOnly => Type == "limit" && Rests;

    /// <summary>Anything that the first sight of the ticket does not show.</summary>
    public bool IsSpecial => Condition != "none" || PostOnly;

    /// <summary>At what price money is locked: its own, or for a stop to buy the most it may come to cost; null where only the book can tell.</summary>
    public decimal? LockedAt(Instrument i) => HasPrice ? Fmt.Number(Price) : Type == "stop" && Side == "buy" ? Fmt.Number(i.UpperLimit) : null;

    public DateTimeOffset? UntilAt => DateTime.TryParseExact(Until?.Trim(), "yyyy-M-d H:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var local) ? new(local, Fmt.Shanghai) : null;

    /// <summary>The order as the API takes it; what does not belong to its type stays behind.</summary>
    public NewOrder Written(string clientOrderId, string symbol) => new(
        clientOrderId, symbol, Side, Quantity!.Trim(), Type, HasPrice ? Price!.Trim() : null, TimeInForce, HasStop ? StopPrice!.Trim() : null, HasUntil ? Instant(UntilAt!.Value) : null,
        Condition == "iceberg" ? Part!.Trim() : null, Condition == "least" ? Part!.Trim() : null, Condition == "whole" ? true : null, PostOnly ? true : null);

    /// <summary>A moment as the API takes it.</summary>
    public static string Instant(DateTimeOffset at) => at.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
