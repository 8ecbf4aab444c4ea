using System.Globalization;
using CsvHelper;

namespace Trading.Gateway.Market;

internal sealed record Region(string Code, string Name, string NameEn, string PrefectureCode, string Prefecture, string PrefectureEn, string Basin);

/// <summary>The prefectures and counties of the province (GB/T 2260), as deploy/demo/jiangsu-areas.csv has them.</summary>
internal static class Regions
{
    private static readonly Lazy<IReadOnlyList<Region>> All = new(Read);

    public static IReadOnlyList<Region> Known => All.Value;

    /// <summary>The province, a prefecture or a county of it, in six digits.</summary>
    public static bool Exists(string code) => code == Registry.Contracts.PlannedStep.Province || Known.Any(r => r.Code == code || r.PrefectureCode + "00" == code);

    /// <summary>Everyone lies in a county; a reserve may be a prefecture's or the province's.</summary>
    public static bool MayLie(string region, Registry.Contracts.ParticipantKind kind) => Known.Any(r => r.Code == region) || (kind == Registry.Contracts.ParticipantKind.Reserve && Exists(region));

    public static bool HasBasin(string basin) => Known.Any(r => r.Basin.Split('/').Contains(basin, StringComparer.Ordinal));

    /// <summary>A county on a divide drains into both basins, a prefecture into those of its counties.</summary>
    public static bool Drains(string region, string basin) =>
        Known.Any(r => (r.Code == region || r.PrefectureCode + "00" == region || region == Registry.Contracts.PlannedStep.Province) && r.Basin.Split('/').Contains(basin, StringComparer.Ordinal));

    public static void MapRegions(this WebApplication app) => app.MapGet("/api/v1/regions", () => Results.Json(new
    {
        items = All.Value.Select(r => new { code = r.Code, name = new { zh = r.Name, en = r.NameEn }, prefectureCode = r.PrefectureCode, prefecture = new { zh = r.Prefecture, en = r.PrefectureEn }, basin = r.Basin }), next = (string?)null,
    }, Json.Plain)).AllowAnonymous().WithTags("Market");

    private static IReadOnlyList<Region> Read()
    {
        using var reader = new StreamReader(Path.Combine(AppContext.BaseDirectory, "demo", "jiangsu-areas.csv"));
        using var csv = new CsvReader(reader, CultureInfo.InvariantCulture);
        var regions = new List<Region>();
        csv.Read();
        csv.ReadHeader();
        while (csv.Read()) regions.Add(new(csv["code"]!, csv["name"]!, csv["name_en"]!, csv["prefecture_code"]!, csv["prefecture"]!, csv["prefecture_en"]!, csv["basin"]!));
        return regions;
    }
}
