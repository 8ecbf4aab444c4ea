namespace Trading.Matching.Replay;

/// <summary>2026-03-02T09:30:00.125Z, or with an offset as +08:00. What is finer than a microsecond is cut off.</summary>
internal static class IsoInstant
{
    private const long MicrosASecond = 1_000_000;

    public static bool TryRead(ReadOnlySpan<byte> text, out long micros)
    {
        micros = 0;
        if (text.Length < 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':') return false;
        if (!Two(text, 0, out var century) || !Two(text, 2, out var years) || !Two(text, 5, out var month) || !Two(text, 8, out var day)
            || !Two(text, 11, out var hour) || !Two(text, 14, out var minute) || !Two(text, 17, out var second))
            return false;
        var year = (century * 100) + years;
        if (year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour > 23 || minute > 59 || second > 59) return false;
        var rest = text[19..];
        var fraction = 0L;
        if (rest[0] == '.')
        {
            var digits = 1;
            for (var worth = MicrosASecond / 10; digits < rest.Length && rest[digits] is >= (byte)'0' and <= (byte)'9'; digits++, worth /= 10) fraction += worth * (rest[digits] - '0');
            if (digits == 1) return false;
            rest = rest[digits..];
        }

        if (!Offset(rest, out var offsetMinutes)) return false;
        var days = new DateTime(year, month, day, 0, 0, 0, DateTimeKind.Utc).Ticks / TimeSpan.TicksPerDay - DateTime.UnixEpoch.Ticks / TimeSpan.TicksPerDay;
        micros = ((((((days * 24) + hour) * 60) + minute - offsetMinutes) * 60) + second) * MicrosASecond + fraction;
        return true;
    }

    /// <summary>In UTC, with as many digits of a second as it takes; the last instant of the year 9999 where it is later.</summary>
    public static byte[] Of(long micros)
    {
        var most = (DateTime.MaxValue.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;
        var instant = DateTime.UnixEpoch.AddTicks(Math.Min(micros, most) * TimeSpan.TicksPerMicrosecond);
        return System.Text.Encoding.ASCII.GetBytes(instant.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFF", System.Globalization.CultureInfo.InvariantCulture) + "Z");
    }

    private static bool Offset(ReadOnlySpan<byte> text, out int minutes)
    {
        minutes = 0;
        if (text is [(byte)'Z']) return true;
        if (text.Length != 6 || text[0] is not ((byte)'+' or (byte)'-') || text[3] != ':' || !Two(text, 1, out var hours) || !Two(text, 4, out minutes) || hours > 23 || minutes > 59) return false;
        minutes += hours * 60;
        if (text[0] == '-') minutes = -minutes;
        return true;
    }

    private static bool Two(ReadOnlySpan<byte> text, int at, out int value)
    {
        value = ((text[at] - '0') * 10) + text[at + 1] - '0';
        return text[at] is >= (byte)'0' and <= (byte)'9' && text[at + 1] is >= (byte)'0' and <= (byte)'9';
    }
}
