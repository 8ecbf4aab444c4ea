using Marten;
using Npgsql;
using Trading.Registry.Contracts;
using Trading.Registry.Holdings;
using Trading.Registry.Instruments;
using Trading.Registry.Participants;

namespace Trading.Registry;

internal sealed class RegistryVerification(NpgsqlDataSource database, IDocumentStore events) : IRegistryVerification
{
    private const int NamedMost = 20;

    public async Task<IReadOnlyList<(string Check, long Examined, IReadOnlyList<string> Broken)>> Verify(CancellationToken stop)
    {
        List<string> holdings = [], supply = [], catalog = [];
        await using var connection = await database.OpenConnectionAsync(stop);
        // One snapshot: a server that still runs beside us moves rows meanwhile.
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, stop);
        await using var session = events.LightweightSession(Marten.Services.SessionOptions.ForTransaction(transaction, false));
        await using var select = new NpgsqlCommand("select account, instrument, available, earmarked, pledged, frozen, awaiting, version from registry.holdings order by account, instrument", connection, transaction);
        var rows = (await PostgresHoldings.Read(select, stop)).ToDictionary(h => h.Key);
        var folded = new Dictionary<HoldingKey, Holding>();
        var counted = new Dictionary<int, Supply>();
        var registered = (Participants: new Dictionary<int, Participant>(), Instruments: new Dictionary<int, Instrument>());
        var count = 0L;
        foreach (var happened in await session.Events.QueryAllRawEvents().OrderBy(e => e.Sequence).ToListAsync(stop))
        {
            count++;
            switch (happened.Data)
            {
                case ParticipantRegistered p: registered.Participants[p.Participant.Account] = p.Participant; break;
                case InstrumentRegistered i: registered.Instruments[i.Instrument.Number] = i.Instrument; break;
                case HoldingEvent e:
                    var key = Key(happened.StreamKey!);
                    counted[key.Instrument] = Supply.Evolve(counted.GetValueOrDefault(key.Instrument) ?? Supply.None(key.Instrument), e);
                    var before = folded.GetValueOrDefault(key) ?? Holding.Empty(key);
                    if (happened.Version != before.Version + 1 && holdings.Count < NamedMost) holdings.Add($"events of {key.Stream}: version {happened.Version} follows {before.Version}");
                    try
                    {
                        folded[key] = Holding.Evolve(before, e);
                    }
                    catch (InvalidOperationException impossible)
                    {
                        if (holdings.Count < NamedMost) holdings.Add($"events of {key.Stream}: {impossible.Message}");
                    }

                    break;
            }
        }

        foreach (var key in rows.Keys.Union(folded.Keys).Order())
        {
            var (row, fold) = (rows.GetValueOrDefault(key) ?? Holding.Empty(key), folded.GetValueOrDefault(key) ?? Holding.Empty(key));
            if (row != fold && holdings.Count < NamedMost) holdings.Add($"registry.holdings account={key.Account} instrument={key.Instrument}: row says {Text(row)}, events say {Text(fold)}");
        }

        await using (var counters = new NpgsqlCommand("select instrument, issued, surrendered, cancelled, retired, expired from registry.supply order by instrument", connection, transaction))
        await using (var r = await counters.ExecuteReaderAsync(stop))
        {
            while (await r.ReadAsync(stop))
            {
                var row = new Supply(r.GetInt32(0), r.GetInt64(1), r.GetInt64(2), r.GetInt64(3), r.GetInt64(4), r.GetInt64(5));
                var told = counted.GetValueOrDefault(row.Instrument) ?? Supply.None(row.Instrument);
                if (row != told) supply.Add($"registry.supply instrument={row.Instrument}: row says {row}, events say {told}");
            }
        }

        var instruments = 0;
        await using (var sums = new NpgsqlCommand(
                         """
                         select i.number, i.symbol, coalesce(s.issued, -1), coalesce(s.surrendered + s.cancelled + s.retired + s.expired, 0),
                                coalesce((select sum(available + earmarked + pledged + frozen + awaiting) from registry.holdings h where h.instrument = i.number), 0)::bigint
                         from registry.instruments i left join registry.supply s on s.instrument = i.number order by i.number
                         """, connection, transaction))
        await using (var r = await sums.ExecuteReaderAsync(stop))
        {
            while (await r.ReadAsync(stop))
            {
                instruments++;
                var (issued, gone, held) = (r.GetInt64(2), r.GetInt64(3), r.GetInt64(4));
                if (issued != gone + held) supply.Add($"registry.supply instrument={r.GetInt32(0)} ({r.GetString(1)}): issued {issued}, held {held}, gone {gone}");
                var told = folded.Values.Where(h => h.Key.Instrument == r.GetInt32(0)).Sum(h => h.Total);
                if (told != held) supply.Add($"registry.supply instrument={r.GetInt32(0)} ({r.GetString(1)}): held {held}, events say {told}");
            }
        }

        var current = await PostgresDirectory.Read(connection, transaction, stop);
        foreach (var p in current.Participants)
        {
            if (registered.Participants.GetValueOrDefault(p.Account) != p) catalog.Add($"registry.participants account={p.Account}: the row is not what was registered");
        }

        foreach (var i in current.Instruments)
        {
            if (registered.Instruments.GetValueOrDefault(i.Number) != i) catalog.Add($"registry.instruments number={i.Number}: the row is not what was registered");
        }

        return
        [
            ("registry.holdings", Math.Max(rows.Count, count), holdings),
            ("registry.supply", instruments, supply),
            ("registry.catalog", current.Participants.Count + current.Instruments.Count, catalog),
        ];
    }

    private static HoldingKey Key(string stream)
    {
        var parts = stream.Split('/');
        return new(int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture), int.Parse(parts[2], System.Globalization.CultureInfo.InvariantCulture));
    }

    private static string Text(Holding h) => $"available={h.Available} earmarked={h.Earmarked} pledged={h.Pledged} frozen={h.Frozen} awaiting={h.Awaiting} version={h.Version}";
}
