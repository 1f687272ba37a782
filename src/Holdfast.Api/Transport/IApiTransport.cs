namespace Holdfast.Api.Transport;

/// <summary>Carries requests to a server and its answers back, failures included.</summary>
public interface IApiTransport
{
    /// <summary>Sends a request. The caller disposes the response.</summary>
    Task<ApiResponse> SendAsync(ApiRequest request, CancellationToken cancellationToken);
}
