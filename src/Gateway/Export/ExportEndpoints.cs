using NodaTime.Text;
using Trading.Gateway.Identity;
using Trading.Gateway.Market;
using Trading.Gateway.Register;
using Trading.Gateway.Supervision;
using Trading.Registry.Contracts;

namespace Trading.Gateway.Export;

/// <summary>The lists of the register as files. Who may read a list may have its file, and sees in it what the list says.</summary>
internal static class ExportEndpoints
{
    private const int PageRows = 1_000;

    /// <summary>With the names of its time: who was registered since the first page was read stands on a later one.</summary>
    private sealed record Given(Allocation Allocation, Participant Holder, Instrument Instrument);

    private static readonly Column<Given>[] Allocations =
    [
        new("编号", "id", g => Id(g.Allocation.Id)), new("分配方案", "plan", g => g.Allocation.Plan), new("单位", "participant", g => g.Holder.Id), new("单位名称", "name", g => g.Holder.NameEn, g => g.Holder.NameZh), new("品种", "symbol", g => g.Instrument.Symbol),
        new("数量", "quantity", g => g.Instrument.Quantity(g.Allocation.Units)), new("计量单位", "unit", g => g.Instrument.Unit), new("取得方式", "basis", g => g.Allocation.Basis.ToString().ToLowerInvariant(), g => g.Allocation.Basis == AllocationBasis.Free ? "无偿" : "有偿"),
        new("有偿使用费标准", "price", g => g.Allocation.Price), new("有偿使用费（元）", "fee", g => g.Allocation.Fen / 100m), new("有效期至", "validThrough", g => LocalDatePattern.Iso.Format(g.Allocation.ValidThrough)),
        new("分配时间", "grantedAt", g => MarketEndpoints.At(g.Allocation.GrantedAt)), new("尚存数量", "standing", g => g.Instrument.Quantity(g.Allocation.Standing)),
    ];

    private static readonly Column<Cap>[] Caps =
    [
        new("地区", "region", c => c.Region, c => Regions.Known.FirstOrDefault(r => r.Code == c.Region) is { } r ? $"{r.Code} {r.Name}" : c.Region),
        new("指标", "indicator", c => c.Indicator, c => c.Indicator switch { "energy" => "用能权", "water" => "用水权", var other => other }), new("年度", "year", c => (decimal)c.Year), new("总量控制指标", "limit", c => Quantity(c.Limit)), new("弹性总量", "elastic", c => Quantity(c.Elastic)),
        new("新增配额", "newQuota", c => Quantity(c.NewQuota)), new("已出让", "offered", c => Quantity(c.Offered)), new("已分配", "allocated", c => Quantity(c.Allocated)), new("政府储备", "reserve", c => Quantity(c.Reserve)),
        new("调入", "transferredIn", c => Quantity(c.In)), new("调出", "transferredOut", c => Quantity(c.Out)), new("已使用", "used", c => Quantity(c.Used)), new("合计", "total", c => Quantity(c.Total)), new("剩余", "remaining", c => Quantity(c.Remaining)),
    ];

    private static readonly Column<(Holding Held, Instrument Instrument)>[] Holdings =
    [
        new("品种", "symbol", h => h.Instrument.Symbol), new("计量单位", "unit", h => h.Instrument.Unit), new("总量", "total", h => h.Instrument.Quantity(h.Held.Total)), new("可用", "available", h => h.Instrument.Quantity(h.Held.Available)),
        new("市场内", "inMarket", h => h.Instrument.Quantity(h.Held.Earmarked)), new("质押", "pledged", h => h.Instrument.Quantity(h.Held.Pledged)), new("冻结", "frozen", h => h.Instrument.Quantity(h.Held.Frozen)),
        new("待确认", "awaitingConfirmation", h => h.Instrument.Quantity(h.Held.Awaiting)), new("锁定", "held", h => h.Instrument.Quantity(h.Held.Held)), new("年度或批次", "vintage", h => h.Instrument.Vintage),
        new("有效期至", "expiry", h => h.Instrument.ValidThrough is { } last ? LocalDatePattern.Iso.Format(last) : null),
    ];

    public static void MapExports(this WebApplication app)
    {
        app.MapGet("/api/v1/allocations/export", async (string? participant, string? plan, string? format, HttpContext context, Whoami who, IAllocations desk, IDirectory directory, CancellationToken stop) =>
            await ExportFile.Of("allocations", format, context.Request, Allocations, All(await AllocationEndpoints.Readable(participant, context, who, directory, stop), plan, desk, directory, stop))).WithTags("Allocations");
        app.MapGet("/api/v1/caps/export", async (string? region, string? indicator, string? year, string? at, string? format, HttpContext context, ICaps ledger, CancellationToken stop) =>
            await ExportFile.Of("caps", format, context.Request, Caps, (await CapEndpoints.Read(region, indicator, year, at, ledger, stop)).ToAsyncEnumerable())).AllowAnonymous().WithTags("Caps");
        app.MapGet("/api/v1/holdings/export", async (string participant, string? format, HttpContext context, IHoldings holdings, IDirectory directory, CancellationToken stop) =>
        {
            var catalog = await directory.Current(stop);
            var held = (await holdings.Of(Named.Participant(catalog, participant).Account, stop)).Select(h => (h, catalog.Instrument(h.Key.Instrument)!));
            return await ExportFile.Of("holdings", format, context.Request, Holdings, held.ToAsyncEnumerable());
        }).RequireAuthorization(IdentityModule.Supervisor).WithTags("Participants");
    }

    private static async IAsyncEnumerable<Given> All(int? account, string? plan, IAllocations desk, IDirectory directory, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken stop)
    {
        for (var after = 0L; ;)
        {
            var page = await desk.All(account, plan, after, PageRows, stop);
            var catalog = await directory.Current(stop);
            foreach (var a in page) yield return new(a, catalog.Participant(a.Account)!, catalog.Instrument(a.Instrument)!);
            if (page.Count < PageRows) yield break;
            after = page[^1].Id;
        }
    }

    /// <summary>As text: a number of so many digits is nobody's quantity.</summary>
    private static string Id(long id) => id.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static object? Quantity(long? units) => units is { } some ? some / 10_000m : null;
}
