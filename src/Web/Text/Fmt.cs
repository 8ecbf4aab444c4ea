using System.Globalization;

namespace Trading.Web.Text;

/// <summary>Numbers and times as people here write them. Decimals stay decimals; nothing is ever a float.</summary>
public sealed class Fmt(Words words)
{
    private static readonly TimeSpan Shanghai = TimeSpan.FromHours(8);

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

    /// <summary>Big figures by 万 and 亿, or by K, M and B; at most two decimals.</summary>
    public string Short(string? text)
    {
        if (Number(text) is not { } value) return None;
        ReadOnlySpan<(decimal From, string Unit)> steps = words.InChinese
            ? [(100_000_000m, " 亿"), (10_000m, " 万")]
            : [(1_000_000_000m, " B"), (1_000_000m, " M"), (10_000m, " K")];
        foreach (var (from, unit) in steps)
        {
            if (Math.Abs(value) >= from) return (value / (unit == " K" ? 1_000m : from)).ToString("#,##0.##", CultureInfo.InvariantCulture) + unit;
        }

        return value.ToString("#,##0.###", CultureInfo.InvariantCulture);
    }

    /// <summary>Direction as sign and arrow, never by colour alone.</summary>
    public static string Signed(string? text, int decimals, string after = "") =>
        Number(text) is not { } value ? None : value > 0 ? "▲ +" + Fixed(value, decimals) + after : value < 0 ? "▼ −" + Fixed(-value, decimals) + after : Fixed(0, decimals) + after;

    public static string Direction(string? change) => Number(change) switch { > 0 => "up", < 0 => "down", _ => "flat" };

    public static string Time(DateTimeOffset at) => At(at).ToString("HH:mm:ss", CultureInfo.InvariantCulture);

    public static string Moment(DateTimeOffset at) => At(at).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    public static string Day(DateTimeOffset at) => At(at).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>Shown on hover: the same moment in UTC.</summary>
    public static string Utc(DateTimeOffset at) => at.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    public static DateTimeOffset At(DateTimeOffset at) => at.ToOffset(Shanghai);

    public string Unit(string unit) => words.Of("unit", unit);
}
