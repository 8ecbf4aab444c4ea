using Trading.Registry.Contracts;

namespace Trading.Registry.Policies.Common;

/// <summary>R-REG-07: at least which share of the last close a pledged right fetches where it is realised by agreement.</summary>
/// <param name="FloorShare">Above 0, at most 1.</param>
internal sealed record PledgeTerms(decimal FloorShare) : Rule
{
    public override Refused? Check() => FloorShare is <= 0 or > 1 ? Wrong("floorShare", FloorShare.ToString(System.Globalization.CultureInfo.InvariantCulture)) : null;
}
