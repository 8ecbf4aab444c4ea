namespace Trading.Matching.Replay;

/// <summary>A decimal string of a line: its value, or why it is none that a market can count.</summary>
/// <param name="Fits">False: more digits than a <see cref="decimal"/> holds, and <see cref="Value"/> says nothing.</param>
/// <param name="Large">Where it does not fit: because of its size, not of its fraction.</param>
internal readonly record struct Number(decimal Value, bool Fits, bool Large)
{
    private const int DigitsMost = 28;

    public static implicit operator Number(decimal value) => new(value, true, false);

    /// <summary>Digits with at most one point between them, and a minus before them: no exponent, no plus, no space.</summary>
    public static bool TryRead(ReadOnlySpan<byte> text, out Number number)
    {
        number = default;
        var minus = text.Length > 0 && text[0] == '-';
        if (minus) text = text[1..];
        var point = text.IndexOf((byte)'.');
        var whole = point < 0 ? text : text[..point];
        var fraction = point < 0 ? default : text[(point + 1)..];
        if (!Digits(whole) || (point >= 0 && !Digits(fraction))) return false;
        whole = whole.TrimStart((byte)'0');
        fraction = fraction.TrimEnd((byte)'0');
        var digits = whole.Length > 0 ? whole.Length + fraction.Length : fraction.TrimStart((byte)'0').Length;
        if (digits > DigitsMost || fraction.Length > DigitsMost)
        {
            number = new(0, false, whole.Length >= DigitsMost);
            return true;
        }

        UInt128 value = 0;
        foreach (var digit in whole) value = (value * 10) + (uint)(digit - '0');
        foreach (var digit in fraction) value = (value * 10) + (uint)(digit - '0');
        number = new decimal(unchecked((int)(uint)value), unchecked((int)(uint)(value >> 32)), unchecked((int)(uint)(value >> 64)), minus && value != 0, (byte)fraction.Length);
        return true;
    }

    private static bool Digits(ReadOnlySpan<byte> text) => text.Length > 0 && !text.ContainsAnyExceptInRange((byte)'0', (byte)'9');
}
