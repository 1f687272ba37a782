namespace Holdfast.Core.Encryption;

/// <summary>A task's choice of encryption. It holds public keys only; a key that the server keeps is among its secrets.</summary>
public sealed record EncryptionSettings
{
    /// <summary>Default none.</summary>
    public EncryptionMode Mode { get; init; }

    /// <summary>
    /// The public keys (<c>age1…</c>): those given, or the one of the key that the server keeps. Empty for
    /// <see cref="EncryptionMode.None"/>.
    /// </summary>
    public IReadOnlyList<string> Recipients { get; init; } = [];

    /// <summary>
    /// Whether snapshots of unencrypted databases are encrypted too. Default no: see the table of
    /// <see cref="EncryptionDecision"/>.
    /// </summary>
    public bool EncryptSnapshots { get; init; }
}
