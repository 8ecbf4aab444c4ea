using Npgsql;
using Trading.Matching.Contracts;
using Trading.Settlement.Contracts;
using Trading.Settlement.Ledger;

namespace Trading.Settlement.Lots;

/// <summary>Lots and deposits as their rows have them.</summary>
internal static class LotRows
{
    private const string Columns = "id, seller, instrument, units, price, state, round, bound, listed_us, winner, award_price, fen, pay_by_us";
    private const string DepositColumns = "id, lot, round, account, fen, state, taken_us, ended_us";

    public static async Task<List<Lot>> Read(NpgsqlConnection connection, NpgsqlTransaction? transaction, string which, CancellationToken stop, params object[] values)
    {
        await using var select = LedgerStore.Sql(connection, transaction, $"select {Columns} from settlement.lots {which}", values);
        return await LedgerStore.Read(select, r => new Lot(
            r.GetInt64(0), r.GetInt32(1), r.GetInt32(2), r.GetInt64(3), r.GetDecimal(4), (LotState)r.GetInt16(5), r.GetInt32(6), r.GetBoolean(7), Time.Instant(r.GetInt64(8)), r.IsDBNull(9) ? null : r.GetInt32(9),
            r.IsDBNull(10) ? null : r.GetDecimal(10), r.IsDBNull(11) ? null : r.GetInt64(11), r.IsDBNull(12) ? null : Time.Instant(r.GetInt64(12))), stop);
    }

    public static async Task<List<Deposit>> Deposits(NpgsqlConnection connection, NpgsqlTransaction? transaction, long lot, int? account, CancellationToken stop)
    {
        await using var select = LedgerStore.Sql(connection, transaction, $"select {DepositColumns} from settlement.deposits where lot = $1 and ($2 = 0 or account = $2) order by id", lot, account ?? 0);
        return await LedgerStore.Read(select, Deposit, stop);
    }

    private static Deposit Deposit(NpgsqlDataReader r) => new(
        r.GetInt64(0), r.GetInt64(1), r.GetInt32(2), r.GetInt32(3), r.GetInt64(4), (DepositState)r.GetInt16(5), Time.Instant(r.GetInt64(6)), r.IsDBNull(7) ? null : Time.Instant(r.GetInt64(7)));

    public static async Task<List<Deposit>> Newest(NpgsqlConnection connection, int? account, long beforeId, int most, CancellationToken stop)
    {
        await using var select = LedgerStore.Sql(connection, null, $"select {DepositColumns} from settlement.deposits where id < $1 and ($2 = 0 or account = $2) order by id desc limit $3", beforeId, account ?? 0, most);
        return await LedgerStore.Read(select, Deposit, stop);
    }

    public static async Task Put(NpgsqlConnection connection, NpgsqlTransaction transaction, LotStep step, CancellationToken stop)
    {
        await using var batch = new NpgsqlBatch(connection, transaction);
        var lot = step.Lot;
        LedgerStore.Add(batch, "update settlement.lots set state = $2, round = $3, bound = $4, winner = $5, award_price = $6, fen = $7, pay_by_us = $8 where id = $1",
            lot.Id, (short)lot.State, lot.Round, lot.Bound, (object?)lot.Winner ?? DBNull.Value, (object?)lot.AwardPrice ?? DBNull.Value, (object?)lot.Fen ?? DBNull.Value, lot.PayBy is { } by ? Time.Micros(by) : DBNull.Value);
        foreach (var deposit in step.Changed)
        {
            LedgerStore.Add(batch,
                """
                insert into settlement.deposits (lot, round, account, fen, state, taken_us, ended_us) values ($1, $2, $3, $4, $5, $6, $7)
                on conflict (lot, round, account) do update set state = excluded.state, ended_us = excluded.ended_us
                """, deposit.Lot, deposit.Round, deposit.Account, deposit.Fen, (short)deposit.State, Time.Micros(deposit.TakenAt), deposit.EndedAt is { } ended ? Time.Micros(ended) : DBNull.Value);
        }

        await batch.ExecuteNonQueryAsync(stop);
    }
}
