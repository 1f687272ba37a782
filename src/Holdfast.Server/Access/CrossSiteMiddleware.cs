using Holdfast.Core.Errors;
using Holdfast.Server.Audit;
using Holdfast.Server.Problems;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.Access;

/// <summary>
/// Refuses requests that another site makes a browser send with its cookie: the browser itself tells where a request comes from, in
/// <c>Sec-Fetch-Site</c>, or in <c>Origin</c> where it is older. A request with neither comes from no browser, and one with a token needs no check,
/// for no browser adds a token by itself. This is the algorithm of Go's CrossOriginProtection; it needs no token in forms.
/// </summary>
internal sealed class CrossSiteMiddleware(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context) =>
        AuditMiddleware.IsSafe(context.Request.Method) || context.Request.Headers.Authorization.Count > 0 || IsSameOrigin(context.Request)
            ? next(context)
            : ProblemWriter.WriteAsync(context, ProblemWriter.Of(ErrorCatalogue.Forbidden, "The request comes from another site.", "Send it from the server's own pages, or with an API token."));

    private static bool IsSameOrigin(HttpRequest request)
    {
        var site = request.Headers["Sec-Fetch-Site"].ToString();
        if (site.Length > 0) return site is "same-origin" or "none";
        var origin = request.Headers.Origin.ToString();
        return origin.Length == 0 || (Uri.TryCreate(origin, UriKind.Absolute, out var uri) && uri.Authority.Equals(request.Host.Value, StringComparison.OrdinalIgnoreCase));
    }
}
