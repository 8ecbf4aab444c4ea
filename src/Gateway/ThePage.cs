namespace Trading.Gateway;

/// <summary>Serves the built page, same origin, from the folder <c>web</c> beside the server; without it the server is the API alone.</summary>
internal static class ThePage
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "web");
    private static readonly string[] NotPages = ["/api", "/connect", "/hubs", "/ws", "/health", "/openapi", "/.well-known", "/_framework", "/_content", "/css", "/js", "/lib"];

    /// <summary>Null where the page was not built.</summary>
    public static string? Root => File.Exists(Path.Combine(Folder, "wwwroot", "index.html")) ? Path.Combine(Folder, "wwwroot") : null;

    public static void MapThePage(this WebApplication app)
    {
        if (Root is null)
        {
            app.MapGet("/", () => Results.Text("页面尚未构建,接口可用。The page was not built; the API is here.", "text/plain; charset=utf-8")).AllowAnonymous().ExcludeFromDescription();
            return;
        }

        // Compressed when it was published, with entity tags; whatever else is asked for is a page of ours, which is one file.
        app.MapStaticAssets(Path.Combine(Folder, "Trading.Web.staticwebassets.endpoints.json")).AllowAnonymous();
        var index = File.ReadAllBytes(Path.Combine(Root, "index.html"));
        app.MapFallback((HttpContext context) =>
        {
            if (Array.Exists(NotPages, p => context.Request.Path.StartsWithSegments(p, StringComparison.Ordinal)) || !(HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method)))
                return Problems.NotFound();
            context.Response.Headers.CacheControl = "no-cache";
            return Results.Bytes(index, "text/html; charset=utf-8");
        }).AllowAnonymous().ExcludeFromDescription();
    }
}
