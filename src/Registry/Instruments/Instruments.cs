using System.Globalization;
using Marten;
using NodaTime;
using Npgsql;
using Trading.Registry.Contracts;

namespace Trading.Registry.Instruments;

internal static class Instruments
{
    /// <summary>On the caller's transaction; the event joins the session's unit of work, which the caller saves.</summary>
    public static async Task<Outcome<Instrument>> Add(NpgsqlConnection connection, NpgsqlTransaction transaction, IDocumentSession session, Product product, RuleBook rules, Instant at, CancellationToken stop)
    {
        // Numbers are dense and drawn in order: one registration at a time.
        await using (var alone = Statement.Of(connection, transaction, "lock table registry.instruments in exclusive mode")) await alone.ExecuteNonQueryAsync(stop);
        var catalog = await PostgresDirectory.Read(connection, transaction, stop);
        var decision = RegisterInstrument.Decide(catalog, product, catalog.Instruments.Count + 1, rules, at);
        if (decision.Refused is { } refused) return refused;
        if (decision.Events is not [var happened]) return catalog.Instrument(product.Symbol)!;
        var i = happened.Instrument;
        session.Events.Append("instrument/" + i.Number.ToString(CultureInfo.InvariantCulture), 1, happened);
        await using var insert = Statement.Of(connection, transaction, "insert into registry.instruments values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
            i.Number, i.Symbol, i.NameZh, i.NameEn, (short)i.Class, i.Indicator, i.Basin, i.Region, i.Unit, (short)i.UnitDecimals, (short)i.VenueMode, i.Vintage, i.ValidThrough?.ToDateOnly(), i.SourceClass);
        await insert.ExecuteNonQueryAsync(stop);
        await using var supply = Statement.Of(connection, transaction, "insert into registry.supply (instrument) values ($1)", i.Number);
        await supply.ExecuteNonQueryAsync(stop);
        return i;
    }
}
