namespace Holdfast.Engines.Sources;

/// <summary>Gives the passwords of a source when a connection is made; null for none.</summary>
/// <param name="Password">That of its user.</param>
/// <param name="RestorePassword">That of the role which restores are run as.</param>
public sealed record SourceSecrets(
    Func<CancellationToken, ValueTask<string?>> Password,
    Func<CancellationToken, ValueTask<string?>> RestorePassword
)
{
    /// <summary>None at all.</summary>
    public static SourceSecrets None { get; } = new(_ => new((string?)null), _ => new((string?)null));
}
