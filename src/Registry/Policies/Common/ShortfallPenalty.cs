using Trading.Registry.Contracts;

namespace Trading.Registry.Policies.Common;

/// <summary>What a unit costs that was due and could not be met (R-REG-03): the penalty's base is what is missing, not what is due.</summary>
/// <param name="YuanPerUnit">For each legal unit, above 0.</param>
internal sealed record ShortfallPenalty(decimal YuanPerUnit) : Rule
{
    public override Refused? Check() => YuanPerUnit is <= 0 or > 1_000_000_000 ? Wrong("yuanPerUnit", YuanPerUnit.ToString(System.Globalization.CultureInfo.InvariantCulture)) : null;
}
