using System.Globalization;
using System.Text;
using CsvHelper;
using MiniExcelLibs;

namespace Trading.Gateway.Export;

/// <summary>A heading in both languages, and what stands under it: a decimal is a number, all else is text.</summary>
/// <param name="CellZh">Under the Chinese heading, where the API has a code for what people have a word for; null: the same.</param>
internal sealed record Column<T>(string Zh, string En, Func<T, object?> Cell, Func<T, object?>? CellZh = null)
{
    public (string Heading, Func<T, object?> Cell) In(bool chinese) => chinese ? (Zh, CellZh ?? Cell) : (En, Cell);
}

/// <summary>
/// A list as a file that WPS and Excel open, XLSX or CSV. It is written to the disk as its rows are read, and sent from there: what fails half way is then
/// still a problem and no torn file, and twenty thousand rows need no more memory than two.
/// </summary>
internal static class ExportFile
{
    /// <summary>A sheet of Excel ends a little above.</summary>
    private const int RowsMost = 1_000_000;
    /// <summary>A cell of Excel keeps so many; more would be another number after opening.</summary>
    private const int DigitsMost = 15;
    private const string Xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

    /// <exception cref="RefusedException">FIELD_INVALID: no such format; OUT_OF_RANGE: more rows than a sheet has.</exception>
    public static async Task<IResult> Of<T>(string name, string? format, HttpRequest request, IReadOnlyList<Column<T>> columns, IAsyncEnumerable<T> rows)
    {
        var asCsv = format switch { null or "xlsx" => false, "csv" => true, _ => throw Json.No("FIELD_INVALID", ("format", Texts.Shown(format))) };
        var inChinese = Problems.PrefersChinese(request);
        List<string> header = [.. columns.Select(c => c.In(inChinese).Heading)];
        List<Func<T, object?>> cells = [.. columns.Select(c => c.In(inChinese).Cell)];
        var stop = request.HttpContext.RequestAborted;
        var file = new FileStream(Path.GetTempFileName(), FileMode.Create, FileAccess.ReadWrite, FileShare.None, 64 * 1024, FileOptions.DeleteOnClose | FileOptions.Asynchronous);
        try
        {
            if (asCsv) await Csv(file, header, cells, rows, stop);
            else await MiniExcel.SaveAsAsync(file, Cells(header, cells, rows), printHeader: false, cancellationToken: stop);
            file.Position = 0;
            return Results.Stream(file, asCsv ? "text/csv; charset=utf-8" : Xlsx, $"{name}.{(asCsv ? "csv" : "xlsx")}");
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }
    }

    /// <summary>The header is a row like any other, so that a list of nothing has one too. Text stays text: the library marks each cell as what it is.</summary>
    private static async IAsyncEnumerable<Dictionary<string, object?>> Cells<T>(List<string> header, List<Func<T, object?>> columns, IAsyncEnumerable<T> rows)
    {
        yield return header.Index().ToDictionary(h => Letter(h.Index), h => (object?)h.Item, StringComparer.Ordinal);
        var count = 0;
        await foreach (var row in rows)
        {
            if (++count > RowsMost) throw Json.No("OUT_OF_RANGE", ("rowsMost", RowsMost.ToString(CultureInfo.InvariantCulture)));
            yield return columns.Index().ToDictionary(c => Letter(c.Index), c => c.Item(row) switch { decimal number => Exact(number), var other => other }, StringComparer.Ordinal);
        }
    }

    private static string Letter(int place) => ((char)('A' + place)).ToString();

    private static object Exact(decimal number) => Json.Text(number) is var text && text.Count(char.IsAsciiDigit) <= DigitsMost ? number : text;

    private static async Task Csv<T>(Stream file, List<string> header, List<Func<T, object?>> columns, IAsyncEnumerable<T> rows, CancellationToken stop)
    {
        // The mark in front tells Excel that this is UTF-8.
        await using var text = new StreamWriter(file, new UTF8Encoding(encoderShouldEmitUTF8Identifier: true), 64 * 1024, leaveOpen: true);
        await using var csv = new CsvWriter(text, CultureInfo.InvariantCulture);
        foreach (var name in header) csv.WriteField(name);
        await csv.NextRecordAsync();
        await foreach (var row in rows.WithCancellation(stop))
        {
            foreach (var column in columns) csv.WriteField(column(row) switch { null => "", decimal number => Json.Text(number), var word => Harmless(Convert.ToString(word, CultureInfo.InvariantCulture)!) });
            await csv.NextRecordAsync();
        }
    }

    /// <summary>In CSV nothing says what is text: a cell that begins like a formula would be one when it is opened, so it begins with an apostrophe.</summary>
    public static string Harmless(string text) =>
        text.TrimStart(' ') is [var first, ..] && (first is '=' or '+' or '-' or '@' or '＝' or '＋' or '－' or '＠' || char.IsControl(first)) ? "'" + text : text;
}
