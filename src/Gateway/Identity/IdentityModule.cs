using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authorization;
using OpenIddict.Validation.AspNetCore;
using Trading.Gateway.Cli;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace Trading.Gateway.Identity;

/// <summary>Who may pass: the page by its cookie, programs by tokens, of the embedded issuer or of one that is named; everything denied that is not named.</summary>
internal static class IdentityModule
{
    public const string Trader = "trader";
    public const string Authority = "authority";
    public const string Supervisor = "supervisor";
    /// <summary>Orders what is carried out by another, and sees the parties of trades.</summary>
    public const string Regulator = "regulator";
    /// <summary>Carries out what a regulator ordered.</summary>
    public const string Operator = "operator";
    /// <summary>Who may ask for what two people decide; each kind says which of them.</summary>
    public const string Proposer = "proposer";
    /// <summary>Of an account its own people, and of any who supervises.</summary>
    public const string Holder = "holder";
    public const string Administrator = "administrator";
    private const string Either = "either";

    public static void AddIdentity(this IServiceCollection services, ServeOptions options)
    {
        services.AddSingleton<PasswordDesk>();
        services.AddSingleton<Users>();
        services.AddSingleton<FirstAdministrator>();
        services.AddSingleton<Whoami>();
        services.AddSession(options.Data);
        if (options.External is { } external) external.Add(services);
        else services.AddEmbeddedIssuer(options.Data);
        var bearer = options.External is null ? OpenIddictValidationAspNetCoreDefaults.AuthenticationScheme : JwtBearerDefaults.AuthenticationScheme;
        // A token in an address is written down wherever addresses are: only a socket, which carries no header, may bring it so.
        services.AddAuthentication(Either).AddPolicyScheme(Either, null, either => either.ForwardDefaultSelector = context =>
            context.Request.Headers.Authorization.Count > 0 || (context.Request.Query.ContainsKey("access_token") && IsLive(context.Request.Path)) ? bearer : Session.Scheme);
        services.AddAuthorizationBuilder()
            .SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build())
            .AddPolicy(Trader, policy => policy.RequireClaim(Claims.Role, Roles.Enterprise, Roles.County))
            .AddPolicy(Authority, policy => policy.RequireClaim(Claims.Role, Roles.County, Roles.Regulator))
            .AddPolicy(Supervisor, policy => policy.RequireClaim(Claims.Role, Roles.Regulator, Roles.Operator))
            .AddPolicy(Holder, policy => policy.RequireClaim(Claims.Role, Roles.Enterprise, Roles.County, Roles.Regulator, Roles.Operator))
            .AddPolicy(Proposer, policy => policy.RequireClaim(Claims.Role, Roles.Operator, Roles.County))
            .AddPolicy(Regulator, policy => policy.RequireClaim(Claims.Role, Roles.Regulator))
            .AddPolicy(Operator, policy => policy.RequireClaim(Claims.Role, Roles.Operator))
            .AddPolicy(Administrator, policy => policy.RequireClaim(Claims.Role, Roles.Administrator));
    }

    private static bool IsLive(PathString path) => path.StartsWithSegments("/hubs", StringComparison.Ordinal) || path.StartsWithSegments("/ws", StringComparison.Ordinal);
}
