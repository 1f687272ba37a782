namespace Holdfast.Core.Encryption;

/// <summary>What archives are encrypted with, as an operator writes it.</summary>
public sealed record EncryptionDefinition
{
    /// <summary>Default none.</summary>
    public EncryptionMode Mode { get; init; }

    /// <summary>
    /// For <see cref="EncryptionMode.Key"/>: the key (<c>AGE-SECRET-KEY-1…</c> or Base64); null keeps the present one,
    /// or makes one that is shown once. Never given back.
    /// </summary>
    public string? Key { get; init; }

    /// <summary>For <see cref="EncryptionMode.Recipients"/>: the public keys.</summary>
    public IReadOnlyList<string> Recipients { get; set; } = [];

    /// <summary>Whether snapshots of unencrypted databases are encrypted too. Default no.</summary>
    public bool EncryptSnapshots { get; init; }

    /// <summary>Without the key.</summary>
    public override string ToString() => $"{nameof(EncryptionDefinition)} {Mode}";
}
