using System.Net;
using Holdfast.Core.Errors;
using Holdfast.Server.Access.Users;
using Holdfast.Server.Problems;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.Hosting;

/// <summary>
/// While the first start's password is in use, the server answers this machine only, whatever address it listens on.
/// (Without TLS it cannot listen on any other: that is a rule of the configuration.)
/// </summary>
internal sealed class LoopbackOnlyMiddleware(RequestDelegate next, UserStore users)
{
    public Task InvokeAsync(HttpContext context) =>
        IsLocal(context.Connection.RemoteIpAddress) || !users.HasFirstPassword
            ? next(context)
            : ProblemWriter.WriteAsync(
                context,
                ProblemWriter.Of(
                    ErrorCatalogue.Forbidden,
                    "The server answers its own machine only until the password of 'admin' is changed.",
                    "Sign in there, or through a tunnel: ssh -L 8420:localhost:8420 HOST"
                )
            );

    // No address at all: a socket of this machine.
    private static bool IsLocal(IPAddress? address) =>
        address is null || IPAddress.IsLoopback(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);
}
