namespace Trading.Gateway;

/// <summary>What browsers are told, on every answer: programs get nothing to run, the page only its own scripts.</summary>
internal static class SafeHeaders
{
    private const string ForPrograms = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'";
    private const string ForForms = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
    // 'wasm-unsafe-eval' lets the browser compile WebAssembly and nothing else; component libraries set style attributes.
    private const string ForThePage =
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; font-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

    private static readonly string[] Programs = ["/api", "/connect", "/hubs", "/ws", "/health", "/openapi", "/.well-known"];
    private static readonly string[] Forms = ["/signin", "/setup"];

    public static void UseSafeHeaders(this WebApplication app) => app.Use((context, next) =>
    {
        var headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=()";
        headers.ContentSecurityPolicy = Starts(context, Programs) ? ForPrograms : Starts(context, Forms) ? ForForms : ForThePage;
        if (context.Request.IsHttps) headers.StrictTransportSecurity = "max-age=31536000";
        return next(context);
    });

    private static bool Starts(HttpContext context, string[] paths) => Array.Exists(paths, p => context.Request.Path.StartsWithSegments(p, StringComparison.Ordinal));
}
