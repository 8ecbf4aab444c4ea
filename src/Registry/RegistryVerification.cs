using Marten;
using NodaTime;
using Npgsql;
using Trading.Registry.Contracts;
using Trading.Registry.Holdings;
using Trading.Registry.Instruments;
using Trading.Registry.Participants;
using Trading.Registry.Serials;

namespace Trading.Registry;

internal sealed class RegistryVerification(NpgsqlDataSource database, IDocumentStore events) : IRegistryVerification
{
    private const int NamedMost = 20;

    public async Task<IReadOnlyList<(string Check, long Examined, IReadOnlyList<string> Broken)>> Verify(CancellationToken stop)
    {
        List<string> holdings = [], supply = [], catalog = [];
        var log = new List<Logged>();
        await using var connection = await database.OpenConnectionAsync(stop);
        // One snapshot: a server that still runs beside us moves rows meanwhile.
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, stop);
        await using var session = events.LightweightSession(Marten.Services.SessionOptions.ForTransaction(transaction, false));
        await using var select = new NpgsqlCommand("select account, instrument, available, earmarked, pledged, frozen, awaiting, held, version from registry.holdings order by account, instrument", connection, transaction);
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
                    log.Add(new(happened.Sequence, key, happened.Version, e, Instant.FromDateTimeOffset(happened.Timestamp)));
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

        await using (var counters = new NpgsqlCommand("select instrument, issued, surrendered, cancelled, retired, expired, reversed from registry.supply order by instrument", connection, transaction))
        await using (var r = await counters.ExecuteReaderAsync(stop))
        {
            while (await r.ReadAsync(stop))
            {
                var row = new Supply(r.GetInt32(0), r.GetInt64(1), r.GetInt64(2), r.GetInt64(3), r.GetInt64(4), r.GetInt64(5), r.GetInt64(6));
                var told = counted.GetValueOrDefault(row.Instrument) ?? Supply.None(row.Instrument);
                if (row != told) supply.Add($"registry.supply instrument={row.Instrument}: row says {row}, events say {told}");
            }
        }

        var instruments = 0;
        await using (var sums = new NpgsqlCommand(
                         """
                         select i.number, i.symbol, coalesce(s.issued, -1), coalesce(s.surrendered + s.cancelled + s.retired + s.expired + s.reversed, 0),
                                coalesce((select sum(available + earmarked + pledged + frozen + awaiting + held) from registry.holdings h where h.instrument = i.number), 0)::bigint
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

        var (blocks, serials) = await Serials(connection, transaction, log, stop);
        var (kept, holds) = await Holds(connection, transaction, log, stop);
        var (given, surrenders) = await Surrenders(connection, transaction, log, stop);
        return
        [
            ("registry.serials", blocks, serials),
            ("registry.holds", kept, holds),
            ("registry.surrenders", given, surrenders),
            ("registry.holdings", Math.Max(rows.Count, count), holdings),
            ("registry.supply", instruments, supply),
            ("registry.catalog", current.Participants.Count + current.Instruments.Count, catalog),
        ];
    }

    /// <summary>R-REG-10: what each surrender gave up, and how much of it was taken back, is what the log says.</summary>
    private static async Task<(long Examined, IReadOnlyList<string> Broken)> Surrenders(NpgsqlConnection connection, NpgsqlTransaction transaction, List<Logged> log, CancellationToken stop)
    {
        await using var select = Statement.Of(connection, transaction, "select account, instrument, version, units, reversed from registry.surrenders");
        var rows = (await select.Rows(r => (Key: (new HoldingKey(r.GetInt32(0), r.GetInt32(1)), Version: r.GetInt64(2)), Stands: (Units: r.GetInt64(3), Reversed: r.GetInt64(4))), stop)).ToDictionary(r => r.Key, r => r.Stands);
        var told = log.Where(l => l.Event is HoldingEvent.Surrendered).ToDictionary(l => (l.Key, l.Version), l => (l.Event.Units, Reversed: 0L));
        var broken = new List<string>();
        foreach (var back in log.Where(l => l.Event is HoldingEvent.SurrenderReversed))
        {
            var of = (back.Key, ((HoldingEvent.SurrenderReversed)back.Event).Surrender);
            if (told.TryGetValue(of, out var stands)) told[of] = stands with { Reversed = stands.Reversed + back.Event.Units };
            else broken.Add($"events of {back.Key.Stream}: version {back.Version} takes back a surrender that is none");
        }

        foreach (var key in rows.Keys.Union(told.Keys))
        {
            if (rows.GetValueOrDefault(key) != told.GetValueOrDefault(key) && broken.Count < NamedMost)
                broken.Add($"registry.surrenders account={key.Item1.Account} instrument={key.Item1.Instrument} version={key.Version}: row says {rows.GetValueOrDefault(key)}, events say {told.GetValueOrDefault(key)}");
        }

        return (rows.Count, broken);
    }

    /// <summary>Blocks built anew from the log, as far as they say that they followed it, are the blocks that are there.</summary>
    private static async Task<(long Examined, IReadOnlyList<string> Broken)> Serials(NpgsqlConnection connection, NpgsqlTransaction transaction, List<Logged> log, CancellationToken stop)
    {
        var (broken, blocks, followed) = (new List<string>(), new List<(int Instrument, SerialBlock Block)>(), new Dictionary<HoldingKey, long>());
        await using (var select = Statement.Of(connection, transaction, "select instrument, account, first, last, surrender from registry.serial_blocks"))
        await using (var r = await select.ExecuteReaderAsync(stop))
        {
            while (await r.ReadAsync(stop)) blocks.Add((r.GetInt32(0), new(r.GetInt32(1), new(r.GetInt64(2), r.GetInt64(3)), r.GetInt64(4))));
        }

        await using (var select = Statement.Of(connection, transaction, "select account, instrument, version from registry.serials_followed"))
        await using (var r = await select.ExecuteReaderAsync(stop))
        {
            while (await r.ReadAsync(stop)) followed[new(r.GetInt32(0), r.GetInt32(1))] = r.GetInt64(2);
        }

        foreach (var instrument in log.GroupBy(l => l.Key.Instrument))
        {
            var anew = new SerialLedger(0);
            try
            {
                if (!anew.Follow(instrument.Where(l => l.Version <= followed.GetValueOrDefault(l.Key)))) broken.Add($"registry.serials_followed instrument={instrument.Key}: ends inside a transaction");
            }
            catch (InvalidOperationException impossible)
            {
                broken.Add($"registry.serial_blocks instrument={instrument.Key}: {impossible.Message}");
                continue;
            }

            var there = blocks.Where(b => b.Instrument == instrument.Key).Select(b => b.Block).ToHashSet();
            var told = anew.Blocks.ToHashSet();
            broken.AddRange(there.Except(told).Concat(told.Except(there)).Take(NamedMost).Select(b => $"registry.serial_blocks instrument={instrument.Key} account={b.Account}: {b.Range.First}-{b.Range.Last} is {(there.Contains(b) ? "not what the log says" : "missing")}"));
        }

        return (blocks.Count, broken);
    }

    /// <summary>What holds say is kept back is what their events say, and what lies in the two buckets that holds move.</summary>
    private static async Task<(long Examined, IReadOnlyList<string> Broken)> Holds(NpgsqlConnection connection, NpgsqlTransaction transaction, List<Logged> log, CancellationToken stop)
    {
        var told = new Dictionary<(HoldingKey, string), long>();
        foreach (var one in log)
        {
            if (one.Event is HoldingEvent.Held h) told[(one.Key, h.Reference)] = told.GetValueOrDefault((one.Key, h.Reference)) + h.Units;
            if (one.Event is HoldingEvent.HoldLifted l) told[(one.Key, l.Reference)] = told.GetValueOrDefault((one.Key, l.Reference)) - l.Units;
        }

        var (rows, broken) = (new Dictionary<(HoldingKey, string), long>(), new List<string>());
        await using (var select = Statement.Of(connection, transaction, "select account, instrument, reference, standing from registry.holds"))
        await using (var r = await select.ExecuteReaderAsync(stop))
        {
            while (await r.ReadAsync(stop)) rows[(new(r.GetInt32(0), r.GetInt32(1)), r.GetString(2))] = r.GetInt64(3);
        }

        foreach (var (key, reference) in rows.Keys.Union(told.Keys))
        {
            var (row, happened) = (rows.GetValueOrDefault((key, reference)), told.GetValueOrDefault((key, reference)));
            if (row != happened) broken.Add($"registry.holds account={key.Account} instrument={key.Instrument} reference={reference}: row says {row}, events say {happened}");
        }

        return (rows.Count, [.. broken.Take(NamedMost)]);
    }

    private static HoldingKey Key(string stream)
    {
        var parts = stream.Split('/');
        return new(int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture), int.Parse(parts[2], System.Globalization.CultureInfo.InvariantCulture));
    }

    private static string Text(Holding h) => $"available={h.Available} earmarked={h.Earmarked} pledged={h.Pledged} frozen={h.Frozen} awaiting={h.Awaiting} held={h.Held} version={h.Version}";
}
