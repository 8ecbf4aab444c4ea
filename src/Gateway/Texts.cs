using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;

namespace Trading.Gateway;

/// <summary>
/// What may come in as text, judged in one place before anything reads it: no character that a person cannot have typed, for PostgreSQL refuses some and
/// logs and terminals obey others. JSON is judged where it is read.
/// </summary>
internal static class Texts
{
    /// <summary>A reason, the number of a document, a cell of a file.</summary>
    public const int LineMost = 500;
    private const int ShownMost = 40;

    /// <summary>Lines and tabs are text; the other control characters are not, and half a character is none.</summary>
    public static bool AreClean(string text)
    {
        for (var place = 0; place < text.Length; place++)
        {
            if (char.IsControl(text[place]) && text[place] is not ('\t' or '\n' or '\r')) return false;
            if (char.IsSurrogate(text[place]) && !char.IsSurrogatePair(text, place++)) return false;
        }

        return true;
    }

    /// <summary>For names that are compared and typed again: nothing blank, nothing that does not show.</summary>
    public static bool IsVisible(string text) => text.EnumerateRunes().All(rune => rune != Rune.ReplacementChar && Rune.GetUnicodeCategory(rune) is not
        (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned
        or UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator));

    /// <summary>As it can be shown: short, and harmless.</summary>
    public static string Shown(string text)
    {
        var harmless = new string([.. text.Take(ShownMost).Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '·' : c)]);
        return text.Length > ShownMost ? harmless + "…" : harmless;
    }

    /// <exception cref="RefusedException">OUT_OF_RANGE.</exception>
    public static string Line(string text, string field) => text.Length <= LineMost ? text : throw Json.No("OUT_OF_RANGE", ("path", field), ("most", LineMost.ToString(CultureInfo.InvariantCulture)));

    /// <summary>Addresses and forms, and query parameters that nobody here reads.</summary>
    public static void UseCleanTexts(this WebApplication app) => app.Use(async (context, next) =>
    {
        var request = context.Request;
        if (!AreClean(request.Path.Value ?? "")) throw Json.No("TEXT_INVALID", ("path", Shown(request.Path.Value ?? "")));
        foreach (var (name, values) in request.Query) Judge(name, values);
        if (request.Path.StartsWithSegments("/api", StringComparison.Ordinal) && context.GetEndpoint() is RouteEndpoint endpoint)
        {
            // What is not read would be thought to be heeded.
            var known = endpoint.Metadata.OfType<IParameterBindingMetadata>().Where(p => endpoint.RoutePattern.GetParameter(p.Name) is null).Select(p => p.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
            foreach (var name in request.Query.Keys.Where(name => !known.Contains(name) && name != "access_token")) throw Json.No("UNKNOWN_FIELD", ("path", Shown(name)));
        }

        if (request.HasFormContentType)
        {
            // Read once and kept: whoever answers finds it read.
            try
            {
                foreach (var (name, values) in await request.ReadFormAsync(context.RequestAborted)) Judge(name, values);
            }
            catch (InvalidDataException)
            {
                throw Json.No("MALFORMED_REQUEST");
            }
        }

        await next(context);
    });

    private static void Judge(string name, Microsoft.Extensions.Primitives.StringValues values)
    {
        if (!AreClean(name) || values.Any(value => value is not null && !AreClean(value))) throw Json.No("TEXT_INVALID", ("path", Shown(name)));
    }
}
