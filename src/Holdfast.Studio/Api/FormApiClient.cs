using Holdfast.Api;
using Holdfast.Api.Access;
using Holdfast.Api.InProcess;
using Holdfast.Api.Transport;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Studio.Api;

/// <summary>
/// The API for forms without a circuit: signing in and changing the password. Passes the cookies that the server sets on
/// to the browser.
/// </summary>
internal sealed class FormApiClient(IInProcessTransportFactory transports)
{
    /// <summary>Signs in.</summary>
    /// <exception cref="ApiException">The server refused the request.</exception>
    public Task SignInAsync(HttpContext context, SignInRequest request) =>
        CreateClient(context).Session.SignInAsync(request, context.RequestAborted);

    /// <summary>Changes the user's own password.</summary>
    /// <exception cref="ApiException">The server refused the request.</exception>
    public Task ChangePasswordAsync(HttpContext context, PasswordRequest request) =>
        CreateClient(context).Session.ChangePasswordAsync(request, context.RequestAborted);

    private HoldfastClient CreateClient(HttpContext context)
    {
        var caller = new InProcessCaller(context.User, context.Connection.RemoteIpAddress, context.Request.IsHttps);
        return new(new CookieTransport(transports.Create(new FixedCaller(caller)), context.Response));
    }

    private sealed class FixedCaller(InProcessCaller caller) : IInProcessCallerProvider
    {
        public ValueTask<InProcessCaller> GetCallerAsync() => ValueTask.FromResult(caller);
    }

    private sealed class CookieTransport(IApiTransport server, HttpResponse browser) : IApiTransport
    {
        public async Task<ApiResponse> SendAsync(ApiRequest request, CancellationToken cancellationToken)
        {
            var response = await server.SendAsync(request, cancellationToken);
            if (response.IsSuccess)
            {
                foreach (var cookie in response.Cookies)
                {
                    browser.Headers.Append("Set-Cookie", cookie);
                }
            }
            return response;
        }
    }
}
