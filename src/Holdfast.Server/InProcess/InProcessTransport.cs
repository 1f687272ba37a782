using Holdfast.Api.InProcess;
using Holdfast.Api.Transport;

namespace Holdfast.Server.InProcess;

/// <summary>Sends requests to the server in this process.</summary>
internal sealed class InProcessTransport(InProcessApi api, IInProcessCallerProvider callers) : IApiTransport
{
    public async Task<ApiResponse> SendAsync(ApiRequest request, CancellationToken cancellationToken)
    {
        var answer = await api.SendAsync(await callers.GetCallerAsync(), request, cancellationToken);
        return new(answer.Status, new MemoryStream(answer.Body.ToArray(), writable: false))
        {
            ETag = answer.ETag,
            Cookies = [.. answer.Cookies.OfType<string>()],
        };
    }
}
