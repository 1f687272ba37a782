using System.Net;
using System.Net.Sockets;
using Holdfast.Core.Errors;
using Holdfast.Server.Configuration;

namespace Holdfast.Server.Hosting;

/// <summary>Says for people why the server cannot listen at its address.</summary>
public static class ListenAddressCheck
{
    /// <summary>Takes the address and gives it back at once, before anything of a server is made.</summary>
    /// <param name="config">Has the address.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.Usage"/> where the server could not listen there.</exception>
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
            throw Explain(config, e) ?? CreateError(config, e.Message, "Give another address", e);
        }
    }

    /// <summary>The failure of a server that was started, where it is that of its address; null for any other.</summary>
    /// <param name="config">Has the address.</param>
    /// <param name="failure">What the start failed with.</param>
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
                "another program listens there.",
                "Is the server running already? Else give another port",
                failure
            ),
            SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported => CreateError(
                config,
                "this machine does not have that address.",
                "Give one of its own (127.0.0.1: this machine alone, 0.0.0.0: all that it has)",
                failure
            ),
            SocketError.AccessDenied => CreateError(
                config,
                "this user may not listen there; ports below 1024 need a right.",
                "Let the service have CAP_NET_BIND_SERVICE, or give a port from 1024 on",
                failure
            ),
            _ => null,
        };
    }

    private static HoldfastException CreateError(ServerConfig config, string why, string what, Exception cause) =>
        new(
            ErrorCatalogue.Usage,
            $"The server cannot listen at {config.Listen}: {why}",
            $"{what}: \"listen\" in holdfast.json, or HOLDFAST_LISTEN.",
            cause
        );
}
