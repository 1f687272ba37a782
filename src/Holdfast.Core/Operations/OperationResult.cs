using Holdfast.Core.Encryption;
using Holdfast.Core.Tasks;

namespace Holdfast.Core.Operations;

/// <summary>What came of an operation.</summary>
public sealed record OperationResult
{
    /// <summary>Whether there was nothing to store, for nothing had changed.</summary>
    public bool Unchanged { get; init; }

    /// <summary>Whether the database was read to its end, though nothing had to be stored; false where a look at it was enough.</summary>
    public bool ReadInFull { get; init; }

    /// <summary>The kind that was made; null for a restore.</summary>
    public BackupKind? Kind { get; init; }

    /// <summary>The type that was made, after any fallback.</summary>
    public BackupType? Type { get; init; }

    /// <summary>Why that is not the type that was asked for; null where it is.</summary>
    public string? TypeReason
    {
        get;
        init => field = value is null ? null : Truncation.Truncate(value);
    }

    /// <summary>What protects the archive, and why.</summary>
    public EncryptionDecision? Encryption { get; init; }

    /// <summary>Path of the archive at its destinations; null where none was written.</summary>
    public string? Path { get; init; }

    /// <summary>Id of the archive that was written, or restored.</summary>
    public string? ArchiveId { get; init; }

    /// <summary>The archive that was written, with its hashes; null where none was.</summary>
    public ChainHead? Head { get; init; }

    /// <summary>Bytes of the database.</summary>
    public long DatabaseBytes { get; init; }

    /// <summary>Bytes of the archive file.</summary>
    public long StoredBytes { get; init; }

    /// <summary>What each destination made of it: null for well, else what went wrong.</summary>
    public IReadOnlyDictionary<string, string?> Destinations { get; init; } = new Dictionary<string, string?>();

    /// <summary>Paths of chains whose names lie too far ahead, by the name of their destination; null for none.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>>? NamesAhead { get; init; }

    /// <summary>How many more such chains there are, by the name of their destination; null for none.</summary>
    public IReadOnlyDictionary<string, int>? MoreNamesAhead { get; init; }

    /// <summary>What the operator should know: the first of it, where it is more than <see cref="Truncation.MaxItems"/>.</summary>
    public IReadOnlyList<string> Warnings
    {
        get;
        init => field = Truncation.TruncateTexts(value);
    } = [];
}
