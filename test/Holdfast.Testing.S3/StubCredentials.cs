namespace Holdfast.Testing.S3;

/// <summary>An access key that the stub accepts.</summary>
/// <param name="AccessKey">Its id.</param>
/// <param name="SecretKey">Its secret.</param>
/// <param name="SessionToken">The token that has to be sent with it; null for none.</param>
public sealed record StubCredentials(string AccessKey, string SecretKey, string? SessionToken = null)
{
    /// <summary>When it expires.</summary>
    public DateTimeOffset Expires { get; init; } = DateTimeOffset.MaxValue;

    /// <summary>Whether it may use an operation; else 403.</summary>
    public Func<S3Operation, bool> Allows { get; init; } = _ => true;

    /// <summary>Whether it may use an object with this key; else 403, whether or not it exists.</summary>
    public Func<string, bool> AllowsKey { get; init; } = _ => true;
}
