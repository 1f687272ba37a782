using System.Net;

namespace Holdfast.Server.Configuration;

/// <summary>The address at which the server listens.</summary>
/// <param name="Address">The IP address; <c>0.0.0.0</c> and <c>::</c> stand for all addresses of their kind.</param>
/// <param name="Port">The port; 0 selects a free one.</param>
/// <param name="IsTls">Whether it uses TLS (<c>https</c>).</param>
internal sealed record ListenAddress(IPAddress Address, int Port, bool IsTls)
{
    /// <summary>Parses an address for which <see cref="Validate"/> returns null.</summary>
    public static ListenAddress Parse(string text) =>
        TryParse(text) ?? throw new FormatException($"'{text}' is not a valid listen address.");

    /// <summary>Returns what is wrong with the address; null if it is valid.</summary>
    public static string? Validate(string text, bool hasTls)
    {
        if (TryParse(text) is not { } listen)
        {
            return $"'{text}' must be http:// or https://, an IP address or localhost, and a port, as in http://127.0.0.1:8420.";
        }
        if (listen.IsTls && !hasTls)
        {
            return "https needs tls.certificate and tls.key.";
        }
        return !listen.IsTls && !IPAddress.IsLoopback(listen.Address)
            ? $"'{text}' is not a loopback address: passwords would be sent unencrypted. Use https, with tls.certificate and tls.key."
            : null;
    }

    private static ListenAddress? TryParse(string text)
    {
        if (
            !Uri.TryCreate(text, UriKind.Absolute, out var uri)
            || uri.Scheme is not ("http" or "https")
            || uri.AbsolutePath != "/"
            || uri.Query.Length + uri.Fragment.Length + uri.UserInfo.Length > 0
        )
        {
            return null;
        }
        if (uri.IdnHost == "localhost")
        {
            return new(IPAddress.Loopback, uri.Port, uri.Scheme == "https");
        }
        return IPAddress.TryParse(uri.IdnHost, out var address) ? new(address, uri.Port, uri.Scheme == "https") : null;
    }
}
