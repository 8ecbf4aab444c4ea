using System.Collections.Frozen;
using System.Text;
using Trading.Matching.Core;

namespace Trading.Matching.Contracts;

/// <summary>The public code of a market's refusal: its name in UPPER_SNAKE (docs/codes.md).</summary>
public static class MarketCodes
{
    private static readonly FrozenDictionary<Refusal, string> Codes = Enum.GetValues<Refusal>().ToFrozenDictionary(r => r, r => Snake(r.ToString()));

    public static string Of(Refusal refusal) => Codes[refusal];

    private static string Snake(string name)
    {
        var text = new StringBuilder();
        foreach (var letter in name)
        {
            if (char.IsAsciiLetterUpper(letter) && text.Length > 0) text.Append('_');
            text.Append(char.ToUpperInvariant(letter));
        }

        return text.ToString();
    }
}
