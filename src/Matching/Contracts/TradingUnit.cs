using System.Numerics;

namespace Trading.Matching.Contracts;

/// <summary>
/// The one place where decimals at the doors become ticks, lots and fen, and back (DESIGN §3).
/// </summary>
/// <param name="Tick">Smallest price step in yuan per unit, &gt; 0.</param>
/// <param name="Lot">Smallest quantity in the legal unit (t/a, tce, m³ …), &gt; 0.</param>
/// <param name="YearsNum">With <paramref name="YearsDen"/>, the years a right's price counts for (R-POL-09); 1/1 where price is per unit.</param>
public sealed record TradingUnit(decimal Tick, decimal Lot, long YearsNum = 1, long YearsDen = 1)
{
    /// <summary>ticks × lots × Num / Den is fen, in lowest terms.</summary>
    public (long Num, long Den) FenFraction()
    {
        var (num, den) = Fen();
        return ((long)num, (long)den);
    }

    /// <summary>Does every count of ticks and lots stand for an exact decimal, and is the fraction of a fen one of two longs?</summary>
    public bool Countable
    {
        get
        {
            if (!CountableStep(Tick) || !CountableStep(Lot) || YearsNum < 1 || YearsDen < 1) return false;
            var (num, den) = Fen();
            return num <= long.MaxValue && den <= long.MaxValue;
        }
    }

    /// <summary>Null unless the price is a whole number of ticks that fits.</summary>
    public long? Ticks(decimal price) => Whole(price, Tick);

    /// <summary>Null unless the quantity is a whole number of lots that fits.</summary>
    public long? Lots(decimal quantity) => Whole(quantity, Lot);

    public decimal Price(long ticks) => ticks * Tick;

    public decimal Quantity(long lots) => lots * Lot;

    /// <summary>Null unless the amount is a whole number of fen that fits.</summary>
    public static long? Fen(decimal yuan) => Whole(yuan, 0.01m);

    public static decimal Yuan(long fen) => fen / 100m;

    private (BigInteger Num, BigInteger Den) Fen()
    {
        var (tickNum, tickDen) = Fraction(Tick);
        var (lotNum, lotDen) = Fraction(Lot);
        var num = tickNum * lotNum * 100 * YearsNum;
        var den = tickDen * lotDen * YearsDen;
        var divisor = BigInteger.GreatestCommonDivisor(num, den);
        return (num / divisor, den / divisor);
    }

    private static bool CountableStep(decimal step) => step > 0 && Fraction(step / 1.0000000000000000000000000000m).Num * long.MaxValue < BigInteger.Pow(2, 96);

    private static long? Whole(decimal value, decimal step)
    {
        if (step < 1 && decimal.Abs(value) > decimal.MaxValue * step) return null;
        // Dividing first keeps clear of overflow; multiplying back finds what division rounded away.
        var count = decimal.Round(value / step);
        return count is <= long.MaxValue and >= long.MinValue && count * step == value ? (long)count : null;
    }

    private static (BigInteger Num, BigInteger Den) Fraction(decimal value)
    {
        var scale = value.Scale;
        var den = BigInteger.Pow(10, scale);
        return (new BigInteger(value * (decimal)den), den);
    }
}
