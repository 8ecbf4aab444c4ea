using System.Text.Json;
using System.Text.Json.Serialization;
using NodaTime;
using NodaTime.Serialization.SystemTextJson;
using Trading.Registry.Contracts;

namespace Trading.Registry;

/// <summary>Rules and proposals as they are written down: no field unknown, none twice, none missing; figures are decimal strings.</summary>
internal static class StrictJson
{
    public static readonly JsonSerializerOptions Options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        NumberHandling = JsonNumberHandling.AllowReadingFromString | JsonNumberHandling.WriteAsString,
        PropertyNameCaseInsensitive = false,
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        MaxDepth = 12,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.Create(System.Text.Unicode.UnicodeRanges.All),
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
    }.ConfigureForNodaTime(DateTimeZoneProviders.Tzdb);

    /// <summary>FIELD_INVALID with the path where it cannot be read.</summary>
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
            return JsonSerializer.Deserialize(json, type, Options) is { } read ? new(read, null) : new(null, Refused.Because("FIELD_INVALID", null).With("path", "$"));
        }
        catch (JsonException wrong)
        {
            return new(null, Refused.Because("FIELD_INVALID", null).With("path", wrong.Path ?? "$").With("reason", wrong.Message));
        }
    }

    public static string Write<T>(T value) => JsonSerializer.Serialize(value, Options);
}
