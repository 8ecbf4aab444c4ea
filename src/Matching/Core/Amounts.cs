namespace Trading.Matching.Core;

/// <summary>Money from ticks and lots, exact to the fen (DESIGN §3).</summary>
internal static class Amounts
{
    private const ulong Million = 1_000_000;

    /// <summary>Σ ticks × lots, times num / den, rounded half up to the fen (towards more, where prices are negative); false, and the last long there is, where it does not fit.</summary>
    public static bool Fen(Int128 ticksLots, long num, long den, out long fen)
    {
        fen = ticksLots < 0 ? -long.MaxValue : long.MaxValue;
        var size = ticksLots < 0 ? (UInt128)(-ticksLots) : (UInt128)ticksLots;
        if (size > (UInt128.MaxValue / 4) / (ulong)num) return false;
        // Half up of a negative number is half down of its size.
        var doubled = size * (ulong)num * 2;
        var rounded = (ticksLots < 0 ? doubled + (ulong)den - 1 : doubled + (ulong)den) / ((UInt128)(ulong)den * 2);
        if (rounded > long.MaxValue) return false;
        fen = ticksLots < 0 ? -(long)rounded : (long)rounded;
        return true;
    }

    /// <summary>Fee on a non-negative amount, rounded half up to the fen.</summary>
    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.AggressiveInlining)]
    public static long Fee(long amount, int millionths) => amount < 1L << 42
        ? (long)((((ulong)amount * (ulong)millionths) + (Million / 2)) / Million)
        : Rounded((UInt128)(ulong)amount * (ulong)millionths, Million);

    /// <summary>How much of <paramref name="whole"/> belongs to the first <paramref name="lots"/> of <paramref name="ofLots"/>, rounded half up.</summary>
    public static long Share(long whole, long lots, long ofLots) => Rounded((UInt128)(ulong)whole * (ulong)lots, (ulong)ofLots);

    /// <summary>A mean price: Σ ticks × lots over lots, rounded half up to the tick.</summary>
    public static long Mean(Int128 ticksLots, long lots)
    {
        var doubled = (ticksLots * 2) + lots;
        var by = (Int128)lots * 2;
        var (whole, rest) = Int128.DivRem(doubled, by);
        return (long)(rest < 0 ? whole - 1 : whole);
    }

    private static long Rounded(UInt128 over, ulong den) => (long)(((over * 2) + den) / ((UInt128)den * 2));
}
