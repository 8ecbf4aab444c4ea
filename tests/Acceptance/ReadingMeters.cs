using System.Diagnostics;
using System.Globalization;
using System.Text;
using MiniExcelLibs;

namespace Trading.Acceptance;

/// <summary>Readings by the hour, from a file: every wrong cell is named before any is taken, and what is right can be read by the API.</summary>
[Trait("layer", "acceptance")]
public sealed class ReadingMeters(OneExchange one) : IClassFixture<OneExchange>
{
    private const string Header = "participant,indicator,hour,quantity,quality,source\n";

    /// <summary>Fails with any one of the checks of MeterReading taken out, and with an hour taken as ended when it begins.</summary>
    [Fact]
    public async Task Names_every_wrong_cell_and_takes_none()
    {
        // The hour that runs has not ended either.
        var soon = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-ddTHH:00:00Z", CultureInfo.InvariantCulture);
        var file = await Written(Header +
            $"""
             power,COD,2026-01-01T00:00:00Z,1.5,measured,cems-1
             steel,COD,2026-01-01T00:00:00Z,1.5,measured,cems-1
             steel,COD,{soon},1.5,measured,cems-1
             steel,COD,2026-01-01T00:30:00Z,1.5,measured,cems-1
             nobody,COD,2026-01-01T01:00:00Z,1.5,measured,cems-1
             steel,COD,2026-01-01T02:00:00Z,-0.5,measured,cems-1
             steel,COD,2026-01-01T03:00:00Z,0.00001,measured,cems-1
             steel,COD,2026-01-01T04:00:00+08:00,1,guessed,
             steel,COd,2026-01-01T05:00:00Z,1e400,measured,cems-1
             steel,COD,1026-01-01T06:00:00Z,99999999999999999999,measured,cems-1
             steel,COD,2026-01-01T07:00:00Z,10000000000.0001,measured,cems-1

             """);
        string[] found =
        [
            "line 4, column hour: HOUR_IN_FUTURE", "line 5, column hour: NOT_AN_HOUR", "line 6, column participant: UNKNOWN_ACCOUNT", "line 7, column quantity: OUT_OF_RANGE", "line 8, column quantity: TOO_MANY_DECIMALS",
            "line 9, column hour: FIELD_INVALID", "line 9, column quality: FIELD_INVALID", "line 9, column source: FIELD_MISSING", "line 10, column indicator: FIELD_INVALID", "line 10, column quantity: NOT_A_DECIMAL",
            "line 11, column hour: OUT_OF_RANGE", "line 11, column quantity: OUT_OF_RANGE", "line 12, column quantity: OUT_OF_RANGE",
        ];
        foreach (var how in (string[][])[["--dry-run"], []])
        {
            var (exit, said) = await Exchange.Run(["import", "readings", file, "--data", one.Exchange.Folder, .. how]);
            Assert.Equal(1, exit);
            Assert.All(found, line => Assert.Contains(line, said, StringComparison.Ordinal));
            Assert.Contains($"{found.Length} errors in 11 rows", said, StringComparison.Ordinal);
        }

        Assert.Empty((await Read("steel", "COD"))["items"].AsArray());
        File.Delete(file);
    }

    /// <summary>
    /// Fails with the source left out of what is compared, with the participant left out of the key, and with a row that stands twice sent to the register
    /// twice (it answers NOT_AN_HOUR).
    /// </summary>
    [Fact]
    public async Task Hears_an_hour_once_and_not_in_two_ways()
    {
        const string Row = "textile,COD,2026-02-01T00:00:00Z,1.5,measured,cems-1\n";
        var same = await Written(Header + Row + Row + Row.Replace("textile,COD,2026-02-01T00:00:00Z,1.5", "power,COD,2026-02-01T00:00:00Z,7", StringComparison.Ordinal));
        Assert.Contains("3 rows of readings are in", await Imported(same), StringComparison.Ordinal);
        foreach (var other in (string[])[Row.Replace("1.5", "1.6", StringComparison.Ordinal), Row.Replace("cems-1", "cems-2", StringComparison.Ordinal), Row.Replace("measured", "doubtful", StringComparison.Ordinal)])
        {
            var (exit, said) = await Exchange.Run("import", "readings", await Written(Header + Row + other), "--data", one.Exchange.Folder);
            Assert.Equal(1, exit);
            Assert.Contains("line 3, column row: NOT_AN_HOUR", said, StringComparison.Ordinal);
        }

        // Another day's file puts it right: the hour has the later reading.
        await Imported(await Written(Header + Row.Replace("1.5,measured", "0,substituted", StringComparison.Ordinal)));
        var hour = Assert.Single((await Read("textile", "COD"))["items"].AsArray())!;
        Assert.Equal(("2026-02-01T00:00:00Z", "0", "substituted"), (hour["hour"]!.GetValue<string>(), hour["quantity"]!.GetValue<string>(), hour["quality"]!.GetValue<string>()));
    }

    /// <summary>Fails with HoursTogether at 15,000: more than the register takes in a call.</summary>
    [Fact]
    public async Task Takes_two_years_of_a_meter_from_a_workbook()
    {
        const int Hours = 2 * 8_760;
        var first = new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var file = Path.Combine(one.Exchange.Folder, "meters.xlsx");
        await MiniExcel.SaveAsAsync(file, Enumerable.Range(0, Hours).Select(h => new
        {
            participant = "power", indicator = "NOx", hour = At(first.AddHours(h)), quantity = 0.25m + (h % 4), quality = h % 100 == 0 ? "doubtful" : "measured", source = h < 12_000 ? "cems-1" : "cems-2",
        }), cancellationToken: TestContext.Current.CancellationToken);
        var watch = Stopwatch.StartNew();
        Assert.Contains($"{Hours} rows of readings are in", await Imported(file), StringComparison.Ordinal);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Hours} hours of readings from a workbook: {watch.Elapsed.TotalSeconds:0.0} s"));
        var page = (await Read("power", "NOx", "limit=500"))["items"].AsArray();
        Assert.Equal(500, page.Count);
        Assert.Equal((At(first.AddHours(1)), "1.25", "measured"), (page[1]!["hour"]!.GetValue<string>(), page[1]!["quantity"]!.GetValue<string>(), page[1]!["quality"]!.GetValue<string>()));
        var last = first.AddHours(Hours - 2).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        Assert.Equal("3.25", Assert.Single((await Read("power", "NOx", "after=" + last))["items"].AsArray())!["quantity"]!.GetValue<string>());
        var (verified, what) = await one.Exchange.Verify();
        Assert.True(verified == 0, what);
    }

    private static string At(DateTimeOffset hour) => hour.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    private async Task<Reply> Read(string participant, string indicator, string more = "limit=10") =>
        await (await Client.SignIn(one.Exchange, "regulator")).Get($"/api/v1/usage?participant={participant}&indicator={indicator}&{more}");

    private async Task<string> Imported(string file)
    {
        var (exit, said) = await Exchange.Run("import", "readings", file, "--data", one.Exchange.Folder);
        Assert.True(exit == 0, said);
        return said;
    }

    private async Task<string> Written(string content)
    {
        var file = Path.Combine(one.Exchange.Folder, Path.GetRandomFileName() + ".csv");
        await File.WriteAllTextAsync(file, content, Encoding.UTF8, TestContext.Current.CancellationToken);
        return file;
    }
}
