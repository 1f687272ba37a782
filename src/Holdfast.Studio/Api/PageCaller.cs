using Holdfast.Api.InProcess;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Studio.Api;

/// <summary>
/// The user of a page. Client address and end of the session are those of the request that loaded the page, because only
/// a request of the browser extends a session.
/// </summary>
internal sealed class PageCaller(
    AuthenticationStateProvider authentication,
    IHttpContextAccessor http,
    TimeProvider time,
    InProcessServer server
) : IInProcessCallerProvider
{
    private readonly System.Net.IPAddress? _address = http.HttpContext?.Connection.RemoteIpAddress;
    private readonly bool _isHttps = http.HttpContext?.Request.IsHttps ?? false;
    private readonly DateTimeOffset _sessionExpires = time.GetUtcNow() + server.SessionLength;

    public async ValueTask<InProcessCaller> GetCallerAsync() =>
        new((await authentication.GetAuthenticationStateAsync()).User, _address, _isHttps, _sessionExpires);
}
