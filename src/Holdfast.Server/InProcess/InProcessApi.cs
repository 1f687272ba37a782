using Holdfast.Api;
using Holdfast.Api.InProcess;
using Holdfast.Api.Transport;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.Server.InProcess;

/// <summary>
/// The API for pages in this process. Their requests pass through the same pipeline as those from the network, so the
/// same roles, rules and audit log apply. A request from outside can never be mistaken for one of these.
/// </summary>
public sealed class InProcessApi(IServiceScopeFactory scopes)
{
    private RequestDelegate? _pipeline;

    /// <summary>Sends a request and buffers the answer.</summary>
    /// <param name="caller">The caller on whose behalf the request is sent.</param>
    /// <param name="request">The request.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    public async Task<InProcessResponse> SendAsync(InProcessCaller caller, ApiRequest request, CancellationToken cancellationToken)
    {
        var pipeline = _pipeline ?? throw new InvalidOperationException("The server has not been built.");
        await using var scope = scopes.CreateAsyncScope();
        using var answer = new MemoryStream();
        var context = new DefaultHttpContext { RequestServices = scope.ServiceProvider, RequestAborted = cancellationToken };
        SetTarget(context, caller, request);
        SetBody(context, request);
        context.Response.Body = answer;
        await pipeline(context);
        await context.Response.CompleteAsync();
        return new(context.Response.StatusCode, answer.ToArray(), context.Response.Headers.ETag, context.Response.Headers.SetCookie);
    }

    /// <summary>Captures the request pipeline from this point on.</summary>
    internal RequestDelegate CapturePipeline(RequestDelegate pipeline) => _pipeline = pipeline;

    private static void SetTarget(DefaultHttpContext context, InProcessCaller caller, ApiRequest request)
    {
        var raw = $"{ApiRoutes.BasePath}/{request.Path.TrimStart('/')}";
        var query = raw.IndexOf('?', StringComparison.Ordinal);
        context.Features.Set(caller);
        context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget = raw;
        context.Connection.RemoteIpAddress = caller.Address;
        context.Request.Method = request.Method.Method;
        context.Request.Scheme = caller.IsHttps ? "https" : "http";
        context.Request.Path = PathString.FromUriComponent(query < 0 ? raw : raw[..query]);
        context.Request.QueryString = query < 0 ? default : new(raw[query..]);
    }

    private static void SetBody(DefaultHttpContext context, ApiRequest request)
    {
        var bytes = request.Body ?? [];
        context.Features.Set<IHttpRequestBodyDetectionFeature>(new RequestBodyDetection(bytes.Length > 0));
        context.Request.ContentLength = bytes.Length;
        context.Request.Body = new MemoryStream(bytes);
        if (bytes.Length > 0)
        {
            context.Request.ContentType = "application/json";
        }
        if (request.Condition?.IfMatch is { } match)
        {
            context.Request.Headers.IfMatch = match;
        }
        if (request.Condition?.IfNoneMatch is { } none)
        {
            context.Request.Headers.IfNoneMatch = none;
        }
    }

    private sealed record RequestBodyDetection(bool CanHaveBody) : IHttpRequestBodyDetectionFeature;
}
