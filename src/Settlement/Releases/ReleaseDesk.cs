using NodaTime;
using Npgsql;
using Trading.Matching.Contracts;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;
using Trading.Settlement.Ledger;

namespace Trading.Settlement.Releases;

internal sealed class ReleaseDesk(NpgsqlDataSource database, IHoldings holdings, IDirectory directory, IRules rules, IFunds funds, IClock clock) : IReleases
{
    internal const string Columns = "id, instrument, reserve, units, price, state, opened_us, awarded_us";
    internal const string RequestColumns = "id, release, account, project, units, bid, operation, at_us, awarded, price, paid, why";

    public async Task<IReadOnlyList<ReserveRelease>> All(long beforeId, int most, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var select = LedgerStore.Sql(connection, null, $"select {Columns} from settlement.releases where id < $1 order by id desc limit $2", beforeId, most);
        return await Read(select, stop);
    }

    public async Task<ReserveRelease?> Find(long id, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var select = LedgerStore.Sql(connection, null, $"select {Columns} from settlement.releases where id = $1", id);
        return (await Read(select, stop)).SingleOrDefault();
    }

    public async Task<Outcome<ReleaseRequest>> Ask(long release, int account, string? project, long units, decimal bid, string operation, Actor actor, CancellationToken stop)
    {
        var (catalog, book, now) = (await directory.Current(stop), await rules.Current(stop), Time.Now(clock));
        var cash = (await funds.Of(account, stop)).Available;
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        // Whoever awards waits for us, or we see that it is over.
        await using var locking = LedgerStore.Sql(connection, transaction, $"select {Columns} from settlement.releases where id = $1 for share", release);
        if (await Read(locking, stop) is not [var open]) return Refused.Because("NOT_FOUND", null);
        var (instrument, asker) = (catalog.Instrument(open.Instrument)!, catalog.Participant(account)!);
        async Task<Outcome<ReleaseRequest>?> Heard()
        {
            await using var heard = LedgerStore.Sql(connection, transaction, $"select {RequestColumns} from settlement.release_requests where account = $1 and operation = $2", account, operation);
            if (await ReadRequests(heard, stop) is not [var first]) return null;
            return (first.Release, first.Project, first.Units, first.Bid) == (release, project, units, bid) ? first : Refused.Because("IDEMPOTENCY_KEY_REUSED", "R-REG-09").With("operation", operation);
        }

        if (await Heard() is { } before) return before;
        if (open.State != ReleaseState.Open) return Refused.Because("RELEASE_STATE", "R-POL-11").With("state", open.State.ToString());
        if (units <= 0) return Refused.Because("QTY_NOT_POSITIVE", null, ("quantity", units));
        if (bid < open.Price) return Refused.Because("PRICE_BELOW_LIMIT", "R-POL-11", ("price", bid), ("limit", open.Price));
        var key = Quotes.IsKeyProject(asker.Id, project, book, now);
        if (project is not null && !key) return Refused.Because("NOT_KEY_PROJECT", "R-ENE-07").With("project", project);
        if (Eligibility.Judge(new(catalog.Party(catalog.Participant(open.Reserve)!), catalog.Party(asker), instrument, units, BuyerHolds: (await holdings.Of(new HoldingKey(account, open.Instrument), stop)).Total), book, now).Refused is { } refused) return refused;
        if (Quotes.Fen(instrument.Quantity(Math.Min(units, open.Units)), key ? open.Price : bid) is not { } fen) return Refused.Because("BALANCE_OVERFLOW", null, ("quantity", units));
        if (fen > cash) return Refused.Because("INSUFFICIENT_CASH", "R-SET-01", ("needed", fen), ("available", cash));
        await using var insert = LedgerStore.Sql(connection, transaction,
            "insert into settlement.release_requests (release, account, project, units, bid, operation, at_us) values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing returning id",
            release, account, (object?)project ?? DBNull.Value, units, bid, operation, Time.Micros(now));
        // The same at the same time: whoever came first has committed by now, and his answer is ours.
        if (await insert.ExecuteScalarAsync(stop) is not long id) return await Heard() ?? Refused.Because("IDEMPOTENCY_KEY_REUSED", "R-REG-09").With("operation", operation);
        await transaction.CommitAsync(CancellationToken.None);
        return new ReleaseRequest(id, release, account, project, units, bid, operation, now, 0, null, 0, null);
    }

    public async Task<IReadOnlyList<ReleaseRequest>> Requests(long release, int? account, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var select = LedgerStore.Sql(connection, null,
            $"select {RequestColumns} from settlement.release_requests where release = $1 and ($2 = 0 or account = $2) order by id", release, account ?? 0);
        return await ReadRequests(select, stop);
    }

    internal static Task<List<ReserveRelease>> Read(NpgsqlCommand command, CancellationToken stop) => LedgerStore.Read(command, r => new ReserveRelease(
        r.GetInt64(0), r.GetInt32(1), r.GetInt32(2), r.GetInt64(3), r.GetDecimal(4), (ReleaseState)r.GetInt16(5), Time.Instant(r.GetInt64(6)), r.IsDBNull(7) ? null : Time.Instant(r.GetInt64(7))), stop);

    internal static Task<List<ReleaseRequest>> ReadRequests(NpgsqlCommand command, CancellationToken stop) => LedgerStore.Read(command, r => new ReleaseRequest(
        r.GetInt64(0), r.GetInt64(1), r.GetInt32(2), r.IsDBNull(3) ? null : r.GetString(3), r.GetInt64(4), r.GetDecimal(5), r.GetString(6), Time.Instant(r.GetInt64(7)), r.GetInt64(8),
        r.IsDBNull(9) ? null : r.GetDecimal(9), r.GetInt64(10), r.IsDBNull(11) ? null : r.GetString(11)), stop);
}
