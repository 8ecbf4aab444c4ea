using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using MiniExcelLibs;

namespace Trading.Acceptance;

/// <summary>
/// F37 for files: whatever is given to an import, it is refused by its line and column where there is one, within half a minute and half a gigabyte, without
/// a stack, and nothing of it is in the register afterwards. Each file begins with a row that would be taken alone.
/// </summary>
[Trait("layer", "acceptance")]
public sealed class BadFiles(OneExchange one) : IClassFixture<OneExchange>
{
    private Client? regulator;
    private string? before;

    private static readonly TimeSpan Within = TimeSpan.FromSeconds(30);
    /// <summary>.NET ends a process whose heap would grow above it, and that would be another exit code.</summary>
    private static readonly Dictionary<string, string> HalfAGigabyte = new(StringComparer.Ordinal) { ["DOTNET_GCHeapHardLimit"] = "0x20000000" };

    /// <summary>Of each kind a header, a good row, and another; text stands in the fourth column of both.</summary>
    private static readonly Dictionary<string, string[][]> Good = new(StringComparer.Ordinal)
    {
        ["allocations"] = [["participant", "symbol", "quantity", "reason", "operation"], ["steel", "CEA-2025", "1", "good", "bad-1"], ["steel", "CEA-2025", "2", "good", "bad-2"]],
        ["participants"] = [["id", "credit_code", "name_zh", "name_en", "kind", "region", "basin"], ["newcomer", "91320583MA1NEWCB09", "新", "good", "Enterprise", "320583", "Taihu"], ["newcomer2", "91320583MA1NEWCB1C", "新", "good", "Enterprise", "320583", "Taihu"]],
    };

    /// <summary>Fails with IMPORT_FORMULA not asked for, with a tab not trimmed, and with control characters let through (PostgreSQL then refuses the row with a stack).</summary>
    [Theory, InlineData("allocations"), InlineData("participants")]
    public async Task With_a_cell_that_is_no_text(string kind)
    {
        string[] texts = ["a\0b", "a\u0007b", new string('x', 501), "=cmd()", "=", "@SUM(A1)", "+1+cmd|' /C calc'!A0", "-2+3+cmd", "\t=1"];
        string[][] rows = [.. Good[kind][..2], .. texts.Select(text => With(kind, text)[2])];
        var found = texts.Select((text, n) => $"line {n + 3}, column {Good[kind][0][3]}: {(text.Length > 500 ? "OUT_OF_RANGE" : text[0] == 'a' ? "TEXT_INVALID" : "IMPORT_FORMULA")}").ToArray();
        await Refused(kind, Csv(rows), found);
        await Refused(kind, Xlsx(rows), found);
    }

    /// <summary>Fails with UTF-8 read by replacing what is none, with the encoding looked for in the first bytes, and with halves of characters let through.</summary>
    [Theory, InlineData("allocations"), InlineData("participants")]
    public async Task In_another_encoding(string kind)
    {
        var (rows, column) = (With(kind, "#"), Good[kind][0][3]);
        byte[] halves = [.. Encoding.UTF8.GetBytes(Lines(rows)).SelectMany(b => b == (byte)'#' ? [0xED, 0xA0, 0x80] : (byte[])[b])];
        await Refused(kind, File(".csv", f => f.Write(halves)), $"line 3, column {column}: IMPORT_NOT_UTF8");
        await Refused(kind, File(".csv", f => f.Write([.. Encoding.Unicode.GetPreamble(), .. Encoding.Unicode.GetBytes(Lines(rows))])), "line 1, column ", "IMPORT_NOT_UTF8");
        await Refused(kind, Xlsx(With(kind, "a\ud800b")), $"line 3, column {column}: TEXT_INVALID");
        await Refused(kind, Changed(Xlsx(rows), sheet => sheet.Replace(">#<", ">&#xD800;<", StringComparison.Ordinal)), "IMPORT_UNREADABLE");
    }

    /// <summary>Fails with a header taken as it is (also of a workbook), with a short row filled up, and with a file of nothing taken for one of no rows.</summary>
    [Theory, InlineData("allocations"), InlineData("participants")]
    public async Task Of_another_shape(string kind)
    {
        var (header, first, second) = (Good[kind][0], Good[kind][1], Good[kind][2]);
        foreach (var made in kind == "allocations" ? (Func<string[][], string>[])[Csv, Xlsx] : [Csv])
        {
            await Refused(kind, made([]), "IMPORT_HEADER");
            await Refused(kind, made([[.. header[..^1]], first[..^1]]), $"line 1, column {header[^1]}: FIELD_MISSING");
            await Refused(kind, made([[.. header, header[0]], [.. first, first[0]]]), $"line 1, column {header[0]}: IMPORT_HEADER_TWICE");
            await Refused(kind, made([[.. header, "owner"], [.. first, "me"]]), "line 1, column owner: UNKNOWN_FIELD");
            await Refused(kind, made([header, first, [.. second, "more"]]), $"line 3, column {header.Length + 1}: IMPORT_COLUMNS");
            await Refused(kind, made([header, first, [.. first[..3], "other", .. first[4..]]]), "line 3, column row: ", kind == "allocations" ? "IDEMPOTENCY_KEY_REUSED" : "PARTICIPANT_EXISTS");
        }

        await Refused(kind, Csv([header, first, second[..^1]]), $"line 3, column {header.Length - 1}: IMPORT_COLUMNS");
        await Refused(kind, Xlsx([header, first, second[..^1]]), $"line 3, column {header[^1]}: FIELD_MISSING");
        await Refused(kind, Csv([header, first, [.. second[..3], "a\"b", .. second[4..]]]), "line 3, column 1: IMPORT_UNREADABLE");
    }

    /// <summary>Fails with any of the bounds of Sheet.cs and Workbook.cs taken away: bytes, records, errors, unpacked bytes, rows, cells of a row, texts.</summary>
    [Theory, InlineData("allocations"), InlineData("participants")]
    public async Task Too_large_to_be_looked_at(string kind)
    {
        var good = Encoding.UTF8.GetBytes(Lines(Good[kind]));
        await Refused(kind, File(".csv", f => Fill(f, good, good.AsSpan(good.AsSpan().IndexOf((byte)'\n') + 1), 100)), "IMPORT_TOO_LARGE");
        await Refused(kind, File(".xlsx", f => Fill(f, good, good, 100)), "IMPORT_TOO_LARGE");
        await Refused(kind, File(".csv", f => Fill(f, good, ","u8, 30)), "line 4, column 1: IMPORT_UNREADABLE");
        await Refused(kind, File(".csv", f => Fill(f, [.. good, (byte)'"'], "x,\n"u8, 30)), "IMPORT_UNREADABLE");
        await Refused(kind, File(".csv", f => Fill(f, good, Encoding.UTF8.GetBytes(string.Join(',', Good[kind][0].Select(_ => "=")) + "\n"), 30)), "the first 1000 errors");
        // A bomb that says how large it is, one that lies, too many rows, one row so wide that the library makes all as wide, one endless text.
        await Refused(kind, Changed(Xlsx(Good[kind]), "</x:sheetData>", "<!--          -->", 400), "IMPORT_TOO_LARGE");
        await Refused(kind, Lying(Changed(Xlsx(Good[kind]), "</x:sheetData>", "<!--          -->", 400)), "IMPORT_UNREADABLE");
        await Refused(kind, Changed(Xlsx(Good[kind]), "</x:sheetData>", "<x:row><x:c><x:v>1</x:v></x:c></x:row>", 100), "IMPORT_TOO_LARGE");
        var wide = string.Concat(Enumerable.Repeat("<x:c><x:v>1</x:v></x:c>", 16_000)) + "</x:row>" + string.Concat(Enumerable.Repeat("<x:row><x:c><x:v>1</x:v></x:c></x:row>", 100_000));
        await Refused(kind, Changed(Xlsx(Good[kind]), s => s.Replace("</x:row></x:sheetData>", wide + "</x:sheetData>", StringComparison.Ordinal)), "line 3, column ", "IMPORT_UNREADABLE");
        await Refused(kind, Changed(Xlsx(Good[kind]), "good", "x", 150), "IMPORT_TOO_LARGE");
    }

    /// <summary>
    /// Fails with rows and cells not asked where they stand, with any depth allowed, and with formulas not looked for. Document types are refused by us and by
    /// the library: it takes both to let one in.
    /// </summary>
    [Theory, InlineData("allocations"), InlineData("participants")]
    public async Task That_is_a_workbook_no_spreadsheet_wrote(string kind)
    {
        string Sound() => Xlsx(Good[kind]);
        await Refused(kind, File(".xlsx", f => f.Write(Encoding.UTF8.GetBytes(Lines(Good[kind])))), "IMPORT_UNREADABLE");
        await Refused(kind, File(".xlsx", f => f.Write(System.IO.File.ReadAllBytes(Sound()).AsSpan(0, 900))), "IMPORT_UNREADABLE");
        await Refused(kind, Changed(Sound(), s => s[..^40]), "IMPORT_UNREADABLE");
        var secret = File(".txt", f => f.Write("do not tell"u8));
        var said = await Refused(kind, Changed(Sound(), s => Typed(s, $"<!ENTITY e SYSTEM \"file://{secret}\">")), "IMPORT_UNREADABLE");
        Assert.DoesNotContain("do not tell", said, StringComparison.Ordinal);
        await Refused(kind, Changed(Sound(), s => Typed(s, "<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY e \"&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;\">")), "IMPORT_UNREADABLE");
        foreach (var (reference, code) in ((string, string)[])[("A1:XFD2", "IMPORT_UNREADABLE"), ("A1:G1048576", "IMPORT_TOO_LARGE")])
            await Refused(kind, Changed(Sound(), s => s.Replace("<x:sheetData>", $"<x:dimension ref=\"{reference}\"/><x:sheetData>", StringComparison.Ordinal)), code);
        await Refused(kind, Changed(Sound(), s => s.Replace("</x:sheetData>", "<x:row r=\"1048576\"/></x:sheetData>", StringComparison.Ordinal)), "IMPORT_TOO_LARGE");
        await Refused(kind, Changed(Sound(), s => s.Replace("</x:sheetData>", "<x:row r=\"2\"/></x:sheetData>", StringComparison.Ordinal)), "IMPORT_UNREADABLE");
        await Refused(kind, Changed(Sound(), s => s.Replace("\"A3\"", "\"XFD3\"", StringComparison.Ordinal)), "IMPORT_UNREADABLE");
        await Refused(kind, Changed(Sound(), s => s.Replace("\"A3\"", "\"A2\"", StringComparison.Ordinal)), "IMPORT_UNREADABLE");
        string Deep(string tag) => string.Concat(Enumerable.Repeat(tag, 10_000));
        await Refused(kind, Changed(Sound(), s => s.Replace("<x:sheetData>", Deep("<x:g>") + Deep("</x:g>") + "<x:sheetData>", StringComparison.Ordinal)), "IMPORT_UNREADABLE");
        await Refused(kind, Changed(Sound(), s => Cell(s, "D3", "<x:f>cmd()</x:f><x:v>good</x:v>")), $"line 3, column {Good[kind][0][3]}: IMPORT_FORMULA");
    }

    /// <summary>Fails with the number of a cell taken as its binary neighbour (the last four), and with Json.Decimal reading an exponent.</summary>
    [Fact]
    public async Task With_a_quantity_that_is_none()
    {
        (string Text, string Code, bool IsOfCells)[] quantities =
        [
            ("NaN", "NOT_A_DECIMAL", false), ("Infinity", "NOT_A_DECIMAL", false), ("1e400", "NOT_A_DECIMAL", false), ("0x10", "NOT_A_DECIMAL", false), ("1 000", "NOT_A_DECIMAL", false), ("１", "NOT_A_DECIMAL", false),
            ("-1", "QTY_NOT_POSITIVE", false), ("0", "QTY_NOT_POSITIVE", false), ("1.5", "TOO_MANY_DECIMALS", false), ("9223372036854775808", "OUT_OF_RANGE", false), ("-9223372036854775809", "OUT_OF_RANGE", false),
            ("1E400", "NOT_A_DECIMAL", true), ("9007199254740993", "OUT_OF_RANGE", true), ("100000000000000001", "OUT_OF_RANGE", true), ("1000000000000000.7", "TOO_MANY_DECIMALS", true), ("1.00000000000000001", "TOO_MANY_DECIMALS", true),
        ];
        string[][] Rows(bool ofCells) => [.. Good["allocations"][..2], .. quantities.Where(q => ofCells || !q.IsOfCells).Select((q, n) => (string[])["steel", "CEA-2025", q.Text, "r", $"none-{n}"])];
        await Refused("allocations", Csv(Rows(ofCells: false)), [.. quantities.Where(q => !q.IsOfCells).Select((q, n) => $"line {n + 3}, column quantity: {q.Code}")]);
        // As text it is as in CSV; as a number it has been one for the spreadsheet, too.
        var sheet = Xlsx(Rows(ofCells: true));
        foreach (var (n, quantity) in quantities.Index().Where(q => q.Item.IsOfCells)) Changed(sheet, s => Cell(s, $"C{n + 3}", $"<x:v>{quantity.Text}</x:v>", "n"));
        await Refused("allocations", sheet, [.. quantities.Select((q, n) => $"line {n + 3}, column quantity: {q.Code}")]);
    }

    /// <summary>Fails with Fits always content: the first five hundred rows are then in, or the ledger of a county overflows with a stack.</summary>
    [Theory]
    [InlineData("CEA-2025", "9223372036854775000")]
    [InlineData("COD-TAIHU-2026", "9000000000000000")]
    [InlineData("COD-TAIHU-2026", "900000000000000")]
    public async Task That_would_overflow_only_by_its_last_row(string symbol, string quantity)
    {
        var rows = Enumerable.Range(0, 600).Select(n => (string[])["steel", symbol, "1", "r", $"sum-{n}"]);
        await Refused("allocations", Csv([Good["allocations"][0], .. rows, ["power", symbol, quantity, "r", "sum-last"]]), "line 602, column row: SUPPLY_OVERFLOW");
    }

    /// <summary>Failed while the register took both rows of one call for new ones: only what it had heard before the call was a repeat.</summary>
    [Fact]
    public async Task But_a_row_that_stands_twice_is_given_once()
    {
        var had = (await (await Client.SignIn(one.Exchange, "textile")).Holding("CEA-2025"))["total"];
        string[] row = ["textile", "CEA-2025", "7", "r", "twice"];
        var (exit, said) = await Import("allocations", Csv([Good["allocations"][0], row, row]));
        Assert.True(exit == 0, said);
        Assert.Equal(had + 7, (await (await Client.SignIn(one.Exchange, "textile")).Holding("CEA-2025"))["total"]);
    }

    /// <summary>Fails with seventeen digits taken for more than Excel keeps, with an emptied row taken for one, and with a second sheet that reckons refused.</summary>
    [Fact]
    public async Task But_what_a_spreadsheet_writes_is_read()
    {
        var file = Path.Combine(one.Exchange.Folder, Path.GetRandomFileName() + ".xlsx");
        await MiniExcel.SaveAsAsync(file, new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["Sheet1"] = Table([Good["allocations"][0], ["power", "COD-TAIHU-2026", "#", "r", "by-hand"], ["", "", "", "", ""], ["power", "COD-TAIHU-2026", "2", "r", "by-hand-2"]]),
            ["Sheet2"] = Table([["a"], ["0.1"]]),
        }, printHeader: false, cancellationToken: TestContext.Current.CancellationToken);
        var had = (await (await Client.SignIn(one.Exchange, "power")).Holding("COD-TAIHU-2026"))["total"];
        Changed(file, s => Cell(s, "C2", "<x:v>1.1000000000000001</x:v>", "n"));
        Changed(file, s => Cell(s, "A2", "<x:f>1/3</x:f><x:v>0.33333333333333331</x:v>", "n"), "xl/worksheets/sheet2.xml");
        var (exit, said) = await Import("allocations", file);
        Assert.True(exit == 0 && said.Contains("2 rows of allocations are in, 2 of them new", StringComparison.Ordinal), said);
        (exit, said) = await Import("allocations", file);
        Assert.True(exit == 0 && said.Contains("2 rows of allocations are in, 0 of them new", StringComparison.Ordinal), said);
        Assert.Equal(had + 3.1m, (await (await Client.SignIn(one.Exchange, "power")).Holding("COD-TAIHU-2026"))["total"]);
    }

    [Fact]
    public async Task A_formula_where_a_name_should_be_is_a_formula_and_nobodys_name()
    {
        var file = Path.Combine(one.Exchange.Folder, Path.GetRandomFileName() + ".csv");
        await System.IO.File.WriteAllTextAsync(file, "participant,amount,reference\n=1+1,1.00,r\n", TestContext.Current.CancellationToken);
        var (exit, said) = await Import("funds", file);
        Assert.True(exit == 1 && said.Contains("line 2, column participant: IMPORT_FORMULA", StringComparison.Ordinal) && !said.Contains("UNKNOWN_ACCOUNT", StringComparison.Ordinal), said);
    }

    /// <summary>Fails with a password judged like any cell, and with what is wrong with it said.</summary>
    [Fact]
    public async Task But_a_password_may_begin_as_it_likes_and_is_never_said()
    {
        string[] header = ["name", "role", "participant", "password"];
        var (exit, said) = await Import("users", Csv([header, ["begins", "enterprise", "steel", "=a long enough word"]]));
        Assert.True(exit == 0, said);
        await Client.SignIn(one.Exchange, "begins", "=a long enough word");
        (exit, said) = await Import("users", Csv([header, ["begins2", "enterprise", "steel", "=a long\0enough word"]]));
        Assert.Equal(1, exit);
        Assert.Contains("line 2, column password: TEXT_INVALID", said, StringComparison.Ordinal);
        Assert.DoesNotContain("long", said, StringComparison.Ordinal);
    }

    private async Task<string> Refused(string kind, string file, params string[] found)
    {
        regulator ??= await Client.SignIn(one.Exchange, "regulator");
        before ??= await Register();
        var watch = Stopwatch.StartNew();
        var (exit, said) = await Import(kind, file);
        Assert.True(exit == 1, $"{exit}: {said}");
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, Within);
        Assert.All(found, text => Assert.Contains(text, said, StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", said, StringComparison.Ordinal);
        Assert.Equal(before, await Register());
        System.IO.File.Delete(file);
        return said;
    }

    private Task<(int Exit, string Said)> Import(string kind, string file) => Exchange.RunWith(HalfAGigabyte, "import", kind, file, "--data", one.Exchange.Folder);

    /// <summary>What a file could have changed, as the API says it.</summary>
    private async Task<string> Register()
    {
        var said = new StringBuilder();
        foreach (var path in (string[])["/api/v1/holdings?participant=steel", "/api/v1/holdings?participant=power", "/api/v1/instruments/CEA-2025/supply", "/api/v1/instruments/COD-TAIHU-2026/supply", "/api/v1/allocations?limit=500", "/api/v1/caps", "/api/v1/supervision/participants"])
            said.AppendLine((await regulator!.Get(path)).Text);
        return said.ToString();
    }

    private static string[][] With(string kind, string text) => [.. Good[kind][..2], [.. Good[kind][2][..3], text, .. Good[kind][2][4..]]];

    private static string Lines(IEnumerable<string[]> rows) => string.Concat(rows.Select(row => string.Join(',', row) + "\n"));

    private string Csv(string[][] rows) => File(".csv", f => f.Write(Encoding.UTF8.GetBytes(Lines(rows))));

    private string Xlsx(string[][] rows) => File(".xlsx", f => f.SaveAs(Table(rows), printHeader: false));

    /// <summary>As wide as its widest row: the library takes the columns of the first for those of all.</summary>
    private static IEnumerable<Dictionary<string, object>> Table(string[][] rows) =>
        rows.Select(row => Enumerable.Range(0, rows.Max(r => r.Length)).ToDictionary(place => ((char)('A' + place)).ToString(), place => (object)(place < row.Length ? row[place] : ""), StringComparer.Ordinal));

    private string File(string ending, Action<Stream> write)
    {
        var path = Path.Combine(one.Exchange.Folder, Path.GetRandomFileName() + ending);
        using var file = System.IO.File.Create(path);
        write(file);
        return path;
    }

    private static void Fill(Stream to, ReadOnlySpan<byte> first, ReadOnlySpan<byte> again, int megabytes)
    {
        to.Write(first);
        var many = new byte[again.Length * (1024 * 1024 / again.Length)];
        for (var at = 0; at < many.Length; at += again.Length) again.CopyTo(many.AsSpan(at));
        for (var n = 0; n <= megabytes; n++) to.Write(many);
    }

    private static string Typed(string sheet, string entities) => sheet.Replace("<x:worksheet", $"<!DOCTYPE x [{entities}]><x:worksheet", StringComparison.Ordinal).Replace(">good<", ">&e;<", StringComparison.Ordinal);

    private static string Cell(string sheet, string cell, string content, string type = "str")
    {
        var from = sheet.IndexOf($"<x:c r=\"{cell}\"", StringComparison.Ordinal);
        return $"{sheet[..from]}<x:c r=\"{cell}\" t=\"{type}\">{content}{sheet[sheet.IndexOf("</x:c>", from, StringComparison.Ordinal)..]}";
    }

    /// <summary>The same workbook with other words in a part of it.</summary>
    private static string Changed(string workbook, Func<string, string> change, string part = "xl/worksheets/sheet1.xml")
    {
        using var zip = ZipFile.Open(workbook, ZipArchiveMode.Update);
        var old = zip.GetEntry(part)!;
        string text;
        using (var reader = new StreamReader(old.Open())) text = reader.ReadToEnd();
        old.Delete();
        using var writer = new StreamWriter(zip.CreateEntry(part).Open());
        writer.Write(change(text));
        return workbook;
    }

    /// <summary>With so many megabytes of something before the first place of a text.</summary>
    private string Changed(string workbook, string before, string again, int megabytes)
    {
        var large = Path.Combine(one.Exchange.Folder, Path.GetRandomFileName() + ".xlsx");
        using var from = ZipFile.OpenRead(workbook);
        using var to = ZipFile.Open(large, ZipArchiveMode.Create);
        foreach (var part in from.Entries)
        {
            using var reader = new StreamReader(part.Open());
            using var written = to.CreateEntry(part.FullName, CompressionLevel.Fastest).Open();
            var text = reader.ReadToEnd();
            var place = part.FullName.EndsWith("sheet1.xml", StringComparison.Ordinal) ? text.IndexOf(before, StringComparison.Ordinal) : -1;
            if (place >= 0) Fill(written, Encoding.UTF8.GetBytes(text[..place]), Encoding.UTF8.GetBytes(again), megabytes);
            written.Write(Encoding.UTF8.GetBytes(text[Math.Max(0, place)..]));
        }

        return large;
    }

    /// <summary>Every part says in both directories of the zip that it unpacks to a thousand bytes.</summary>
    private static string Lying(string workbook)
    {
        var bytes = System.IO.File.ReadAllBytes(workbook);
        for (var at = 0; at < bytes.Length - 46; at++)
        {
            if (bytes.AsSpan(at, 4).SequenceEqual("PK\u0001\u0002"u8)) BitConverter.TryWriteBytes(bytes.AsSpan(at + 24), 1_000);
            if (bytes.AsSpan(at, 4).SequenceEqual("PK\u0003\u0004"u8)) BitConverter.TryWriteBytes(bytes.AsSpan(at + 22), 1_000);
        }

        System.IO.File.WriteAllBytes(workbook, bytes);
        return workbook;
    }
}
