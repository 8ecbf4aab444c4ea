using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Marten;
using NodaTime;
using Npgsql;
using Trading.Registry.Contracts;

namespace Trading.Registry.Allocation;

internal sealed class AllocationDesk(NpgsqlDataSource database, IHoldings holdings, ICaps caps, IDirectory directory, IRules rules, IClock clock) : IAllocations
{
    private const string Columns = "id, plan, account, instrument, units, basis, price, fen, valid_through, granted_us, standing";

    public Refused? Judge(AllocationLine line, Catalog catalog, RuleBook book) => Allocation.Give.Decide(line, catalog, book, clock.GetCurrentInstant()).Refused;

    public async Task<Refused?> Give(string plan, IReadOnlyList<AllocationLine> lines, Actor actor, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        await using var session = holdings.Session(connection, transaction, actor);
        if (await Give(connection, transaction, session, plan, lines, Micros.Now(clock), stop) is { } refused) return refused;
        await transaction.CommitAsync(stop);
        return null;
    }

    /// <summary>On the caller's transaction, which is lost where it refuses.</summary>
    public async Task<Refused?> Give(NpgsqlConnection connection, NpgsqlTransaction transaction, IDocumentSession session, string plan, IReadOnlyList<AllocationLine> all, Instant at, CancellationToken stop)
    {
        var (catalog, book) = (await directory.Current(stop), await rules.Current(stop));
        var given = new List<(AllocationLine Line, Given Given)>(all.Count);
        foreach (var (number, line) in all.Index())
        {
            var (one, refused) = Allocation.Give.Decide(line, catalog, book, at);
            if (refused is not null) return Of(refused, number);
            given.Add((line, one!));
        }

        var heard = await Claim(connection, transaction, plan, all, stop);
        if (heard.Refused is not null) return heard.Refused;
        given.RemoveAll(g => heard.Value!.Contains((g.Line.Account, g.Line.Operation)));
        if (given.Count == 0) return null;
        var locked = await holdings.Lock(connection, transaction, [.. given.Select(g => new HoldingKey(g.Line.Account, g.Line.Instrument))], stop);
        var supply = await Supply(connection, transaction, [.. given.Select(g => g.Line.Instrument).Distinct().Order()], stop);
        var moved = new Dictionary<HoldingKey, List<HoldingEvent>>();
        foreach (var (line, _) in given)
        {
            var decision = Issue.Decide(supply[line.Instrument], line.Units, line.Reason);
            if (decision.Refused is { } refused) return Of(refused, all.Index().First(l => ReferenceEquals(l.Item, line)).Index);
            supply[line.Instrument] += line.Units;
            var key = new HoldingKey(line.Account, line.Instrument);
            if (!moved.TryGetValue(key, out var events)) moved[key] = events = [];
            events.AddRange(decision.Events);
        }

        await holdings.Book(session, connection, transaction, [.. moved.Select(m => new HoldingChange(locked[m.Key], m.Value))], stop);
        await using (var issued = Statement.Of(connection, transaction, "update registry.supply s set issued = c.issued from unnest($1, $2) as c(instrument, issued) where s.instrument = c.instrument", supply.Keys.ToArray(), supply.Values.ToArray()))
            await issued.ExecuteNonQueryAsync(stop);
        await Insert(connection, transaction, plan, given, at, stop);
        var year = Eligibility.Day(at).Year;
        return await caps.Book(session, connection, transaction,
            [.. from g in given let indicator = Cap.IndicatorOf(g.Given.Instrument) where indicator is not null
                group g by (indicator, g.Given.Holder.Region, g.Given.Holder.Kind == ParticipantKind.Reserve, g.Given.ValidThrough.Year) into county
                let units = county.Sum(g => Cap.Of(g.Given.Instrument, g.Line.Units))
                select (county.Key.indicator, county.Key.Item3
                    ? (CapEvent)new CapEvent.Reserved(county.Key.Region, year, county.Key.Year, units, "plan/" + plan)
                    : new CapEvent.Allocated(county.Key.Region, year, county.Key.Year, units, "plan/" + plan))], stop);
    }

    public async Task<Contracts.Allocation?> Find(long id, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var select = Statement.Of(connection, null, $"select {Columns} from registry.allocations where id = $1", id);
        return (await Read(select, stop)).SingleOrDefault();
    }

    public async Task<IReadOnlyList<Contracts.Allocation>> All(int? account, string? plan, long afterId, int most, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var select = Statement.Of(connection, null,
            $"select {Columns} from registry.allocations where id > $1 and ($2::integer is null or account = $2) and ($3::text is null or plan = $3) order by id limit $4", afterId, account, plan, most);
        return await Read(select, stop);
    }

    public async Task<IReadOnlyList<BuyBack>> BuyBacks(long allocation, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var select = Statement.Of(connection, null, "select id, allocation, reserve, units, months, fen, at_us from registry.buy_backs where allocation = $1 order by id", allocation);
        await using var r = await select.ExecuteReaderAsync(stop);
        var all = new List<BuyBack>();
        while (await r.ReadAsync(stop)) all.Add(new(r.GetInt64(0), r.GetInt64(1), r.GetInt32(2), r.GetInt64(3), r.GetInt32(4), r.GetInt64(5), Micros.At(r.GetInt64(6))));
        return all;
    }

    /// <summary>On the caller's transaction: the allocation's row first, then the holdings, then the caps.</summary>
    public async Task<Refused?> BuyBack(NpgsqlConnection connection, NpgsqlTransaction transaction, IDocumentSession session, long id, long units, string reason, Instant at, CancellationToken stop)
    {
        await using var select = Statement.Of(connection, transaction, $"select {Columns} from registry.allocations where id = $1 for update", id);
        if (await Read(select, stop) is not [var allocation]) return Refused.Because("NOT_FOUND", null);
        var catalog = await directory.Current(stop);
        var (instrument, holder) = (catalog.Instrument(allocation.Instrument)!, catalog.Participant(allocation.Account)!);
        var (reserve, from) = (ReturnToReserve.ReserveOf(catalog, holder.Region), new HoldingKey(allocation.Account, allocation.Instrument));
        var to = new HoldingKey(reserve?.Account ?? allocation.Account, allocation.Instrument);
        var locked = await holdings.Lock(connection, transaction, [from, to], stop);
        var (bought, refused) = ReturnToReserve.Decide(allocation, instrument, locked[from], units, reserve, Eligibility.Day(at));
        if (refused is not null) return refused;
        var (leaving, arriving) = TransferRight.Decide(locked[from], locked[to], units, reason);
        if (leaving.Refused is { } no) return no;
        await holdings.Book(session, connection, transaction, [new(locked[from], leaving.Events), new(locked[to], arriving.Events)], stop);
        await using var write = Statement.Of(connection, transaction,
            "with taken as (update registry.allocations set standing = standing - $2 where id = $1) insert into registry.buy_backs (allocation, reserve, units, months, fen, at_us) values ($1, $3, $2, $4, $5, $6)",
            id, units, bought!.Reserve.Account, bought.Months, bought.Fen, Micros.Of(at));
        await write.ExecuteNonQueryAsync(stop);
        if (Cap.IndicatorOf(instrument) is not { } indicator) return null;
        var (first, last, capped, cause) = (Eligibility.Day(at).Year, allocation.ValidThrough.Year, Cap.Of(instrument, units), string.Create(CultureInfo.InvariantCulture, $"buy-back/{id}"));
        return await caps.Book(session, connection, transaction,
            [(indicator, new CapEvent.Allocated(holder.Region, first, last, -capped, cause)), (indicator, new CapEvent.Reserved(holder.Region, first, last, capped, cause))], stop);
    }

    /// <summary>R-REG-09: lines heard before with the same content; with another content they are refused.</summary>
    private static async Task<Outcome<HashSet<(int, string)>>> Claim(NpgsqlConnection connection, NpgsqlTransaction transaction, string plan, IReadOnlyList<AllocationLine> lines, CancellationToken stop)
    {
        var digests = lines.Select(l => SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"allocate {l.Account} {l.Instrument} {l.Units} {l.Basis} {l.Years} {plan} {l.Reason}")))).ToArray();
        await using var claim = Statement.Of(connection, transaction,
            "insert into registry.operations (account, operation, digest) select * from unnest($1, $2, $3) order by 1, 2 on conflict do nothing returning account, operation",
            lines.Select(l => l.Account).ToArray(), lines.Select(l => l.Operation).ToArray(), digests);
        var fresh = new HashSet<(int, string)>();
        await using (var r = await claim.ExecuteReaderAsync(stop))
        {
            while (await r.ReadAsync(stop)) fresh.Add((r.GetInt32(0), r.GetString(1)));
        }

        var heard = new HashSet<(int, string)>();
        foreach (var (number, line) in lines.Index())
        {
            if (fresh.Contains((line.Account, line.Operation))) continue;
            await using var find = Statement.Of(connection, transaction, "select digest from registry.operations where account = $1 and operation = $2", line.Account, line.Operation);
            var first = (byte[])(await find.ExecuteScalarAsync(stop))!;
            if (!digests[number].AsSpan().SequenceEqual(first)) return Of(Refused.Because("IDEMPOTENCY_KEY_REUSED", "R-REG-09").With("operation", line.Operation), number);
            heard.Add((line.Account, line.Operation));
        }

        return heard;
    }

    private static Refused Of(Refused refused, int line) => refused.With("line", (line + 1).ToString(CultureInfo.InvariantCulture));

    private static async Task<SortedDictionary<int, long>> Supply(NpgsqlConnection connection, NpgsqlTransaction transaction, int[] instruments, CancellationToken stop)
    {
        await using var select = Statement.Of(connection, transaction, "select instrument, issued from registry.supply where instrument = any($1) order by instrument for update", instruments);
        await using var r = await select.ExecuteReaderAsync(stop);
        var supply = new SortedDictionary<int, long>();
        while (await r.ReadAsync(stop)) supply[r.GetInt32(0)] = r.GetInt64(1);
        return supply;
    }

    private static async Task Insert(NpgsqlConnection connection, NpgsqlTransaction transaction, string plan, List<(AllocationLine Line, Given Given)> given, Instant at, CancellationToken stop)
    {
        await using var insert = Statement.Of(connection, transaction,
            """
            insert into registry.allocations (plan, account, instrument, units, basis, price, fen, valid_through, granted_us, standing)
            select $1, a, i, u, b, p, f, v, $2, u from unnest($3, $4, $5, $6, $7, $8, $9) as c(a, i, u, b, p, f, v)
            """,
            plan, Micros.Of(at), given.ConvertAll(g => g.Line.Account).ToArray(), given.ConvertAll(g => g.Line.Instrument).ToArray(), given.ConvertAll(g => g.Line.Units).ToArray(),
            given.ConvertAll(g => (short)g.Line.Basis).ToArray(), given.ConvertAll(g => g.Given.Price).ToArray(), given.ConvertAll(g => g.Given.Fen).ToArray(), given.ConvertAll(g => g.Given.ValidThrough.ToDateOnly()).ToArray());
        await insert.ExecuteNonQueryAsync(stop);
    }

    private static async Task<List<Contracts.Allocation>> Read(NpgsqlCommand command, CancellationToken stop)
    {
        await using var r = await command.ExecuteReaderAsync(stop);
        var all = new List<Contracts.Allocation>();
        while (await r.ReadAsync(stop))
        {
            all.Add(new(r.GetInt64(0), r.GetString(1), r.GetInt32(2), r.GetInt32(3), r.GetInt64(4), (AllocationBasis)r.GetInt16(5), r.IsDBNull(6) ? null : r.GetDecimal(6), r.GetInt64(7),
                LocalDate.FromDateOnly(r.GetFieldValue<DateOnly>(8)), Micros.At(r.GetInt64(9)), r.GetInt64(10)));
        }

        return all;
    }
}
