using Holdfast.Core.Databases;
using Holdfast.Core.Encryption;

namespace Holdfast.Core.Tasks;

/// <summary>What a template would do with one database.</summary>
public sealed record PreviewedDatabase
{
    /// <summary>The database.</summary>
    public required DatabaseId Database { get; init; }

    /// <summary>Whether the template leaves it out; the rest is then null.</summary>
    public bool IsExcluded { get; init; }

    /// <summary>The type of archive that would be made, after any fallback.</summary>
    public BackupType? Type { get; init; }

    /// <summary>Why that is not the type asked for; null where it is.</summary>
    public string? TypeReason { get; init; }

    /// <summary>What would protect the archive, and why.</summary>
    public EncryptionDecision? Encryption { get; init; }

    /// <summary>Why a backup would fail now; null where nothing is known to stand in its way.</summary>
    public string? Problem { get; init; }
}
