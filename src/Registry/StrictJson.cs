using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using NodaTime;
using NodaTime.Serialization.SystemTextJson;
using Trading.Registry.Contracts;

namespace Trading.Registry;

/// <summary>Rules and proposals as they are written down: no field unknown, none twice, none missing; figures are decimal strings.</summary>
internal static class StrictJson
{
    private const int DepthMost = 12;

    public static readonly JsonSerializerOptions Options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        NumberHandling = JsonNumberHandling.AllowReadingFromString | JsonNumberHandling.WriteAsString,
        PropertyNameCaseInsensitive = false,
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        MaxDepth = DepthMost,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.Create(System.Text.Unicode.UnicodeRanges.All),
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
    }.ConfigureForNodaTime(DateTimeZoneProviders.Tzdb);

    /// <summary>For what was read once as <see cref="Options"/> ask, perhaps by an earlier version: fields that are known no more are passed over.</summary>
    public static readonly JsonSerializerOptions Stored = new(Options) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip };

    /// <summary>FIELD_INVALID with the path where it cannot be read; what the machine says of it, in its own types, is nobody's business outside.</summary>
    public static Outcome<T> Read<T>(string json) where T : class
    {
        var (read, unreadable) = Read(json, typeof(T));
        return unreadable is null ? (T)read! : unreadable;
    }

    /// <inheritdoc cref="Read{T}"/>
    public static Outcome<object> Read(string json, Type type)
    {
        try
        {
            if (JsonPath.Wrong(Encoding.UTF8.GetBytes(json), DepthMost) is { } path) return new(null, Refused.Because("FIELD_INVALID", null).With("path", path));
            return JsonSerializer.Deserialize(json, type, Options) is { } read ? new(read, null) : new(null, Refused.Because("FIELD_INVALID", null).With("path", "$"));
        }
        catch (JsonException wrong)
        {
            return new(null, Refused.Because("FIELD_INVALID", null).With("path", Missing(wrong) ?? wrong.Path ?? "$"));
        }
    }

    /// <summary>Of a field that is not there only the message knows the name: it stands quoted after the colon.</summary>
    private static string? Missing(JsonException wrong)
    {
        var list = wrong.Message.IndexOf(": '", StringComparison.Ordinal);
        if (list < 0 || !wrong.Message.Contains("missing required", StringComparison.Ordinal)) return null;
        var first = wrong.Message[(list + 3)..];
        return (wrong.Path is { } path and not "$" ? path + "." : "$.") + first[..first.IndexOf('\'', StringComparison.Ordinal)];
    }

    public static string Write<T>(T value) => JsonSerializer.Serialize(value, Options);
}
