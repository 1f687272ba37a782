using Holdfast.Api.Transport;

namespace Holdfast.Api.InProcess;

/// <summary>
/// Makes transports to the server in this process. Requests take the same way as those over the network, so that roles,
/// rules and audit log are the same.
/// </summary>
public interface IInProcessTransportFactory
{
    /// <summary>A transport for requests on behalf of a caller. It buffers answers: the event stream cannot be read through it.</summary>
    IApiTransport Create(IInProcessCallerProvider callers);
}
