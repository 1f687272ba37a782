using Holdfast.Api.InProcess;
using Holdfast.Server;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Studio.Api;

/// <summary>Who looks at this page: taken when it was loaded, good until the session would have ended without another load.</summary>
internal sealed class PageCaller(AuthenticationStateProvider authentication, IHttpContextAccessor http, TimeProvider time)
{
    private readonly System.Net.IPAddress? _address = http.HttpContext?.Connection.RemoteIpAddress;
    private readonly bool _isHttps = http.HttpContext?.Request.IsHttps ?? false;
    private readonly DateTimeOffset _until = time.GetUtcNow() + HoldfastServer.SessionLength;

    public async Task<InProcessCaller> GetAsync() =>
        new((await authentication.GetAuthenticationStateAsync()).User, _address, _isHttps, _until);
}
