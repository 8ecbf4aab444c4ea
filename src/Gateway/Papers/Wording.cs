using System.Collections.Frozen;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using NodaTime;
using NodaTime.Text;
using Trading.Registry.Contracts;

namespace Trading.Gateway.Papers;

/// <summary>The texts of the page, embedded: paper and page say the same word for the same thing.</summary>
internal sealed class Wording
{
    private static readonly InstantPattern BeijingTime = InstantPattern.CreateWithInvariantCulture("uuuu-MM-dd HH:mm:ss");
    private static readonly Duration Beijing = Duration.FromHours(8);

    public static readonly Wording Chinese = new("zh-CN");
    public static readonly Wording English = new("en");

    private readonly FrozenDictionary<string, string> texts;

    private Wording(string language)
    {
        InChinese = language == "zh-CN";
        using var file = Assembly.GetExecutingAssembly().GetManifestResourceStream(language + ".json")!;
        texts = JsonSerializer.Deserialize<Dictionary<string, string>>(file)!.ToFrozenDictionary(StringComparer.Ordinal);
    }

    public bool InChinese { get; }

    /// <summary>What is asked for by name, else what the reader prefers.</summary>
    /// <exception cref="RefusedException">FIELD_INVALID: a language that is not spoken here.</exception>
    public static Wording Of(string? language, HttpRequest request) => language switch
    {
        "zh" => Chinese,
        "en" => English,
        null => Problems.PrefersChinese(request) ? Chinese : English,
        _ => throw Json.No("FIELD_INVALID", ("language", Texts.Shown(language))),
    };

    /// <summary>A text that is missing is a fault of ours: no paper goes out with the name of a text on it.</summary>
    public string this[string key] => texts.TryGetValue(key, out var text) ? text : throw new InvalidOperationException($"there is no text {key}");

    public string this[string key, params ReadOnlySpan<string> values]
    {
        get
        {
            var text = this[key];
            for (var i = 0; i < values.Length; i++) text = text.Replace("{" + i.ToString(CultureInfo.InvariantCulture) + "}", values[i], StringComparison.Ordinal);
            return text;
        }
    }

    public string Pick(string zh, string en) => InChinese ? zh : en;

    /// <summary>A unit that nobody named yet stands as it is registered.</summary>
    public string Unit(string unit) => texts.GetValueOrDefault("unit." + unit, unit);

    public static string Time(Instant at) => BeijingTime.Format(at + Beijing);

    public static string Day(LocalDate day) => LocalDatePattern.Iso.Format(day);

    /// <summary>In groups of three, with the decimals that it has.</summary>
    public static string Grouped(string number) =>
        decimal.Parse(number, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture).ToString("N" + Decimals(number).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private static int Decimals(string number) => number.IndexOf('.', StringComparison.Ordinal) is var dot and >= 0 ? number.Length - dot - 1 : 0;
}
