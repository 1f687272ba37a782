using System.Net;
using System.Net.Sockets;
using Holdfast.Core.Errors;

namespace Holdfast.Destinations.Network;

/// <summary>
/// Restricts the addresses that the server may call to <c>http</c> and <c>https</c>, and rejects addresses that answer
/// with credentials of the machine itself (link-local and metadata addresses of clouds). Private networks and loopback
/// are allowed, because receivers of alerts and remote destinations are there. No error repeats the address, which can contain a secret.
/// </summary>
public static class OutgoingAddressPolicy
{
    private const string Hint = "Give an http or https URL of a host with another address.";

    private static readonly string[] MetadataNames =
    [
        "metadata",
        "metadata.google.internal",
        "metadata.goog",
        "instance-data",
        "instance-data.ec2.internal",
        "metadata.tencentyun.com",
    ];

    // Metadata addresses outside of the link-local ranges: AWS (IPv6), Alibaba, Azure, Oracle.
    private static readonly IPAddress[] MetadataAddresses =
    [
        IPAddress.Parse("fd00:ec2::254"),
        IPAddress.Parse("100.100.100.200"),
        IPAddress.Parse("168.63.129.16"),
        IPAddress.Parse("192.0.0.192"),
    ];

    private static readonly IPNetwork[] BlockedNetworks =
    [
        IPNetwork.Parse("169.254.0.0/16"),
        IPNetwork.Parse("fe80::/10"),
        IPNetwork.Parse("0.0.0.0/8"),
        IPNetwork.Parse("224.0.0.0/4"),
        IPNetwork.Parse("240.0.0.0/4"),
        IPNetwork.Parse("ff00::/8"),
        IPNetwork.Parse("::/128"),
    ];

    // IPv6 prefixes whose addresses contain an IPv4 address in the last four bytes.
    private static readonly IPNetwork[] EmbeddedIPv4Prefixes = [IPNetwork.Parse("64:ff9b::/96"), IPNetwork.Parse("::/96")];

    /// <summary>Checks an address as far as possible without resolving its name.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.Usage"/></exception>
    public static Uri Validate(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.IdnHost.Length == 0)
        {
            throw new HoldfastException(ErrorCatalog.Usage, "The address is not an http or https address.", Hint);
        }
        if (
            MetadataNames.Contains(uri.IdnHost.TrimEnd('.'), StringComparer.OrdinalIgnoreCase)
            || (IPAddress.TryParse(uri.IdnHost, out var address) && !IsAllowed(address))
        )
        {
            throw Blocked(uri.IdnHost);
        }
        return uri;
    }

    /// <summary>Whether a connection to an address is allowed.</summary>
    public static bool IsAllowed(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }
        if (IPAddress.IsLoopback(address))
        {
            return true;
        }
        if (EmbeddedIPv4Prefixes.Any(c => c.Contains(address)) && !IsAllowed(new IPAddress(address.GetAddressBytes().AsSpan(12))))
        {
            return false;
        }
        return !MetadataAddresses.Contains(new IPAddress(address.GetAddressBytes())) && !BlockedNetworks.Any(n => n.Contains(address));
    }

    /// <summary>
    /// Creates a handler for clients that call such addresses. It checks the address of each connection, so a name that
    /// resolves to a forbidden address is rejected even if its resolution changes. It follows no redirects and uses no
    /// proxy.
    /// </summary>
    /// <param name="resolve">Resolves the names of hosts. Default: as the machine does.</param>
    public static SocketsHttpHandler CreateHandler(Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null) =>
        new()
        {
            AllowAutoRedirect = false, // a redirect would turn the POST into another request
            UseProxy = false, // a proxy could connect to forbidden addresses
            UseCookies = false,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            ConnectCallback = (context, token) => ConnectAsync(context, resolve ?? Dns.GetHostAddressesAsync, token),
        };

    private static async ValueTask<Stream> ConnectAsync(
        SocketsHttpConnectionContext context,
        Func<string, CancellationToken, Task<IPAddress[]>> resolve,
        CancellationToken cancellationToken
    )
    {
        var host = context.DnsEndPoint.Host;
        var addresses = IPAddress.TryParse(host, out var literal) ? [literal] : await resolve(host, cancellationToken);
        if (addresses.Length == 0 || !addresses.All(IsAllowed))
        {
            throw Blocked(host);
        }
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            LimitUnsentBytes(socket);
            await socket.ConnectAsync(addresses, context.DnsEndPoint.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    // Bytes that wait in the kernel look as if they were sent: a slow transfer would seem to stand still after its last bytes were handed
    // over, and be cancelled as idle. The window of the connection is not limited by this.
    private static void LimitUnsentBytes(Socket socket)
    {
        const int Tcp = 6;
        const int NotSentLowWaterMark = 25; // TCP_NOTSENT_LOWAT
        const int Bytes = 64 << 10;
        if (OperatingSystem.IsLinux())
        {
            socket.SetRawSocketOption(Tcp, NotSentLowWaterMark, BitConverter.GetBytes(Bytes));
        }
    }

    private static HoldfastException Blocked(string host) =>
        new(ErrorCatalog.Usage, $"'{host}' is a link-local or metadata address, which the server does not call.", Hint);
}
