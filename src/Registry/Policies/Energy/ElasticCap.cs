using Trading.Registry.Contracts;

namespace Trading.Registry.Policies.Energy;

/// <summary>R-ENE-08: a county that meets its intensity target and grows faster than planned may use more.</summary>
internal sealed record ElasticCap(decimal Elasticity) : Rule
{
    public override Refused? Check() => Elasticity is < 0 or > 1 ? Wrong("elasticity", "0 to 1") : null;

    /// <summary>What the cap grows by, in minimum units, rounded down: nobody is given a part of a unit.</summary>
    public long Extra(long cap, bool intensityMet, bool growthAbovePlan) => intensityMet && growthAbovePlan ? (long)decimal.Floor(cap * Elasticity) : 0;
}
