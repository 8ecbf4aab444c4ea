using System.Globalization;
using Trading.Registry.Contracts;

namespace Trading.Registry.Policies.Common;

/// <summary>R-SET-05: what each side of a trade pays, for trading and for settlement, of a listing that has no fee of its own.</summary>
/// <param name="Default">Of every class that is not named.</param>
internal sealed record FeeTariff(FeeRate Default, IReadOnlyList<ClassFee> Classes) : Rule
{
    public override Refused? Check()
    {
        if (Default.Check() is { } wrong) return Wrong($"default.{wrong.Field}", wrong.Value);
        foreach (var (number, fee) in Classes.Index())
        {
            if (Classes.Take(number).Any(c => c.Class == fee.Class)) return Wrong($"classes[{number}].class", fee.Class.ToString());
            if (fee.Rate.Check() is { } amiss) return Wrong($"classes[{number}].{amiss.Field}", amiss.Value);
        }

        return null;
    }

    public FeeRate Of(RightClass of) => Classes.FirstOrDefault(c => c.Class == of)?.Rate ?? Default;
}

/// <summary>Parts of the amount, each from 0 on in whole millionths; together at most 1.</summary>
internal sealed record FeeRate(decimal Trading, decimal Settlement)
{
    public (string Field, string Value)? Check() =>
        !Fits(Trading) ? ("trading", Text(Trading)) : !Fits(Settlement) ? ("settlement", Text(Settlement)) : Trading + Settlement > 1 ? ("settlement", Text(Trading + Settlement)) : null;

    private static bool Fits(decimal rate) => rate is >= 0 and <= 1 && decimal.IsInteger(rate * FeeRates.Whole);

    private static string Text(decimal rate) => rate.ToString(CultureInfo.InvariantCulture);
}

internal sealed record ClassFee(RightClass Class, decimal Trading, decimal Settlement)
{
    public FeeRate Rate => new(Trading, Settlement);
}
