using System.Globalization;

namespace Trading.Web.Text;

/// <summary>Numbers and times as people here write them. Decimals stay decimals; nothing is ever a float.</summary>
public sealed class Fmt(Words words)
{
    public static readonly TimeSpan Shanghai = TimeSpan.FromHours(8);

    public const string None = "—";

    public static decimal? Number(string? text) =>
        decimal.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : null;

    public static int Decimals(string step) => step.IndexOf('.', StringComparison.Ordinal) is var dot and >= 0 ? step.Length - dot - 1 : 0;

    /// <summary>With the decimals of the step and groups of three.</summary>
    public static string Fixed(string? text, int decimals) => Number(text) is { } value ? Fixed(value, decimals) : None;

    public static string Fixed(decimal value, int decimals) => value.ToString("N" + decimals.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    public static string Price(string? text, Instrument i) => Fixed(text, Decimals(i.Tick));

    public static string Quantity(string? text, Instrument i) => Fixed(text, Decimals(i.Lot));

    /// <summary>Plain, for fields that are typed in.</summary>
    public static string Plain(decimal value, string step) => value.ToString("F" + Decimals(step).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    public static string Yuan(string? text) => Fixed(text, 2);

    /// <summary>Of a column: what is zero steps back, so that what is not is seen.</summary>
    public static string Zero(string? text) => Number(text) is 0 ? "muted" : "";

    /// <summary>A volume in its unit: as it is while short.</summary>
    public string Volume(string? text, Instrument i) => Short(text, Decimals(i.Lot));

    /// <summary>An amount with its unit, for sentences: 147.21 万元.</summary>
    public string Money(decimal value)
    {
        var text = Short(value.ToString(CultureInfo.InvariantCulture), 2);
        return text.EndsWith('万') || text.EndsWith('亿') ? text + words["yuan"] : text + " " + words["yuan"];
    }

    /// <summary>Big figures by 万 and 亿, or by K, M and B, always with two decimals so that they stand under each other.</summary>
    public string Short(string? text, int decimals)
    {
        if (Number(text) is not { } value) return None;
        ReadOnlySpan<(decimal From, string Unit)> steps = words.InChinese
            ? [(100_000_000m, " 亿"), (10_000m, " 万")]
            : [(1_000_000_000m, " B"), (1_000_000m, " M"), (10_000m, " K")];
        foreach (var (from, unit) in steps)
        {
            if (Math.Abs(value) >= from) return (value / (unit == " K" ? 1_000m : from)).ToString("#,##0.00", CultureInfo.InvariantCulture) + unit;
        }

        return Fixed(value, decimals);
    }

    /// <summary>Direction as sign and arrow, never by colour alone.</summary>
    public static string Signed(string? text, int decimals, string after = "") =>
        Number(text) is not { } value ? None : value > 0 ? "▲ +" + Fixed(value, decimals) + after : value < 0 ? "▼ −" + Fixed(-value, decimals) + after : Fixed(0, decimals) + after;

    public static string Direction(string? change) => Number(change) switch { > 0 => "up", < 0 => "down", _ => "flat" };

    public static string Time(DateTimeOffset at) => At(at).ToString("HH:mm:ss", CultureInfo.InvariantCulture);

    public static string Moment(DateTimeOffset at) => At(at).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    public static string Minute(DateTimeOffset at) => At(at).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    public static string Day(DateTimeOffset at) => At(at).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>Shown on hover: the same moment in UTC.</summary>
    public static string Utc(DateTimeOffset at) => at.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    public static DateTimeOffset At(DateTimeOffset at) => at.ToOffset(Shanghai);

    public string Unit(string unit) => words.Of("unit", unit);

    /// <summary>Where little room is, the unit as the market says it for short.</summary>
    public string Brief(string unit) => words.Of("unit.short", unit) is var brief && brief != unit ? brief : Unit(unit);

    /// <summary>A column's head with its unit.</summary>
    public string With(string head, string unit) => words["with.unit", head, unit];
}
