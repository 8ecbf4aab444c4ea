using System.Diagnostics;
using System.Globalization;
using NodaTime;
using NodaTime.Text;
using Trading.Gateway.Cli;
using Trading.Gateway.Identity;
using Trading.Gateway.Market;
using Trading.Matching.Contracts;
using Trading.Matching.Core;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;

namespace Trading.Gateway.Import;

/// <summary>
/// Reads files into the register, the listings, the money and the users. Every cell is read before the first row is carried out; each row is
/// idempotent, so that a file that was cut off is given again whole.
/// </summary>
internal sealed class Importer(IRegister register, IAllocations allocations, IDirectory directory, IRules rules, IListings listings, IFunds funds, Users users, IUsage usage, IClock clock)
{
    private const int RowsTogether = 500;
    /// <summary>More than half a year of hours, and fewer than one call takes.</summary>
    private const int HoursTogether = 5_000;
    private const int YearsMost = 50;
    private static readonly Actor Clerk = new("import", Roles.Operator);
    /// <summary>Keys of the file that is being read.</summary>
    private readonly Dictionary<string, object> given = new(StringComparer.Ordinal);
    /// <summary>What there will be of each instrument by the rows judged so far.</summary>
    private readonly Dictionary<int, long> issued = [];

    /// <param name="Judge">What carrying it out would refuse, asked of every row before the first is carried out.</param>
    private sealed record Step(int Line, Func<CancellationToken, Task<Refused?>> Judge, Func<CancellationToken, Task<Refused?>> Act, AllocationLine? Allocation, MeterReading? Meter);

    /// <param name="Allocation">Rows of allocations are given many at a time, and <paramref name="Act"/> is not asked.</param>
    /// <param name="Meter">So are readings.</param>
    private sealed record Read(Func<CancellationToken, Task<Refused?>> Judge, Func<CancellationToken, Task<Refused?>> Act, AllocationLine? Allocation = null, MeterReading? Meter = null);

    public const string Rules = "rules";

    /// <summary>In the order in which a province is built; rules come before all of it, from a folder of their own.</summary>
    public static readonly string[] Kinds = ["participants", "standings", "instruments", "listings", "allocations", "funds", "users"];

    /// <summary>What the years bring to a province that stands.</summary>
    public const string Readings = "readings";

    /// <param name="demoUsers">The users of the demo province have a password that everyone knows; everybody else's is as long as the door asks.</param>
    /// <returns>How many rows stood in the file, and every wrong cell; rows were carried out only where there is none.</returns>
    public async Task<(int Rows, IReadOnlyList<CellError> Errors)> Import(string kind, string file, bool dryRun, Action<string> say, CancellationToken stop, bool demoUsers = false)
    {
        if (kind == Rules) return await LoadRules(file, dryRun, stop);
        if (!File.Exists(file)) throw new UsageException($"there is no file {file}");
        var errors = new List<CellError>();
        given.Clear();
        issued.Clear();
        var (catalog, book) = (await directory.Current(stop), await rules.Current(stop));
        var steps = kind switch
        {
            "participants" => Steps(file, ["id", "credit_code", "name_zh", "name_en", "kind", "region", "basin"], errors, row => Participant(row, catalog)),
            "instruments" => Steps(file, ["symbol", "name_zh", "name_en", "class", "indicator", "basin", "region", "unit", "unit_decimals", "venue_mode", "vintage", "valid_through"], errors, row => Instrument(row, catalog, book)),
            "standings" => Steps(file, ["participant", "source_class", "sector", "zone", "permit_through", "reason"], errors, row => Standing(row, catalog)),
            "listings" => Steps(file, ["symbol", "tick", "lot", "confirmation", "reference", "lower", "upper", "fee", "mode?"], errors, row => Listing(row, catalog)),
            "allocations" => Steps(file, ["participant", "symbol", "quantity", "reason", "operation", "basis?", "years?"], errors, row => Allocation(row, catalog, book)),
            "funds" => Steps(file, ["participant", "amount", "reference"], errors, row => PayIn(row, catalog)),
            "users" => Steps(file, ["name", "role", "participant", "password"], errors, row => User(row, catalog, demoUsers), secret: "password"),
            Readings => Meters(file, errors, catalog),
            _ => throw new UsageException($"'{kind}' cannot be imported; one of {string.Join(", ", Kinds)} can"),
        };
        if (errors.Count == 0) await Judge(steps, errors, stop);
        if (errors.Count > 0 || dryRun) return (steps.Count, errors);
        var watch = Stopwatch.StartNew();
        var told = TimeSpan.FromSeconds(2);
        if (kind == "allocations") return (steps.Count, await Give(file, steps, say, stop));
        if (kind == Readings) return (steps.Count, await Take(steps, say, stop));
        for (var done = 0; done < steps.Count; done++)
        {
            if (await steps[done].Act(stop) is { } refused)
            {
                errors.Add(Wrong(steps[done], refused));
                say($"{done} of {steps.Count} rows were carried out before line {steps[done].Line} was refused; mend it and give the whole file again");
                break;
            }

            if (watch.Elapsed < told) continue;
            say($"{kind}: {done + 1} of {steps.Count} rows");
            told = watch.Elapsed + TimeSpan.FromSeconds(2);
        }

        // Who is new hears at once what it may trade.
        if (kind == "participants" && (await listings.Current(stop)).Count > 0) await listings.RefreshPermits(stop);
        return (steps.Count, errors);
    }

    /// <summary>A folder of files, a file a rule; the register judges each whole before it keeps any of it.</summary>
    private async Task<(int Rows, IReadOnlyList<CellError> Errors)> LoadRules(string folder, bool dryRun, CancellationToken stop)
    {
        if (!Directory.Exists(folder)) throw new UsageException($"there is no folder {folder}");
        if (dryRun) throw new UsageException("rules are judged whole as they are loaded; there is no dry run of them");
        var (files, refused) = await RuleFiles.Load(rules, folder, stop);
        return (files, refused is null ? [] : [new(1, "rule", refused.Code, string.Join(' ', refused.Values.Select(v => $"{v.Key}={v.Value}")))]);
    }

    /// <summary>Some hundred rows a transaction. What was given before a refusal stays, and is not given twice when the file comes again.</summary>
    private async Task<List<CellError>> Give(string file, List<Step> steps, Action<string> say, CancellationToken stop)
    {
        var (watch, told) = (Stopwatch.StartNew(), TimeSpan.FromSeconds(2));
        for (var done = 0; done < steps.Count;)
        {
            List<Step> together = [.. steps.Skip(done).Take(RowsTogether)];
            if (await allocations.Give(Path.GetFileNameWithoutExtension(file), [.. together.Select(s => s.Allocation!)], Clerk, stop) is { } refused)
            {
                var line = int.TryParse(refused.Values.FirstOrDefault(v => v.Key == "line").Value, CultureInfo.InvariantCulture, out var number) ? number - 1 : 0;
                say($"{done} of {steps.Count} rows were carried out before line {together[line].Line} was refused; mend it and give the whole file again");
                return [Wrong(together[line], refused)];
            }

            done += together.Count;
            if (watch.Elapsed < told) continue;
            say($"allocations: {done} of {steps.Count} rows");
            told = watch.Elapsed + TimeSpan.FromSeconds(2);
        }

        return [];
    }

    /// <summary>What one source says of one participant and indicator, some thousand hours a transaction. Given again it takes its own place.</summary>
    private async Task<List<CellError>> Take(List<Step> steps, Action<string> say, CancellationToken stop)
    {
        var (watch, told, done) = (Stopwatch.StartNew(), TimeSpan.FromSeconds(2), 0);
        // A row that stands twice was judged to say the same twice; the register hears it once.
        var groups = steps.GroupBy(s => (s.Meter!.Account, s.Meter.Indicator, s.Meter.Source)).SelectMany(g => g.DistinctBy(s => s.Meter!.Reading.Hour).Chunk(HoursTogether).Select(together => (g.Key, together)));
        foreach (var (key, together) in groups)
        {
            if (await usage.Read(key.Account, key.Indicator, [.. together.Select(s => s.Meter!.Reading)], key.Source, Clerk, stop) is { } refused)
            {
                var hour = refused.Values.FirstOrDefault(v => v.Key == "hour").Value;
                var step = together.FirstOrDefault(s => s.Meter!.Reading.Hour.ToString() == hour) ?? together[0];
                say($"{done} of {steps.Count} rows were carried out before line {step.Line} was refused; mend it and give the whole file again");
                return [Wrong(step, refused)];
            }

            done += together.Length;
            if (watch.Elapsed < told) continue;
            say($"{Readings}: {done} of {steps.Count} rows");
            told = watch.Elapsed + TimeSpan.FromSeconds(2);
        }

        return [];
    }

    private static async Task Judge(List<Step> steps, List<CellError> errors, CancellationToken stop)
    {
        foreach (var step in steps)
        {
            if (await step.Judge(stop) is { } refused) errors.Add(Wrong(step, refused));
            if (errors.Count >= Sheet.ErrorsMost) return;
        }
    }

    private static CellError Wrong(Step step, Refused refused) => new(step.Line, "row", refused.Code, string.Join(' ', refused.Values.Select(v => $"{v.Key}={v.Value}")));

    private static List<Step> Steps(string file, string[] columns, List<CellError> errors, Func<Row, Read> read, string? secret = null)
    {
        var steps = new List<Step>();
        foreach (var row in Sheet.Read(file, columns, errors, secret))
        {
            var (judge, act, allocation, meter) = read(row);
            steps.Add(new(row.Line, judge, act, allocation, meter));
            if (errors.Count >= Sheet.ErrorsMost) break;
        }

        return steps;
    }

    private List<Step> Meters(string file, List<CellError> errors, Catalog catalog)
    {
        var (indicators, now) = (MeterReading.Indicators(catalog), clock.GetCurrentInstant());
        return Steps(file, MeterReading.Columns, errors, row =>
        {
            var reading = MeterReading.Of(row, Known(row, catalog), indicators, now);
            return new(_ => Task.FromResult(Twice($"hour {reading.Account} {reading.Indicator} {reading.Reading.Hour}", reading, "NOT_AN_HOUR")), _ => throw new InvalidOperationException("readings are taken many at a time"), Meter: reading);
        });
    }

    /// <summary>A key that stands twice in one file says the same twice.</summary>
    private Refused? Twice<T>(string key, T content, string code) where T : class
    {
        if (!given.TryGetValue(key, out var first)) given[key] = first = content;
        return content.Equals(first) ? null : Refused.Because(code, null).With("key", key);
    }

    private Read Participant(Row row, Catalog catalog)
    {
        var application = new Application(row.Text("id"), row.Text("credit_code"), row.Text("name_zh"), row.Text("name_en"), row.Word<ParticipantKind>("kind"), row.Text("region"), row.Text("basin"));
        if (application.Region.Length > 0 && !Regions.MayLie(application.Region, application.Kind)) row.Wrong("region", "FIELD_INVALID", application.Region);
        else if (application.Basin.Length > 0 && !Regions.Drains(application.Region, application.Basin)) row.Wrong("basin", "FIELD_INVALID", application.Basin);
        return new(_ => Task.FromResult(register.Judge(application, catalog) ?? Twice("participant " + application.Id, application, "PARTICIPANT_EXISTS") ?? Twice("credit code " + application.CreditCode, application, "PARTICIPANT_EXISTS")),
            async stop => (await register.Register(application, Clerk, stop)).Refused);
    }

    private Read Instrument(Row row, Catalog catalog, RuleBook book)
    {
        var validThrough = Day(row, "valid_through");
        var product = new Product(row.Text("symbol"), row.Text("name_zh"), row.Text("name_en"), row.Word<RightClass>("class"), row.Optional("indicator"), row.Optional("basin"), row.Optional("region"),
            row.Text("unit"), row.Number("unit_decimals", 0, 9), row.Word<VenueMode>("venue_mode"), row.Optional("vintage"), validThrough);
        if (product.Basin is { } basin && !Regions.HasBasin(basin)) row.Wrong("basin", "FIELD_INVALID", basin);
        if (product.Region is { } region && !Regions.Exists(region)) row.Wrong("region", "FIELD_INVALID", region);
        return new(_ => Task.FromResult(register.Judge(product, catalog, book) ?? Twice("instrument " + product.Symbol, product, "INSTRUMENT_EXISTS")), async stop => (await register.Register(product, Clerk, stop)).Refused);
    }

    private Read Standing(Row row, Catalog catalog)
    {
        var participant = Known(row, catalog);
        var change = new StandingChange(SourceClass: row.Optional("source_class"), Sector: row.Optional("sector"), Zone: row.Optional("zone"), PermitThrough: Day(row, "permit_through"));
        var reason = row.Text("reason");
        return new(_ => Task.FromResult(Twice("standing " + participant!.Id, change, "FIELD_INVALID")), async stop => (await register.Change(participant!.Account, change, reason, Clerk, stop)).Refused);
    }

    private static LocalDate? Day(Row row, string column)
    {
        if (row.Optional(column) is not { } text) return null;
        var date = LocalDatePattern.Iso.Parse(text);
        if (!date.Success) row.Wrong(column, "FIELD_INVALID", text);
        return date.Success ? date.Value : null;
    }

    private Read Listing(Row row, Catalog catalog)
    {
        var symbol = row.Text("symbol");
        var instrument = catalog.Instrument(symbol);
        if (instrument is null && symbol.Length > 0) row.Wrong("symbol", "UNKNOWN_SYMBOL", symbol);
        // Without a fee of its own it takes the tariff's.
        var (tick, lot, fee, procedure) = (row.Decimal("tick"), row.Decimal("lot"), row.Optional("fee") is null ? (decimal?)null : row.Decimal("fee"), Procedure(row.Text("confirmation")));
        var unit = new TradingUnit(tick <= 0 ? 1 : tick, lot <= 0 ? 1 : lot);
        if (tick <= 0) row.Wrong("tick", "OUT_OF_RANGE", tick.ToString(CultureInfo.InvariantCulture));
        if (lot <= 0) row.Wrong("lot", "OUT_OF_RANGE", lot.ToString(CultureInfo.InvariantCulture));
        if (fee is { } own && (own < 0 || own > 1 || !decimal.IsInteger(own * FeeRates.Whole))) row.Wrong("fee", "OUT_OF_RANGE", own.ToString(CultureInfo.InvariantCulture));
        long? Ticks(string column) => row.Optional(column) is null ? null : row.Positive(column, unit.Tick, unit.Ticks, "PRICE_NOT_POSITIVE");
        var (reference, lower, upper) = (Ticks("reference"), Ticks("lower"), Ticks("upper"));
        var mode = row.Optional("mode") is null ? Mode.Continuous : row.Word<Mode>("mode");
        Listing Terms() => new(instrument!.Number, unit, procedure, reference, lower, upper, (int?)(fee * FeeRates.Whole), instrument.Units(lot) ?? 0, mode);
        return new(async stop => await listings.Judge(Terms(), stop) ?? Twice("listing " + symbol, Terms(), "INSTRUMENT_EXISTS"), async stop => (await listings.List(Terms(), Clerk, stop)).Refused);
    }

    /// <summary>As the rules name it; files may begin it with a capital letter, and "None" is none.</summary>
    private static string? Procedure(string word) =>
        string.Equals(word, "none", StringComparison.OrdinalIgnoreCase) || word.Length == 0 ? null : char.ToLowerInvariant(word[0]) + word[1..];

    private Read Allocation(Row row, Catalog catalog, RuleBook book)
    {
        var (participant, symbol) = (Known(row, catalog), row.Text("symbol"));
        var instrument = catalog.Instrument(symbol);
        if (instrument is null && symbol.Length > 0) row.Wrong("symbol", "UNKNOWN_SYMBOL", symbol);
        var units = instrument is null ? 1 : row.Positive("quantity", instrument.MinimumUnit, instrument.Units, "QTY_NOT_POSITIVE");
        var (reason, operation) = (row.Text("reason"), row.Text("operation"));
        var basis = row.Optional("basis") is null ? AllocationBasis.Free : row.Word<AllocationBasis>("basis");
        var years = row.Optional("years") is null ? YearsMost : row.Number("years", 1, YearsMost);
        if (participant is null || instrument is null) return new(_ => Task.FromResult<Refused?>(null), _ => Task.FromResult<Refused?>(null));
        var line = new AllocationLine(participant.Account, instrument.Number, units, basis, years, operation, reason);
        return new(async stop =>
        {
            var (key, content) = ($"operation {participant.Id} {operation}", $"{instrument.Symbol} {units} {basis} {years} {reason}");
            var again = given.ContainsKey(key);
            return Twice(key, content, "IDEMPOTENCY_KEY_REUSED") ?? (again ? null : allocations.Judge(line, catalog, book) ?? await Fits(instrument, units, stop));
        }, _ => throw new InvalidOperationException("allocations are given many at a time"), line);
    }

    /// <summary>
    /// Some hundred rows are given together: what only the last of them would pass is refused here before the first. A county's ledger adds up many
    /// instruments, so that none of them may fill it.
    /// </summary>
    private async Task<Refused?> Fits(Instrument instrument, long units, CancellationToken stop)
    {
        var isCapped = Cap.IndicatorOf(instrument) is not null;
        if (isCapped && instrument.UnitDecimals > Cap.Decimals) return Refused.Because("INSTRUMENT_INVALID", null, ("unitDecimals", instrument.UnitDecimals), ("most", Cap.Decimals));
        if (!issued.TryGetValue(instrument.Number, out var before)) before = (await register.Supply(instrument.Number, stop)).Issued;
        var most = isCapped ? long.MaxValue / Cap.Of(instrument, 1) / 1_000 : long.MaxValue;
        if (before > most - units) return Refused.Because("SUPPLY_OVERFLOW", "R-REG-02", ("issued", before), ("quantity", units));
        issued[instrument.Number] = before + units;
        return null;
    }

    private Read PayIn(Row row, Catalog catalog)
    {
        var (participant, fen, reference) = (Known(row, catalog), row.Positive("amount", 0.01m, TradingUnit.Fen, "AMOUNT_NOT_POSITIVE"), row.Text("reference"));
        return new(_ => Task.FromResult(Twice("reference " + reference, $"{participant!.Id} {fen}", "IDEMPOTENCY_KEY_REUSED")), async stop => (await funds.PayIn(participant!.Account, fen, reference, Clerk, stop)).Refused);
    }

    private Read User(Row row, Catalog catalog, bool demo)
    {
        var user = new User(row.Text("name"), row.Text("role"), row.Optional("participant"));
        var password = row.Text("password");
        if (user.Participant is { } id && catalog.Participant(id) is null) row.Wrong("participant", "UNKNOWN_ACCOUNT", id);
        if (user.Role.Length > 0 && !Roles.All.Contains(user.Role, StringComparer.Ordinal)) row.Wrong("role", "FIELD_INVALID", user.Role);
        // The words of a password are never said again.
        if (!demo && password.Length > 0 && Users.Password(password) is { } weak) row.Wrong("password", weak.Code, "");
        return new(async stop => await users.Judge(user, stop) ?? Twice("user " + user.Name, user, "USER_EXISTS"), stop => users.Add(user, password, stop));
    }

    private static Participant? Known(Row row, Catalog catalog)
    {
        var id = row.Text("participant");
        var participant = catalog.Participant(id);
        if (participant is null && id.Length > 0) row.Wrong("participant", "UNKNOWN_ACCOUNT", id);
        return participant;
    }
}
