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

    /// <summary>All of them in one statement.</summary>
    public static NpgsqlBatchCommand Put(List<Delivery> deliveries)
    {
        NpgsqlParameter Of<T>(Func<Delivery, T> value, NpgsqlDbType type) => new() { Value = deliveries.ConvertAll(d => value(d)), NpgsqlDbType = NpgsqlDbType.Array | type };
        NpgsqlParameter Long(Func<Delivery, long> value) => Of(value, NpgsqlDbType.Bigint);
        return new(
            $"""
            insert into settlement.deliveries ({Columns})
            select trade_no, sequence, instrument, buyer, seller, buy_order, sell_order, ticks, lots, amount, buy_fee, sell_fee, state, executed_us, answer_by_us, done_lots, timeline::jsonb, version, heard, steps::jsonb, step,
                array(select jsonb_array_elements_text(waiting::jsonb)), settled_lots, proposed::jsonb
            from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24) as d({Columns})
            on conflict (trade_no) do update set state = excluded.state, answer_by_us = excluded.answer_by_us, done_lots = excluded.done_lots, timeline = excluded.timeline, version = excluded.version,
                heard = excluded.heard, step = excluded.step, waiting = excluded.waiting, settled_lots = excluded.settled_lots, proposed = excluded.proposed
            """)
        {
            Parameters =
            {
                Long(d => d.Facts.TradeNo), Long(d => d.Facts.Sequence), Of(d => d.Facts.Instrument, NpgsqlDbType.Integer), Of(d => d.Facts.Buyer, NpgsqlDbType.Integer), Of(d => d.Facts.Seller, NpgsqlDbType.Integer),
                Long(d => d.Facts.BuyOrder), Long(d => d.Facts.SellOrder), Long(d => d.Facts.Ticks), Long(d => d.Facts.Lots), Long(d => d.Facts.Amount), Long(d => d.Facts.BuyFee), Long(d => d.Facts.SellFee),
                Of(d => (short)d.Facts.State, NpgsqlDbType.Smallint), Long(d => Time.Micros(d.Facts.ExecutedAt)), Of(d => d.Facts.AnswerBy is { } by ? Time.Micros(by) : (long?)null, NpgsqlDbType.Bigint),
                Long(d => d.DoneLots), Of(d => Json(d.Facts.Timeline), NpgsqlDbType.Text), Long(d => d.Version), Long(d => d.Heard),
                Of(d => d.Facts.Steps.IsEmpty ? "[]" : JsonSerializer.Serialize(d.Facts.Steps.Select(s => new Planned((short)s.Kind, [.. s.By], s.WorkingDays, (short)s.Missed, s.InPart, s.FourEyesAboveFen))), NpgsqlDbType.Text),
                Of(d => (short)d.Facts.Step, NpgsqlDbType.Smallint), Of(d => d.Facts.Waiting.IsEmpty ? "[]" : JsonSerializer.Serialize(d.Facts.Waiting.ToArray()), NpgsqlDbType.Text), Long(d => d.Facts.SettledLots),
                Of(d => d.Facts.Proposed is { } p ? JsonSerializer.Serialize(new Proposal(p.For, p.Approve, p.Reason, p.Lots, p.By.User, p.By.Role)) : null, NpgsqlDbType.Text),
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
