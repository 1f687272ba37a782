namespace Holdfast.Server.Problems;

/// <summary>
/// An edit expected another revision than the current one. The answer has status 412, and the current state as
/// <c>current</c> and <c>etag</c> of the problem, because the framework removes the header from failures.
/// </summary>
public sealed class StaleRevisionException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="name">Name of the edited resource.</param>
    /// <param name="current">The resource as the API shows it now; null if it does not exist.</param>
    /// <param name="revision">The current revision; 0 if the resource does not exist.</param>
    public StaleRevisionException(string name, object? current, long revision)
        : base(current is null ? $"'{name}' does not exist." : $"'{name}' was changed since it was read.") =>
        (Current, Revision) = (current, revision);

    /// <summary>The resource as the API shows it now; null if it does not exist.</summary>
    public object? Current { get; }

    /// <summary>The current revision; 0 if the resource does not exist.</summary>
    public long Revision { get; }
}
