using Holdfast.Api.InProcess;
using Holdfast.Api.Transport;
using Holdfast.Core.Events;

namespace Holdfast.Studio.Api;

/// <summary>Sends the requests of a page on behalf of its user, and reports when the user's session has ended.</summary>
internal sealed class PageTransport(IInProcessTransportFactory transports, PageCaller caller) : IApiTransport
{
    private readonly IApiTransport _server = transports.Create(caller);

    /// <summary>Raised, on any thread, when the session has ended and the user must sign in again.</summary>
    public event Action? SignedOut;

    public async Task<ApiResponse> SendAsync(ApiRequest request, CancellationToken cancellationToken)
    {
        var response = await _server.SendAsync(request, cancellationToken);
        if (response.Status == 401)
        {
            Subscribers.Notify(SignedOut);
        }
        return response;
    }
}
