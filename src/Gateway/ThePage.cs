namespace Trading.Gateway;

/// <summary>Serves the built page, same origin, from the folder <c>web</c> beside the server; without it the server is the API alone.</summary>
internal static class ThePage
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "web");
    /// <summary>Where the page's own router begins; every other unknown address is a problem, not a page.</summary>
    private static readonly string[] Pages = ["trade", "orders", "account", "settlements", "confirmations", "supervision", "halts", "freezes", "lots", "bank", "alerts", "verify"];
    private static readonly string[] Reading = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>Null where the page was not built.</summary>
    public static string? Root => File.Exists(Path.Combine(Folder, "wwwroot", "index.html")) ? Path.Combine(Folder, "wwwroot") : null;

    public static void MapThePage(this WebApplication app)
    {
        if (Root is null)
        {
            app.MapGet("/", () => Results.Text("页面尚未构建，接口可用。The page was not built; the API is here.", "text/plain; charset=utf-8")).AllowAnonymous().ExcludeFromDescription();
            return;
        }

        // Compressed when it was published, with entity tags; whatever else is asked for is a page of ours, which is one file.
        app.MapStaticAssets(Path.Combine(Folder, "Trading.Web.staticwebassets.endpoints.json")).AllowAnonymous();
        var index = File.ReadAllBytes(Path.Combine(Root, "index.html"));
        IResult Page(HttpContext context)
        {
            context.Response.Headers.CacheControl = "no-cache";
            return Results.Bytes(index, "text/html; charset=utf-8");
        }

        app.MapMethods("/", Reading, Page).AllowAnonymous().ExcludeFromDescription();
        foreach (var page in Pages) app.MapMethods($"/{page}/{{**rest}}", Reading, Page).AllowAnonymous().ExcludeFromDescription();
    }
}
