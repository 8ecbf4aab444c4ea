using System.Security.Claims;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.DataProtection;
using NodaTime;
using OpenIddict.Abstractions;
using Trading.Gateway.Cli;
using Trading.Gateway.Market;
using Trading.Registry.Contracts;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace Trading.Gateway.Identity;

/// <summary>The page's way in: a cookie that scripts cannot read and other sites cannot send, and a token that only our own page can add.</summary>
internal static class Session
{
    public const string Scheme = CookieAuthenticationDefaults.AuthenticationScheme;
    public const string AntiforgeryHeader = "X-CSRF-TOKEN";
    private const string CookieName = "trading.session";
    private static readonly TimeSpan IdleMost = TimeSpan.FromMinutes(30);

    public static void AddSession(this IServiceCollection services, string data)
    {
        services.AddDataProtection().SetApplicationName("trading").PersistKeysToFileSystem(Directory.CreateDirectory(Path.Combine(data, "keys"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute));
        services.AddAntiforgery(antiforgery =>
        {
            antiforgery.HeaderName = AntiforgeryHeader;
            antiforgery.Cookie.Name = "trading.antiforgery";
            antiforgery.Cookie.SameSite = SameSiteMode.Strict;
            antiforgery.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            antiforgery.SuppressXFrameOptionsHeader = true;
        });
        services.AddAuthentication().AddCookie(Scheme, cookie =>
        {
            cookie.Cookie.Name = CookieName;
            cookie.Cookie.HttpOnly = true;
            cookie.Cookie.SameSite = SameSiteMode.Strict;
            cookie.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            cookie.ExpireTimeSpan = IdleMost;
            cookie.SlidingExpiration = true;
            // The door answers programs; only the page sends people to the sign-in.
            cookie.Events.OnRedirectToLogin = redirect => Status(redirect.HttpContext, StatusCodes.Status401Unauthorized);
            cookie.Events.OnRedirectToAccessDenied = redirect => Status(redirect.HttpContext, StatusCodes.Status403Forbidden);
            cookie.Events.OnValidatePrincipal = StillThatUser;
        });
    }

    public static ClaimsPrincipal PrincipalOf(User user, string scheme)
    {
        var identity = new ClaimsIdentity(scheme, Claims.Name, Claims.Role);
        identity.SetClaim(Claims.Subject, user.Name).SetClaim(Claims.Name, user.Name).SetClaim(Claims.Role, user.Role);
        if (user.Participant is { } participant) identity.SetClaim(Whoami.ParticipantClaim, participant);
        return new(identity);
    }

    /// <summary>A request that carries the cookie and changes something proves that our own page made it.</summary>
    public static void UseSessionGuard(this WebApplication app) => app.Use(async (context, next) =>
    {
        if (context.User.Identity?.AuthenticationType == Scheme)
        {
            var path = context.Request.Path;
            if (path.StartsWithSegments("/hubs", StringComparison.Ordinal) || path.StartsWithSegments("/ws", StringComparison.Ordinal))
            {
                // A socket carries no header of ours; the browser says where it comes from.
                if (context.Request.Headers.Origin is [{ Length: > 0 } origin] && !(Uri.TryCreate(origin, UriKind.Absolute, out var from) && from.Authority == context.Request.Host.Value)) throw Json.No("ORIGIN_FORBIDDEN");
            }
            else if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method) && !HttpMethods.IsOptions(context.Request.Method)
                && !await context.RequestServices.GetRequiredService<IAntiforgery>().IsRequestValidAsync(context))
            {
                throw Json.No("ANTIFORGERY_TOKEN_INVALID");
            }
        }

        await next(context);
    });

    public static void MapSession(this WebApplication app, ServeOptions options)
    {
        app.MapGet("/api/v1/session", async (HttpContext context, IAntiforgery antiforgery, IDirectory directory, IClock clock, CancellationToken stop) =>
        {
            var user = context.User;
            object? shown = null;
            if (user.Identity?.IsAuthenticated == true)
            {
                var participant = user.GetClaim(Whoami.ParticipantClaim) is { } id ? (await directory.Current(stop)).Participant(id) : null;
                shown = new
                {
                    name = user.GetClaim(Claims.Subject), role = user.GetClaim(Claims.Role),
                    participant = participant is null ? null : new { id = participant.Id, nameZh = participant.NameZh, nameEn = participant.NameEn, kind = participant.Kind.ToString().ToLowerInvariant(), region = participant.Region },
                };
            }

            context.Response.Headers.CacheControl = "no-store";
            return Results.Json(new { user = shown, antiforgery = new { header = AntiforgeryHeader, token = antiforgery.GetAndStoreTokens(context).RequestToken }, demo = options.Demo, now = MarketEndpoints.At(clock.GetCurrentInstant()) }, Json.Plain);
        }).AllowAnonymous().WithTags("Identity");
        app.MapPost("/signout", async (HttpContext context) =>
        {
            await context.SignOutAsync(Scheme);
            return Results.NoContent();
        }).AllowAnonymous().ExcludeFromDescription();
        app.MapGet("/signin", (string? returnUrl, HttpContext context, IAntiforgery antiforgery) => options.External is not null
            ? Results.Challenge(new() { RedirectUri = Local(returnUrl) }, [OpenIdConnectDefaults.AuthenticationScheme])
            : Form(context, antiforgery, Local(returnUrl), StatusCodes.Status200OK, options.Demo)).AllowAnonymous().ExcludeFromDescription();
        if (options.External is not null) return;
        app.MapPost("/signin", async (HttpContext context, IAntiforgery antiforgery, Users users, CancellationToken stop) =>
        {
            if (!context.Request.HasFormContentType) throw Json.No("MEDIA_TYPE_NOT_SUPPORTED", ("contentType", context.Request.ContentType ?? "none"));
            var form = await context.Request.ReadFormAsync(stop);
            var returnUrl = Local(form["returnUrl"].ToString());
            // A form that was open for long, or came from elsewhere: nothing is tried, the page is shown anew.
            if (!await antiforgery.IsRequestValidAsync(context)) return Form(context, antiforgery, returnUrl, StatusCodes.Status200OK, options.Demo);
            User? user;
            try
            {
                user = await users.SignInCarefully(form["name"].ToString(), form["password"].ToString(), stop);
            }
            catch (RefusedException)
            {
                return Form(context, antiforgery, returnUrl, StatusCodes.Status429TooManyRequests, options.Demo);
            }

            if (user is null) return Form(context, antiforgery, returnUrl, StatusCodes.Status401Unauthorized, options.Demo);
            await context.SignInAsync(Scheme, PrincipalOf(user, Scheme));
            // A form's redirects must stay on this site (CSP form-action); the way back to a program on the person's machine begins as a new navigation.
            return returnUrl.StartsWith("/connect/", StringComparison.Ordinal)
                ? Results.Content($"<!doctype html><meta http-equiv=\"refresh\" content=\"0;url={System.Net.WebUtility.HtmlEncode(returnUrl)}\"><title>…</title>", "text/html; charset=utf-8")
                : Results.Redirect(returnUrl);
        }).AllowAnonymous().DisableAntiforgery().ExcludeFromDescription();
    }

    /// <summary>Paths of our own only: a sign-in leads nowhere else.</summary>
    private static string Local(string? url) => url is ['/', ..] && url is not ['/', '/' or '\\', ..] && !url.Any(char.IsControl) && url.Length <= 2_000 ? url : "/";

    private static IResult Form(HttpContext context, IAntiforgery antiforgery, string returnUrl, int status, bool demo)
    {
        if (status == StatusCodes.Status429TooManyRequests) context.Response.Headers.RetryAfter = "2";
        context.Response.Headers.CacheControl = "no-store";
        // The page remembers the language that a person chose; the browser's own is second.
        var inChinese = context.Request.Cookies["language"] switch { "en" => false, "zh-CN" => true, _ => Problems.PrefersChinese(context.Request) };
        return Results.Content(SignInPage.Render(inChinese, antiforgery.GetAndStoreTokens(context), returnUrl, status, demo), "text/html; charset=utf-8", statusCode: status);
    }

    private static Task Status(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }

    /// <summary>A role that was taken away is gone with the next request, not with the next sign-in.</summary>
    private static async Task StillThatUser(CookieValidatePrincipalContext context)
    {
        var users = context.HttpContext.RequestServices.GetRequiredService<Users>();
        var seen = context.Principal is { } p ? new User(p.GetClaim(Claims.Subject) ?? "", p.GetClaim(Claims.Role) ?? "", p.GetClaim(Whoami.ParticipantClaim)) : null;
        if (seen is not null && await users.Find(seen.Name, context.HttpContext.RequestAborted) == seen) return;
        context.RejectPrincipal();
        await context.HttpContext.SignOutAsync(Scheme);
    }
}
