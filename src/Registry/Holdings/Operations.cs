using System.Security.Cryptography;
using System.Text;
using NodaTime;
using Npgsql;
using NpgsqlTypes;
using Trading.Registry.Contracts;

namespace Trading.Registry.Holdings;

/// <summary>The rows by which a repeat is known (R-REG-09), and the supply rows that move beside them.</summary>
internal static class Operations
{
    public sealed record Claim(int Account, string Operation, byte[] Digest, Holding After);

    /// <summary>What makes two instructions of one key the same. The words never change: stored digests were made of them.</summary>
    public static byte[] Digest(Instruction asked) => SHA256.HashData(Encoding.UTF8.GetBytes(asked switch
    {
        Instruction.IssueRight { Terms: { } terms } i => $"allocate {i.Holding.Account} {i.Holding.Instrument} {i.Units} {terms} {i.Reason}",
        Instruction.IssueRight i => $"issue {i.Holding} {i.Units} {i.Reason}",
        Instruction.HandOver { Serials: { } picked } t => $"transfer {t.Holding} {t.To} {t.Units} {t.Reason} {picked.First}-{picked.Last}",
        Instruction.HandOver t => $"transfer {t.Holding} {t.To} {t.Units} {t.Reason}",
        Instruction.Replace r => $"replace {r.Holding} {r.To} {r.Units} {r.Retired} {r.Reason}",
        Instruction.Surrender s => $"surrender {s.Holding} {s.Units} {s.Obligation}",
        Instruction.ReverseSurrender r => $"reverse-surrender {r.Holding} {r.Units} {r.Of} {r.Reason}",
        Instruction.Cancel c => $"cancel {c.Holding} {c.Units} {c.Reason}",
        Instruction.Retire r => $"retire {r.Holding} {r.Units} {r.Reason}",
        Instruction.Keep k => $"hold {k.Holding} {k.Units} {k.Reason} {k.Reference}",
        Instruction.LiftHold l => $"lift {l.Holding} {l.Units} {l.Reference}",
        Instruction.Reverse r => $"reverse {r.Holding} {r.Units} {r.Allocation} {r.Reason}",
        Instruction.Expire e => $"expire {e.Holding} {e.LastDay.ToString("uuuu-MM-dd", System.Globalization.CultureInfo.InvariantCulture)}",
        _ => throw new InvalidOperationException($"{asked.GetType().Name} is not an instruction of the desk"),
    }));

    /// <summary>Adds to a batch what asks for what was done before under these keys, for the supply rows, locked in order, and for the holds that are spoken of.</summary>
    public static void Ask(NpgsqlBatch batch, List<Instruction> asked, int[] instruments)
    {
        var keys = asked.Select(a => (a.Holding.Account, a.Operation)).Distinct().ToList();
        batch.BatchCommands.Add(new("select account, operation, digest, result from registry.operations where (account, operation) in (select * from unnest($1::int[], $2::text[]))")
        {
            Parameters = { new() { Value = keys.ConvertAll(k => k.Account).ToArray() }, new() { Value = keys.ConvertAll(k => k.Operation).ToArray() } },
        });
        batch.BatchCommands.Add(new("select instrument, issued, surrendered, cancelled, retired, expired, reversed from registry.supply where instrument = any($1) order by instrument for update")
        {
            Parameters = { new() { Value = instruments } },
        });
        batch.BatchCommands.Add(HoldRows.Of(asked));
    }

    /// <summary>Reads what <see cref="Ask"/> asked, from its first answer on.</summary>
    public static async Task<(Dictionary<(int Account, string Operation), (byte[] Digest, Holding? First)> Heard, Dictionary<int, Supply> Supplies, IReadOnlyList<Hold> Holds)> Read(NpgsqlDataReader rows, List<Instruction> asked)
    {
        var heard = new Dictionary<(int, string), (byte[], Holding?)>();
        var keys = asked.GroupBy(a => (a.Holding.Account, a.Operation)).ToDictionary(g => g.Key, g => g.First().Holding);
        while (await rows.ReadAsync())
        {
            var key = (rows.GetInt32(0), rows.GetString(1));
            var holding = keys[key];
            var result = await rows.IsDBNullAsync(3) ? null : await rows.GetFieldValueAsync<long[]>(3);
            heard[key] = (await rows.GetFieldValueAsync<byte[]>(2), result is null ? null : Holding(holding, result));
        }

        await rows.NextResultAsync();
        var supplies = new Dictionary<int, Supply>();
        while (await rows.ReadAsync())
            supplies[rows.GetInt32(0)] = new(rows.GetInt32(0), rows.GetInt64(1), rows.GetInt64(2), rows.GetInt64(3), rows.GetInt64(4), rows.GetInt64(5), rows.GetInt64(6));
        await rows.NextResultAsync();
        return (heard, supplies, await rows.Rows(HoldRows.Hold, CancellationToken.None));
    }

    /// <summary>Adds to a batch what claims every key with its result in one statement; a key that another claimed meanwhile fails the whole.</summary>
    public static void Write(NpgsqlBatch batch, List<Claim> claims, Till till, Instant now)
    {
        var sorted = claims.OrderBy(c => c.Account).ThenBy(c => c.Operation, StringComparer.Ordinal).ToList();
        batch.BatchCommands.Add(new(
            """
            insert into registry.operations (account, operation, digest, result)
            select account, operation, digest, array[available, earmarked, pledged, frozen, awaiting, version, held]
            from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) as c(account, operation, digest, available, earmarked, pledged, frozen, awaiting, version, held)
            """)
        {
            Parameters =
            {
                new() { Value = sorted.ConvertAll(c => c.Account) }, new() { Value = sorted.ConvertAll(c => c.Operation) }, new() { Value = sorted.ConvertAll(c => c.Digest), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea },
                new() { Value = sorted.ConvertAll(c => c.After.Available) }, new() { Value = sorted.ConvertAll(c => c.After.Earmarked) }, new() { Value = sorted.ConvertAll(c => c.After.Pledged) },
                new() { Value = sorted.ConvertAll(c => c.After.Frozen) }, new() { Value = sorted.ConvertAll(c => c.After.Awaiting) }, new() { Value = sorted.ConvertAll(c => c.After.Version) }, new() { Value = sorted.ConvertAll(c => c.After.Held) },
            },
        });
        foreach (var s in till.Supplies())
        {
            batch.BatchCommands.Add(new("update registry.supply set issued = $2, surrendered = $3, cancelled = $4, retired = $5, expired = $6, reversed = $7 where instrument = $1")
            {
                Parameters =
                {
                    new() { Value = s.Instrument }, new() { Value = s.Issued }, new() { Value = s.Surrendered }, new() { Value = s.Cancelled }, new() { Value = s.Retired }, new() { Value = s.Expired }, new() { Value = s.Reversed },
                },
            });
        }

        foreach (var hold in till.Holds()) batch.BatchCommands.Add(HoldRows.Put(hold));
        foreach (var (key, version, told) in till.Happened())
        {
            if (Row(key, version, told, Micros.Of(now)) is { } row) batch.BatchCommands.Add(row);
        }
    }

    /// <summary>What is published (R-REG-13), what may be taken back for a while and what was (R-REG-10); null: the balances say all.</summary>
    private static NpgsqlBatchCommand? Row(HoldingKey key, long version, HoldingEvent told, long atMicros)
    {
        NpgsqlBatchCommand Of(string sql, params ReadOnlySpan<object> values)
        {
            var command = new NpgsqlBatchCommand(sql) { Parameters = { new() { Value = key.Account }, new() { Value = key.Instrument } } };
            foreach (var value in values) command.Parameters.Add(new() { Value = value });
            return command;
        }

        return told switch
        {
            HoldingEvent.Cancelled e => Of("insert into registry.cancellations (account, instrument, units, reason, cancelled_us) values ($1, $2, $3, $4, $5)", e.Units, e.Reason, atMicros),
            HoldingEvent.Surrendered e => Of("insert into registry.surrenders (account, instrument, version, units, obligation, at_us) values ($1, $2, $3, $4, $5, $6)", version, e.Units, e.Obligation, atMicros),
            HoldingEvent.SurrenderReversed e => Of("update registry.surrenders set reversed = reversed + $4 where account = $1 and instrument = $2 and version = $3", e.Surrender, e.Units),
            _ => null,
        };
    }

    /// <summary>The public list, newest first, below an id.</summary>
    public static async Task<IReadOnlyList<Cancellation>> Cancellations(NpgsqlDataSource database, long beforeId, int most, CancellationToken stop)
    {
        await using var select = database.CreateCommand("select id, account, instrument, units, reason, cancelled_us from registry.cancellations where id < $1 order by id desc limit $2");
        select.Parameters.Add(new() { Value = beforeId });
        select.Parameters.Add(new() { Value = most });
        return await select.Rows(r => new Cancellation(r.GetInt64(0), new(r.GetInt32(1), r.GetInt32(2)), r.GetInt64(3), r.GetString(4), Micros.At(r.GetInt64(5))), stop);
    }

    private static Holding Holding(HoldingKey key, long[] kept) => new(key, kept[0], kept[1], kept[2], kept[3], kept[4], kept.Length > 6 ? kept[6] : 0, kept[5]);
}
