using Holdfast.Core.Errors;
using Holdfast.Server.Audit;
using Holdfast.Server.Problems;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Holdfast.Server.Access.Sessions;

/// <summary>
/// Refuses requests that another site makes a browser send with its cookie: the browser itself tells where a request comes from, in
/// <c>Sec-Fetch-Site</c>, or in <c>Origin</c> where it is older. A request with neither comes from no browser, and one
/// with a token needs no check,
/// for no browser adds a token by itself. This is the algorithm of Go's CrossOriginProtection; it needs no token in
/// forms. A connection that is upgraded,
/// and all that Studio's pages are drawn through, is held to it whatever the method: a WebSocket begins with a GET, to
/// which a browser adds the cookie
/// from any page, and everything is done through it. A page on another port of the same host is another site here,
/// though its cookies are the same.
/// </summary>
internal sealed class CrossSiteMiddleware(RequestDelegate next)
{
    private const string CircuitPath = "/_blazor";

    public Task InvokeAsync(HttpContext context) =>
        (AuditMiddleware.IsSafe(context.Request.Method) && !IsConnection(context))
        || context.Request.Headers.Authorization.Count > 0
        || IsSameOrigin(context.Request)
            ? next(context)
            : ProblemWriter.WriteAsync(
                context,
                ProblemWriter.Of(
                    ErrorCatalogue.Forbidden,
                    "The request comes from another site.",
                    "Send it from the server's own pages, or with an API token."
                )
            );

    // HTTP/1.1 upgrades; HTTP/2 sends an extended CONNECT.
    private static bool IsConnection(HttpContext context) =>
        context.Request.Path.StartsWithSegments(CircuitPath)
        || context.Request.Headers.Upgrade.Count > 0
        || HttpMethods.IsConnect(context.Request.Method)
        || context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true };

    private static bool IsSameOrigin(HttpRequest request)
    {
        var site = request.Headers["Sec-Fetch-Site"].ToString();
        if (site.Length > 0)
        {
            return site is "same-origin" or "none";
        }
        var origin = request.Headers.Origin.ToString();
        return origin.Length == 0
            || (
                Uri.TryCreate(origin, UriKind.Absolute, out var uri)
                && uri.Authority.Equals(request.Host.Value, StringComparison.OrdinalIgnoreCase)
            );
    }
}
