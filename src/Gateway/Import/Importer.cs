using System.Diagnostics;
using System.Globalization;
using NodaTime.Text;
using Trading.Gateway.Cli;
using Trading.Gateway.Identity;
using Trading.Matching.Contracts;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;

namespace Trading.Gateway.Import;

/// <summary>
/// Reads files into the register, the listings, the money and the users. Every cell is read before the first row is carried out; each row is
/// idempotent, so that a file that was cut off is given again whole.
/// </summary>
internal sealed class Importer(IRegister register, IDirectory directory, IListings listings, IFunds funds, Users users)
{
    private static readonly Actor Clerk = new("import", Roles.Operator);

    private sealed record Step(int Line, Func<CancellationToken, Task<Refused?>> Act);

    public static readonly string[] Kinds = ["participants", "instruments", "listings", "allocations", "funds", "users"];

    /// <returns>How many rows stood in the file, and every wrong cell; rows were carried out only where there is none.</returns>
    public async Task<(int Rows, IReadOnlyList<CellError> Errors)> Import(string kind, string file, bool dryRun, Action<string> say, CancellationToken stop)
    {
        if (!File.Exists(file)) throw new UsageException($"there is no file {file}");
        var errors = new List<CellError>();
        var catalog = await directory.Current(stop);
        var steps = kind switch
        {
            "participants" => await Steps(file, ["id", "credit_code", "name_zh", "name_en", "kind", "region", "basin"], errors, Participant),
            "instruments" => await Steps(file, ["symbol", "name_zh", "name_en", "class", "indicator", "basin", "region", "unit", "unit_decimals", "venue_mode", "vintage", "valid_through"], errors, Instrument),
            "listings" => await Steps(file, ["symbol", "tick", "lot", "confirmation", "reference", "lower", "upper", "fee"], errors, row => Listing(row, catalog)),
            "allocations" => await Steps(file, ["participant", "symbol", "quantity", "reason", "operation"], errors, row => Allocation(row, catalog)),
            "funds" => await Steps(file, ["participant", "amount", "reference"], errors, row => PayIn(row, catalog)),
            "users" => await Steps(file, ["name", "role", "participant", "password"], errors, row => User(row, catalog)),
            _ => throw new UsageException($"'{kind}' cannot be imported; one of {string.Join(", ", Kinds)} can"),
        };
        if (errors.Count > 0 || dryRun) return (steps.Count, errors);
        var watch = Stopwatch.StartNew();
        var told = TimeSpan.FromSeconds(2);
        for (var done = 0; done < steps.Count; done++)
        {
            if (await steps[done].Act(stop) is { } refused)
            {
                errors.Add(new(steps[done].Line, "row", refused.Code, string.Join(' ', refused.Values.Select(v => $"{v.Key}={v.Value}"))));
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

    private static async Task<List<Step>> Steps(string file, string[] columns, List<CellError> errors, Func<Row, Func<CancellationToken, Task<Refused?>>> read) =>
        (await Sheet.Read(file, columns, errors)).Select(row => new Step(row.Line, read(row))).ToList();

    private Func<CancellationToken, Task<Refused?>> Participant(Row row)
    {
        var application = new Application(row.Text("id"), row.Text("credit_code"), row.Text("name_zh"), row.Text("name_en"), row.Word<ParticipantKind>("kind"), row.Text("region"), row.Text("basin"));
        return async stop => (await register.Register(application, Clerk, stop)).Refused;
    }

    private Func<CancellationToken, Task<Refused?>> Instrument(Row row)
    {
        NodaTime.LocalDate? validThrough = null;
        if (row.Optional("valid_through") is { } text)
        {
            var date = LocalDatePattern.Iso.Parse(text);
            if (date.Success) validThrough = date.Value;
            else row.Wrong("valid_through", "FIELD_INVALID", text);
        }

        var product = new Product(row.Text("symbol"), row.Text("name_zh"), row.Text("name_en"), row.Word<RightClass>("class"), row.Optional("indicator"), row.Optional("basin"), row.Optional("region"),
            row.Text("unit"), row.Number("unit_decimals", 0, 9), row.Word<VenueMode>("venue_mode"), row.Optional("vintage"), validThrough);
        return async stop => (await register.Register(product, Clerk, stop)).Refused;
    }

    private Func<CancellationToken, Task<Refused?>> Listing(Row row, Catalog catalog)
    {
        var symbol = row.Text("symbol");
        var instrument = catalog.Instrument(symbol);
        if (instrument is null) row.Wrong("symbol", "UNKNOWN_SYMBOL", symbol);
        var (tick, lot, fee, confirmation) = (row.Decimal("tick"), row.Decimal("lot"), row.Decimal("fee"), row.Word<Confirmation>("confirmation"));
        var unit = new TradingUnit(tick <= 0 ? 1 : tick, lot <= 0 ? 1 : lot);
        if (tick <= 0) row.Wrong("tick", "OUT_OF_RANGE", tick.ToString(CultureInfo.InvariantCulture));
        if (lot <= 0) row.Wrong("lot", "OUT_OF_RANGE", lot.ToString(CultureInfo.InvariantCulture));
        if (fee < 0 || fee > 1 || fee * 1_000_000 % 1 != 0) row.Wrong("fee", "OUT_OF_RANGE", fee.ToString(CultureInfo.InvariantCulture));
        long? Ticks(string column)
        {
            if (row.OptionalDecimal(column) is not { } price) return null;
            var ticks = unit.Ticks(price);
            if (ticks is null) row.Wrong(column, "TOO_MANY_DECIMALS", price.ToString(CultureInfo.InvariantCulture));
            return ticks;
        }

        var (reference, lower, upper) = (Ticks("reference"), Ticks("lower"), Ticks("upper"));
        return async stop => (await listings.List(
            new(instrument!.Number, unit, confirmation != Confirmation.None, confirmation, reference, lower, upper, (int)(fee * 1_000_000), instrument.Units(lot) ?? 0), Clerk, stop)).Refused;
    }

    private Func<CancellationToken, Task<Refused?>> Allocation(Row row, Catalog catalog)
    {
        var (participant, instrument) = (Known(row, catalog), catalog.Instrument(row.Text("symbol")));
        if (instrument is null) row.Wrong("symbol", "UNKNOWN_SYMBOL", row.Text("symbol"));
        var (quantity, reason, operation) = (row.Decimal("quantity"), row.Text("reason"), row.Text("operation"));
        var units = instrument?.Units(quantity);
        if (instrument is not null && units is null) row.Wrong("quantity", "TOO_MANY_DECIMALS", quantity.ToString(CultureInfo.InvariantCulture));
        return async stop => (await register.Issue(new(participant!.Account, instrument!.Number), units!.Value, reason, operation, Clerk, stop)).Refused;
    }

    private Func<CancellationToken, Task<Refused?>> PayIn(Row row, Catalog catalog)
    {
        var (participant, amount, reference) = (Known(row, catalog), row.Decimal("amount"), row.Text("reference"));
        var fen = TradingUnit.Fen(amount);
        if (fen is null) row.Wrong("amount", "TOO_MANY_DECIMALS", amount.ToString(CultureInfo.InvariantCulture));
        return async stop => (await funds.PayIn(participant!.Account, fen!.Value, reference, Clerk, stop)).Refused;
    }

    private Func<CancellationToken, Task<Refused?>> User(Row row, Catalog catalog)
    {
        var user = new User(row.Text("name"), row.Text("role"), row.Optional("participant"));
        var password = row.Text("password");
        if (user.Participant is { } id && catalog.Participant(id) is null) row.Wrong("participant", "UNKNOWN_ACCOUNT", id);
        if (!Roles.All.Contains(user.Role, StringComparer.Ordinal)) row.Wrong("role", "FIELD_INVALID", user.Role);
        return stop => users.Add(user, password, stop);
    }

    private static Participant? Known(Row row, Catalog catalog)
    {
        var id = row.Text("participant");
        var participant = catalog.Participant(id);
        if (participant is null && id.Length > 0) row.Wrong("participant", "UNKNOWN_ACCOUNT", id);
        return participant;
    }
}
