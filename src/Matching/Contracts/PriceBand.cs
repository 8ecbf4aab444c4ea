using System.Numerics;

namespace Trading.Matching.Contracts;

/// <summary>How a limit that falls between two ticks becomes one: declared by the product, never guessed (CEA-BAND-003).</summary>
public enum BandRounding : byte
{
    /// <summary>To the nearer tick, the half towards more.</summary>
    HalfUp = 0,
    /// <summary>The strict reading: to the tick that still lies within.</summary>
    Inward = 1,
}

/// <summary>The prices of a day: reference × (1 ± fraction), in ticks, both included (R-CEA-07).</summary>
public static class PriceBand
{
    /// <param name="referenceTicks">May be zero or negative where prices may.</param>
    /// <param name="fraction">Zero or more: 0.10 is ±10 %.</param>
    /// <remarks>A limit beyond what a tick count holds is the last one it holds.</remarks>
    public static (long Lower, long Upper) Of(long referenceTicks, decimal fraction, BandRounding rounding)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(fraction);
        var den = BigInteger.Pow(10, fraction.Scale);
        var width = BigInteger.Abs(referenceTicks) * new BigInteger(fraction * (decimal)den);
        var middle = referenceTicks * den;
        return (Clamp(Whole(middle - width, den, rounding, up: true)), Clamp(Whole(middle + width, den, rounding, up: false)));
    }

    private static BigInteger Whole(BigInteger num, BigInteger den, BandRounding rounding, bool up) => rounding switch
    {
        BandRounding.HalfUp => Floor((num * 2) + den, den * 2),
        BandRounding.Inward => up ? -Floor(-num, den) : Floor(num, den),
        _ => throw new ArgumentOutOfRangeException(nameof(rounding)),
    };

    private static BigInteger Floor(BigInteger num, BigInteger den)
    {
        var whole = BigInteger.DivRem(num, den, out var rest);
        return rest.Sign < 0 ? whole - 1 : whole;
    }

    private static long Clamp(BigInteger ticks) => (long)BigInteger.Clamp(ticks, long.MinValue, long.MaxValue);
}
