namespace Holdfast.Core.Errors;

/// <summary>A failure to be reported to a person: what happened, with its values, and the next step.</summary>
public sealed class HoldfastException : Exception
{
    /// <summary>Creates a failure of the kind <paramref name="error"/>.</summary>
    /// <param name="error">Its kind, from <see cref="ErrorCatalog"/>.</param>
    /// <param name="message">What happened, with values. Must not contain secrets.</param>
    /// <param name="hint">The next step; null if there is none.</param>
    /// <param name="innerException">The cause, for logs.</param>
    public HoldfastException(Error error, string message, string? hint = null, Exception? innerException = null)
        : base(message, innerException)
    {
        Error = error;
        Hint = hint;
    }

    /// <summary>The kind of failure.</summary>
    public Error Error { get; }

    /// <summary>Whether stored bytes differ from what was written or cannot be read: see <see cref="Error.IsDamage"/>.</summary>
    public bool IsDamage => Error.IsDamage;

    /// <summary>The next step; null if there is none.</summary>
    public string? Hint { get; }
}
