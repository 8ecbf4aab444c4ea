using System.Collections.Frozen;
using System.Reflection;
using System.Text.Json;

namespace Trading.Web.Text;

/// <summary>Every text of the page, in the reader's language. A key that is missing shows itself; tests/Tidy keeps both files equal and complete.</summary>
public sealed class Words
{
    public const string Chinese = "zh-CN";
    public const string English = "en";

    private readonly FrozenDictionary<string, string> texts;

    public Words(string? language)
    {
        Language = language == English ? English : Chinese;
        texts = Read(Language).ToFrozenDictionary(StringComparer.Ordinal);
    }

    public string Language { get; }

    public bool InChinese => Language == Chinese;

    public string this[string key] => texts.GetValueOrDefault(key, key);

    public string this[string key, params ReadOnlySpan<string?> values]
    {
        get
        {
            var text = this[key];
            for (var i = 0; i < values.Length; i++) text = text.Replace("{" + i + "}", values[i], StringComparison.Ordinal);
            return text;
        }
    }

    /// <summary>A word of the API (a state, a class, a role) in the reader's language; as it is where none is known.</summary>
    public string Of(string kind, string? word) => word is null ? "" : texts.GetValueOrDefault($"{kind}.{word}", word);

    public string Pick(string zh, string en) => InChinese ? zh : en;

    /// <summary>What the house itself wrote in both languages, in one of them; what a person wrote, as it stands.</summary>
    public string Either(string text) => text.Split(" | ") is [var zh, var en] ? Pick(zh, en) : text;

    /// <summary>A participant's name; of one that is not among them its id.</summary>
    public string Who(IEnumerable<Participant> all, string? id) => all.FirstOrDefault(p => p.Id == id) is { } p ? Pick(p.NameZh, p.NameEn) : id ?? Fmt.None;

    public string Pick(Name name) => InChinese ? name.Zh : name.En;

    internal static Dictionary<string, string> Read(string language)
    {
        using var file = Assembly.GetExecutingAssembly().GetManifestResourceStream(language + ".json")!;
        var read = JsonSerializer.Deserialize<Dictionary<string, string>>(file)!;
        foreach (var (code, zh, en) in Codes()) read["code." + code] = language == Chinese ? zh : en;
        return read;
    }

    /// <summary>docs/codes.md says every refusal in both languages; the server answers from the same page.</summary>
    private static IEnumerable<(string Code, string Zh, string En)> Codes()
    {
        using var page = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream("codes.md")!);
        while (page.ReadLine() is { } line)
        {
            if (line.Split('|', StringSplitOptions.TrimEntries) is [_, ['`', .., '`'] code, _, var zh, var en, ..]) yield return (code.Trim('`'), zh, en);
        }
    }
}
