using Npgsql;

namespace Trading.Registry.Contracts;

/// <summary>
/// What has a claim on a holding that comes before its holder's will, e.g. a freeze that waits for more (轮候冻结, R-REG-06). Units that came available a moment ago are claimed
/// before they are taken: the holder disposes of what is beyond the claims.
/// </summary>
public interface IStandingClaims
{
    /// <summary>Asks, on the transaction that has these holdings locked, for account, instrument and units (bigint) of each that is claimed.</summary>
    NpgsqlBatchCommand On(IReadOnlyList<HoldingKey> keys);
}
