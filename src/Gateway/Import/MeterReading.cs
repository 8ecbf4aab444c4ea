using System.Collections.Frozen;
using NodaTime;
using NodaTime.Text;
using Trading.Registry.Contracts;

namespace Trading.Gateway.Import;

/// <summary>One hour of one meter or CEMS, as a row of a file says it.</summary>
internal sealed record MeterReading(int Account, string Indicator, string Source, Reading Reading)
{
    public const decimal Step = 0.0001m;
    /// <summary>So that ten thousand hours, and a county's year of them, can be added up.</summary>
    private const long UnitsMost = 100_000_000_000_000;
    private static readonly Instant First = Instant.FromUtc(2000, 1, 1, 0, 0);

    public static readonly string[] Columns = ["participant", "indicator", "hour", "quantity", "quality", "source"];

    /// <summary>What rights are held in: of another name nobody would ever be reconciled, so that it can only be a slip.</summary>
    public static FrozenSet<string> Indicators(Catalog catalog) => catalog.Instruments.Select(Cap.IndicatorOf).OfType<string>().ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Null: before anything of ours was metered.</summary>
    public static Instant? Since(Instant hour) => hour >= First ? hour : null;

    /// <summary>Null: no whole number of ten-thousandths from 0 to what can be added up.</summary>
    public static long? Units(decimal quantity) => quantity / Step is var units && decimal.Truncate(units) == units && units is >= 0 and <= UnitsMost ? (long)units : null;

    /// <summary>Wrong cells are noted at the row, and what is given back then is not meant to be used.</summary>
    public static MeterReading Of(Row row, Participant? participant, FrozenSet<string> indicators, Instant now)
    {
        var indicator = row.Text("indicator");
        if (indicator.Length > 0 && !indicators.Contains(indicator)) row.Wrong("indicator", "FIELD_INVALID", indicator);
        var units = row.Whole("quantity", Step, v => v / Step is var units && decimal.Truncate(units) == units && units is >= long.MinValue and <= UnitsMost ? (long)units : null, 0, "OUT_OF_RANGE");
        return new(participant?.Account ?? 0, indicator, row.Text("source"), new(Hour(row, now), units, row.Word<ReadingQuality>("quality")));
    }

    private static Instant Hour(Row row, Instant now)
    {
        var text = row.Text("hour");
        if (text.Length == 0) return First;
        var parsed = InstantPattern.ExtendedIso.Parse(text);
        if (!parsed.Success) row.Wrong("hour", "FIELD_INVALID", text);
        else if (parsed.Value.ToUnixTimeTicks() % NodaConstants.TicksPerHour != 0) row.Wrong("hour", "NOT_AN_HOUR", text);
        else if (parsed.Value < First) row.Wrong("hour", "OUT_OF_RANGE", text);
        else if (parsed.Value + Duration.FromHours(1) > now) row.Wrong("hour", "HOUR_IN_FUTURE", text);
        else return parsed.Value;
        return First;
    }
}
