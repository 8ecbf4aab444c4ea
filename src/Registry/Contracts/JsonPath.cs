using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Trading.Registry.Contracts;

/// <summary>Where a reader of JSON stands, said as $.lines[2].quantity. Told of every token, in order.</summary>
public sealed class JsonPath
{
    private readonly List<Level> levels = [];

    /// <summary>What was read last stands in a list.</summary>
    public bool InList => levels is [.., { IsList: true }];

    public void Read(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.PropertyName:
                levels[^1] = levels[^1] with { Name = Name(ref reader) };
                return;
            case JsonTokenType.EndObject or JsonTokenType.EndArray:
                levels.RemoveAt(levels.Count - 1);
                return;
        }

        if (InList) levels[^1] = levels[^1] with { Place = levels[^1].Place + 1 };
        if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray) levels.Add(new(reader.TokenType == JsonTokenType.StartArray, -1, ""));
    }

    /// <summary>The path of the first thing that no list and no text of ours may hold: null in a list, or half a character; null: there is none.</summary>
    /// <exception cref="JsonException">Not JSON.</exception>
    public static string? Wrong(ReadOnlySpan<byte> utf8, int depthMost)
    {
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = depthMost });
        var path = new JsonPath();
        while (reader.Read())
        {
            path.Read(ref reader);
            if (IsWrong(ref reader, path)) return path.ToString();
        }

        return null;
    }

    /// <inheritdoc cref="Wrong"/>
    public static bool IsWrong(ref Utf8JsonReader reader, JsonPath path) => reader.TokenType switch
    {
        JsonTokenType.Null => path.InList,
        JsonTokenType.String or JsonTokenType.PropertyName => Text(ref reader) is null,
        _ => false,
    };

    /// <summary>Null: half a character is in it.</summary>
    private static string? Text(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static string Name(ref Utf8JsonReader reader) => Text(ref reader) ?? "?";

    public override string ToString()
    {
        var text = new StringBuilder("$");
        foreach (var level in levels)
        {
            if (level.IsList) text.Append(CultureInfo.InvariantCulture, $"[{Math.Max(0, level.Place)}]");
            else if (level.Name.Length > 0) text.Append('.').Append(level.Name);
        }

        return text.ToString();
    }

    private readonly record struct Level(bool IsList, int Place, string Name);
}
