using Holdfast.Core.Encryption;
using Holdfast.Core.Tasks;

namespace Holdfast.Core.Operations;

/// <summary>What came of an operation.</summary>
public sealed record OperationResult
{
    /// <summary>Whether there was nothing to store, for nothing had changed.</summary>
    public bool Unchanged { get; init; }

    /// <summary>The kind that was made; null for a restore.</summary>
    public BackupKind? Kind { get; init; }

    /// <summary>The type that was made, after any fallback.</summary>
    public BackupType? Type { get; init; }

    /// <summary>What protects the archive, and why.</summary>
    public EncryptionDecision? Encryption { get; init; }

    /// <summary>Path of the archive at its destinations; null where none was written.</summary>
    public string? Path { get; init; }

    /// <summary>Id of the archive that was written, or restored.</summary>
    public string? ArchiveId { get; init; }

    /// <summary>Bytes of the database.</summary>
    public long DatabaseBytes { get; init; }

    /// <summary>Bytes of the archive file.</summary>
    public long StoredBytes { get; init; }

    /// <summary>What each destination made of it: null for well, else what went wrong.</summary>
    public IReadOnlyDictionary<string, string?> Destinations { get; init; } = new Dictionary<string, string?>();

    /// <summary>What the operator should know.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
