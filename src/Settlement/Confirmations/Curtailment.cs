namespace Trading.Settlement.Confirmations;

/// <summary>What a check lets through of trades that are equal before it (R-PWR-10).</summary>
internal static class Curtailment
{
    /// <summary>In proportion, whole lots, nothing lost: what rounding down leaves goes to the largest fractions, of equal ones to the earlier.</summary>
    /// <param name="most">0 or more.</param>
    /// <param name="lots">Of each trade, above 0.</param>
    public static long[] ProRata(long most, IReadOnlyList<long> lots)
    {
        var sum = lots.Aggregate((Int128)0, (total, one) => total + one);
        if (sum <= most) return [.. lots];
        var parts = lots.Select(one => (Whole: (long)((Int128)one * most / sum), Fraction: (Int128)one * most % sum)).ToArray();
        var passed = parts.Select(p => p.Whole).ToArray();
        foreach (var place in Enumerable.Range(0, parts.Length).OrderByDescending(n => parts[n].Fraction).Take((int)(most - passed.Sum()))) passed[place]++;
        return passed;
    }
}
