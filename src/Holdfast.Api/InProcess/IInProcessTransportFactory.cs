using Holdfast.Api.Transport;

namespace Holdfast.Api.InProcess;

/// <summary>
/// Creates transports to the server in this process. Their requests pass through the same pipeline as those from the
/// network, so the same roles, rules and audit log apply.
/// </summary>
public interface IInProcessTransportFactory
{
    /// <summary>
    /// Creates a transport for requests on behalf of a caller. It buffers answers, so the event stream cannot be read
    /// through it.
    /// </summary>
    IApiTransport Create(IInProcessCallerProvider callers);
}
