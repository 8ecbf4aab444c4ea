using System.Globalization;

namespace Trading.Matching.Replay;

/// <summary>Writes JSON lines as bytes: no space, no escape that JSON does not demand, decimals in their shortest form.</summary>
internal sealed class EventWriter(Stream output)
{
    private const int FlushBytes = 1 << 16;
    private byte[] bytes = new byte[FlushBytes * 2];
    private int used;

    public void Flush()
    {
        if (used == 0) return;
        output.Write(bytes, 0, used);
        output.Flush();
        used = 0;
    }

    public EventWriter Begin(long seq, ReadOnlySpan<byte> kind) => Raw("{\"seq\":"u8).Whole(seq).Raw(",\"ev\":\""u8).Raw(kind).Raw("\""u8);

    public void End()
    {
        Raw("}\n"u8);
        if (used < FlushBytes) return;
        output.Write(bytes, 0, used);
        used = 0;
    }

    public EventWriter Raw(ReadOnlySpan<byte> text)
    {
        Room(text.Length);
        text.CopyTo(bytes.AsSpan(used));
        used += text.Length;
        return this;
    }

    public EventWriter Whole(long value)
    {
        Room(24);
        value.TryFormat(bytes.AsSpan(used), out var written, provider: CultureInfo.InvariantCulture);
        used += written;
        return this;
    }

    /// <summary>As a JSON string.</summary>
    public EventWriter Decimal(decimal value) => Raw("\""u8).Bare(value).Raw("\""u8);

    /// <summary>Inside of one.</summary>
    public EventWriter Bare(decimal value)
    {
        Room(40);
        value.TryFormat(bytes.AsSpan(used), out var written, provider: CultureInfo.InvariantCulture);
        if (value.Scale > 0) written = bytes.AsSpan(used, written).TrimEnd((byte)'0').TrimEnd((byte)'.').Length;
        // Zero has no sign.
        if (value == 0)
        {
            bytes[used] = (byte)'0';
            written = 1;
        }

        used += written;
        return this;
    }

    /// <summary>As a JSON string.</summary>
    public EventWriter Text(ReadOnlySpan<byte> text) => Plain(text) ? Raw("\""u8).Raw(text).Raw("\""u8) : Raw(Quoted(text));

    /// <summary>A text as it stands in JSON: only what must be escaped is.</summary>
    public static byte[] Quoted(ReadOnlySpan<byte> text)
    {
        if (Plain(text)) return [(byte)'"', .. text, (byte)'"'];
        List<byte> quoted = [(byte)'"'];
        foreach (var letter in text)
        {
            switch (letter)
            {
                case (byte)'"': quoted.AddRange("\\\""u8); break;
                case (byte)'\\': quoted.AddRange("\\\\"u8); break;
                case (byte)'\b': quoted.AddRange("\\b"u8); break;
                case (byte)'\f': quoted.AddRange("\\f"u8); break;
                case (byte)'\n': quoted.AddRange("\\n"u8); break;
                case (byte)'\r': quoted.AddRange("\\r"u8); break;
                case (byte)'\t': quoted.AddRange("\\t"u8); break;
                case < 0x20:
                    quoted.AddRange("\\u00"u8);
                    quoted.Add((byte)"0123456789abcdef"[letter >> 4]);
                    quoted.Add((byte)"0123456789abcdef"[letter & 15]);
                    break;
                default: quoted.Add(letter); break;
            }
        }

        return [.. quoted, (byte)'"'];
    }

    private static bool Plain(ReadOnlySpan<byte> text) => text.IndexOfAnyInRange((byte)0, (byte)0x1F) < 0 && text.IndexOfAny((byte)'"', (byte)'\\') < 0;

    private void Room(int more)
    {
        if (used + more > bytes.Length) Array.Resize(ref bytes, Math.Max(bytes.Length * 2, used + more));
    }
}
