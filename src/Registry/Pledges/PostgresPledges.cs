using Npgsql;
using Trading.Registry.Contracts;

namespace Trading.Registry.Pledges;

internal sealed class PostgresPledges(NpgsqlDataSource database) : IPledges
{
    public async Task<IReadOnlyList<Pledge>> Standing(string? participant, CancellationToken stop) => await Read(participant, null, stop);

    public async Task<Pledge?> Find(long id, CancellationToken stop) => (await Read(null, id, stop)).SingleOrDefault();

    private async Task<List<Pledge>> Read(string? participant, long? id, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        // A pledge is the proposal that made it and the hold that keeps it.
        await using var select = Statement.Of(connection, null,
            """
            select p.id, p.body, p.decided_us, h.account, h.instrument, h.units, h.standing from registry.proposals p
            join registry.holds h on h.reference = 'pledge/' || p.id and h.reason = 4 and h.standing > 0
            where p.kind = 'pledge' and p.state = 2 and ($1::text is null or p.affected = $1 or p.decider = $1) and ($2::bigint is null or p.id = $2) order by p.id
            """, participant, id);
        return await select.Rows(r =>
        {
            var body = StrictJson.Read<PledgeAsked>(r.GetString(1)).Value!;
            return new Pledge(r.GetInt64(0), new(r.GetInt32(3), r.GetInt32(4)), body.Pledgor, body.Pledgee, body.Contract, body.Value, body.Registration, r.GetInt64(5), r.GetInt64(6), Micros.At(r.GetInt64(2)));
        }, stop);
    }
}
