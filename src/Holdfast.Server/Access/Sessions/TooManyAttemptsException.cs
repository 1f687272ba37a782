namespace Holdfast.Server.Access.Sessions;

/// <summary>Too many attempts to sign in; answered with status 429.</summary>
public sealed class TooManyAttemptsException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="retryAfter">How long to wait.</param>
    public TooManyAttemptsException(TimeSpan retryAfter)
        : base("Too many attempts to sign in.") => RetryAfterSeconds = (int)Math.Ceiling(Math.Max(1, retryAfter.TotalSeconds));

    /// <summary>How long to wait, in seconds.</summary>
    public int RetryAfterSeconds { get; }
}
