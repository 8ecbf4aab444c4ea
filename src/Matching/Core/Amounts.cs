namespace Trading.Matching.Core;

/// <summary>Money from ticks and lots, exact to the fen (DESIGN §3). Everything here is of non-negative numbers.</summary>
internal static class Amounts
{
    private const long Million = 1_000_000;

    /// <summary>Σ ticks × lots, times num / den, rounded half up to the fen; -1 where it does not fit.</summary>
    public static long Fen(UInt128 ticksLots, long num, long den)
    {
        if (ticksLots > (UInt128.MaxValue / 4) / (ulong)num) return -1;
        return Rounded(ticksLots * (ulong)num, (ulong)den);
    }

    /// <summary>Fee on an amount, rounded half up to the fen.</summary>
    public static long Fee(long amount, int millionths) => Rounded((UInt128)(ulong)amount * (ulong)millionths, Million);

    /// <summary>How much of <paramref name="whole"/> belongs to the first <paramref name="lots"/> of <paramref name="ofLots"/>, rounded half up.</summary>
    public static long Share(long whole, long lots, long ofLots) => Rounded((UInt128)(ulong)whole * (ulong)lots, (ulong)ofLots);

    private static long Rounded(UInt128 over, ulong den)
    {
        var rounded = ((over * 2) + den) / ((UInt128)den * 2);
        return rounded > long.MaxValue ? -1 : (long)rounded;
    }
}
