using NodaTime;
using Npgsql;
using Trading.Registry.Contracts;

namespace Trading.Registry.Holdings;

/// <summary>The rows of holds. Whoever changes one has its holding locked, so they need no lock of their own.</summary>
internal static class HoldRows
{
    private const string Columns = "account, reference, instrument, reason, units, standing, placed_us, ended_us";

    /// <summary>The holds that these instructions name.</summary>
    public static NpgsqlBatchCommand Of(IReadOnlyList<Instruction> asked)
    {
        var named = asked.SelectMany(a => a switch
        {
            Instruction.Keep k => [(k.Holding.Account, k.Reference)],
            Instruction.LiftHold l => [(l.Holding.Account, l.Reference)],
            _ => ((int Account, string Reference)[])[],
        }).Distinct().ToList();
        return new($"select {Columns} from registry.holds where (account, reference) in (select * from unnest($1::int[], $2::text[]))")
        {
            Parameters = { new() { Value = named.ConvertAll(n => n.Account).ToArray() }, new() { Value = named.ConvertAll(n => n.Reference).ToArray() } },
        };
    }

    public static NpgsqlBatchCommand Put(Hold hold) => new(
        $"""
        insert into registry.holds ({Columns}) values ($1, $2, $3, $4, $5, $6, $7, $8)
        on conflict (account, reference) do update set standing = excluded.standing, ended_us = excluded.ended_us
        """)
    {
        Parameters =
        {
            new() { Value = hold.Holding.Account }, new() { Value = hold.Reference }, new() { Value = hold.Holding.Instrument }, new() { Value = (short)hold.Reason }, new() { Value = hold.Units }, new() { Value = hold.Standing }, new() { Value = Micros.Of(hold.PlacedAt) },
            new() { Value = hold.EndedAt is { } ended ? Micros.Of(ended) : DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Bigint },
        },
    };

    /// <summary>What stands of one account, or of everybody; in order of placing.</summary>
    public static async Task<IReadOnlyList<Hold>> Standing(NpgsqlDataSource database, int? account, HoldReason? reason, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var select = Statement.Of(connection, null,
            $"select {Columns} from registry.holds where standing > 0 and ($1::integer is null or account = $1) and ($2::smallint is null or reason = $2) order by placed_us, account, reference", account, (short?)reason);
        return await select.Rows(Hold, stop);
    }

    /// <summary>What stands of one hold; 0: nothing, or there is none.</summary>
    public static async Task<long> Standing(NpgsqlConnection connection, NpgsqlTransaction transaction, int account, string reference, CancellationToken stop)
    {
        await using var select = Statement.Of(connection, transaction, "select standing from registry.holds where account = $1 and reference = $2", account, reference);
        return await select.ExecuteScalarAsync(stop) is long standing ? standing : 0;
    }

    public static Hold Hold(NpgsqlDataReader r) =>
        new(new(r.GetInt32(0), r.GetInt32(2)), r.GetString(1), (HoldReason)r.GetInt16(3), r.GetInt64(4), r.GetInt64(5), Micros.At(r.GetInt64(6)), r.IsDBNull(7) ? null : Micros.At(r.GetInt64(7)));
}
