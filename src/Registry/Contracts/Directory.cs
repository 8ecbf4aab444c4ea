using NodaTime;

namespace Trading.Registry.Contracts;

public enum ParticipantKind { Enterprise = 1, County = 2, Reserve = 3 }

/// <summary>RULEBOOK §3. Persisted by name.</summary>
public enum RightClass { Carbon = 1, Pollutant = 2, Water = 3, Energy = 4, Power = 5 }

/// <summary>R-LAW-01: how the platform may treat a product.</summary>
public enum VenueMode { Operate = 1, Relay = 2, Mirror = 3, Simulate = 4 }

/// <summary>Who may hold and trade. Personal data stays out: an organisation is public by its credit code.</summary>
/// <param name="Account">Dense account number, from 1; the same in registry, market and settlement.</param>
/// <param name="Id">Short stable id, also the login's organisation, e.g. "textile".</param>
/// <param name="CreditCode">统一社会信用代码, GB 32100, 18 characters with a valid check character.</param>
/// <param name="Region">Six-digit GB/T 2260 code of its county.</param>
/// <param name="Basin">Main basin of its county: Taihu, Yangtze, Huai, Yishusi.</param>
public sealed record Participant(int Account, string Id, string CreditCode, string NameZh, string NameEn, ParticipantKind Kind, string Region, string Basin);

/// <summary>A right that can be held: what it is, not what it costs.</summary>
/// <param name="Number">Dense instrument number, from 1; the same in registry, market and settlement.</param>
/// <param name="Indicator">COD, NH3-N … for pollutants; null elsewhere.</param>
/// <param name="Basin">Where a geography rule limits who may hold it (R-POL-04); null: the whole province.</param>
/// <param name="Unit">Legal unit, e.g. t/a, tCO2e, tce.</param>
/// <param name="UnitDecimals">Decimals of the minimum unit: 3 means 0.001 (RULEBOOK §3). Stores count minimum units.</param>
/// <param name="Vintage">Year or period of issue, e.g. "2026"; null where none.</param>
/// <param name="ValidThrough">Last day of validity in Asia/Shanghai; null: none set.</param>
/// <param name="SourceClass">Class of source it was issued for, where walls limit who may buy it (R-POL-06); null: any.</param>
public sealed record Instrument(
    int Number, string Symbol, string NameZh, string NameEn, RightClass Class, string? Indicator, string? Basin, string? Region,
    string Unit, int UnitDecimals, VenueMode VenueMode, string? Vintage, LocalDate? ValidThrough, string? SourceClass = null)
{
    public decimal MinimumUnit => new(1, 0, 0, false, (byte)UnitDecimals);

    public decimal Quantity(long units) => units * MinimumUnit;

    /// <summary>Null unless it is a whole number of minimum units that fits.</summary>
    public long? Units(decimal quantity)
    {
        // Compared before it is divided: a decimal may be larger than a decimal of smaller units can be.
        if (quantity > long.MaxValue * MinimumUnit || quantity < long.MinValue * MinimumUnit) return null;
        var scaled = quantity / MinimumUnit;
        return decimal.Truncate(scaled) == scaled ? (long)scaled : null;
    }
}

/// <summary>Everyone and everything by number and name, as last read. Small, cached, refreshed after every registration.</summary>
public interface IDirectory
{
    Task<Catalog> Current(CancellationToken stop);
}

public sealed class Catalog(IReadOnlyList<Participant> participants, IReadOnlyList<Instrument> instruments, IReadOnlyList<Standing>? standings = null)
{
    public IReadOnlyList<Participant> Participants { get; } = participants;
    public IReadOnlyList<Instrument> Instruments { get; } = instruments;

    private readonly Dictionary<int, Participant> byAccount = participants.ToDictionary(p => p.Account);
    private readonly Dictionary<string, Participant> byId = participants.ToDictionary(p => p.Id, StringComparer.Ordinal);
    private readonly Dictionary<int, Instrument> byNumber = instruments.ToDictionary(i => i.Number);
    private readonly Dictionary<string, Instrument> bySymbol = instruments.ToDictionary(i => i.Symbol, StringComparer.Ordinal);

    private readonly Dictionary<int, Standing> standingOf = (standings ?? []).ToDictionary(s => s.Account);

    public Participant? Participant(int account) => byAccount.GetValueOrDefault(account);
    public Participant? Participant(string id) => byId.GetValueOrDefault(id);
    public Standing Standing(int account) => standingOf.GetValueOrDefault(account) ?? Contracts.Standing.Of(account);
    public Party Party(Participant participant) => new(participant, Standing(participant.Account));
    public Instrument? Instrument(int number) => byNumber.GetValueOrDefault(number);
    public Instrument? Instrument(string symbol) => bySymbol.GetValueOrDefault(symbol);
}
