using System.Collections.Immutable;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using Trading.Matching.Contracts;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;
using Trading.Settlement.Deliveries;

namespace Trading.Settlement.Ledger;

/// <summary>A delivery as its row has it: what its stream says, folded.</summary>
internal static class DeliveryRows
{
    internal const string Columns =
        "trade_no, sequence, instrument, buyer, seller, buy_order, sell_order, ticks, lots, amount, buy_fee, sell_fee, state, executed_us, answer_by_us, done_lots, timeline, version, heard, steps, step, waiting, settled_lots, proposed";

    public static Task<List<Delivery>> Read(NpgsqlCommand command, CancellationToken stop) => LedgerStore.Read(command, r => new Delivery(
        new(r.GetInt64(0), r.GetInt64(1), r.GetInt32(2), r.GetInt32(3), r.GetInt32(4), r.GetInt64(5), r.GetInt64(6), r.GetInt64(7), r.GetInt64(8), r.GetInt64(9), r.GetInt64(10),
            r.GetInt64(11), (DeliveryState)r.GetInt16(12), Time.Instant(r.GetInt64(13)), r.IsDBNull(14) ? null : Time.Instant(r.GetInt64(14)), Timeline(r.GetString(16)),
            [.. JsonSerializer.Deserialize<Planned[]>(r.GetString(19))!.Select(p => new PlannedStep((StepKind)p.Kind, [.. p.By], p.WorkingDays, (MissedDeadline)p.Missed, p.InPart, p.FourEyesAboveFen))],
            r.GetInt16(20), [.. r.GetFieldValue<string[]>(21)], r.GetInt64(22),
            r.IsDBNull(23) ? null : JsonSerializer.Deserialize<Proposal>(r.GetString(23)) is { } p ? new ProposedAnswer(p.For, p.Approve, p.Reason, p.Lots, new(p.User, p.Role)) : null),
        r.GetInt64(15), r.GetInt64(17), r.GetInt64(18)), stop);

    /// <summary>What the deliveries say for which this holds; the table is d in it.</summary>
    public static async Task<IReadOnlyList<TradeSettlement>> Facts(NpgsqlDataSource database, string which, CancellationToken stop, params object[] values)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var select = LedgerStore.Sql(connection, null, $"select {Columns} from settlement.deliveries d where {which}", values);
        return (await Read(select, stop)).ConvertAll(d => d.Facts);
    }

    public static NpgsqlBatchCommand Put(Delivery delivery)
    {
        var f = delivery.Facts;
        return new(
            $"""
            insert into settlement.deliveries ({Columns})
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17::jsonb, $18, $19, $20::jsonb, $21, $22, $23, $24::jsonb)
            on conflict (trade_no) do update set state = excluded.state, answer_by_us = excluded.answer_by_us, done_lots = excluded.done_lots, timeline = excluded.timeline, version = excluded.version,
                heard = excluded.heard, step = excluded.step, waiting = excluded.waiting, settled_lots = excluded.settled_lots, proposed = excluded.proposed
            """)
        {
            Parameters =
            {
                new() { Value = f.TradeNo }, new() { Value = f.Sequence }, new() { Value = f.Instrument }, new() { Value = f.Buyer }, new() { Value = f.Seller }, new() { Value = f.BuyOrder },
                new() { Value = f.SellOrder }, new() { Value = f.Ticks }, new() { Value = f.Lots }, new() { Value = f.Amount }, new() { Value = f.BuyFee }, new() { Value = f.SellFee },
                new() { Value = (short)f.State }, new() { Value = Time.Micros(f.ExecutedAt) }, new() { Value = f.AnswerBy is { } by ? Time.Micros(by) : DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint },
                new() { Value = delivery.DoneLots }, new() { Value = Json(f.Timeline) }, new() { Value = delivery.Version }, new() { Value = delivery.Heard },
                new() { Value = f.Steps.IsEmpty ? "[]" : JsonSerializer.Serialize(f.Steps.Select(s => new Planned((short)s.Kind, [.. s.By], s.WorkingDays, (short)s.Missed, s.InPart, s.FourEyesAboveFen))) },
                new() { Value = (short)f.Step }, new() { Value = f.Waiting.ToArray() }, new() { Value = f.SettledLots },
                new() { Value = f.Proposed is { } p ? JsonSerializer.Serialize(new Proposal(p.For, p.Approve, p.Reason, p.Lots, p.By.User, p.By.Role)) : DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
            },
        };
    }

    private sealed record Line(short State, long AtMicros, string User, string Role, string? Reason, string? For = null, int Step = 0);

    private sealed record Planned(short Kind, string[] By, int? WorkingDays, short Missed, bool InPart, long? FourEyesAboveFen);

    private sealed record Proposal(string For, bool Approve, string? Reason, long? Lots, string User, string Role);

    private static string Json(ImmutableArray<DeliveryStep> timeline) =>
        JsonSerializer.Serialize(timeline.Select(s => new Line((short)s.State, Time.Micros(s.At), s.By.User, s.By.Role, s.Reason, s.For, s.Step)));

    private static ImmutableArray<DeliveryStep> Timeline(string json) =>
        [.. JsonSerializer.Deserialize<Line[]>(json)!.Select(s => new DeliveryStep((DeliveryState)s.State, Time.Instant(s.AtMicros), new(s.User, s.Role), s.Reason, s.For, s.Step))];
}
