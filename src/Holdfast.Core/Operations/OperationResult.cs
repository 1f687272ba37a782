using Holdfast.Core.Encryption;
using Holdfast.Core.Tasks;

namespace Holdfast.Core.Operations;

/// <summary>Result of an operation.</summary>
public sealed record OperationResult
{
    /// <summary>Whether nothing was stored because nothing had changed.</summary>
    public bool Unchanged { get; init; }

    /// <summary>Whether the database was read in full although nothing had to be stored; false if its change token sufficed.</summary>
    public bool ReadInFull { get; init; }

    /// <summary>The kind of backup that was made; null for a restore.</summary>
    public BackupKind? Kind { get; init; }

    /// <summary>The type of backup that was made, after any fallback.</summary>
    public BackupType? Type { get; init; }

    /// <summary>Why the type differs from the requested one; null if it does not.</summary>
    public string? TypeReason
    {
        get;
        init => field = value is null ? null : Truncation.Truncate(value);
    }

    /// <summary>How the archive is encrypted, and why.</summary>
    public EncryptionDecision? Encryption { get; init; }

    /// <summary>Path of the archive at its destinations; null if none was written.</summary>
    public string? Path { get; init; }

    /// <summary>Id of the archive that was written, or restored.</summary>
    public string? ArchiveId { get; init; }

    /// <summary>The archive that was written, with its hashes; null if none was.</summary>
    public ChainHead? Head { get; init; }

    /// <summary>Size of the database, in bytes.</summary>
    public long DatabaseBytes { get; init; }

    /// <summary>Size of the archive file, in bytes.</summary>
    public long StoredBytes { get; init; }

    /// <summary>Outcome by destination name: null for success, otherwise what went wrong.</summary>
    public IReadOnlyDictionary<string, string?> Destinations { get; init; } = new Dictionary<string, string?>();

    /// <summary>
    /// Destinations that did not take part because they wait for their upload windows: they did not fail, and get a copy then. Null if
    /// there are none.
    /// </summary>
    public IReadOnlyList<string>? WaitingDestinations { get; init; }

    /// <summary>Paths of chains whose names are too far in the future, by destination name; null if there are none.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>>? NamesAhead { get; init; }

    /// <summary>Number of further such chains, by destination name; null if there are none.</summary>
    public IReadOnlyDictionary<string, int>? MoreNamesAhead { get; init; }

    /// <summary>What a rebuilding of the catalog has found; null for other operations.</summary>
    public CatalogRebuildResult? Catalog { get; init; }

    /// <summary>Warnings for the operator; at most the first <see cref="Truncation.MaxItems"/>.</summary>
    public IReadOnlyList<string> Warnings
    {
        get;
        init => field = Truncation.TruncateTexts(value);
    } = [];
}
