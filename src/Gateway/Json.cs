using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http.Features;
using Trading.Registry.Contracts;

namespace Trading.Gateway;

/// <summary>Strict in, plain out: unknown and repeated fields are refused, numbers that carry value are decimal strings.</summary>
internal static partial class Json
{
    private const int DepthMost = 8;
    private const int BodyBytesMost = 64 * 1024;
    private const int DecimalCharactersMost = 60;
    private const int PathCharactersMost = 120;

    public static readonly JsonSerializerOptions Plain = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.Create(UnicodeRanges.All),
        DefaultIgnoreCondition = JsonIgnoreCondition.Never,
    };

    private static readonly JsonSerializerOptions Strict = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        NumberHandling = JsonNumberHandling.Strict,
        PropertyNameCaseInsensitive = false,
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        MaxDepth = DepthMost,
    };

    /// <exception cref="RefusedException">MALFORMED_JSON, UNKNOWN_FIELD, FIELD_INVALID, MEDIA_TYPE_NOT_SUPPORTED, BODY_TOO_LARGE: with the path.</exception>
    public static async Task<T> Body<T>(HttpRequest request) where T : class
    {
        if (!request.HasJsonContentType()) throw No("MEDIA_TYPE_NOT_SUPPORTED", ("contentType", request.ContentType ?? "none"));
        if (request.ContentLength > BodyBytesMost) throw No("BODY_TOO_LARGE", ("bytes", request.ContentLength.Value.ToString(CultureInfo.InvariantCulture)));
        using var bytes = new MemoryStream();
        var buffer = new byte[8192];
        int read;
        while ((read = await request.Body.ReadAsync(buffer, request.HttpContext.RequestAborted)) > 0)
        {
            bytes.Write(buffer, 0, read);
            if (bytes.Length > BodyBytesMost) throw No("BODY_TOO_LARGE", ("bytesMost", BodyBytesMost.ToString(CultureInfo.InvariantCulture)));
        }

        return Parse<T>(bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
    }

    /// <summary>For what takes no body: there is none, or an empty object.</summary>
    /// <exception cref="RefusedException">As <see cref="Body{T}"/>.</exception>
    public static Task Nothing(HttpRequest request) => BodyIfAny<NoFields>(request);

    /// <summary>Null: there is none.</summary>
    /// <exception cref="RefusedException">As <see cref="Body{T}"/>.</exception>
    public static async Task<T?> BodyIfAny<T>(HttpRequest request) where T : class =>
        request.HttpContext.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true && request.ContentLength != 0 ? await Body<T>(request) : null;

    internal static T Parse<T>(ReadOnlySpan<byte> utf8) where T : class
    {
        Scan(utf8);
        try
        {
            return JsonSerializer.Deserialize<T>(utf8, Strict) ?? throw No("MALFORMED_JSON", ("path", "$"));
        }
        catch (JsonException wrong)
        {
            var path = wrong.Path ?? "$";
            var code = wrong.Message.Contains("could not be mapped", StringComparison.Ordinal) || wrong.Message.Contains("missing required", StringComparison.Ordinal) ? "UNKNOWN_FIELD"
                : wrong.InnerException is not null && wrong.Path is null or "$" ? "MALFORMED_JSON" : path == "$" ? "MALFORMED_JSON" : "FIELD_INVALID";
            if (wrong.Message.Contains("missing required", StringComparison.Ordinal)) code = "FIELD_MISSING";
            throw No(code, ("path", path), ("line", ((wrong.LineNumber ?? 0) + 1).ToString(CultureInfo.InvariantCulture)),
                ("column", ((wrong.BytePositionInLine ?? 0) + 1).ToString(CultureInfo.InvariantCulture)));
        }
    }

    /// <summary>Reads all of it for its grammar and its texts, before anything is made of it.</summary>
    private static void Scan(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = DepthMost });
        var path = new JsonPath();
        try
        {
            while (reader.Read())
            {
                path.Read(ref reader);
                if (JsonPath.IsWrong(ref reader, path)) throw No("FIELD_INVALID", ("path", Harmless(path.ToString())));
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && !Texts.AreClean(reader.GetString()!)) throw No("TEXT_INVALID", ("path", Harmless(path.ToString())));
            }
        }
        catch (JsonException wrong)
        {
            throw No("MALFORMED_JSON", ("path", "$"), ("line", ((wrong.LineNumber ?? 0) + 1).ToString(CultureInfo.InvariantCulture)), ("column", ((wrong.BytePositionInLine ?? 0) + 1).ToString(CultureInfo.InvariantCulture)));
        }
    }

    /// <summary>A path has the names that were given, of whatever they are made.</summary>
    private static string Harmless(string path) => new([.. path.Take(PathCharactersMost).Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '·' : c)]);

    /// <exception cref="RefusedException">NOT_A_DECIMAL, OUT_OF_RANGE.</exception>
    public static decimal Decimal(string? text, string field)
    {
        if (text is null) throw No("FIELD_MISSING", ("path", field));
        if (text.Length > DecimalCharactersMost) throw No("OUT_OF_RANGE", (field, text[..DecimalCharactersMost] + "…"));
        if (!Shape().IsMatch(text)) throw No("NOT_A_DECIMAL", (field, text));
        var digits = text.TrimStart('-').Replace(".", "", StringComparison.Ordinal).TrimStart('0').Length;
        return digits <= 27 ? decimal.Parse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) : throw No("OUT_OF_RANGE", (field, text));
    }

    /// <summary>A whole number of steps, or TOO_MANY_DECIMALS, OUT_OF_RANGE with the values.</summary>
    public static long Whole(string? text, string field, decimal step, Func<decimal, long?> convert)
    {
        var value = Decimal(text, field);
        try
        {
            if (convert(value) is { } whole) return whole;
        }
        catch (OverflowException)
        {
            throw No("OUT_OF_RANGE", (field, text!));
        }

        // What no whole number of ours can hold, in whatever steps, is too much before it is too fine.
        throw No(Math.Abs(value) > long.MaxValue * Math.Min(step, 1) || value % step == 0 ? "OUT_OF_RANGE" : "TOO_MANY_DECIMALS", (field, text!), ("step", Text(step)));
    }

    /// <summary>
    /// A quantity above zero of what is named beside it, judged where it is given; of what nobody knows only that it is a decimal, for then it is the name that is refused.
    /// </summary>
    /// <exception cref="RefusedException">NOT_A_DECIMAL, TOO_MANY_DECIMALS, OUT_OF_RANGE, QTY_NOT_POSITIVE.</exception>
    public static decimal Quantity(string? text, string field, Instrument? of, bool mayBeZero = false)
    {
        var value = Decimal(text, field);
        if (value < 0 || (value == 0 && !mayBeZero)) throw No("QTY_NOT_POSITIVE", (field, text!));
        if (of is not null) Whole(text, field, of.MinimumUnit, of.Units);
        return value;
    }

    /// <summary>A whole number from 0 on, as a decimal string; else as <see cref="Whole"/>.</summary>
    public static int Count(string? text, string field, int most) => (int)Whole(text, field, 1, v => v >= 0 && v <= most && decimal.Truncate(v) == v ? (long)v : null);

    /// <summary>The word of the API for a value of ours: as it is named, its first letter small.</summary>
    public static string Word<T>(T value) where T : struct, Enum => value.ToString() is var name ? char.ToLowerInvariant(name[0]) + name[1..] : "";

    /// <summary>Shortest plain form: no exponent, no trailing zeros.</summary>
    public static string Text(decimal value) => (value / 1.0000000000000000000000000000m).ToString(CultureInfo.InvariantCulture);

    public static string Yuan(long fen) => (fen / 100m).ToString("0.00", CultureInfo.InvariantCulture);

    public static RefusedException No(string code, params ReadOnlySpan<(string Name, string Value)> values)
    {
        var refused = Refused.Because(code, null);
        foreach (var (name, value) in values) refused = refused.With(name, value);
        return new(refused);
    }

    private sealed record NoFields;

    [GeneratedRegex(@"^-?[0-9]+(\.[0-9]+)?\z", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 100)]
    private static partial Regex Shape();
}
