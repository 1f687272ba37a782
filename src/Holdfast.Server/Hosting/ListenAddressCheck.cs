using System.Net;
using System.Net.Sockets;
using Holdfast.Core.Errors;
using Holdfast.Server.Configuration;

namespace Holdfast.Server.Hosting;

/// <summary>Explains why the server cannot listen at its address.</summary>
public static class ListenAddressCheck
{
    /// <summary>Checks that the address is available, by binding to it briefly, before the server creates anything.</summary>
    /// <param name="config">The configuration with the address.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.Usage"/> if the server cannot listen there.</exception>
    public static void EnsureAvailable(ServerConfig config)
    {
        var listen = ListenAddress.Parse(config.Listen);
        try
        {
            using var socket = new Socket(listen.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            if (listen.Address.Equals(IPAddress.IPv6Any))
            {
                socket.DualMode = true; // as the server listens
            }
            socket.Bind(new IPEndPoint(listen.Address, listen.Port));
        }
        catch (SocketException e)
        {
            throw Explain(config, e) ?? CreateError(config, e.Message, "Choose another address", e);
        }
    }

    /// <summary>Explains the failure of a server start if its cause is the address; returns null for any other failure.</summary>
    /// <param name="config">The configuration with the address.</param>
    /// <param name="failure">The exception of the start.</param>
    public static HoldfastException? Explain(ServerConfig config, Exception failure)
    {
        var cause = failure;
        while (cause is not null and not SocketException)
        {
            cause = cause.InnerException;
        }
        return (cause as SocketException)?.SocketErrorCode switch
        {
            SocketError.AddressAlreadyInUse => CreateError(
                config,
                "another program already listens there.",
                "Check whether the server is already running, or choose another port",
                failure
            ),
            SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported => CreateError(
                config,
                "this machine does not have this address.",
                "Choose an address of this machine (127.0.0.1 for local access only, 0.0.0.0 for all addresses)",
                failure
            ),
            SocketError.AccessDenied => CreateError(
                config,
                "this user is not allowed to listen there; ports below 1024 need a privilege.",
                "Grant the service CAP_NET_BIND_SERVICE, or choose a port of 1024 or higher",
                failure
            ),
            _ => null,
        };
    }

    private static HoldfastException CreateError(ServerConfig config, string why, string what, Exception cause) =>
        new(
            ErrorCatalog.Usage,
            $"The server cannot listen at {config.Listen}: {why}",
            $"{what}: \"listen\" in holdfast.json, or HOLDFAST_LISTEN.",
            cause
        );
}
