using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;

namespace Trading.Gateway.Cli;

/// <summary>Where the server listens: every address that is named is judged, and read as the web server itself reads it.</summary>
internal static class Addresses
{
    /// <exception cref="UsageException">One of them is none, or open to others where only this machine may come.</exception>
    public static IReadOnlyList<BindingAddress> Of(string urls, bool demo)
    {
        var parts = urls.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length == 0) throw new UsageException("--urls names no address");
        return [.. parts.Select(part => One(part, demo))];
    }

    /// <summary>Tried before anything else is started: a port in use is a sentence, not a failure half way.</summary>
    public static void Free(IEnumerable<BindingAddress> addresses)
    {
        foreach (var address in addresses)
        {
            if (address.Port == 0 || !(IPAddress.TryParse(Bare(address.Host), out var ip) || (IsLocalhost(address.Host) && (ip = IPAddress.Loopback) is not null))) continue;
            try
            {
                using var probe = new TcpListener(ip!, address.Port);
                probe.Start();
            }
            catch (SocketException taken)
            {
                throw new UsageException(taken.SocketErrorCode switch
                {
                    SocketError.AddressAlreadyInUse => string.Create(CultureInfo.InvariantCulture, $"another program listens on port {address.Port} already; stop it, or give --urls with another port"),
                    SocketError.AccessDenied => string.Create(CultureInfo.InvariantCulture, $"port {address.Port} is not open to this user; give --urls with a port above 1023"),
                    _ => $"{address} cannot be listened on: {taken.Message}",
                });
            }
        }
    }

    /// <summary>Only this machine can come: what the web server does not take for an address it would open to everyone.</summary>
    public static bool IsLoopback(BindingAddress address) => IsLocalhost(address.Host) || (IPAddress.TryParse(Bare(address.Host), out var ip) && IPAddress.IsLoopback(ip));

    private static BindingAddress One(string part, bool demo)
    {
        BindingAddress? address = null;
        try
        {
            address = BindingAddress.Parse(part);
        }
        catch (FormatException)
        {
            // Said below.
        }

        if (address is null || address.IsUnixPipe || address.IsNamedPipe || address.PathBase.Length > 0 || address.Host.Length == 0 || address.Host.Contains('@', StringComparison.Ordinal)
            || address.Port is < 0 or > 65_535 || !(IsScheme(address, Uri.UriSchemeHttp) || IsScheme(address, Uri.UriSchemeHttps)))
            throw new UsageException($"--urls {part} is no http or https address");
        if (IsLoopback(address)) return address;
        if (IsScheme(address, Uri.UriSchemeHttp)) throw new UsageException($"plain http is for loopback only, and {address.Host} is not: use https, or a proxy that ends TLS on this machine");
        return demo ? throw new UsageException($"--demo has users whose password everyone knows: it listens on loopback only, and {address.Host} is not") : address;
    }

    private static bool IsScheme(BindingAddress address, string scheme) => string.Equals(address.Scheme, scheme, StringComparison.OrdinalIgnoreCase);

    private static bool IsLocalhost(string host) => string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase);

    private static string Bare(string host) => host.TrimStart('[').TrimEnd(']');
}
