using Npgsql;
using Trading.Registry.Contracts;

namespace Trading.Registry.Pledges;

internal sealed class PostgresPledges(NpgsqlDataSource database) : IPledges
{
    public async Task<IReadOnlyList<Pledge>> Standing(string? participant, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        // A pledge is the proposal that made it and the hold that keeps it.
        await using var select = Statement.Of(connection, null,
            """
            select p.id, p.body, p.decided_us, h.account, h.instrument, h.units, h.standing from registry.proposals p
            join registry.holds h on h.reference = 'pledge/' || p.id and h.reason = 4 and h.standing > 0
            where p.kind = 'pledge' and p.state = 2 and ($1::text is null or p.affected = $1 or p.decider = $1) order by p.id
            """, participant);
        await using var r = await select.ExecuteReaderAsync(stop);
        var pledges = new List<Pledge>();
        while (await r.ReadAsync(stop))
        {
            var body = StrictJson.Read<PledgeAsked>(r.GetString(1)).Value!;
            pledges.Add(new(r.GetInt64(0), new(r.GetInt32(3), r.GetInt32(4)), body.Pledgor, body.Pledgee, body.Contract, body.Value, body.Registration, r.GetInt64(5), r.GetInt64(6), Micros.At(r.GetInt64(2))));
        }

        return pledges;
    }
}
