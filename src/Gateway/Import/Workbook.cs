using System.Globalization;
using System.IO.Compression;
using System.Xml;

namespace Trading.Gateway.Import;

/// <summary>
/// Looks through a workbook before the library reads it, which keeps what it finds: how much comes out of the zip, that no part brings declarations of its own
/// (a document type reads other files, and grows), that rows and cells stand where a sheet of ours may have them, and that nothing is reckoned.
/// </summary>
internal static class Workbook
{
    private const int PartsMost = 500;
    private const long BytesMost = 160 * 1024 * 1024;
    private const int ColumnsMost = 64;
    private const int TextMost = 32_767;
    private const int DepthMost = 64;
    private const int FoundMost = 10_000;
    private const string Relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

    /// <param name="cells">Hears cells of the sheet that is read, by the letters of their columns, whose value is not what stands there.</param>
    /// <param name="errors">Hears why the whole is not to be read.</param>
    public static bool IsSound(Stream stream, int rowsMost, List<CellError> cells, List<CellError> errors)
    {
        var (line, letters) = (0, "");
        var (found, targets) = (new List<(string Part, CellError Cell)>(), new Dictionary<string, string>(StringComparer.Ordinal));
        string? firstSheet = null;
        try
        {
            using var zip = new ZipArchive(stream, ZipArchiveMode.Read, leaveOpen: true);
            // As they say of themselves: of a part that lies no more is unpacked than it says.
            if (zip.Entries.Count > PartsMost || zip.Entries.Sum(e => (decimal)e.Length) > BytesMost) throw new TooMuchException($"more than {BytesMost} bytes when unpacked, or more than {PartsMost} parts");
            foreach (var entry in zip.Entries.Where(e => IsXml(e.FullName)))
            {
                using var part = entry.Open();
                Look(part, entry.FullName);
            }

            // Only of the sheet that is read; others may reckon.
            if (firstSheet is not null && targets.TryGetValue(firstSheet, out var target) && zip.Entries.FirstOrDefault(e => e.FullName.EndsWith(target.TrimStart('/'), StringComparison.OrdinalIgnoreCase)) is { } read) found.RemoveAll(f => f.Part != read.FullName);
            cells.AddRange(found.Select(f => f.Cell).Take(Sheet.ErrorsMost));
        }
        catch (TooMuchException much)
        {
            errors.Add(new(line, letters, "IMPORT_TOO_LARGE", much.Message));
        }
        catch (Exception broken) when (broken is InvalidDataException or XmlException or EndOfStreamException or NotSupportedException or OverflowException or ArgumentException)
        {
            errors.Add(new(line, letters, "IMPORT_UNREADABLE", Texts.Shown(broken.Message)));
        }

        return errors.Count == 0;

        void Look(Stream part, string name)
        {
            var text = new char[4096];
            using var xml = XmlReader.Create(part, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, IgnoreComments = true, IgnoreProcessingInstructions = true });
            var (isSheet, isNumber, value, across) = (false, false, false, 0);
            (line, letters) = (0, "");
            while (xml.Read())
            {
                if (xml.Depth > DepthMost) throw new InvalidDataException("nested too deep");
                if (xml.NodeType == XmlNodeType.Element)
                {
                    if (xml.Depth == 0) isSheet = xml.LocalName == "worksheet";
                    if (name == "xl/workbook.xml" && xml.LocalName == "sheet") firstSheet ??= xml.GetAttribute("id", Relations) ?? "";
                    if (name == "xl/_rels/workbook.xml.rels" && xml.LocalName == "Relationship") targets[xml.GetAttribute("Id") ?? ""] = xml.GetAttribute("Target") ?? "";
                    if (!isSheet) continue;
                    value = xml.LocalName == "v";
                    switch (xml.LocalName)
                    {
                        case "dimension":
                            foreach (var corner in (xml.GetAttribute("ref") ?? "").Split(':')) Place(corner);
                            (line, letters) = (0, "");
                            break;
                        case "row":
                            // As it says itself, or the next; never back.
                            var row = xml.GetAttribute("r") is { } said ? int.Parse(said, NumberStyles.None, CultureInfo.InvariantCulture) : line + 1;
                            if (row <= line) throw new InvalidDataException($"row {row} stands after row {line}");
                            if (row > rowsMost + 1) throw new TooMuchException($"more than {rowsMost} rows");
                            (line, letters, across) = (row, "A", 0);
                            break;
                        case "c":
                            if (++across > ColumnsMost) throw new InvalidDataException($"more than {ColumnsMost} cells in a row");
                            if (xml.GetAttribute("r") is { } at && Place(at) != line) throw new InvalidDataException($"cell {Texts.Shown(at)} stands in row {line}");
                            isNumber = xml.GetAttribute("t") is null or "n";
                            break;
                        case "f":
                            Found("IMPORT_FORMULA", "");
                            break;
                    }
                }
                else if (xml.NodeType is XmlNodeType.Text or XmlNodeType.CDATA)
                {
                    var (length, first) = (0, "");
                    for (int read; (read = xml.ReadValueChunk(text, 0, text.Length)) > 0; length += read)
                    {
                        if (length == 0) first = new(text, 0, read);
                        if (length + read > TextMost) throw new TooMuchException($"a text of more than {TextMost} characters");
                    }

                    if (value && isNumber && !IsExact(first)) Found(first.Contains('.') ? "TOO_MANY_DECIMALS" : "OUT_OF_RANGE", Texts.Shown(first));
                }
                else if (xml.NodeType == XmlNodeType.EndElement)
                {
                    value = false;
                }
            }

            void Found(string code, string said)
            {
                if (found.Count < FoundMost) found.Add((name, new(line, letters, code, said)));
            }
        }

        // "C12" is column C of row 12; whole columns ("A:C") have no row.
        int Place(string cell)
        {
            var many = cell.TakeWhile(char.IsAsciiLetterUpper).Count();
            if (many is 0 or > 3 || Column(cell[..many]) > ColumnsMost) throw new InvalidDataException($"cell {Texts.Shown(cell)} is beyond column {ColumnsMost}");
            letters = cell[..many];
            var row = int.Parse(cell[many..], NumberStyles.None, CultureInfo.InvariantCulture);
            return row <= rowsMost + 1 ? row : throw new TooMuchException($"more than {rowsMost} rows");
        }
    }

    /// <summary>A is 1.</summary>
    public static int Column(string letters) => letters.Aggregate(0, (sum, c) => (sum * 26) + c - 'A' + 1);

    private static bool IsXml(string part) => part.EndsWith(".xml", StringComparison.OrdinalIgnoreCase) || part.EndsWith(".rels", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// A number is read as its binary neighbour. Excel keeps fifteen digits and writes up to seventeen, 1.1000000000000001 for 1.1; what has more was
    /// another number, and nobody would be told.
    /// </summary>
    private static bool IsExact(string number) => !double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var kept) || !double.IsFinite(kept)
        || (Significant(kept.ToString("R", CultureInfo.InvariantCulture)) <= 15 && Significant(number) <= (number.AsSpan().ContainsAny('.', 'e', 'E') ? 17 : 15));

    private static int Significant(string number) => new string([.. number.TakeWhile(c => c is not ('e' or 'E')).Where(char.IsAsciiDigit)]).Trim('0').Length;

    private sealed class TooMuchException(string message) : Exception(message);
}
