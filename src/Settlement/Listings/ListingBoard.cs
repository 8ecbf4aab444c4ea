using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using NodaTime;
using Npgsql;
using Trading.Matching.Contracts;
using Trading.Matching.Core;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;
using Trading.Settlement.Ledger;
using Instrument = Trading.Registry.Contracts.Instrument;

namespace Trading.Settlement.Listings;

internal sealed class ListingBoard(NpgsqlDataSource database, IDirectory directory, IRules rules, IHoldings holdings, IMarketInbox inbox, IClock clock) : IListings, IDisposable
{
    private readonly Remembered<IReadOnlyDictionary<int, Listing>> remembered = new(async stop =>
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        return await Read(connection, null, stop);
    });
    private volatile string? told;

    public Task<IReadOnlyDictionary<int, Listing>> Current(CancellationToken stop) => remembered.Current(stop);

    public void Dispose() => remembered.Dispose();

    public async Task<Outcome<Listing>> List(Listing listing, Actor actor, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        await OneAtATime(connection, transaction, stop);
        var catalog = await directory.Current(stop);
        if (catalog.Instrument(listing.Instrument) is not { } instrument) return Refused.Because("UNKNOWN_INSTRUMENT", null, ("instrument", listing.Instrument));
        var (book, now) = (await rules.Current(stop), clock.GetCurrentInstant());
        if (Terms(listing, instrument, book, now) is { } wrong) return wrong;
        var listed = await Read(connection, transaction, stop);
        if (listed.TryGetValue(listing.Instrument, out var known))
            return known == listing ? known : Refused.Because("INSTRUMENT_EXISTS", null).With("symbol", instrument.Symbol);
        var fee = listing.Fees(instrument.Class, book, now).Value!.Total;
        await using var insert = LedgerStore.Sql(connection, transaction,
            "insert into settlement.listings (instrument, tick, lot, years_num, years_den, procedure, reference, lower_ticks, upper_ticks, fee, units_per_lot, told_fee, mode) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
            listing.Instrument, listing.Unit.Tick, listing.Unit.Lot, listing.Unit.YearsNum, listing.Unit.YearsDen, (object?)listing.Procedure ?? DBNull.Value,
            (object?)listing.Reference ?? DBNull.Value, (object?)listing.LowerTicks ?? DBNull.Value, (object?)listing.UpperTicks ?? DBNull.Value, (object?)listing.FeeMillionths ?? DBNull.Value, listing.UnitsPerLot, fee, (short)listing.Mode);
        await insert.ExecuteNonQueryAsync(stop);
        var commands = new List<Command>();
        if (listed.Count == 0) commands.Add(Day(clock.GetCurrentInstant()));
        commands.Add(Command(listing, fee));
        if (listing.Mode is Mode.Sealed or Mode.HighLow) commands.Add(new() { Kind = CommandKind.SetTerms, Instrument = listing.Instrument, Priority = Priority.ProRata });
        commands.AddRange(catalog.Participants.Select(p => Permit(catalog.Party(p), instrument, listing.Unit, book, now)));
        await inbox.Stage(connection, transaction, commands, stop);
        await transaction.CommitAsync(stop);
        remembered.Forget();
        inbox.Wake();
        return listing;
    }

    public async Task<Refused?> Judge(Listing listing, CancellationToken stop)
    {
        if ((await directory.Current(stop)).Instrument(listing.Instrument) is not { } instrument) return Refused.Because("UNKNOWN_INSTRUMENT", null, ("instrument", listing.Instrument));
        if (Terms(listing, instrument, await rules.Current(stop), clock.GetCurrentInstant()) is { } wrong) return wrong;
        return (await Current(stop)).TryGetValue(listing.Instrument, out var known) && known != listing ? Refused.Because("INSTRUMENT_EXISTS", null).With("symbol", instrument.Symbol) : null;
    }

    public async Task RefreshPermits(CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        await OneAtATime(connection, transaction, stop);
        var catalog = await directory.Current(stop);
        var listed = await Read(connection, transaction, stop);
        var (book, now) = (await rules.Current(stop), clock.GetCurrentInstant());
        await Remember(connection, transaction, Basis(catalog, book, now), stop);
        List<Command> commands = [.. await Fees(connection, transaction, listed, catalog, book, now, stop), .. from i in catalog.Instruments where listed.ContainsKey(i.Number) from p in catalog.Participants select Permit(catalog.Party(p), i, listed[i.Number].Unit, book, now)];
        await inbox.Stage(connection, transaction, commands, stop);
        await transaction.CommitAsync(stop);
        inbox.Wake();
    }

    /// <summary>The fees that are others than the market was told, and the mark that it was told them.</summary>
    private static async Task<List<Command>> Fees(NpgsqlConnection connection, NpgsqlTransaction transaction, Dictionary<int, Listing> listed, Catalog catalog, RuleBook book, Instant now, CancellationToken stop)
    {
        await using var select = LedgerStore.Sql(connection, transaction, "select instrument, told_fee from settlement.listings where fee is null order by instrument");
        var commands = new List<Command>();
        foreach (var (instrument, before) in await LedgerStore.Read(select, r => (r.GetInt32(0), r.GetInt32(1)), stop))
        {
            if (listed[instrument].Fees(catalog.Instrument(instrument)!.Class, book, now).Value?.Total is not { } fee || fee == before) continue;
            commands.Add(new() { Kind = CommandKind.SetFee, Instrument = instrument, FeeMillionths = fee });
            await using var write = LedgerStore.Sql(connection, transaction, "update settlement.listings set told_fee = $2 where instrument = $1", instrument, fee);
            await write.ExecuteNonQueryAsync(stop);
        }

        return commands;
    }

    public async Task<bool> RefreshChangedPermits(CancellationToken stop)
    {
        var basis = Basis(await directory.Current(stop), await rules.Current(stop), clock.GetCurrentInstant());
        if (basis == told) return false;
        await using (var connection = await database.OpenConnectionAsync(stop))
        {
            await using var select = LedgerStore.Sql(connection, null, "select basis from settlement.permits");
            if ((string?)await select.ExecuteScalarAsync(stop) == basis)
            {
                told = basis;
                return false;
            }
        }

        if ((await Current(stop)).Count == 0) return false;
        await RefreshPermits(stop);
        told = basis;
        return true;
    }

    /// <summary>What permits and fees follow from: which rules are in force, how everyone stands, and the day.</summary>
    private static string Basis(Catalog catalog, RuleBook book, Instant now)
    {
        var text = string.Join('|', RuleBook.Kinds.Keys.Order(StringComparer.Ordinal).Select(key => string.Create(CultureInfo.InvariantCulture, $"{key}:{book.At(key, now)?.Version ?? 0}"))
            .Concat(catalog.Participants.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Account}:{catalog.Standing(p.Account).Version}")))
            .Append(Registry.Contracts.Eligibility.Day(now).ToString("uuuu-MM-dd", CultureInfo.InvariantCulture)));
        return Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }

    private static async Task Remember(NpgsqlConnection connection, NpgsqlTransaction transaction, string basis, CancellationToken stop)
    {
        await using var write = LedgerStore.Sql(connection, transaction, "insert into settlement.permits (basis) values ($1) on conflict (one) do update set basis = $1", basis);
        await write.ExecuteNonQueryAsync(stop);
    }

    public async Task<Refused?> Eligibility(int account, int instrument, Side side, CancellationToken stop)
    {
        var catalog = await directory.Current(stop);
        return (catalog.Participant(account), catalog.Instrument(instrument)) is ({ } participant, { } right)
            ? Registry.Contracts.Eligibility.Judge(catalog.Party(participant), right, side == Side.Buy, await rules.Current(stop), clock.GetCurrentInstant())
            : Refused.Because("NOT_ELIGIBLE", null, ("account", account));
    }

    public async Task<Refused?> Between(int seller, int buyer, int instrument, long lots, CancellationToken stop)
    {
        var catalog = await directory.Current(stop);
        if (catalog.Instrument(instrument) is not { } right || !(await Current(stop)).TryGetValue(instrument, out var listing)) return Refused.Because("UNKNOWN_INSTRUMENT", null, ("instrument", instrument));
        if ((catalog.Participant(seller), catalog.Participant(buyer)) is not ({ } sells, { } buys)) return Refused.Because("NOT_ELIGIBLE", null, ("account", seller), ("counterparty", buyer));
        if (Int128.Abs((Int128)lots * listing.UnitsPerLot) > long.MaxValue) return Refused.Because("BALANCE_OVERFLOW", null, ("quantity", lots));
        var held = (await holdings.Of(new HoldingKey(buyer, instrument), stop)).Total;
        var (book, now) = (await rules.Current(stop), clock.GetCurrentInstant());
        return Registry.Contracts.Eligibility.Judge(new Deal(catalog.Party(sells), catalog.Party(buys), right, lots * listing.UnitsPerLot, BuyerHolds: held), book, now).Refused;
    }

    /// <summary>Null, or what of the terms cannot be.</summary>
    internal static Refused? Terms(Listing listing, Instrument instrument, RuleBook book, Instant now)
    {
        if (listing.Unit.Tick <= 0 || listing.Unit.Lot <= 0) return Refused.Because("INSTRUMENT_TERMS_INVALID", null, ("tick", listing.Unit.Tick), ("lot", listing.Unit.Lot));
        if (!CanBeCounted(listing.Unit)) return Refused.Because("INSTRUMENT_TERMS_INVALID", null, ("tick", listing.Unit.Tick), ("lot", listing.Unit.Lot));
        if (instrument.Units(listing.Unit.Lot) is not { } units || units != listing.UnitsPerLot)
            return Refused.Because("INSTRUMENT_TERMS_INVALID", null, ("lot", listing.Unit.Lot), ("minimumUnit", instrument.MinimumUnit));
        if (listing.Fees(instrument.Class, book, now).Refused is { } unpriced) return unpriced;
        if (listing.Procedure is { } procedure && DeliveryPlan.Missing(book, instrument.Class, procedure, now) is { } missing) return missing;
        var (lower, upper) = (listing.LowerTicks ?? 1, listing.UpperTicks ?? long.MaxValue);
        return lower < 1 || upper < lower ? Refused.Because("INSTRUMENT_TERMS_INVALID", "R-CEA-07", ("lowerLimit", lower), ("upperLimit", upper)) : null;
    }

    /// <summary>The worth of a tick of a lot is a fraction of fen that the market can hold.</summary>
    private static bool CanBeCounted(TradingUnit unit)
    {
        try
        {
            return unit.FenFraction() is (> 0, > 0);
        }
        catch (OverflowException)
        {
            return false;
        }
    }

    private static Command Command(Listing listing, int fee)
    {
        var (num, den) = listing.Unit.FenFraction();
        return new()
        {
            Kind = CommandKind.ListInstrument, Instrument = listing.Instrument, Mode = listing.Mode, Num = num, Den = den, ReferenceTicks = listing.Reference ?? 0,
            LowerTicks = listing.LowerTicks ?? 1, UpperTicks = listing.UpperTicks ?? long.MaxValue, FeeMillionths = fee,
            Flags = CommandFlags.PermitNeeded | (listing.Conditional ? CommandFlags.Conditional : CommandFlags.None),
        };
    }

    /// <summary>The market keeps the limit for what lies in it; what lies outside counts where it is handed over.</summary>
    private static Command Permit(Party party, Instrument instrument, TradingUnit unit, RuleBook book, Instant now) => new()
    {
        Kind = CommandKind.Permit, Account = party.Who.Account, Instrument = instrument.Number,
        Amount = Registry.Contracts.Eligibility.PositionLimit(party.Who, instrument, book, now) is { } most ? (long)decimal.Floor(decimal.Min(most / unit.Lot, long.MaxValue)) : 0,
        Flags = (Registry.Contracts.Eligibility.Judge(party, instrument, buys: true, book, now) is null ? CommandFlags.MayBuy : CommandFlags.None)
                | (Registry.Contracts.Eligibility.Judge(party, instrument, buys: false, book, now) is null ? CommandFlags.MaySell : CommandFlags.None),
    };

    /// <summary>The trading day ends at midnight in Asia/Shanghai, until phases come as a calendar.</summary>
    private static Command Day(Instant now)
    {
        var tomorrow = Registry.Contracts.Eligibility.Begin(Registry.Contracts.Eligibility.Day(now).PlusDays(1));
        return new() { Kind = CommandKind.StartDay, DayEndsMicros = Time.Micros(tomorrow), DayLengthMicros = Duration.FromDays(1).BclCompatibleTicks / 10 };
    }

    /// <summary>A listing and a new participant's permits, each decided beside the other, would miss one another.</summary>
    private static async Task OneAtATime(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken stop)
    {
        await using var one = LedgerStore.Sql(connection, transaction, "lock table settlement.listings in exclusive mode");
        await one.ExecuteNonQueryAsync(stop);
    }

    internal static async Task<Dictionary<int, Listing>> Read(NpgsqlConnection connection, NpgsqlTransaction? transaction, CancellationToken stop)
    {
        await using var select = LedgerStore.Sql(connection, transaction,
            "select instrument, tick, lot, years_num, years_den, procedure, reference, lower_ticks, upper_ticks, fee, units_per_lot, mode from settlement.listings");
        await using var r = await select.ExecuteReaderAsync(stop);
        var listings = new Dictionary<int, Listing>();
        while (await r.ReadAsync(stop))
        {
            listings[r.GetInt32(0)] = new(r.GetInt32(0), new(r.GetDecimal(1), r.GetDecimal(2), r.GetInt64(3), r.GetInt64(4)), r.IsDBNull(5) ? null : r.GetString(5),
                r.IsDBNull(6) ? null : r.GetInt64(6), r.IsDBNull(7) ? null : r.GetInt64(7), r.IsDBNull(8) ? null : r.GetInt64(8), r.IsDBNull(9) ? null : r.GetInt32(9), r.GetInt64(10), (Mode)r.GetInt16(11));
        }

        return listings;
    }
}
