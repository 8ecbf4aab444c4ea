using Marten;
using NodaTime;
using Npgsql;

namespace Trading.Registry.Contracts;

/// <summary>
/// Total control (总量控制) of one county, indicator and year (R-REG-14), in ten-thousandths of the legal unit, so that instruments of unlike minimum
/// units count in one ledger.
/// </summary>
/// <param name="Limit">Null: none set; what moves is still counted.</param>
/// <param name="Elastic">Added for growth (R-ENE-08).</param>
/// <param name="NewQuota">New of this year, of which a county may sell a share (R-ENE-03).</param>
/// <param name="Offered">Of the new quota in the market or sold.</param>
/// <param name="Allocated">Given to holders at first; trades do not change it.</param>
/// <param name="Reserve">Kept by the government.</param>
/// <param name="Used">Discharged or consumed, as reconciled.</param>
public sealed record Cap(string Region, string Indicator, int Year, long? Limit, long Elastic, long NewQuota, long Offered, long Allocated, long Reserve, long In, long Out, long Used)
{
    /// <summary>Decimals of the legal unit that the ledger counts.</summary>
    public const int Decimals = 4;

    public static Cap None(string region, string indicator, int year) => new(region, indicator, year, null, 0, 0, 0, 0, 0, 0, 0, 0);

    /// <summary>What the county may use: its limit as trades have moved it.</summary>
    public long? Total => Limit + Elastic + In - Out;

    public long? Remaining => Total - Used;

    /// <summary>What of the limit is neither with a holder nor kept.</summary>
    public long? Unallocated => Limit + Elastic - Allocated - Reserve;

    /// <summary>In the ledger's ten-thousandths.</summary>
    /// <exception cref="InvalidOperationException">The instrument counts finer than the ledger.</exception>
    public static long Of(Instrument instrument, long units)
    {
        var factor = 1L;
        for (var d = instrument.UnitDecimals; d < Decimals; d++) factor *= 10;
        return instrument.UnitDecimals <= Decimals ? units * factor : throw new InvalidOperationException($"{instrument.Symbol} counts finer than the cap ledger");
    }

    /// <summary>What goes from one participant to another moves from county to county, for each year from the first to the last; null: inside one county, or of a class without caps.</summary>
    /// <param name="lastYear">Null: the first.</param>
    public static (string Indicator, CapEvent Happened)? Moved(Instrument instrument, Participant from, Participant to, long units, int firstYear, int? lastYear, string cause) =>
        from.Region != to.Region && IndicatorOf(instrument) is { } indicator
            ? (indicator, new CapEvent.Moved(from.Region, to.Region, Of(instrument, units), firstYear, Math.Max(firstYear, lastYear ?? firstYear), cause)) : null;

    /// <summary>Under which name an instrument is capped; null: its class knows no county caps.</summary>
    public static string? IndicatorOf(Instrument instrument) => instrument.Class switch
    {
        RightClass.Pollutant => instrument.Indicator,
        RightClass.Energy => "energy",
        RightClass.Water => "water",
        _ => null,
    };
}

/// <summary>What happened to the caps of an indicator. Stored names are written out where they are registered.</summary>
public abstract record CapEvent
{
    public sealed record LimitSet(string Region, int Year, long Limit, long NewQuota, string Document) : CapEvent;

    public sealed record Stretched(string Region, int Year, long Extra, string Document) : CapEvent;

    /// <summary>Between two counties, both in one event, for each year of the term.</summary>
    public sealed record Moved(string From, string To, long Units, int FirstYear, int LastYear, string Cause) : CapEvent;

    /// <param name="Units">Below zero: taken back.</param>
    public sealed record Allocated(string Region, int FirstYear, int LastYear, long Units, string Cause) : CapEvent;

    /// <param name="Units">Below zero: out of the reserve.</param>
    public sealed record Reserved(string Region, int FirstYear, int LastYear, long Units, string Cause) : CapEvent;

    /// <summary>Sold out of the reserve: as much as was kept there of it is allocated from then on.</summary>
    public sealed record Released(string Region, int FirstYear, int LastYear, long Units, string Cause) : CapEvent;

    /// <param name="Units">Below zero: withdrawn from offer.</param>
    public sealed record Offered(string Region, int Year, long Units, string Cause) : CapEvent;

    /// <summary>As reconciled for the whole year; a later one takes its place.</summary>
    public sealed record Used(string Region, int Year, long Units, string Cause) : CapEvent;
}

public interface ICaps
{
    /// <summary>
    /// Judges and books, on the caller's transaction; both counties of a move in one event. Caps are locked after everything else of a transaction.
    /// Refused CAP_EXCEEDED (allocated and reserved above the limit), SUPPLY_CAP (R-ENE-03); then nothing may be committed.
    /// </summary>
    Task<Refused?> Book(IDocumentSession session, NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<(string Indicator, CapEvent Happened)> events, CancellationToken stop);

    /// <summary>As they stand; null filters nothing.</summary>
    Task<IReadOnlyList<Cap>> Now(string? region, string? indicator, int? year, CancellationToken stop);

    /// <summary>As they stood at a past instant, by folding the events until then.</summary>
    Task<IReadOnlyList<Cap>> At(string indicator, Instant at, CancellationToken stop);
}
