namespace Holdfast.Server.Problems;

/// <summary>
/// An edit named another revision than the one that is there: answered with 412, and with what is there now as
/// <c>current</c> and <c>etag</c> of the problem (the framework takes the header off failures).
/// </summary>
public sealed class StaleRevisionException : Exception
{
    /// <summary>Makes it.</summary>
    /// <param name="name">Name of what was edited.</param>
    /// <param name="current">It as the API shows it now; null where it is gone.</param>
    /// <param name="revision">Its revision now; 0 where it is gone.</param>
    public StaleRevisionException(string name, object? current, long revision)
        : base(current is null ? $"'{name}' is not there, or no longer." : $"'{name}' was changed since it was read.") =>
        (Current, Revision) = (current, revision);

    /// <summary>It as the API shows it now; null where it is gone.</summary>
    public object? Current { get; }

    /// <summary>Its revision now; 0 where it is gone.</summary>
    public long Revision { get; }
}
