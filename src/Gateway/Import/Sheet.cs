using System.Globalization;
using System.Text;
using CsvHelper;
using CsvHelper.Configuration;
using MiniExcelLibs;

namespace Trading.Gateway.Import;

/// <summary>
/// Reads the rows of a file from somewhere else, which may be anything: whatever it is, it is refused by its first cells that are wrong, within bounds of time
/// and memory.
/// </summary>
internal static class Sheet
{
    /// <summary>More is not looked at: who has so many to mend begins with these.</summary>
    public const int ErrorsMost = 1_000;
    private const int FileBytesMost = 32 * 1024 * 1024;
    private const int RowsMost = 300_000;
    private const int CellMost = Texts.LineMost;
    private const int HeadingsShownMost = 20;
    /// <summary>Stands where bytes are no UTF-8; nobody can type it, and no text of ours has it.</summary>
    private const char NotUtf8 = '\uFFFF';

    /// <summary>Rows of a CSV (UTF-8, header first) or of the first sheet of an XLSX.</summary>
    /// <param name="columns">Their names; one that ends in a question mark may be left out.</param>
    /// <param name="errors">Hears every wrong cell, also later, as cells are asked for.</param>
    /// <param name="secret">A column whose words are never said again, and may be whatever a person types.</param>
    public static IReadOnlyList<Row> Read(string file, IReadOnlyList<string> columns, List<CellError> errors, string? secret = null)
    {
        var table = new Table(columns, errors, secret);
        if (new FileInfo(file).Length > FileBytesMost) errors.Add(new(0, "", "IMPORT_TOO_LARGE", string.Create(CultureInfo.InvariantCulture, $"more than {FileBytesMost} bytes")));
        else if (file.EndsWith(".xlsx", StringComparison.OrdinalIgnoreCase)) Xlsx(file, table, errors);
        else Csv(file, table, errors);
        if (!table.HasHeader && errors.Count == 0) errors.Add(new(1, "1", "IMPORT_HEADER", ""));
        return table.Rows;
    }

    private static void Xlsx(string file, Table table, List<CellError> errors)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read);
        var cellsOfNoUse = new List<CellError>();
        if (!Workbook.IsSound(stream, RowsMost, cellsOfNoUse, errors)) return;
        stream.Position = 0;
        var line = 0;
        try
        {
            foreach (var cells in MiniExcel.Query(stream, excelType: ExcelType.XLSX).Cast<IDictionary<string, object?>>())
            {
                if (!table.Take(++line, [.. cells.Values.Select(Text)])) break;
            }

            errors.AddRange(cellsOfNoUse.Select(e => e with { Column = table.Heading(e.Column) }));
        }
        catch (Exception unreadable) when (unreadable is not (OperationCanceledException or OutOfMemoryException))
        {
            // The library says in many ways that a workbook is none.
            errors.Add(new(line + 1, "1", "IMPORT_UNREADABLE", Said(unreadable)));
        }
    }

    private static void Csv(string file, Table table, List<CellError> errors)
    {
        // Without a look at the first bytes: UTF-16 would be read with its broken halves mended, and nobody would know.
        using var text = new StreamReader(file, Encoding.GetEncoding("utf-8", EncoderFallback.ExceptionFallback, new DecoderReplacementFallback(NotUtf8.ToString())), detectEncodingFromByteOrderMarks: false);
        using var reader = new WholeRecords(text);
        using var csv = new CsvParser(reader, new CsvConfiguration(CultureInfo.InvariantCulture));
        try
        {
            while (csv.Read() && table.Take(csv.RawRow, csv.Record!)) { }
        }
        catch (Exception unreadable) when (unreadable is CsvHelperException or InvalidDataException)
        {
            errors.Add(new(Math.Max(1, csv.RawRow), "1", "IMPORT_UNREADABLE", Said(unreadable)));
        }
    }

    private static string Said(Exception unreadable) => Texts.Shown(unreadable.Message.Split('\n')[0].Trim());

    /// <summary>As a person would have written it in CSV.</summary>
    private static string Text(object? cell) => cell switch
    {
        null => "",
        string text => text,
        DateTime { TimeOfDay.Ticks: 0 } day => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        DateTime at => at.ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture),
        double number when double.IsFinite(number) && decimal.TryParse(number.ToString("R", CultureInfo.InvariantCulture), NumberStyles.Float, CultureInfo.InvariantCulture, out var exact) => Json.Text(exact),
        _ => Convert.ToString(cell, CultureInfo.InvariantCulture) ?? "",
    };

    /// <summary>What is kept of the file: its header, and its rows as far as they are worth looking at.</summary>
    private sealed class Table(IReadOnlyList<string> columns, List<CellError> errors, string? secret)
    {
        private Dictionary<string, int>? places;
        private string[] header = [];

        public List<Row> Rows { get; } = [];

        public bool HasHeader => places is not null;

        /// <summary>The heading over a column that a workbook names by its letters; beside the header the letters themselves.</summary>
        public string Heading(string letters) => Workbook.Column(letters) is var column && column <= header.Length && header[column - 1].Length > 0 ? header[column - 1] : letters;

        /// <returns>Whether to go on.</returns>
        public bool Take(int line, string[] cells)
        {
            for (var place = 0; place < cells.Length; place++) cells[place] = cells[place].Trim();
            if (places is null) return Header(cells);
            // A row that was emptied and not deleted; in CSV an empty line.
            if (cells.All(c => c.Length == 0)) return true;
            var there = cells.Length;
            // A workbook has no ends of rows: what stands beside the header is too much, and what is empty is nothing.
            while (there > header.Length && cells[there - 1].Length == 0) there--;
            if (there != header.Length)
            {
                errors.Add(new(line, there.ToString(CultureInfo.InvariantCulture), "IMPORT_COLUMNS", Texts.Shown(string.Join(',', cells.Take(there)))));
                return errors.Count < ErrorsMost;
            }

            if (Rows.Count >= RowsMost)
            {
                errors.Add(new(line, "1", "IMPORT_TOO_LARGE", string.Create(CultureInfo.InvariantCulture, $"more than {RowsMost} rows")));
                return false;
            }

            for (var place = 0; place < there; place++)
            {
                if (Wrong(cells[place], header[place] == secret) is not { } code) continue;
                errors.Add(new(line, header[place], code, header[place] == secret ? "" : Texts.Shown(cells[place])));
                // Of another encoding every line would say the same.
                if (code == "IMPORT_NOT_UTF8") return false;
            }

            Rows.Add(new(line, places, there == cells.Length ? cells : cells[..there], errors));
            return errors.Count < ErrorsMost;
        }

        private bool Header(string[] cells)
        {
            var there = cells.Length;
            while (there > 0 && cells[there - 1].Length == 0) there--;
            header = cells[..there];
            if (there == 0) return false;
            var twice = header.Where(name => name.Length > 0).GroupBy(name => name, StringComparer.Ordinal).Where(g => g.Count() > 1).Select(g => g.Key).Take(HeadingsShownMost).ToList();
            errors.AddRange(twice.Select(name => new CellError(1, Texts.Shown(name), "IMPORT_HEADER_TWICE", Texts.Shown(name))));
            if (twice.Count > 0) return false;
            errors.AddRange(columns.Where(name => !name.EndsWith('?')).Except(header, StringComparer.Ordinal).Select(name => new CellError(1, name, "FIELD_MISSING", "")));
            errors.AddRange(header.Except(columns.Select(name => name.TrimEnd('?')), StringComparer.Ordinal).Take(HeadingsShownMost).Select(name => new CellError(1, Texts.Shown(name), name.Contains(NotUtf8) ? "IMPORT_NOT_UTF8" : "UNKNOWN_FIELD", Texts.Shown(name))));
            places = header.Index().Where(h => h.Item.Length > 0).ToDictionary(h => h.Item, h => h.Index, StringComparer.Ordinal);
            return errors.Count == 0;
        }

        private static string? Wrong(string text, bool isSecret)
        {
            if (text.Contains(NotUtf8)) return "IMPORT_NOT_UTF8";
            if (!Texts.AreClean(text)) return "TEXT_INVALID";
            if (text.Length > CellMost) return "OUT_OF_RANGE";
            // It would sleep in the register until somebody opens it in a spreadsheet; a number below zero is no formula.
            return !isSecret && text is ['=' or '@', ..] or ['+' or '-', _, ..] && !decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _) ? "IMPORT_FORMULA" : null;
        }
    }

    /// <summary>Refuses a record that is longer than any of ours, before the reader of CSV keeps it whole: a file may be one line, or one quote that is never closed.</summary>
    private sealed class WholeRecords(TextReader inner) : TextReader
    {
        private const int CharactersMost = 64 * 1024;
        private bool quoted;
        private int length;

        public override int Read(char[] buffer, int index, int count)
        {
            var read = inner.Read(buffer, index, count);
            foreach (var c in buffer.AsSpan(index, read))
            {
                if (c == '"') quoted = !quoted;
                length = c is '\n' or '\r' && !quoted ? 0 : length + 1;
                if (length > CharactersMost) throw new InvalidDataException($"a record is longer than {CharactersMost} characters");
            }

            return read;
        }
    }
}
