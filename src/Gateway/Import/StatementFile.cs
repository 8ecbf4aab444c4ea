using System.Globalization;
using NodaTime;
using NodaTime.Text;
using Trading.Matching.Contracts;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;

namespace Trading.Gateway.Import;

/// <summary>A statement of the settlement bank as CSV (docs/bank.md): read whole, and refused by every cell that is wrong.</summary>
internal static class StatementFile
{
    private const int ShownMost = 20;
    private static readonly string[] Columns = ["number", "day", "record", "reference", "participant", "amount", "note"];

    /// <summary>What a row says: a line that came in or went out, or what an account has at the end of the day.</summary>
    private enum Record
    {
        Line,
        Balance,
    }

    /// <exception cref="RefusedException">CELLS_WRONG, with line and column of each; OUT_OF_RANGE: more rows than a statement has.</exception>
    public static async Task<BankStatement> Read(Stream body, Catalog catalog, int rowsMost, CancellationToken stop)
    {
        var errors = new List<CellError>();
        var path = Path.GetTempFileName();
        try
        {
            await using (var file = File.Create(path)) await body.CopyToAsync(file, stop);
            var rows = Sheet.Read(path, Columns, errors);
            if (rows.Count > rowsMost) throw Json.No("OUT_OF_RANGE", ("lines", rows.Count.ToString(CultureInfo.InvariantCulture)), ("most", rowsMost.ToString(CultureInfo.InvariantCulture)));
            if (rows.Count == 0 && errors.Count == 0) errors.Add(new(2, "number", "FIELD_MISSING", ""));
            var statement = Of(rows, catalog);
            return errors.Count == 0 ? statement : throw Wrong(errors);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static BankStatement Of(IReadOnlyList<Row> rows, Catalog catalog)
    {
        var (lines, balances) = (new List<StatementLine>(), new List<(int, long)>());
        var (references, accounts) = (new HashSet<(string, bool)>(), new HashSet<int>());
        var (number, day) = ("", default(LocalDate?));
        foreach (var row in rows)
        {
            var (itsNumber, itsDay) = (row.Text("number"), Day(row));
            if (number.Length == 0) (number, day) = (itsNumber, itsDay);
            // One file is one statement.
            else if (itsNumber.Length > 0 && itsNumber != number) row.Wrong("number", "FIELD_INVALID", itsNumber);
            else if (itsDay is { } other && other != day) row.Wrong("day", "FIELD_INVALID", row.Text("day"));
            var fen = row.Whole("amount", 0.01m, TradingUnit.Fen, -long.MaxValue, "OUT_OF_RANGE");
            if (row.Word<Record>("record") == Record.Line) Line(row, fen, lines, references);
            else Balance(row, fen, catalog, balances, accounts);
        }

        return new(number, day ?? default, lines, balances);
    }

    private static void Line(Row row, long fen, List<StatementLine> lines, HashSet<(string, bool)> references)
    {
        var reference = row.Text("reference");
        if (fen == 0) row.Wrong("amount", "AMOUNT_NOT_POSITIVE", row.Text("amount"));
        if (reference.Length > 0 && !references.Add((reference, fen > 0))) row.Wrong("reference", "FIELD_INVALID", reference);
        lines.Add(new(reference, row.Optional("participant"), fen, row.Optional("note") ?? ""));
    }

    private static void Balance(Row row, long fen, Catalog catalog, List<(int, long)> balances, HashSet<int> accounts)
    {
        foreach (var column in (string[])["reference", "note"])
        {
            if (row.Optional(column) is { } there) row.Wrong(column, "FIELD_INVALID", there);
        }

        var id = row.Text("participant");
        if (id.Length == 0) return;
        if (catalog.Participant(id) is not { } participant) row.Wrong("participant", "UNKNOWN_ACCOUNT", id);
        else if (!accounts.Add(participant.Account)) row.Wrong("participant", "FIELD_INVALID", id);
        else balances.Add((participant.Account, fen));
    }

    private static LocalDate? Day(Row row)
    {
        var text = row.Text("day");
        if (text.Length == 0) return null;
        if (LocalDatePattern.Iso.Parse(text) is { Success: true, Value: { Year: > 1999 and < 3000 } day }) return day;
        row.Wrong("day", "FIELD_INVALID", text);
        return null;
    }

    /// <summary>As many as a person looks at, each by its line and its column.</summary>
    private static RefusedException Wrong(List<CellError> errors)
    {
        var refused = Refused.Because("CELLS_WRONG", "R-SET-03").With("cells", errors.Count.ToString(CultureInfo.InvariantCulture));
        foreach (var cell in errors.OrderBy(e => e.Line).Take(ShownMost).GroupBy(e => string.Create(CultureInfo.InvariantCulture, $"{e.Line}/{e.Column}"), StringComparer.Ordinal))
            refused = refused.With(cell.Key, $"{cell.First().Code} {Texts.Shown(cell.First().Value)}".TrimEnd());
        return new(refused);
    }
}
