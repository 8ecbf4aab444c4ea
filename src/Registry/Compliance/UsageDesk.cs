using System.Globalization;
using Marten;
using NodaTime;
using Npgsql;
using Trading.Registry.Contracts;
using Trading.Registry.Policies;

namespace Trading.Registry.Compliance;

internal abstract record UsageEvent
{
    public sealed record Read(string Source, Instant First, Instant Last, int Hours, long Units) : UsageEvent;

    public sealed record Reconciled(int Year, long Actual, long Held) : UsageEvent;

    public sealed record CaseOpened(int Year, long Excess, decimal FineYuanFrom, decimal FineYuanTo) : UsageEvent;
}

internal sealed class UsageDesk(NpgsqlDataSource database, IHoldings holdings, ICaps caps, IDirectory directory, IRules rules, IClock clock) : IUsage
{
    private const int ReadingsMost = 10_000;

    public async Task<Refused?> Read(int account, string indicator, IReadOnlyList<Reading> readings, string source, Actor actor, CancellationToken stop)
    {
        if ((await directory.Current(stop)).Participant(account) is null) return Refused.Because("UNKNOWN_ACCOUNT", null, ("account", account));
        if (readings.Count is 0 or > ReadingsMost) return Refused.Because("OUT_OF_RANGE", null, ("readings", readings.Count), ("most", ReadingsMost));
        var now = Micros.Now(clock);
        var seen = new HashSet<Instant>();
        if (!KnownIndicators.Has(indicator, await directory.Current(stop), await rules.Current(stop))) return Refused.Because("FIELD_INVALID", "R-POL-12").With("path", "indicator");
        if (string.IsNullOrWhiteSpace(source)) return Refused.Because("FIELD_MISSING", "R-POL-12").With("path", "source");
        foreach (var reading in readings)
        {
            if (reading.Hour.ToUnixTimeTicks() % NodaConstants.TicksPerHour != 0 || !seen.Add(reading.Hour)) return Refused.Because("NOT_AN_HOUR", "R-POL-12").With("hour", reading.Hour.ToString());
            if (reading.Hour + Duration.FromHours(1) > now) return Refused.Because("HOUR_IN_FUTURE", "R-POL-12").With("hour", reading.Hour.ToString()).With("now", now.ToString());
            if (reading.Units < 0) return Refused.Because("OUT_OF_RANGE", "R-POL-12", ("units", reading.Units));
        }

        await using var connection = await database.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        await using var session = holdings.Session(connection, transaction, actor);
        session.Events.Append(Stream(account, indicator), new UsageEvent.Read(source, seen.Min(), seen.Max(), readings.Count, readings.Sum(r => r.Units)));
        await session.SaveChangesAsync(stop);
        await using var write = Statement.Of(connection, transaction,
            """
            insert into registry.readings (account, indicator, hour_us, units, quality, source) select $1, $2, h, u, q, $3 from unnest($4, $5, $6) as c(h, u, q)
            on conflict (account, indicator, hour_us) do update set units = excluded.units, quality = excluded.quality, source = excluded.source
            """,
            account, indicator, source, readings.Select(r => Micros.Of(r.Hour)).ToArray(), readings.Select(r => r.Units).ToArray(), readings.Select(r => (short)r.Quality).ToArray());
        await write.ExecuteNonQueryAsync(stop);
        await transaction.CommitAsync(stop);
        return null;
    }

    public async Task<IReadOnlyList<Reading>> Readings(int account, string indicator, Instant from, Instant to, int most, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var select = Statement.Of(connection, null,
            "select hour_us, units, quality from registry.readings where account = $1 and indicator = $2 and hour_us >= $3 and hour_us < $4 order by hour_us limit $5", account, indicator, Micros.Of(from), Micros.Of(to), most);
        return await select.Rows(r => new Reading(Micros.At(r.GetInt64(0)), r.GetInt64(1), (ReadingQuality)r.GetInt16(2)), stop);
    }

    public async Task<Outcome<Reconciled>> Reconcile(int account, string indicator, int year, Actor actor, CancellationToken stop)
    {
        var catalog = await directory.Current(stop);
        if (catalog.Participant(account) is not { } participant) return Refused.Because("UNKNOWN_ACCOUNT", null, ("account", account));
        var now = Micros.Now(clock);
        if (now < YearEnd.Begin(year)) return Refused.Because("OUT_OF_RANGE", "R-POL-12", ("year", year));
        var held = await Held(catalog, account, indicator, year, now, stop);
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        var (read, measured, sum) = await Hours(connection, transaction, account, indicator, year, stop);
        if (sum > long.MaxValue) return Refused.Because("OUT_OF_RANGE", "R-POL-12", ("actual", sum / 10_000), ("year", year));
        var use = YearEnd.Decide(account, indicator, year, (read, measured, (long)sum), held, now);
        var (consequence, missing) = YearEnd.Judge(use, await rules.Current(stop), now);
        if (missing is not null) return missing;
        await using var session = holdings.Session(connection, transaction, actor);
        session.Events.Append(Stream(account, indicator), new UsageEvent.Reconciled(year, use.Actual, use.Held));
        ExcessCase? opened = null;
        if (consequence!.Rule is { } rule)
        {
            await using var open = Statement.Of(connection, transaction,
                """
                insert into registry.excess_cases (account, indicator, year, actual, held, fine_from, fine_to, later_cures, opened_us) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                on conflict (account, indicator, year) do update set actual = excluded.actual, held = excluded.held returning id, opened_us
                """, account, indicator, year, use.Actual, use.Held, rule.FineYuanFrom, rule.FineYuanTo, rule.LaterPurchaseCures, Micros.Of(now));
            await using (var row = await open.ExecuteReaderAsync(stop))
            {
                await row.ReadAsync(stop);
                opened = new(row.GetInt64(0), account, indicator, year, use.Actual, use.Held, rule.FineYuanFrom, rule.FineYuanTo, rule.LaterPurchaseCures, Micros.At(row.GetInt64(1)));
            }

            session.Events.Append(Stream(account, indicator), new UsageEvent.CaseOpened(year, use.Excess, rule.FineYuanFrom, rule.FineYuanTo));
        }

        await session.SaveChangesAsync(stop);
        await using (var keep = Statement.Of(connection, transaction,
                         """
                         insert into registry.years_of_use values ($1, $2, $3, $4, $5, $6) on conflict (account, indicator, year) do update set region = $4, actual = $5, held = $6
                         """, account, indicator, year, participant.Region, use.Actual, use.Held))
            await keep.ExecuteNonQueryAsync(stop);
        // The county's use is the sum of its participants', each as last reconciled.
        await using var total = Statement.Of(connection, transaction, "select coalesce(sum(actual), 0) from registry.years_of_use where region = $1 and indicator = $2 and year = $3", participant.Region, indicator, year);
        var county = (decimal)(await total.ExecuteScalarAsync(stop))!;
        if (county > long.MaxValue) return Refused.Because("OUT_OF_RANGE", "R-POL-12", ("used", county / 10_000), ("year", year)).With("region", participant.Region);
        if (await caps.Book(session, connection, transaction, [(indicator, new CapEvent.Used(participant.Region, year, (long)county, string.Create(CultureInfo.InvariantCulture, $"reconciled/{account}")))], stop) is { } no) return no;
        await transaction.CommitAsync(stop);
        return new Reconciled(use, opened);
    }

    /// <summary>At the year's end as it was then, by the streams; while the year runs, now.</summary>
    private async Task<long> Held(Catalog catalog, int account, string indicator, int year, Instant now, CancellationToken stop)
    {
        var end = YearEnd.End(year);
        var then = now < end ? await holdings.Of(account, stop) : await holdings.At(account, end, stop);
        return then.Select(h => (Of: catalog.Instrument(h.Key.Instrument)!, h.Total))
            .Where(h => Cap.IndicatorOf(h.Of) == indicator && (h.Of.ValidThrough is not { } last || last.Year >= year)).Sum(h => Cap.Of(h.Of, h.Total));
    }

    private static async Task<(int Read, int Measured, decimal Sum)> Hours(NpgsqlConnection connection, NpgsqlTransaction transaction, int account, string indicator, int year, CancellationToken stop)
    {
        await using var select = Statement.Of(connection, transaction,
            "select count(*)::integer, (count(*) filter (where quality = 1))::integer, coalesce(sum(units), 0) from registry.readings where account = $1 and indicator = $2 and hour_us >= $3 and hour_us < $4",
            account, indicator, Micros.Of(YearEnd.Begin(year)), Micros.Of(YearEnd.End(year)));
        await using var r = await select.ExecuteReaderAsync(stop);
        await r.ReadAsync(stop);
        return (r.GetInt32(0), r.GetInt32(1), r.GetDecimal(2));
    }

    private static string Stream(int account, string indicator) => string.Create(CultureInfo.InvariantCulture, $"usage/{account}/{indicator}");
}
