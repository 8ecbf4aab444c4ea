using System.Text.Json;
using NodaTime;

namespace Trading.Registry.Contracts;

/// <summary>The figures an installation begins with: a folder a class, a file a rule, each with all its versions.</summary>
public static class RuleFiles
{
    /// <summary>The rules that come with the demonstration, beside the program.</summary>
    public static readonly string Demo = Path.Combine(AppContext.BaseDirectory, "rules");

    private sealed record Version(LocalDate EffectiveFrom, string LegalReference, string Author, string Approver, JsonElement Content);

    private sealed record RuleFile(IReadOnlyList<Version> Versions);

    /// <summary>The rules of a folder without a store, as <see cref="Load"/> would keep them in an empty one.</summary>
    /// <exception cref="JsonException">A file cannot be read.</exception>
    public static RuleBook Book(string folder)
    {
        var versions = new List<RuleVersion>();
        foreach (var file in Directory.EnumerateFiles(folder, "*.json", SearchOption.AllDirectories))
        {
            var key = Path.ChangeExtension(Path.GetRelativePath(folder, file), null).Replace('\\', '/');
            foreach (var (number, v) in JsonSerializer.Deserialize<RuleFile>(File.ReadAllText(file), StrictJson.Options)!.Versions.Index())
            {
                var (from, body) = (Eligibility.Begin(v.EffectiveFrom), v.Content.GetRawText());
                versions.Add(new(key, number + 1, from, (Rule)JsonSerializer.Deserialize(body, RuleBook.Kinds[key], StrictJson.Options)!, body, v.LegalReference, new(v.Author, ""), new(v.Approver, ""), from));
            }
        }

        return new(versions);
    }

    /// <summary>Loads every file of the folder, by name. Idempotent; the first refusal ends it and names the file.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    public static async Task<(int Files, Refused? Refused)> Load(IRules rules, string folder, CancellationToken stop)
    {
        var files = Directory.EnumerateFiles(folder, "*.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToList();
        foreach (var file in files)
        {
            var key = Path.ChangeExtension(Path.GetRelativePath(folder, file), null).Replace('\\', '/');
            var (read, unreadable) = StrictJson.Read<RuleFile>(await File.ReadAllTextAsync(file, stop));
            if (unreadable is not null) return (files.Count, unreadable.With("file", file));
            List<FirstVersion> first = [.. read!.Versions.Select(v => new FirstVersion(Eligibility.Begin(v.EffectiveFrom), v.Content.GetRawText(), v.LegalReference, v.Author, v.Approver))];
            if (await rules.Load(key, first, stop) is { } refused) return (files.Count, refused.With("file", file));
        }

        return (files.Count, null);
    }
}
