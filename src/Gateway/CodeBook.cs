using System.Collections.Frozen;
using System.Globalization;
using System.Reflection;

namespace Trading.Gateway;

/// <summary>A stable code as docs/codes.md has it.</summary>
internal sealed record CodeEntry(string Code, int Status, string Zh, string En, string? Rule);

/// <summary>docs/codes.md, embedded: the page that people read is the table that the door answers from.</summary>
internal static class CodeBook
{
    public static readonly FrozenDictionary<string, CodeEntry> Entries = Read();

    /// <summary>Unknown codes cannot reach a client: a tidy test holds every code in the source against the page.</summary>
    public static CodeEntry Of(string code) => Entries.GetValueOrDefault(code) ?? new(code, 422, code, code, null);

    private static FrozenDictionary<string, CodeEntry> Read()
    {
        using var page = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream("codes.md")!);
        var entries = new Dictionary<string, CodeEntry>(StringComparer.Ordinal);
        while (page.ReadLine() is { } line)
        {
            var cells = line.Split('|', StringSplitOptions.TrimEntries);
            if (cells.Length < 7 || !int.TryParse(cells[2], CultureInfo.InvariantCulture, out var status)) continue;
            var code = cells[1].Trim('`');
            entries.Add(code, new(code, status, cells[3], cells[4], cells[5].Length == 0 ? null : cells[5]));
        }

        return entries.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
