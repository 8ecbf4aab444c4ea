using System.Security.Claims;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Trading.Gateway.Identity;

/// <summary>Who signs people in, when it is not this server. Roles stay here: the issuer says who somebody is, our users say what they may.</summary>
/// <param name="ClientSecret">Null for a public client.</param>
internal sealed record ExternalIssuer(Uri Authority, string ClientId, string? ClientSecret, string? Audience)
{
    private const string NameClaim = "name";
    private const string SubjectClaim = "sub";

    /// <summary>Configuration: Oidc__Authority, Oidc__ClientId, Oidc__ClientSecret, Oidc__Audience. Null where no authority is named.</summary>
    /// <exception cref="Cli.UsageException">Half a configuration, or an authority in plain http that is not loopback.</exception>
    public static ExternalIssuer? From(IConfiguration configuration)
    {
        var section = configuration.GetSection("Oidc");
        if (section["Authority"] is not { Length: > 0 } authority) return null;
        if (!Uri.TryCreate(authority, UriKind.Absolute, out var uri) || !(uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback)))
            throw new Cli.UsageException($"Oidc__Authority {authority} is no https address");
        if (section["ClientId"] is not { Length: > 0 } client) throw new Cli.UsageException("Oidc__Authority is set and Oidc__ClientId is not");
        return new(uri, client, section["ClientSecret"], section["Audience"]);
    }

    public void Add(IServiceCollection services) => services.AddAuthentication()
        .AddOpenIdConnect(oidc =>
        {
            oidc.Authority = Authority.ToString();
            oidc.RequireHttpsMetadata = Authority.Scheme == Uri.UriSchemeHttps;
            oidc.ClientId = ClientId;
            oidc.ClientSecret = ClientSecret;
            oidc.ResponseType = OpenIdConnectResponseType.Code;
            oidc.ResponseMode = OpenIdConnectResponseMode.Query;
            oidc.SignInScheme = Session.Scheme;
            oidc.MapInboundClaims = false;
            oidc.NonceCookie.SameSite = oidc.CorrelationCookie.SameSite = SameSiteMode.Lax;
            oidc.NonceCookie.SecurePolicy = oidc.CorrelationCookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            oidc.Events.OnTokenValidated = async context =>
            {
                if (await Ours(context.Principal, context.HttpContext, Session.Scheme) is { } principal) context.Principal = principal;
                else context.Fail("the issuer's user is not a user here");
            };
            oidc.Events.OnRemoteFailure = context =>
            {
                context.HandleResponse();
                return Problems.Write(context.HttpContext, Registry.Contracts.Refused.Because("SIGN_IN_FAILED", null));
            };
        })
        .AddJwtBearer(bearer =>
        {
            bearer.Authority = Authority.ToString();
            bearer.RequireHttpsMetadata = Authority.Scheme == Uri.UriSchemeHttps;
            bearer.MapInboundClaims = false;
            bearer.TokenValidationParameters.ValidateAudience = Audience is not null;
            bearer.TokenValidationParameters.ValidAudience = Audience;
            bearer.Events = new()
            {
                // A socket of a browser carries no header.
                OnMessageReceived = context =>
                {
                    if (context.Request.Path.StartsWithSegments("/hubs", StringComparison.Ordinal) && context.Request.Query["access_token"] is [{ Length: > 0 } token]) context.Token = token;
                    return Task.CompletedTask;
                },
                OnTokenValidated = async context =>
                {
                    if (await Ours(context.Principal, context.HttpContext, JwtBearerDefaults.AuthenticationScheme) is { } principal) context.Principal = principal;
                    else context.Fail("the issuer's user is not a user here");
                },
            };
        });

    private static async Task<ClaimsPrincipal?> Ours(ClaimsPrincipal? theirs, HttpContext context, string scheme)
    {
        var name = theirs?.FindFirst("preferred_username")?.Value ?? theirs?.FindFirst(NameClaim)?.Value ?? theirs?.FindFirst(SubjectClaim)?.Value;
        return name is not null && await context.RequestServices.GetRequiredService<Users>().Find(name, context.RequestAborted) is { } user ? Session.PrincipalOf(user, scheme) : null;
    }
}
