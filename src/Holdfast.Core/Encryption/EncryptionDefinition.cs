namespace Holdfast.Core.Encryption;

/// <summary>The encryption of archives, as an operator defines it.</summary>
public sealed record EncryptionDefinition
{
    /// <summary>The mode; default none.</summary>
    public EncryptionMode Mode { get; init; }

    /// <summary>
    /// For <see cref="EncryptionMode.Key"/>: the key (<c>AGE-SECRET-KEY-1…</c> or Base64); null keeps the current key, or generates one
    /// that is shown once. Never returned.
    /// </summary>
    public string? Key { get; init; }

    /// <summary>For <see cref="EncryptionMode.Recipients"/>: the public keys.</summary>
    public IReadOnlyList<string> Recipients { get; set; } = [];

    /// <summary>Whether snapshots of unencrypted databases are encrypted too. Default no.</summary>
    public bool EncryptSnapshots { get; init; }

    /// <summary>Returns the mode, without the key.</summary>
    public override string ToString() => $"{nameof(EncryptionDefinition)} {Mode}";
}
