using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.AspNetCore;
using Microsoft.AspNetCore.Authentication;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Abstractions;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Trading.Gateway.Identity;

/// <summary>
/// The issuer that comes with the server: the password grant for the command line, the authorization code with PKCE for programs on a person's own
/// machine. Keys are kept beside the data. A code is good once and for a minute.
/// </summary>
internal static class EmbeddedIssuer
{
    /// <summary>The public client of RFC 8252: a program on the person's machine, heard on loopback only.</summary>
    public const string NativeClient = "native";
    private const string CodeClaim = "trading_code";
    private static readonly TimeSpan TokenLasts = TimeSpan.FromHours(1);
    private static readonly TimeSpan CodeLasts = TimeSpan.FromMinutes(1);

    public static void AddEmbeddedIssuer(this IServiceCollection services, string data) => services.AddOpenIddict()
        .AddServer(server =>
        {
            server.EnableDegradedMode()
                .SetTokenEndpointUris("connect/token")
                .SetAuthorizationEndpointUris("connect/authorize")
                .AllowPasswordFlow()
                .AllowAuthorizationCodeFlow()
                .RequireProofKeyForCodeExchange()
                .AcceptAnonymousClients()
                .RegisterScopes(Scopes.OpenId, Scopes.Profile)
                .SetAccessTokenLifetime(TokenLasts)
                .SetAuthorizationCodeLifetime(CodeLasts)
                .AddSigningKey(Keys.Signing(data))
                .AddEncryptionKey(Keys.Encryption(data))
                .DisableAccessTokenEncryption();
            // Plain http reaches loopback only; TLS ends here or in a proxy on this machine.
            server.UseAspNetCore().DisableTransportSecurityRequirement();
            server.AddEventHandler<ValidateAuthorizationRequestContext>(handler => handler.UseInlineHandler(KnownClient));
            server.AddEventHandler<HandleAuthorizationRequestContext>(handler => handler.UseInlineHandler(Authorize));
            server.AddEventHandler<ValidateTokenRequestContext>(handler => handler.UseInlineHandler(_ => default));
            server.AddEventHandler<HandleTokenRequestContext>(handler => handler.UseInlineHandler(Issue));
        })
        .AddValidation(validation =>
        {
            validation.UseLocalServer();
            validation.UseAspNetCore();
        });

    private static ValueTask KnownClient(ValidateAuthorizationRequestContext context)
    {
        if (context.ClientId != NativeClient) context.Reject(Errors.InvalidClient, "the client is not known");
        else if (!(Uri.TryCreate(context.RedirectUri, UriKind.Absolute, out var to) && to.Scheme == Uri.UriSchemeHttp && to.IsLoopback && to.UserInfo.Length == 0 && to.Fragment.Length == 0))
            context.Reject(Errors.InvalidRequest, "a native client is answered on loopback only");
        else if (context.Request.CodeChallengeMethod != CodeChallengeMethods.Sha256)
            context.Reject(Errors.InvalidRequest, "the code challenge is made by S256");
        return default;
    }

    private static async ValueTask Authorize(HandleAuthorizationRequestContext context)
    {
        var http = context.Transaction.GetHttpRequest()!.HttpContext;
        var signedIn = await http.AuthenticateAsync(Session.Scheme);
        var user = signedIn.Principal?.GetClaim(Claims.Subject) is { } name ? await http.RequestServices.GetRequiredService<Users>().Find(name, context.CancellationToken) : null;
        if (user is null)
        {
            http.Response.Redirect("/signin?returnUrl=" + Uri.EscapeDataString(http.Request.PathBase + http.Request.Path + http.Request.QueryString));
            context.HandleRequest();
            return;
        }

        var principal = Token(user, context.Request.GetScopes());
        principal.SetClaim(CodeClaim, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)));
        context.SignIn(principal);
    }

    private static async ValueTask Issue(HandleTokenRequestContext context)
    {
        var http = context.Transaction.GetHttpRequest()!.HttpContext;
        var users = http.RequestServices.GetRequiredService<Users>();
        if (context.Request.IsAuthorizationCodeGrantType())
        {
            var granted = context.Principal;
            // The user as it is now, and the code only once: a second use is somebody else's.
            if (granted?.GetClaim(CodeClaim) is not { } code || !await users.Spend(code, context.CancellationToken) || await users.Find(granted.GetClaim(Claims.Subject) ?? "", context.CancellationToken) is not { } known)
                context.Reject(Errors.InvalidGrant, "the code was used, or its user is gone");
            else context.SignIn(Token(known, granted.GetScopes()));
            return;
        }

        User? user;
        try
        {
            user = await users.SignInCarefully(context.Request.Username ?? "", context.Request.Password ?? "", context.CancellationToken);
        }
        catch (RefusedException busy)
        {
            await Problems.Write(http, busy.Refused);
            context.HandleRequest();
            return;
        }

        if (user is not null) context.SignIn(Token(user, []));
        else context.Reject(Errors.InvalidGrant, "name and password do not go together, or the account is locked for a while");
    }

    private static ClaimsPrincipal Token(User user, IEnumerable<string> scopes)
    {
        var principal = Session.PrincipalOf(user, "token");
        principal.SetScopes(scopes);
        principal.SetDestinations(claim => claim.Type == Claims.Subject || claim.Type == Claims.Name ? [Destinations.AccessToken, Destinations.IdentityToken] : [Destinations.AccessToken]);
        return principal;
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
