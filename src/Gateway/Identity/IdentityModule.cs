using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.AspNetCore;
using Microsoft.AspNetCore.Authorization;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Abstractions;
using OpenIddict.Validation.AspNetCore;
using Trading.Gateway.Cli;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Trading.Gateway.Identity;

/// <summary>The embedded issuer: signed tokens, keys kept beside the data, everything denied that is not named.</summary>
internal static class IdentityModule
{
    public const string Trader = "trader";
    public const string Authority = "authority";
    public const string Supervisor = "supervisor";
    public const string Administrator = "administrator";
    private static readonly TimeSpan TokenLasts = TimeSpan.FromHours(1);

    public static void AddIdentity(this IServiceCollection services, ServeOptions options)
    {
        services.AddSingleton<Users>();
        services.AddSingleton<FirstAdministrator>();
        services.AddSingleton<Whoami>();
        services.AddOpenIddict()
            .AddServer(server =>
            {
                server.EnableDegradedMode()
                    .SetTokenEndpointUris("connect/token")
                    .AllowPasswordFlow()
                    .AcceptAnonymousClients()
                    .SetAccessTokenLifetime(TokenLasts)
                    .AddSigningKey(Keys.Signing(options.Data))
                    .AddEncryptionKey(Keys.Encryption(options.Data))
                    .DisableAccessTokenEncryption();
                // Plain http reaches loopback only; TLS ends here or in a proxy on this machine.
                server.UseAspNetCore().DisableTransportSecurityRequirement();
                server.AddEventHandler<ValidateTokenRequestContext>(handler => handler.UseInlineHandler(_ => default));
                server.AddEventHandler<HandleTokenRequestContext>(handler => handler.UseInlineHandler(SignIn));
            })
            .AddValidation(validation =>
            {
                validation.UseLocalServer();
                validation.UseAspNetCore();
            });
        services.AddAuthentication(OpenIddictValidationAspNetCoreDefaults.AuthenticationScheme);
        services.AddAuthorizationBuilder()
            .SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build())
            .AddPolicy(Trader, policy => policy.RequireClaim(Claims.Role, Roles.Enterprise, Roles.County))
            .AddPolicy(Authority, policy => policy.RequireClaim(Claims.Role, Roles.County, Roles.Regulator))
            .AddPolicy(Supervisor, policy => policy.RequireClaim(Claims.Role, Roles.Regulator, Roles.Operator))
            .AddPolicy(Administrator, policy => policy.RequireClaim(Claims.Role, Roles.Administrator));
    }

    private static async ValueTask SignIn(HandleTokenRequestContext context)
    {
        var users = context.Transaction.GetHttpRequest()!.HttpContext.RequestServices.GetRequiredService<Users>();
        var (name, password) = (context.Request.Username ?? "", context.Request.Password ?? "");
        var user = name.Length is 0 or > 64 || password.Length is 0 or > 256 || name.Contains('\0', StringComparison.Ordinal) ? null : await users.SignIn(name, password, context.CancellationToken);
        if (user is null)
        {
            context.Reject(Errors.InvalidGrant, "name and password do not go together, or the account is locked for a while");
            return;
        }

        var identity = new ClaimsIdentity("password", Claims.Name, Claims.Role);
        identity.SetClaim(Claims.Subject, user.Name).SetClaim(Claims.Name, user.Name).SetClaim(Claims.Role, user.Role);
        if (user.Participant is { } participant) identity.SetClaim(Whoami.ParticipantClaim, participant);
        identity.SetDestinations(_ => [Destinations.AccessToken]);
        context.SignIn(new ClaimsPrincipal(identity));
    }

    private static class Keys
    {
        public static ECDsaSecurityKey Signing(string data)
        {
            var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var pem = Kept(Path.Combine(data, "signing.pem"), () => System.Text.Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem()));
            key.ImportFromPem(System.Text.Encoding.ASCII.GetString(pem));
            return new(key);
        }

        public static SymmetricSecurityKey Encryption(string data) => new(Kept(Path.Combine(data, "encryption.key"), () => RandomNumberGenerator.GetBytes(32)));

        private static byte[] Kept(string file, Func<byte[]> make)
        {
            if (File.Exists(file)) return File.ReadAllBytes(file);
            var fresh = file + ".new";
            using (var stream = new FileStream(fresh, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
            {
                stream.Write(make());
                stream.Flush(flushToDisk: true);
            }

            File.Move(fresh, file);
            return File.ReadAllBytes(file);
        }
    }
}
