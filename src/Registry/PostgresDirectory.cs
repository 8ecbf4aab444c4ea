using NodaTime;
using Npgsql;
using Trading.Registry.Contracts;

namespace Trading.Registry;

/// <summary>The catalog in memory, read anew after a registration here and at the latest a second after one elsewhere.</summary>
internal sealed class PostgresDirectory(NpgsqlDataSource database) : IDirectory, IDisposable
{
    private readonly Remembered<Catalog> remembered = new(async stop =>
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        return await Read(connection, null, stop);
    }, async stop =>
    {
        // Numbers are dense and rows never change; a standing's version counts its changes.
        await using var look = database.CreateCommand(
            "select (select max(account) from registry.participants) || '/' || (select max(number) from registry.instruments) || '/' || (select coalesce(sum(version), 0) || '/' || count(*) from registry.standings)");
        return await look.ExecuteScalarAsync(stop) as string ?? "";
    });

    public Task<Catalog> Current(CancellationToken stop) => remembered.Current(stop);

    public void Forget() => remembered.Forget();

    public void Dispose() => remembered.Dispose();

    public static async Task<Catalog> Read(NpgsqlConnection connection, NpgsqlTransaction? transaction, CancellationToken stop)
    {
        var participants = new List<Participant>();
        await using (var command = new NpgsqlCommand("select account, id, credit_code, name_zh, name_en, kind, region, basin from registry.participants order by account", connection, transaction))
        await using (var r = await command.ExecuteReaderAsync(stop))
        {
            while (await r.ReadAsync(stop))
                participants.Add(new(r.GetInt32(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetString(4), (ParticipantKind)r.GetInt16(5), r.GetString(6), r.GetString(7)));
        }

        var instruments = new List<Instrument>();
        await using (var command = new NpgsqlCommand(
                         "select number, symbol, name_zh, name_en, class, indicator, basin, region, unit, unit_decimals, venue_mode, vintage, valid_through, source_class from registry.instruments order by number",
                         connection, transaction))
        await using (var r = await command.ExecuteReaderAsync(stop))
        {
            while (await r.ReadAsync(stop))
            {
                instruments.Add(new(r.GetInt32(0), r.GetString(1), r.GetString(2), r.GetString(3), (RightClass)r.GetInt16(4), Text(r, 5), Text(r, 6), Text(r, 7),
                    r.GetString(8), r.GetInt16(9), (VenueMode)r.GetInt16(10), Text(r, 11), r.IsDBNull(12) ? null : LocalDate.FromDateOnly(r.GetFieldValue<DateOnly>(12)), Text(r, 13)));
            }
        }

        var standings = new List<Standing>();
        await using (var command = new NpgsqlCommand($"select {StandingColumns} from registry.standings", connection, transaction))
        await using (var r = await command.ExecuteReaderAsync(stop))
        {
            while (await r.ReadAsync(stop)) standings.Add(Standing(r));
        }

        return new(participants, instruments, standings);
    }

    internal const string StandingColumns = "account, state, credit_score, source_class, sector, zone, control_group, permit_through, version";

    internal static Standing Standing(NpgsqlDataReader r) => new(r.GetInt32(0), (AccountState)r.GetInt16(1), r.GetInt16(2), Text(r, 3), Text(r, 4), Text(r, 5), Text(r, 6),
        r.IsDBNull(7) ? null : LocalDate.FromDateOnly(r.GetFieldValue<DateOnly>(7)), r.GetInt64(8));

    private static string? Text(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
}
