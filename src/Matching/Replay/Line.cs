using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Trading.Matching.Replay;

/// <summary>One line, read and checked for form; used again for the next. Its texts lie in the bytes it was read from.</summary>
internal sealed class Line
{
    private readonly JsonTokenType[] tokens = new JsonTokenType[Format.Fields];
    /// <summary>Where in the line a value begins, and where its text lies; a text with escapes lies in <see cref="plain"/>.</summary>
    private readonly int[] columns = new int[Format.Fields];
    private readonly (int Start, int Length, bool Escaped)[] texts = new (int, int, bool)[Format.Fields];
    private readonly Number[] numbers = new Number[Format.Fields];
    private readonly long[] counts = new long[Format.Fields];
    private ReadOnlyMemory<byte> line;
    private byte[] plain = new byte[256];
    private int plainUsed;
    private ulong present;
    private long at = long.MinValue;
    private int wrongAt;

    public Op Op { get; private set; }

    /// <summary>What is wrong with the line that <see cref="Read"/> said no to.</summary>
    public string? Wrong { get; private set; }

    public int WrongColumn => Column(wrongAt);

    public bool Has(Field field) => (present & Format.Bit(field)) != 0;

    public ReadOnlySpan<byte> Text(Field field)
    {
        var (start, length, escaped) = texts[(int)field];
        return escaped ? plain.AsSpan(start, length) : line.Span.Slice(start, length);
    }

    public Number Number(Field field) => numbers[(int)field];

    public long Count(Field field) => counts[(int)field];

    public bool Flag(Field field) => Has(field) && tokens[(int)field] == JsonTokenType.True;

    /// <summary>Place of the word in its list; 0, the default, where it is left out.</summary>
    public int Word(Field field) => Has(field) ? (int)counts[(int)field] : 0;

    /// <summary>Unix microseconds.</summary>
    public long Micros(Field field) => counts[(int)field];

    /// <returns>False where the line is malformed.</returns>
    public bool Read(ReadOnlyMemory<byte> bytes)
    {
        line = bytes;
        (present, plainUsed, Wrong) = (0, 0, null);
        try
        {
            return Utf8.IsValid(bytes.Span) ? Tokens() && Shape() : No(FirstInvalid(bytes.Span), "not UTF-8");
        }
        catch (JsonException json)
        {
            return No((int)(json.BytePositionInLine ?? 0), "not JSON: " + Plainly(json.Message));
        }
    }

    private bool Tokens()
    {
        var reader = new Utf8JsonReader(line.Span, isFinalBlock: true, state: default);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject) return No((int)reader.TokenStartIndex, "a line is one JSON object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var begin = (int)reader.TokenStartIndex;
            var name = TextOf(ref reader);
            if (!Format.Find(Slice(name), out Field field)) return No(begin, $"unknown field {Quoted(Slice(name))}");
            if (Has(field)) return No(begin, $"the field {Format.Name(field)} stands twice");
            reader.Read();
            present |= Format.Bit(field);
            tokens[(int)field] = reader.TokenType;
            columns[(int)field] = (int)reader.TokenStartIndex;
            switch (reader.TokenType)
            {
                case JsonTokenType.String:
                    texts[(int)field] = TextOf(ref reader);
                    break;
                case JsonTokenType.Number:
                    texts[(int)field] = ((int)reader.TokenStartIndex, reader.ValueSpan.Length, false);
                    break;
                case JsonTokenType.True or JsonTokenType.False:
                    break;
                default:
                    return No((int)reader.TokenStartIndex, $"{Format.Name(field)} is a string, a number or a boolean");
            }
        }

        // Whatever stands behind the object is not JSON, and the reader says so.
        wrongAt = (int)reader.TokenStartIndex;
        reader.Read();
        return true;
    }

    private bool Shape()
    {
        var end = wrongAt;
        if (!Has(Field.Op)) return No(end, "the field op is missing");
        if (tokens[(int)Field.Op] != JsonTokenType.String || !Format.Find(Text(Field.Op), out Op op)) return No(columns[(int)Field.Op], "unknown op");
        Op = op;
        if (Format.Strange(op, present) is not 0 and var strange) return No(columns[(int)Format.First(strange)], $"{Format.Name(op)} has no field {Format.Name(Format.First(strange))}");
        if (Format.Missing(op, present) is not 0 and var missing) return No(end, $"{Format.Name(op)} needs the field {Format.Name(Format.First(missing))}");
        for (var left = present & ~Format.Bit(Field.Op); left != 0; left &= left - 1)
        {
            var field = Format.First(left);
            if (!Kinds(field, Format.KindOf(op, field))) return false;
        }

        if (!Has(Field.T)) return true;
        if (Micros(Field.T) < at) return No(columns[(int)Field.T], "time runs backwards");
        at = Micros(Field.T);
        return true;
    }

    private bool Kinds(Field field, Kind kind)
    {
        var token = tokens[(int)field];
        ref var count = ref counts[(int)field];
        switch (kind)
        {
            case Kind.Text:
                return token == JsonTokenType.String || No(columns[(int)field], $"{Format.Name(field)} is a string");
            case Kind.Word:
                count = token == JsonTokenType.String ? Format.WordOf(field, Text(field)) : -1;
                return count >= 0 || No(columns[(int)field], $"{Format.Name(field)} is one of: {Format.WordsOf(field)}");
            case Kind.Decimal:
                return (token == JsonTokenType.String && Replay.Number.TryRead(Text(field), out numbers[(int)field])) || No(columns[(int)field], $"{Format.Name(field)} is a decimal string");
            case Kind.Count:
                return (token == JsonTokenType.Number && Whole(Text(field), out count)) || No(columns[(int)field], $"{Format.Name(field)} is an integer");
            case Kind.Either:
                return ((token == JsonTokenType.String || (token == JsonTokenType.Number && Whole(Text(field), out _))) && Replay.Number.TryRead(Text(field), out numbers[(int)field])) || No(columns[(int)field], $"{Format.Name(field)} is an integer");
            case Kind.Flag:
                return token is JsonTokenType.True or JsonTokenType.False || No(columns[(int)field], $"{Format.Name(field)} is true or false");
            default:
                return (token == JsonTokenType.String && IsoInstant.TryRead(Text(field), out count)) || No(columns[(int)field], $"{Format.Name(field)} is an ISO instant");
        }
    }

    /// <summary>An integer beyond a long counts as the last long: nothing that is counted comes near.</summary>
    private static bool Whole(ReadOnlySpan<byte> text, out long count)
    {
        count = 0;
        var minus = text[0] == '-';
        if (minus) text = text[1..];
        if (text.ContainsAnyExceptInRange((byte)'0', (byte)'9')) return false;
        Int128 value = 0;
        foreach (var digit in text) value = Int128.Min((value * 10) + (digit - '0'), long.MaxValue);
        count = (long)(minus ? -value : value);
        return true;
    }

    private (int Start, int Length, bool Escaped) TextOf(ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped) return ((int)reader.TokenStartIndex + 1, reader.ValueSpan.Length, false);
        if (plain.Length < plainUsed + reader.ValueSpan.Length) Array.Resize(ref plain, (plainUsed + reader.ValueSpan.Length) * 2);
        try
        {
            var length = reader.CopyString(plain.AsSpan(plainUsed));
            plainUsed += length;
            return (plainUsed - length, length, true);
        }
        catch (InvalidOperationException half)
        {
            // Half of a surrogate pair, written as an escape.
            throw new JsonException("an escape that is no character", null, 0, reader.TokenStartIndex, half);
        }
    }

    private ReadOnlySpan<byte> Slice((int Start, int Length, bool Escaped) text) => text.Escaped ? plain.AsSpan(text.Start, text.Length) : line.Span.Slice(text.Start, text.Length);

    private bool No(int where, string what)
    {
        (wrongAt, Wrong) = (where, what);
        return false;
    }

    /// <summary>In characters, for a person who looks at the line in an editor.</summary>
    private int Column(int offset)
    {
        var column = 1;
        foreach (var unit in line.Span[..Math.Min(offset, line.Length)])
        {
            if ((unit & 0xC0) != 0x80) column++;
        }

        return column;
    }

    private static int FirstInvalid(ReadOnlySpan<byte> bytes)
    {
        var valid = 0;
        while (Rune.DecodeFromUtf8(bytes[valid..], out _, out var consumed) == System.Buffers.OperationStatus.Done) valid += consumed;
        return valid;
    }

    /// <summary>The reader's own message ends with its line and byte, which ours says better.</summary>
    private static string Plainly(string message)
    {
        var end = message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return (end < 0 ? message : message[..end]).TrimEnd('.');
    }

    private static string Quoted(ReadOnlySpan<byte> name) => name.Length > 40 ? Encoding.UTF8.GetString(name[..40]) + "…" : Encoding.UTF8.GetString(name);
}
