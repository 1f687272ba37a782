namespace Holdfast.Core.Errors;

/// <summary>A failure told to a person: the fact with its values, and what to do next.</summary>
public sealed class HoldfastException : Exception
{
    /// <summary>Makes a failure of kind <paramref name="error"/>.</summary>
    /// <param name="error">Its kind, from <see cref="ErrorCatalogue"/>.</param>
    /// <param name="message">What happened, with values. Never a secret.</param>
    /// <param name="hint">What to do about it; null where nothing sensible can be said.</param>
    /// <param name="innerException">What caused it, for logs.</param>
    public HoldfastException(Error error, string message, string? hint = null, Exception? innerException = null)
        : base(message, innerException)
    {
        Error = error;
        Hint = hint;
    }

    /// <summary>The kind of failure.</summary>
    public Error Error { get; }

    /// <summary>Whether it says that stored bytes are not what was written, or cannot be had: see <see cref="Error.IsDamage"/>.</summary>
    public bool IsDamage => Error.IsDamage;

    /// <summary>What to do next; null where nothing sensible can be said.</summary>
    public string? Hint { get; }
}
