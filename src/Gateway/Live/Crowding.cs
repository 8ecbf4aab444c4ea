using OpenIddict.Abstractions;

namespace Trading.Gateway.Live;

/// <summary>How many live connections stand open: of one user, and of all who did not say who they are. Counted while they last, so nothing is kept of who is gone.</summary>
internal sealed class Crowding
{
    public const int OfOneUser = 32;
    public const int OfStrangers = 4_000;
    private static readonly string[] Live = ["/hubs", "/ws"];

    private readonly Lock gate = new();
    private readonly Dictionary<string, int> open = new(StringComparer.Ordinal);

    /// <summary>False: there are as many as there may be.</summary>
    public bool Enter(string user)
    {
        lock (gate)
        {
            var now = open.GetValueOrDefault(user);
            if (now >= (user.Length == 0 ? OfStrangers : OfOneUser)) return false;
            open[user] = now + 1;
            return true;
        }
    }

    public void Leave(string user)
    {
        lock (gate)
        {
            if (open[user] == 1) open.Remove(user);
            else open[user]--;
        }
    }

    /// <summary>A connection is a request that lasts as long as it does, whatever carries it.</summary>
    public static async Task Count(HttpContext context, RequestDelegate next)
    {
        if (!HttpMethods.IsPost(context.Request.Method) && Array.Exists(Live, p => context.Request.Path.StartsWithSegments(p, StringComparison.Ordinal)))
        {
            var (crowding, user) = (context.RequestServices.GetRequiredService<Crowding>(), context.User.GetClaim(OpenIddictConstants.Claims.Subject) ?? "");
            if (!crowding.Enter(user)) throw Json.No("TOO_MANY_CONNECTIONS", ("seconds", "10"));
            try
            {
                await next(context);
            }
            finally
            {
                crowding.Leave(user);
            }

            return;
        }

        await next(context);
    }
}
