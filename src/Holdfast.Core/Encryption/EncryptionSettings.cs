namespace Holdfast.Core.Encryption;

/// <summary>Encryption settings of a task. They contain public keys only; a key that the server stores is kept with its secrets.</summary>
public sealed record EncryptionSettings
{
    /// <summary>The mode; default none.</summary>
    public EncryptionMode Mode { get; init; }

    /// <summary>
    /// The public keys (<c>age1…</c>): those given, or that of the key that the server stores. Empty for <see cref="EncryptionMode.None"/>.
    /// </summary>
    public IReadOnlyList<string> Recipients { get; init; } = [];

    /// <summary>Whether snapshots of unencrypted databases are encrypted too; default no. See <see cref="EncryptionDecision"/>.</summary>
    public bool EncryptSnapshots { get; init; }
}
