using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using NodaTime;
using Npgsql;
using NpgsqlTypes;
using Trading.Matching.Contracts;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;
using Trading.Settlement.Ledger;
using Trading.Settlement.Payouts;

namespace Trading.Settlement.Bank;

internal sealed class BankDesk(NpgsqlDataSource database, IFunds funds, PayoutDesk payouts, IDirectory directory, IClock clock) : IBank
{
    private const string Columns = "l.id, l.statement, s.day, l.reference, l.participant, l.fen, l.note, l.state, l.account, l.why, l.worked_user, l.worked_role";
    private const string From = "settlement.bank_lines l join settlement.bank_statements s on s.number = l.statement";

    public async Task<Outcome<TakenStatement>> Take(BankStatement statement, Actor actor, CancellationToken stop)
    {
        var references = new HashSet<(string, bool)>();
        foreach (var line in statement.Lines)
        {
            if (line.Fen == 0) return Refused.Because("AMOUNT_NOT_POSITIVE", "R-SET-03").With("reference", line.Reference);
            if (!references.Add((line.Reference, line.Fen > 0))) return Refused.Because("FIELD_INVALID", "R-SET-03").With("path", "reference").With("value", line.Reference);
        }

        if (statement.Balances.GroupBy(b => b.Account).FirstOrDefault(g => g.Count() > 1) is { } twice) return Refused.Because("FIELD_INVALID", "R-SET-03").With("path", "balances").With("value", (await directory.Current(stop)).Participant(twice.Key)?.Id ?? "");
        var digest = Digest(statement);
        await using var connection = await database.OpenConnectionAsync(stop);
        await using (var transaction = await connection.BeginTransactionAsync(stop))
        {
            await using var claim = LedgerStore.Sql(connection, transaction, "insert into settlement.bank_statements values ($1, $2, $3, $4) on conflict do nothing", statement.Number, statement.Day.ToDateOnly(), digest, Time.Micros(Time.Now(clock)));
            if (await claim.ExecuteNonQueryAsync(stop) == 0)
            {
                await using var known = LedgerStore.Sql(connection, transaction, "select digest from settlement.bank_statements where number = $1", statement.Number);
                if (await known.ExecuteScalarAsync(stop) is byte[] before && !before.AsSpan().SequenceEqual(digest)) return Refused.Because("STATEMENT_KNOWN", "R-SET-03").With("number", statement.Number);
            }

            // A line that an earlier statement brought is that one.
            await using var lines = LedgerStore.Sql(connection, transaction,
                "insert into settlement.bank_lines (statement, reference, participant, fen, note, state) select $1, l.*, 3 from unnest($2, $3, $4, $5) as l on conflict (reference, (fen > 0)) do nothing",
                statement.Number, statement.Lines.Select(l => l.Reference).ToArray(), statement.Lines.Select(l => l.Participant).ToArray(), statement.Lines.Select(l => l.Fen).ToArray(), statement.Lines.Select(l => l.Note).ToArray());
            await lines.ExecuteNonQueryAsync(stop);
            await using var balances = LedgerStore.Sql(connection, transaction, "insert into settlement.bank_balances select $1, b.* from unnest($2, $3) as b on conflict (day, account) do update set fen = excluded.fen",
                statement.Day.ToDateOnly(), statement.Balances.Select(b => b.Account).ToArray(), statement.Balances.Select(b => b.Fen).ToArray());
            await balances.ExecuteNonQueryAsync(stop);

            await transaction.CommitAsync(CancellationToken.None);
        }

        // Each by itself, so that a line which cannot be booked keeps none from it; a repeat finds what is left.
        await using var open = LedgerStore.Sql(connection, null, $"select {Columns} from {From} where l.state = 3 and l.why is null and l.statement = $1 order by l.id", statement.Number);
        foreach (var line in await Read(open, stop)) await Match(line, actor, stop);
        await using var count = LedgerStore.Sql(connection, null, "select count(*) filter (where state = 1), count(*) filter (where state = 2), count(*) filter (where state = 3) from settlement.bank_lines where statement = $1", statement.Number);
        await using var r = await count.ExecuteReaderAsync(stop);
        await r.ReadAsync(stop);
        return new TakenStatement(statement.Number, statement.Day, (int)r.GetInt64(0), (int)r.GetInt64(1), (int)r.GetInt64(2));
    }

    public async Task<IReadOnlyList<FiledStatement>> Statements(Instant? before, int most, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var select = LedgerStore.Sql(connection, null,
            """
            select s.number, s.day, s.taken_us, count(l.id), count(l.id) filter (where l.state = 3) from settlement.bank_statements s left join settlement.bank_lines l on l.statement = s.number
            where s.taken_us < $1 group by s.number order by s.taken_us desc, s.number limit $2
            """, before is { } instant ? Time.Micros(instant) : long.MaxValue, most);
        return await LedgerStore.Read(select, r => new FiledStatement(r.GetString(0), LocalDate.FromDateOnly(r.GetFieldValue<DateOnly>(1)), Time.Instant(r.GetInt64(2)), (int)r.GetInt64(3), (int)r.GetInt64(4)), stop);
    }

    public async Task<IReadOnlyList<BankLine>> Lines(BankLineState? state, long beforeId, int most, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var select = LedgerStore.Sql(connection, null, $"select {Columns} from {From} where l.id < $1 and ($2::smallint is null or l.state = $2) order by l.id desc limit $3", beforeId, (object?)(short?)state ?? DBNull.Value, most);
        return await Read(select, stop);
    }

    public Task<Outcome<BankLine>> Assign(long id, int account, Actor actor, CancellationToken stop) => Work(id, async line =>
    {
        if (line.Fen < 0) return (default, Refused.Because("AMOUNT_NOT_POSITIVE", "R-SET-03", ("amount", TradingUnit.Yuan(line.Fen))));
        // Its reference makes it once, whatever becomes of this answer.
        var booked = await funds.PayIn(account, line.Fen, line.Reference, actor, stop);
        return booked.Refused is { } no ? (default, no) : ((BankLineState.Assigned, account, line.Why), null);
    }, actor, stop);

    public Task<Outcome<BankLine>> SetAside(long id, string reason, Actor actor, CancellationToken stop) => Work(id, _ => Task.FromResult<((BankLineState, int?, string?), Refused?)>(
        string.IsNullOrWhiteSpace(reason) ? (default, Refused.Because("REASON_REQUIRED", "R-REG-10")) : ((BankLineState.SetAside, null, reason.Trim()), null)), actor, stop);

    private async Task Match(BankLine line, Actor actor, CancellationToken stop)
    {
        var named = line.Participant is { } id ? (await directory.Current(stop)).Participant(id)?.Account : null;
        if (PayoutReference.Id(line.Reference) is { } ordered && await payouts.Hear(ordered, line.Fen, named, actor, stop) is { Refused: not { Code: "NOT_FOUND" } } heard)
        {
            await Put(line.Id, heard.Refused is null ? BankLineState.Matched : BankLineState.Unmatched, heard.Value?.Account, heard.Refused?.Code, null, stop);
        }
        else if (await Posted(line.Reference, stop) is { } posted)
        {
            var same = posted.Fen == line.Fen && (named is null || named == posted.Account);
            await Put(line.Id, same ? BankLineState.Matched : BankLineState.Unmatched, same ? posted.Account : null, same ? null : "AMOUNT_DIFFERS", null, stop);
        }
        else if (named is { } account && line.Fen > 0)
        {
            var booked = await funds.PayIn(account, line.Fen, line.Reference, actor, stop);
            await Put(line.Id, booked.Refused is null ? BankLineState.Booked : BankLineState.Unmatched, booked.Refused is null ? account : null, booked.Refused?.Code, null, stop);
        }
        else
        {
            await Put(line.Id, BankLineState.Unmatched, null, line.Fen < 0 ? "PAYMENT_UNKNOWN" : "UNKNOWN_ACCOUNT", null, stop);
        }
    }

    private async Task<(int Account, long Fen)?> Posted(string reference, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var select = LedgerStore.Sql(connection, null, "select account, fen from settlement.payments where reference = $1", reference);
        return (await LedgerStore.Read(select, r => (r.GetInt32(0), r.GetInt64(1)), stop)) is [var one] ? one : null;
    }

    private async Task<Outcome<BankLine>> Work(long id, Func<BankLine, Task<((BankLineState State, int? Account, string? Why) To, Refused? Refused)>> decide, Actor actor, CancellationToken stop)
    {
        if (await One(id, stop) is not { } line) return Refused.Because("NOT_FOUND", null);
        if (line.State != BankLineState.Unmatched) return Refused.Because("BANK_LINE_STATE", "R-SET-03").With("state", line.State.ToString());
        var (to, refused) = await decide(line);
        if (refused is not null) return refused;
        // Two who work it at once: the first one's word stands.
        if (!await Put(id, to.State, to.Account, to.Why, actor, stop)) return Refused.Because("BANK_LINE_STATE", "R-SET-03").With("state", (await One(id, stop))!.State.ToString());
        return (await One(id, stop))!;
    }

    private async Task<BankLine?> One(long id, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var select = LedgerStore.Sql(connection, null, $"select {Columns} from {From} where l.id = $1", id);
        return await Read(select, stop) is [var one] ? one : null;
    }

    private async Task<bool> Put(long id, BankLineState state, int? account, string? why, Actor? by, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var update = LedgerStore.Sql(connection, null, "update settlement.bank_lines set state = $2, account = $3, why = $4, worked_user = $5, worked_role = $6 where id = $1 and state = 3",
            id, (short)state, (object?)account ?? DBNull.Value, (object?)why ?? DBNull.Value, (object?)by?.User ?? DBNull.Value, (object?)by?.Role ?? DBNull.Value);
        update.Parameters[2].NpgsqlDbType = NpgsqlDbType.Integer;
        foreach (var text in (int[])[3, 4, 5]) update.Parameters[text].NpgsqlDbType = NpgsqlDbType.Text;
        return await update.ExecuteNonQueryAsync(stop) == 1;
    }

    private static Task<List<BankLine>> Read(NpgsqlCommand command, CancellationToken stop) => LedgerStore.Read(command, r => new BankLine(
        r.GetInt64(0), r.GetString(1), LocalDate.FromDateOnly(r.GetFieldValue<DateOnly>(2)), r.GetString(3), r.IsDBNull(4) ? null : r.GetString(4), r.GetInt64(5), r.GetString(6), (BankLineState)r.GetInt16(7),
        r.IsDBNull(8) ? null : r.GetInt32(8), r.IsDBNull(9) ? null : r.GetString(9), r.IsDBNull(10) ? null : new(r.GetString(10), r.GetString(11))), stop);

    private static byte[] Digest(BankStatement statement) => SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n',
        statement.Lines.Select(l => string.Create(CultureInfo.InvariantCulture, $"{l.Reference}|{l.Participant}|{l.Fen}|{l.Note}"))
            .Concat(statement.Balances.Order().Select(b => string.Create(CultureInfo.InvariantCulture, $"={b.Account}|{b.Fen}"))).Prepend(statement.Day.ToString("uuuu-MM-dd", CultureInfo.InvariantCulture)))));
}
