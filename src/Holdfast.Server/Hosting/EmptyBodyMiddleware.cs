using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Holdfast.Server.Hosting;

/// <summary>
/// Treats an empty body as no body, whatever its content type and transfer encoding: clients without a body send
/// <c>Content-Length: 0</c>, the content type of a form, or one empty chunk. Endpoints with an optional body then see
/// that it is missing.
/// </summary>
internal sealed class EmptyBodyMiddleware(RequestDelegate next)
{
    public async Task InvokeAsync(HttpContext context)
    {
        if (await IsEmptyAsync(context))
        {
            context.Request.ContentType = null;
            context.Features.Set<IHttpRequestBodyDetectionFeature>(NoBody.Instance);
        }

        await next(context);
    }

    private static async ValueTask<bool> IsEmptyAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: true })
        {
            return true;
        }
        if (context.Request.ContentLength is { } length)
        {
            return length == 0;
        }
        var reader = context.Request.BodyReader;
        var first = await reader.ReadAsync(context.RequestAborted);
        reader.AdvanceTo(first.Buffer.Start); // consume nothing
        return first is { IsCompleted: true, Buffer.IsEmpty: true };
    }

    private sealed class NoBody : IHttpRequestBodyDetectionFeature
    {
        public static readonly NoBody Instance = new();

        public bool CanHaveBody => false;
    }
}
