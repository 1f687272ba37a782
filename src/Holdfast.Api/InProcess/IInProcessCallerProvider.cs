namespace Holdfast.Api.InProcess;

/// <summary>Provides the caller for each request. It is asked every time, because a session can end between requests.</summary>
public interface IInProcessCallerProvider
{
    /// <summary>Gets the caller of the next request.</summary>
    ValueTask<InProcessCaller> GetCallerAsync();
}
