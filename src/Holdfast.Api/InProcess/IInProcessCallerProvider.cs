namespace Holdfast.Api.InProcess;

/// <summary>Says on whose behalf a request is sent, each time anew: a session may have ended since the last one.</summary>
public interface IInProcessCallerProvider
{
    /// <summary>The caller of the next request.</summary>
    ValueTask<InProcessCaller> GetCallerAsync();
}
