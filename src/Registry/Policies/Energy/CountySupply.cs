using Trading.Registry.Contracts;

namespace Trading.Registry.Policies.Energy;

/// <summary>R-ENE-03: a county sells at most this share of a year's new quota.</summary>
internal sealed record CountySupply(decimal ShareMost) : Rule
{
    public override Refused? Check() => ShareMost is < 0 or > 1 ? Wrong("shareMost", "0 to 1") : null;

    /// <param name="newQuota">The year's new quota in minimum units.</param>
    /// <param name="sold">Sold and offered of it so far.</param>
    public Refused? Judge(long newQuota, long sold, long offered)
    {
        var most = (long)decimal.Floor(newQuota * ShareMost);
        return sold + offered <= most ? null : Refused.Because("SUPPLY_CAP", "R-ENE-03", ("quantity", offered), ("sold", sold), ("most", most));
    }
}
