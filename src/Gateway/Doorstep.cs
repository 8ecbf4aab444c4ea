using System.Net;
using Microsoft.AspNetCore.Http;
using Trading.Gateway.Cli;

namespace Trading.Gateway;

/// <summary>Who is asked for by a name that is not ours is somebody else: a page elsewhere that points a name of its own at this machine gets nothing.</summary>
internal static class Doorstep
{
    /// <summary>The hosts of the addresses listened on, and what the configuration's <c>AllowedHosts</c> adds (a proxy's public name; separated by semicolons, * for any).</summary>
    public static void UseKnownHosts(this WebApplication app, ServeOptions options)
    {
        var named = (app.Configuration["AllowedHosts"] ?? "").Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var addresses = Addresses.Of(options.Urls, options.Demo);
        // Open to every address of the machine, and no name given: any of its names may be meant.
        if (named.Contains("*", StringComparer.Ordinal) || (named.Length == 0 && !addresses.All(a => Addresses.IsLoopback(a) || IsName(a)))) return;
        var known = addresses.Select(a => a.Host).Concat(named).ToHashSet(StringComparer.OrdinalIgnoreCase);
        if (addresses.Any(Addresses.IsLoopback)) known.UnionWith(["localhost", "127.0.0.1", "[::1]"]);
        app.Use((context, next) => known.Contains(context.Request.Host.Host) ? next(context) : throw Json.No("HOST_UNKNOWN", ("host", Texts.Shown(context.Request.Host.Host))));
    }

    private static bool IsName(BindingAddress address) => address.Host is not ("*" or "+") && !(IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) && (ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any)));
}
