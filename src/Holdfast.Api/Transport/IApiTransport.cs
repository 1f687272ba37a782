namespace Holdfast.Api.Transport;

/// <summary>Sends requests to a server and returns its answers, including errors.</summary>
public interface IApiTransport
{
    /// <summary>Sends a request. The caller disposes the response.</summary>
    Task<ApiResponse> SendAsync(ApiRequest request, CancellationToken cancellationToken);
}
