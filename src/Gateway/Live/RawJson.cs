using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using MessagePack;
using MessagePack.Formatters;

namespace Trading.Gateway.Live;

/// <summary>Serialised once, sent to any number of readers: as JSON text, and as MessagePack from the first reader on who speaks it.</summary>
[JsonConverter(typeof(RawJsonConverter))]
internal sealed class RawJson(byte[] utf8)
{
    private byte[]? messagePack;

    public ReadOnlyMemory<byte> Utf8 => utf8;

    public ReadOnlyMemory<byte> MessagePack => messagePack ??= MessagePackSerializer.ConvertFromJson(Encoding.UTF8.GetString(utf8));

    public static RawJson Of(object value) => new(JsonSerializer.SerializeToUtf8Bytes(value, Json.Plain));
}

internal sealed class RawJsonConverter : JsonConverter<RawJson>
{
    public override RawJson Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException("frames are only sent");

    public override void Write(Utf8JsonWriter writer, RawJson value, JsonSerializerOptions options) => writer.WriteRawValue(value.Utf8.Span, skipInputValidation: true);
}

internal sealed class RawJsonFormatter : IMessagePackFormatter<RawJson?>
{
    public void Serialize(ref MessagePackWriter writer, RawJson? value, MessagePackSerializerOptions options)
    {
        if (value is null) writer.WriteNil();
        else writer.WriteRaw(new ReadOnlySequence<byte>(value.MessagePack));
    }

    public RawJson Deserialize(ref MessagePackReader reader, MessagePackSerializerOptions options) => throw new NotSupportedException("frames are only sent");
}
