using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using MiniExcelLibs;

namespace Trading.Acceptance;

/// <summary>Lists as files: what is opened says what the list says, to whom may read the list, and no cell of it is a formula.</summary>
[Trait("layer", "acceptance")]
public sealed class OpeningInASpreadsheet(OneExchange one) : IClassFixture<OneExchange>
{
    private const int Many = 1_100;
    private static readonly string[] Plans = ["=cmd()", "+1", "-1", "@SUM(A1)", "＝1", " =1", "plain"];

    /// <summary>Fails with the next page read after the first row of the last, with one column shown as another, and with numbers of more than fifteen digits written as numbers.</summary>
    [Fact]
    public async Task Says_of_allocations_what_the_api_says()
    {
        await Allocated();
        var regulator = await Client.SignIn(one.Exchange, "regulator");
        var listed = await Listed(regulator, "/api/v1/allocations?limit=500");
        Assert.InRange(listed.Count, Many, int.MaxValue);
        Same(listed, await Workbook("/api/v1/allocations/export", regulator.Token));
        Same(await Listed(regulator, "/api/v1/allocations?limit=500&participant=power"), await Workbook("/api/v1/allocations/export?participant=power", regulator.Token));
        Same(await Listed(regulator, "/api/v1/allocations?limit=500&plan=plain"), await Workbook("/api/v1/allocations/export?plan=plain", regulator.Token));
        // Of nothing there is the header.
        var (none, _, _) = await Get("/api/v1/allocations/export?plan=nothing", regulator.Token, "en");
        Assert.Equal("id", Assert.Single(Read(none))["A"]);
    }

    [Fact]
    public async Task Says_of_caps_and_holdings_what_the_api_says()
    {
        await Allocated();
        var regulator = await Client.SignIn(one.Exchange, "regulator");
        var caps = await Listed(regulator, "/api/v1/caps");
        Assert.NotEmpty(caps);
        Same(caps, await Workbook("/api/v1/caps/export", token: null));
        Same(await Listed(regulator, "/api/v1/caps?indicator=energy"), await Workbook("/api/v1/caps/export?indicator=energy", token: null));
        var held = await Listed(regulator, "/api/v1/holdings?participant=power");
        Assert.Contains(held, h => h["total"]!.GetValue<string>().Length >= 16);
        Same(held, await Workbook("/api/v1/holdings/export?participant=power", regulator.Token));
    }

    /// <summary>Fails with = left out of the signs, and without the mark in front.</summary>
    [Fact]
    public async Task Is_text_where_a_formula_would_be()
    {
        await Allocated();
        var regulator = await Client.SignIn(one.Exchange, "regulator");
        var (bytes, type, name) = await Get("/api/v1/allocations/export?format=csv", regulator.Token, "zh-CN");
        Assert.Equal(("text/csv", "allocations.csv"), (type, name));
        Assert.Equal([0xEF, 0xBB, 0xBF], bytes[..3]);
        var lines = Encoding.UTF8.GetString(bytes[3..]).ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');
        Assert.StartsWith("编号,分配方案,单位,", lines[0], StringComparison.Ordinal);
        Assert.Equal((await Listed(regulator, "/api/v1/allocations?limit=500")).Count, lines.Length - 1);
        var plans = lines.Skip(1).Select(l => l.Split(',')[1]).ToHashSet(StringComparer.Ordinal);
        Assert.All(Plans, plan => Assert.Contains(plan == "plain" ? plan : "'" + plan, plans));
        Assert.Contains(lines, l => l.Contains(",1234567890123457,", StringComparison.Ordinal));
        // In a workbook each cell says itself that it is text, and none says that it is reckoned.
        var (xlsx, _, _) = await Get("/api/v1/allocations/export", regulator.Token, "zh-CN");
        Assert.All(Plans, plan => Assert.Contains(Read(xlsx), row => Equals(row["B"], plan)));
        await using var zip = new System.IO.Compression.ZipArchive(new MemoryStream(xlsx));
        using var sheet = new StreamReader(await zip.GetEntry("xl/worksheets/sheet1.xml")!.OpenAsync(TestContext.Current.CancellationToken));
        Assert.DoesNotMatch("<(x:)?f[ >]", await sheet.ReadToEndAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>Fails with the file of allocations not asking whose they are, and with the file of holdings open to whoever is signed in.</summary>
    [Theory]
    [InlineData("/api/v1/allocations/export", null, 401, "UNAUTHENTICATED")]
    [InlineData("/api/v1/allocations/export?participant=textile", "steel", 403, "FORBIDDEN")]
    [InlineData("/api/v1/allocations/export?participant=nobody", "regulator", 422, "UNKNOWN_ACCOUNT")]
    [InlineData("/api/v1/allocations/export?format=pdf", "regulator", 400, "FIELD_INVALID")]
    [InlineData("/api/v1/allocations/export?limit=5", "regulator", 400, "UNKNOWN_FIELD")]
    [InlineData("/api/v1/caps/export?at=2026-01-01T00:00:00Z", null, 400, "FIELD_MISSING")]
    [InlineData("/api/v1/holdings/export?participant=steel", null, 401, "UNAUTHENTICATED")]
    [InlineData("/api/v1/holdings/export?participant=steel", "steel", 403, "FORBIDDEN")]
    [InlineData("/api/v1/holdings/export", "operator", 400, "FIELD_MISSING")]
    public async Task Is_for_whom_the_list_is(string path, string? user, int status, string code)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (user is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", (await Client.SignIn(one.Exchange, user)).Token);
        using var answer = await one.Exchange.Http.SendAsync(request, TestContext.Current.CancellationToken);
        var problem = JsonNode.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
        Assert.Equal((status, code), ((int)answer.StatusCode, problem["code"]!.GetValue<string>()));
    }

    [Fact]
    public async Task Has_of_ones_own_no_line_of_another()
    {
        await Allocated();
        var steel = await Client.SignIn(one.Exchange, "steel");
        var own = await Listed(steel, "/api/v1/allocations?limit=500");
        Same(own, await Workbook("/api/v1/allocations/export", steel.Token));
        Assert.All(own, a => Assert.Equal("steel", a["participant"]!.GetValue<string>()));
    }

    /// <summary>By name: whatever the list has of a column, the file has as the same number or the same text.</summary>
    private static void Same(List<JsonNode> listed, List<Dictionary<string, object?>> rows)
    {
        Assert.Equal(listed.Count, rows.Count);
        foreach (var (item, row) in listed.Zip(rows))
        {
            var names = item.AsObject().Select(f => f.Key).ToList();
            Assert.Empty(names.Except(row.Keys, StringComparer.Ordinal));
            foreach (var name in names)
            {
                var said = item[name]?.ToString();
                if (row[name] is double number) Assert.Equal(decimal.Parse(said!, CultureInfo.InvariantCulture), (decimal)number);
                else Assert.Equal(said, row[name]?.ToString());
            }
        }
    }

    private static async Task<List<JsonNode>> Listed(Client client, string path)
    {
        var all = new List<JsonNode>();
        for (string? next = ""; next is not null;)
        {
            var page = await client.Get(path + (next.Length > 0 ? "&after=" + next : ""));
            all.AddRange(page["items"].AsArray()!);
            next = page.Body!["next"]?.GetValue<string>();
        }

        return all;
    }

    private async Task<List<Dictionary<string, object?>>> Workbook(string path, string? token)
    {
        var (bytes, type, name) = await Get(path, token, "en");
        Assert.Equal("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", type);
        Assert.EndsWith(".xlsx", name, StringComparison.Ordinal);
        var all = Read(bytes);
        return [.. all.Skip(1).Select(row => row.ToDictionary(c => (string)all[0][c.Key]!, c => c.Value, StringComparer.Ordinal))];
    }

    private static List<IDictionary<string, object?>> Read(byte[] workbook) => [.. MiniExcel.Query(new MemoryStream(workbook)).Cast<IDictionary<string, object?>>()];

    private async Task<(byte[] Bytes, string? Type, string? Name)> Get(string path, string? token, string language)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { AcceptLanguage = { new(language) } } };
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var answer = await one.Exchange.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return (await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken), answer.Content.Headers.ContentType?.MediaType, answer.Content.Headers.ContentDisposition?.FileName);
    }

    /// <summary>A plan has the name of its file, so that a name is what brings a formula in.</summary>
    private async Task Allocated()
    {
        // The last of them is there: another test of this class was first.
        if (File.Exists(Path.Combine(one.Exchange.Folder, Plans[^1] + ".csv"))) return;
        foreach (var plan in Plans)
        {
            var file = Path.Combine(one.Exchange.Folder, plan + ".csv");
            var rows = new StringBuilder("participant,symbol,quantity,reason,operation\n").Append(CultureInfo.InvariantCulture, $"steel,COD-TAIHU-2026,0.125,r,{Array.IndexOf(Plans, plan)}-a\n");
            if (plan == "plain")
            {
                rows.Append("power,CEA-2025,1234567890123457,r,long\n");
                for (var n = 0; n < Many; n++) rows.Append(CultureInfo.InvariantCulture, $"textile,CEA-2025,{n + 1},r,many-{n}\n");
            }

            await File.WriteAllTextAsync(file, rows.ToString(), TestContext.Current.CancellationToken);
            var (exit, said) = await Exchange.Run("import", "allocations", file, "--data", one.Exchange.Folder);
            Assert.True(exit == 0, said);
        }
    }
}
