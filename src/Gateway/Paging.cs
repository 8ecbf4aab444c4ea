using System.Globalization;

namespace Trading.Gateway;

/// <summary>Lists answer {"items", "next"}; the cursor is the last item's place.</summary>
internal static class Paging
{
    private const int LimitMost = 500;
    private const int LimitUsual = 100;

    public static int Limit(string? limit)
    {
        if (limit is null) return LimitUsual;
        return int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out var most) && most is >= 1 and <= LimitMost ? most : throw Json.No("OUT_OF_RANGE", ("limit", limit));
    }

    public static long After(string? after, long first)
    {
        if (string.IsNullOrEmpty(after)) return first;
        return long.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out var place) ? place : throw Json.No("CURSOR_INVALID", ("after", after));
    }

    /// <summary>Reads one more than the page holds: only then there is a next page.</summary>
    public static IResult Page<T>(IReadOnlyList<T> read, int limit, Func<T, long> place, Func<T, object> show)
    {
        var items = read.Take(limit).ToList();
        return Results.Json(new { items = items.ConvertAll(i => show(i)), next = read.Count > limit ? place(items[^1]).ToString(CultureInfo.InvariantCulture) : null }, Json.Plain);
    }

    /// <summary>As we write it and no other way: one thing has one address.</summary>
    public static long? Id(string text) => text is not ['0', _, ..] && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;
}
