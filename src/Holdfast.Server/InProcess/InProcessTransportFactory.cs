using Holdfast.Api.InProcess;
using Holdfast.Api.Transport;

namespace Holdfast.Server.InProcess;

internal sealed class InProcessTransportFactory(InProcessApi api) : IInProcessTransportFactory
{
    public IApiTransport Create(IInProcessCallerProvider callers) => new InProcessTransport(api, callers);
}
