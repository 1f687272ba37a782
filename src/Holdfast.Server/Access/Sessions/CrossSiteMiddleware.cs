using Holdfast.Core.Errors;
using Holdfast.Server.Audit;
using Holdfast.Server.Problems;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Holdfast.Server.Access.Sessions;

/// <summary>
/// Rejects requests that another site makes a browser send with its cookie. Browsers send the origin of a request in
/// <c>Sec-Fetch-Site</c>, older ones in <c>Origin</c>. A request with neither does not come from a browser, and one
/// with a token needs no check, because browsers never add a token by themselves. This is the algorithm of Go's
/// CrossOriginProtection; forms need no token. Upgraded connections and the connections of Studio are checked for every
/// method: a WebSocket begins with a GET to which a browser adds the cookie from any page, and everything else is sent
/// through it. A page on another port of the same host counts as another site, although cookies are shared.
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
                    ErrorCatalog.Forbidden,
                    "The request comes from another site.",
                    "Send it from the pages of this server, or with an API token."
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
