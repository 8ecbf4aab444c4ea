using Npgsql;
using Trading.Matching.Contracts;
using Trading.Matching.Core;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;

namespace Trading.Settlement.Busts;

internal static class BustRows
{
    public const string Columns = "id, trade_no, reason, state, asked_user, asked_role, asked_us, answered_user, answered_role, answered_us, code, needed, had, heard";

    public static async Task<List<Bust>> Read(NpgsqlCommand select, CancellationToken stop)
    {
        var busts = new List<Bust>();
        await using var r = await select.ExecuteReaderAsync(stop);
        while (await r.ReadAsync(stop))
        {
            busts.Add(new(r.GetInt64(0), r.GetInt64(1), r.GetString(2), (BustState)r.GetInt16(3), new(r.GetString(4), r.GetString(5)), Time.Instant(r.GetInt64(6)),
                r.IsDBNull(7) ? null : new Actor(r.GetString(7), r.GetString(8)), r.IsDBNull(9) ? null : Time.Instant(r.GetInt64(9)), (Refusal)r.GetInt32(10), r.GetInt64(11), r.GetInt64(12), r.GetInt64(13)));
        }

        return busts;
    }
}
