using System.Globalization;
using Marten;
using NodaTime;
using Npgsql;
using Trading.Registry.Contracts;
using Trading.Registry.Holdings;

namespace Trading.Registry.Allocation;

internal sealed class AllocationDesk(NpgsqlDataSource database, IHoldings holdings, Teller teller, ICaps caps, IDirectory directory, IRules rules, IClock clock) : IAllocations
{
    private const string Columns = "id, plan, account, instrument, units, basis, price, fen, valid_through, granted_us, standing";

    public Refused? Judge(AllocationLine line, Catalog catalog, RuleBook book) => Allocation.Give.Decide(line, catalog, book, clock.GetCurrentInstant()).Refused;

    public async Task<Refused?> Give(string plan, IReadOnlyList<AllocationLine> lines, Actor actor, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        await using var session = holdings.Session(connection, transaction, actor);
        if (await Give(connection, transaction, session, plan, lines, actor, Micros.Now(clock), stop) is { } refused) return refused;
        await transaction.CommitAsync(stop);
        return null;
    }

    /// <summary>On the caller's transaction, which is lost where it refuses.</summary>
    public async Task<Refused?> Give(NpgsqlConnection connection, NpgsqlTransaction transaction, IDocumentSession session, string plan, IReadOnlyList<AllocationLine> all, Actor actor, Instant at, CancellationToken stop)
    {
        var (catalog, book) = (await directory.Current(stop), await rules.Current(stop));
        var given = new List<(AllocationLine Line, Given Given)>(all.Count);
        foreach (var (number, line) in all.Index())
        {
            var (one, refused) = Allocation.Give.Decide(line, catalog, book, at);
            if (refused is not null) return Of(refused, number);
            given.Add((line, one!));
        }

        var answer = await teller.Within(connection, transaction,
            [.. all.Select(l => new Instruction.IssueRight(new(l.Account, l.Instrument), l.Units, l.Reason, l.Operation, string.Create(CultureInfo.InvariantCulture, $"{l.Basis} {l.Years} {plan}")))], actor);
        if (answer.Refused is { } no) return Of(no, answer.Place);
        given = [.. answer.Fresh.Select(place => given[place])];
        if (given.Count == 0) return null;
        await Insert(connection, transaction, plan, given, at, stop);
        return await caps.Book(session, connection, transaction, Capped(given.Select(g => (g.Given.Instrument, g.Given.Holder, g.Line.Units, g.Given.ValidThrough.Year)), Eligibility.Day(at).Year, "plan/" + plan), stop);
    }

    /// <summary>What allocations, or their reversal where units are below zero, do to the caps of counties; a reserve's is kept apart.</summary>
    private static IReadOnlyList<(string Indicator, CapEvent Happened)> Capped(IEnumerable<(Instrument Instrument, Participant Holder, long Units, int LastYear)> lines, int firstYear, string cause) =>
        [.. from l in lines let indicator = Cap.IndicatorOf(l.Instrument) where indicator is not null
            group l by (indicator, l.Holder.Region, Reserve: l.Holder.Kind == ParticipantKind.Reserve, l.LastYear) into county
            let units = county.Sum(l => Math.Sign(l.Units) * Cap.Of(l.Instrument, Math.Abs(l.Units)))
            select (county.Key.indicator, county.Key.Reserve
                ? (CapEvent)new CapEvent.Reserved(county.Key.Region, firstYear, county.Key.LastYear, units, cause)
                : new CapEvent.Allocated(county.Key.Region, firstYear, county.Key.LastYear, units, cause))];

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
        return await select.Rows(r => new BuyBack(r.GetInt64(0), r.GetInt64(1), r.GetInt32(2), r.GetInt64(3), r.GetInt32(4), r.GetInt64(5), Micros.At(r.GetInt64(6))), stop);
    }

    /// <summary>On the caller's transaction: the allocation's row first, then the holdings, then the caps.</summary>
    public async Task<Refused?> BuyBack(NpgsqlConnection connection, NpgsqlTransaction transaction, IDocumentSession session, long id, long units, string reason, string operation, Actor actor, Instant at, CancellationToken stop)
    {
        await using var select = Statement.Of(connection, transaction, $"select {Columns} from registry.allocations where id = $1 for update", id);
        if (await Read(select, stop) is not [var allocation]) return Refused.Because("NOT_FOUND", null);
        var catalog = await directory.Current(stop);
        var (instrument, holder) = (catalog.Instrument(allocation.Instrument)!, catalog.Participant(allocation.Account)!);
        var (bought, refused) = ReturnToReserve.Decide(allocation, instrument, units, ReturnToReserve.ReserveOf(catalog, holder.Region), Eligibility.Day(at));
        if (refused is not null) return refused;
        var asked = new Instruction.HandOver(new(allocation.Account, allocation.Instrument), bought!.Reserve.Account, units, reason, operation);
        if ((await teller.Within(connection, transaction, [asked], actor)).Refused is { } no) return no;
        await using var write = Statement.Of(connection, transaction,
            "with taken as (update registry.allocations set standing = standing - $2 where id = $1) insert into registry.buy_backs (allocation, reserve, units, months, fen, at_us) values ($1, $3, $2, $4, $5, $6)",
            id, units, bought.Reserve.Account, bought.Months, bought.Fen, Micros.Of(at));
        await write.ExecuteNonQueryAsync(stop);
        if (Cap.IndicatorOf(instrument) is not { } indicator) return null;
        var (first, last, capped, cause) = (Eligibility.Day(at).Year, allocation.ValidThrough.Year, Cap.Of(instrument, units), string.Create(CultureInfo.InvariantCulture, $"buy-back/{id}"));
        return await caps.Book(session, connection, transaction,
            [(indicator, new CapEvent.Allocated(holder.Region, first, last, -capped, cause)), (indicator, new CapEvent.Reserved(holder.Region, first, last, capped, cause))], stop);
    }

    /// <summary>
    /// R-REG-10, on the caller's transaction: takes back these units of each allocation, all or none. What was sold on, pledged or held cannot be taken back: INSUFFICIENT_AVAILABLE.
    /// Refused NOT_FOUND, QTY_NOT_POSITIVE, ALLOCATION_STANDING, with the allocation.
    /// </summary>
    public async Task<Refused?> Reverse(NpgsqlConnection connection, NpgsqlTransaction transaction, IDocumentSession session, IReadOnlyList<(long Allocation, long Units)> lines, string reason, string operation, Actor actor, Instant at, CancellationToken stop)
    {
        await using var select = Statement.Of(connection, transaction, $"select {Columns} from registry.allocations where id = any($1) order by id for update", lines.Select(l => l.Allocation).ToArray());
        var found = (await Read(select, stop)).ToDictionary(a => a.Id);
        foreach (var (id, units) in lines)
        {
            if (!found.TryGetValue(id, out var allocation)) return Refused.Because("NOT_FOUND", null, ("allocation", id));
            if (units <= 0) return Refused.Because("QTY_NOT_POSITIVE", null, ("quantity", units), ("allocation", id));
            if (units > allocation.Standing) return Refused.Because("ALLOCATION_STANDING", "R-REG-10", ("quantity", units), ("standing", allocation.Standing), ("allocation", id));
        }

        var answer = await teller.Within(connection, transaction,
            [.. lines.Select(l => new Instruction.Reverse(new(found[l.Allocation].Account, found[l.Allocation].Instrument), l.Units, l.Allocation, reason, string.Create(CultureInfo.InvariantCulture, $"{operation}/{l.Allocation}")))], actor);
        if (answer.Refused is { } refused) return refused.With("allocation", lines[answer.Place].Allocation.ToString(CultureInfo.InvariantCulture));
        await using var write = Statement.Of(connection, transaction,
            """
            with taken as (update registry.allocations a set standing = standing - c.units from unnest($1, $2) as c(id, units) where a.id = c.id returning a.id, a.fen, a.units whole, c.units)
            insert into registry.reversals (allocation, units, fen, reason, at_us) select id, units, round(fen::numeric * units / whole)::bigint, $3, $4 from taken
            """, lines.Select(l => l.Allocation).ToArray(), lines.Select(l => l.Units).ToArray(), reason, Micros.Of(at));
        await write.ExecuteNonQueryAsync(stop);
        var catalog = await directory.Current(stop);
        return await caps.Book(session, connection, transaction,
            Capped(lines.Select(l => (catalog.Instrument(found[l.Allocation].Instrument)!, catalog.Participant(found[l.Allocation].Account)!, -l.Units, found[l.Allocation].ValidThrough.Year)), Eligibility.Day(at).Year, operation), stop);
    }

    private static Refused Of(Refused refused, int line) => refused.With("line", (line + 1).ToString(CultureInfo.InvariantCulture));

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

    private static Task<List<Contracts.Allocation>> Read(NpgsqlCommand command, CancellationToken stop) => command.Rows(r => new Contracts.Allocation(
        r.GetInt64(0), r.GetString(1), r.GetInt32(2), r.GetInt32(3), r.GetInt64(4), (AllocationBasis)r.GetInt16(5), r.IsDBNull(6) ? null : r.GetDecimal(6), r.GetInt64(7),
        LocalDate.FromDateOnly(r.GetFieldValue<DateOnly>(8)), Micros.At(r.GetInt64(9)), r.GetInt64(10)), stop);
}
