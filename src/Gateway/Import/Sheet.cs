using System.Globalization;
using CsvHelper;
using CsvHelper.Configuration;
using MiniExcelLibs;

namespace Trading.Gateway.Import;

/// <summary>One cell that cannot be read: where it stands, a stable code, and what it says.</summary>
internal sealed record CellError(int Line, string Column, string Code, string Value)
{
    public override string ToString() => $"line {Line}, column {Column}: {Code} '{Value}' · {CodeBook.Of(Code).Zh} · {CodeBook.Of(Code).En}";
}

/// <summary>A row by column name; asking for a cell that is not as it should be is noted and reading goes on, so that one look finds all.</summary>
internal sealed class Row(int line, IReadOnlyDictionary<string, string> cells, List<CellError> errors)
{
    public int Line { get; } = line;

    public string Text(string column)
    {
        var value = cells.GetValueOrDefault(column, "");
        if (value.Length == 0) errors.Add(new(Line, column, "FIELD_MISSING", ""));
        return value;
    }

    public string? Optional(string column) => cells.GetValueOrDefault(column) is { Length: > 0 } value ? value : null;

    public decimal Decimal(string column)
    {
        var text = Text(column);
        if (text.Length == 0) return 0;
        try
        {
            return Json.Decimal(text, column);
        }
        catch (RefusedException wrong)
        {
            errors.Add(new(Line, column, wrong.Refused.Code, text));
            return 0;
        }
    }

    public decimal? OptionalDecimal(string column) => Optional(column) is null ? null : Decimal(column);

    /// <summary>A whole number of steps above zero; else noted, and 1.</summary>
    public long Positive(string column, decimal step, Func<decimal, long?> convert, string notPositive) => Whole(column, step, convert, 1, notPositive);

    /// <summary>A whole number of steps from the least on; else noted, and 1.</summary>
    public long Whole(string column, decimal step, Func<decimal, long?> convert, long least, string below)
    {
        var text = Text(column);
        if (text.Length == 0) return 1;
        try
        {
            var whole = Json.Whole(text, column, step, convert);
            if (whole >= least) return whole;
            errors.Add(new(Line, column, below, text));
        }
        catch (RefusedException wrong)
        {
            errors.Add(new(Line, column, wrong.Refused.Code, text));
        }

        return 1;
    }

    public int Number(string column, int from, int to)
    {
        var value = Decimal(column);
        if (value == decimal.Truncate(value) && value >= from && value <= to) return (int)value;
        errors.Add(new(Line, column, "OUT_OF_RANGE", value.ToString(CultureInfo.InvariantCulture)));
        return from;
    }

    public T Word<T>(string column) where T : struct, Enum
    {
        var text = Text(column);
        foreach (var value in Enum.GetValues<T>())
        {
            if (string.Equals(value.ToString(), text, StringComparison.OrdinalIgnoreCase)) return value;
        }

        if (text.Length > 0) errors.Add(new(Line, column, "FIELD_INVALID", text));
        return default;
    }

    public void Wrong(string column, string code, string value) => errors.Add(new(Line, column, code, value));
}

internal static class Sheet
{
    private const int RowsMost = 1_000_000;
    private const int CellMost = Texts.LineMost;

    /// <summary>Rows of a CSV (UTF-8, header first) or of the first sheet of an XLSX.</summary>
    /// <param name="errors">Hears every wrong cell, also later, as cells are asked for.</param>
    public static async Task<IReadOnlyList<Row>> Read(string file, IReadOnlyList<string> columns, List<CellError> errors)
    {
        var rows = new List<Row>();
        try
        {
            if (file.EndsWith(".xlsx", StringComparison.OrdinalIgnoreCase))
            {
                var line = 1;
                if (Twice([.. MiniExcel.Query(file).Cast<IDictionary<string, object?>>().FirstOrDefault()?.Values.Select(v => Convert.ToString(v, CultureInfo.InvariantCulture)?.Trim() ?? "") ?? []], errors)) return [];
                foreach (var cells in MiniExcel.Query(file, useHeaderRow: true).Cast<IDictionary<string, object?>>())
                {
                    if (line == 1 && !Header([.. cells.Keys], columns, errors)) return [];
                    Add(++line, cells.ToDictionary(c => c.Key, c => Convert.ToString(c.Value, CultureInfo.InvariantCulture)?.Trim() ?? "", StringComparer.Ordinal));
                }

                return rows;
            }

            using var reader = new StreamReader(file, new System.Text.UTF8Encoding(false, throwOnInvalidBytes: true));
            using var csv = new CsvReader(reader, new CsvConfiguration(CultureInfo.InvariantCulture) { TrimOptions = TrimOptions.Trim });
            if (!await csv.ReadAsync() || !csv.ReadHeader()) errors.Add(new(1, "1", "IMPORT_HEADER", ""));
            else if (!Twice(csv.HeaderRecord!, errors) && Header(csv.HeaderRecord!, columns, errors))
            {
                while (await csv.ReadAsync())
                {
                    if (csv.Parser.Count != csv.HeaderRecord!.Length) errors.Add(new(csv.Parser.RawRow, csv.Parser.Count.ToString(CultureInfo.InvariantCulture), "IMPORT_COLUMNS", csv.Parser.RawRecord.Trim()));
                    else Add(csv.Parser.RawRow, csv.HeaderRecord.Index().ToDictionary(h => h.Item, h => csv.GetField(h.Index) ?? "", StringComparer.Ordinal));
                }
            }
        }
        catch (Exception unreadable) when (unreadable is CsvHelperException or System.Text.DecoderFallbackException or InvalidDataException or System.Xml.XmlException or KeyNotFoundException or ArgumentException or FormatException)
        {
            errors.Add(new(rows.Count + 2, "1", "IMPORT_UNREADABLE", unreadable.Message.Split('\n')[0].Trim()));
        }

        return rows;

        void Add(int line, Dictionary<string, string> cells)
        {
            if (rows.Count >= RowsMost) throw new InvalidDataException($"more than {RowsMost} rows");
            foreach (var (column, text) in cells)
            {
                if (!Texts.AreClean(text)) errors.Add(new(line, column, "TEXT_INVALID", Texts.Shown(text)));
                else if (text.Length > CellMost) errors.Add(new(line, column, "OUT_OF_RANGE", text[..40] + "…"));
            }

            rows.Add(new(line, cells, errors));
        }
    }

    private static bool Twice(IReadOnlyList<string> there, List<CellError> errors)
    {
        var twice = there.Where(name => name.Length > 0).GroupBy(name => name, StringComparer.Ordinal).Where(g => g.Count() > 1).Select(g => g.Key).ToList();
        foreach (var name in twice) errors.Add(new(1, name, "IMPORT_HEADER_TWICE", name));
        return twice.Count > 0;
    }

    private static bool Header(IReadOnlyList<string> there, IReadOnlyList<string> columns, List<CellError> errors)
    {
        var missing = columns.Except(there, StringComparer.Ordinal).ToList();
        var unknown = there.Except(columns, StringComparer.Ordinal).ToList();
        foreach (var name in missing) errors.Add(new(1, name, "FIELD_MISSING", ""));
        foreach (var name in unknown) errors.Add(new(1, name, "UNKNOWN_FIELD", name));
        return missing.Count + unknown.Count == 0;
    }
}
