using Holdfast.Core.Databases;
using Holdfast.Core.Encryption;

namespace Holdfast.Core.Tasks;

/// <summary>What a template would do with one database.</summary>
public sealed record PreviewedDatabase
{
    /// <summary>The database.</summary>
    public required DatabaseId Database { get; init; }

    /// <summary>Whether the template excludes it; the other properties are then null.</summary>
    public bool IsExcluded { get; init; }

    /// <summary>The type of archive that would be made, after any fallback.</summary>
    public BackupType? Type { get; init; }

    /// <summary>Why the type differs from the requested one; null if it does not.</summary>
    public string? TypeReason { get; init; }

    /// <summary>How the archive would be encrypted, and why.</summary>
    public EncryptionDecision? Encryption { get; init; }

    /// <summary>Why a backup would fail now; null if no problem is known.</summary>
    public string? Problem { get; init; }
}
