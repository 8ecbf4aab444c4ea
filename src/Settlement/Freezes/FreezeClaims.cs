using Npgsql;
using Trading.Registry.Contracts;

namespace Trading.Settlement.Freezes;

/// <summary>Freezes that wait for more have a claim on what comes available, before they take it (R-REG-06).</summary>
internal sealed class FreezeClaims : IStandingClaims
{
    public NpgsqlBatchCommand On(IReadOnlyList<HoldingKey> keys) => new(
        """
        select account, instrument, sum(amount - taken)::bigint from settlement.freezes
        where state in (2, 3, 5) and taken < amount and (account, instrument) in (select * from unnest($1::int[], $2::int[])) group by account, instrument
        """)
    {
        Parameters = { new() { Value = keys.Select(k => k.Account).ToArray() }, new() { Value = keys.Select(k => k.Instrument).ToArray() } },
    };
}
