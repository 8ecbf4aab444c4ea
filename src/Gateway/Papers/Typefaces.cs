using System.Text;
using SkiaSharp;

namespace Trading.Gateway.Papers;

/// <summary>
/// The machine's font for Chinese: Noto Sans CJK where it is, else the first that has what a paper says. Found by looking into the folders of fonts, for a
/// server has no desktop that would know. Configuration <c>Fonts</c> names other folders, separated by semicolons.
/// </summary>
internal sealed class Typefaces(IConfiguration configuration)
{
    private static readonly string[] Folders = ["/usr/share/fonts", "/usr/local/share/fonts"];
    private static readonly string[] Kinds = [".ttc", ".otf", ".ttf"];
    /// <summary>A collection holds one face for each region and width; the places of one after the other.</summary>
    private const int FacesMost = 16;

    private readonly Lock gate = new();
    private IReadOnlyList<Face>? found;

    public sealed record Face(SKTypeface Regular, SKTypeface Bold)
    {
        /// <summary>With what this font has: where it lacks a small figure or the like, the plain one that means the same.</summary>
        public string Write(string text) => string.Concat(text.EnumerateRunes().Select(r => Has(r) ? r.ToString() : r.ToString().Normalize(NormalizationForm.FormKC)));

        /// <summary>The first character that it can write in no way; null: it has all.</summary>
        public Rune? Lacks(IEnumerable<string> texts)
        {
            foreach (var rune in texts.SelectMany(t => t.EnumerateRunes()))
            {
                if (!Has(rune) && !rune.ToString().Normalize(NormalizationForm.FormKC).EnumerateRunes().All(Has)) return rune;
            }

            return null;
        }

        private bool Has(Rune rune) => Rune.IsWhiteSpace(rune) || Regular.GetGlyph(rune.Value) != 0;
    }

    /// <exception cref="RefusedException">FONT_MISSING: no font here has every character of these texts.</exception>
    public Face For(IReadOnlyCollection<string> texts)
    {
        IReadOnlyList<Face> known;
        // Where there was none, one may have been installed since.
        lock (gate) known = found is { Count: > 0 } ? found : found = Look();
        Rune? lacking = null;
        foreach (var face in known)
        {
            if (face.Lacks(texts) is not { } lacks) return face;
            lacking ??= lacks;
        }

        throw lacking is { } one ? Json.No("FONT_MISSING", ("character", one.ToString())) : Json.No("FONT_MISSING");
    }

    private List<Face> Look()
    {
        var folders = configuration["Fonts"]?.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? Folders;
        var files = folders.Where(Directory.Exists).SelectMany(f => Directory.EnumerateFiles(f, "*", SearchOption.AllDirectories)).Where(f => Kinds.Contains(Path.GetExtension(f), StringComparer.OrdinalIgnoreCase)).Order(StringComparer.Ordinal).ToList();
        var faces = new List<Face>();
        foreach (var file in files.Where(f => !Path.GetFileName(f).Contains("Bold", StringComparison.OrdinalIgnoreCase)).OrderByDescending(Likely))
        {
            if (Open(file) is not { } regular) continue;
            var bold = files.Find(f => Path.GetFileName(f) == Path.GetFileName(file).Replace("Regular", "Bold", StringComparison.Ordinal) && f != file) is { } heavier ? Open(heavier) : null;
            faces.Add(new(regular, bold ?? regular));
        }

        return faces;
    }

    private static int Likely(string file) => Path.GetFileName(file) is var name && name.StartsWith("NotoSansCJK-Regular", StringComparison.Ordinal) ? 4
        : name.StartsWith("NotoSansCJKsc-Regular", StringComparison.Ordinal) ? 3 : name.StartsWith("NotoSans", StringComparison.Ordinal) && name.Contains("SC", StringComparison.Ordinal) ? 2
        : name.StartsWith("wqy", StringComparison.Ordinal) ? 1 : 0;

    /// <summary>The face for simplified Chinese of a collection, else its first that has a Chinese character; null: there is none.</summary>
    private static SKTypeface? Open(string file)
    {
        SKTypeface? first = null;
        for (var place = 0; place < FacesMost; place++)
        {
            var face = SKTypeface.FromFile(file, place);
            if (face is null || face.FamilyName.Length == 0 || face.GetGlyph('证') == 0)
            {
                face?.Dispose();
                break;
            }

            if (face.FamilyName.EndsWith("SC", StringComparison.Ordinal)) return face;
            if (first is null) first = face;
            else face.Dispose();
        }

        return first;
    }
}
