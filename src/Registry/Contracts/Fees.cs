using NodaTime;
using Trading.Registry.Policies.Common;

namespace Trading.Registry.Contracts;

/// <summary>What each side of a trade pays (R-SET-05), in millionths of its amount.</summary>
public sealed record FeeRates(int Trading, int Settlement)
{
    public const int Whole = 1_000_000;

    public int Total => Trading + Settlement;

    /// <summary>By the tariff in force then (rule common/fees). Refused RULE_MISSING.</summary>
    public static Outcome<FeeRates> Of(RuleBook rules, RightClass of, Instant at)
    {
        var (tariff, missing) = rules.Of<FeeTariff>(at);
        if (missing is not null) return missing;
        var rate = tariff!.Of(of);
        return new FeeRates((int)(rate.Trading * Whole), (int)(rate.Settlement * Whole));
    }

    /// <summary>
    /// Divides a fee that was taken: the trading part rounded half up to the fen, the rest for settlement. Of a fee that is given back each part is what it was. A fee
    /// that was taken where these rates ask none is all for trading.
    /// </summary>
    public FeeParts Split(long fen)
    {
        if (fen < 0) return Split(-fen) is var back ? new(-back.Trading, -back.Settlement) : default;
        if (Settlement == 0) return new(fen, 0);
        var trading = (long)((((Int128)fen * Trading * 2) + Total) / (Total * 2));
        return new(trading, fen - trading);
    }
}

/// <summary>A fee in fen, by what it is for.</summary>
public readonly record struct FeeParts(long Trading, long Settlement)
{
    public long Total => Trading + Settlement;

    public static FeeParts operator +(FeeParts a, FeeParts b) => Add(a, b);

    public static FeeParts operator -(FeeParts a, FeeParts b) => Subtract(a, b);

    public static FeeParts Add(FeeParts a, FeeParts b) => new(a.Trading + b.Trading, a.Settlement + b.Settlement);

    public static FeeParts Subtract(FeeParts a, FeeParts b) => new(a.Trading - b.Trading, a.Settlement - b.Settlement);
}
