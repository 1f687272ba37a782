using System.Net;
using Holdfast.Core.Errors;
using Holdfast.Server.Access.Users;
using Holdfast.Server.Problems;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.Hosting;

/// <summary>
/// Allows only requests from this machine while the initial admin password is in use, whatever address the server
/// listens on. (The configuration does not allow other addresses than loopback without TLS.)
/// </summary>
internal sealed class LoopbackOnlyMiddleware(RequestDelegate next, UserStore users)
{
    public Task InvokeAsync(HttpContext context) =>
        IsLocal(context.Connection.RemoteIpAddress) || !users.HasFirstPassword
            ? next(context)
            : ProblemWriter.WriteAsync(
                context,
                ProblemWriter.Of(
                    ErrorCatalog.Forbidden,
                    "The server only answers requests from its own machine until the password of 'admin' is changed.",
                    "Sign in there, or through a tunnel: ssh -L 8420:localhost:8420 HOST"
                )
            );

    // A connection without an address is a socket of this machine.
    private static bool IsLocal(IPAddress? address) =>
        address is null || IPAddress.IsLoopback(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);
}
