using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Holdfast.Server.Hosting;

/// <summary>
/// A body of no bytes is none, whatever its type and however it was sent: clients that have nothing to say send
/// <c>Content-Length: 0</c>, a form's type,
/// or one empty chunk. Endpoints whose body may be left out then see that it was.
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
        reader.AdvanceTo(first.Buffer.Start); // nothing is taken away
        return first is { IsCompleted: true, Buffer.IsEmpty: true };
    }

    private sealed class NoBody : IHttpRequestBodyDetectionFeature
    {
        public static readonly NoBody Instance = new();

        public bool CanHaveBody => false;
    }
}
