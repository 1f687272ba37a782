using Holdfast.Api;
using Holdfast.Server.InProcess;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Studio.Api;

/// <summary>
/// The API as forms ask it that are answered without a circuit: signing in, changing the password. Cookies that it sets
/// go to the browser.
/// </summary>
public sealed class FormApiClient(InProcessApi api)
{
    /// <summary>Posts, and hands cookies on.</summary>
    /// <exception cref="ApiException">It was refused.</exception>
    public async Task PostAsync(HttpContext context, string target, object body)
    {
        var answer = await api.SendAsync(
            new(context.User, context.Connection.RemoteIpAddress, context.Request.IsHttps),
            HttpMethod.Post,
            target,
            body,
            null,
            context.RequestAborted
        );
        if (answer.Status >= 300)
        {
            throw ApiException.FromResponse(answer.Status, answer.Body.Span);
        }
        foreach (var cookie in answer.Cookies)
        {
            context.Response.Headers.Append("Set-Cookie", cookie);
        }
    }
}
