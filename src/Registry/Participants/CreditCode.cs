namespace Trading.Registry.Participants;

/// <summary>统一社会信用代码, GB 32100-2015: 17 characters and a check character, weights 3^(i-1) mod 31.</summary>
public static class CreditCode
{
    /// <summary>The characters in the order of their values: no I, O, S, V, Z.</summary>
    private const string Alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    public const int Length = 18;

    public static bool IsValid(string code)
    {
        if (code.Length != Length) return false;
        foreach (var character in code)
        {
            if (!Alphabet.Contains(character, StringComparison.Ordinal)) return false;
        }

        return code[^1] == CheckCharacter(code.AsSpan(0, Length - 1));
    }

    /// <param name="body">The first 17 characters.</param>
    public static char CheckCharacter(ReadOnlySpan<char> body)
    {
        var (sum, weight) = (0, 1);
        foreach (var character in body)
        {
            sum += Alphabet.IndexOf(character, StringComparison.Ordinal) * weight;
            weight = weight * 3 % 31;
        }

        return Alphabet[(31 - (sum % 31)) % 31];
    }
}
