using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Holdfast.Server.Hosting;

/// <summary>
/// Decodes route values, so that <c>demo%2Fshop.db</c> arrives as <c>demo/shop.db</c>. The server does not decode
/// <c>%2F</c>, because it would split the path, and decodes <c>%252F</c> to the same text. Only the raw request
/// distinguishes the two.
/// </summary>
internal sealed class RouteValueDecodingMiddleware(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (context.Request.RouteValues.Count > 0 && context.GetEndpoint() is RouteEndpoint endpoint)
        {
            Decode(context, endpoint.RoutePattern);
        }
        return next(context);
    }

    private static void Decode(HttpContext context, RoutePattern pattern)
    {
        var sent = context.Features.Get<IHttpRequestFeature>()?.RawTarget.Split('?', 2)[0];
        if (sent?.StartsWith('/') != true || !sent.Contains('%', StringComparison.Ordinal))
        {
            return;
        }
        var parts = sent[1..].TrimEnd('/').Split('/');
        if (parts.Any(p => p is "" or "." or ".." || p.StartsWith("%2e", StringComparison.OrdinalIgnoreCase)))
        {
            return; // the server has removed segments, so positions no longer correspond
        }
        for (var i = 0; i < pattern.PathSegments.Count && i < parts.Length; i++)
        {
            if (
                pattern.PathSegments[i].Parts is [RoutePatternParameterPart { IsCatchAll: false } part]
                && context.Request.RouteValues[part.Name] is string
            )
            {
                context.Request.RouteValues[part.Name] = Uri.UnescapeDataString(parts[i]);
            }
        }
    }
}
