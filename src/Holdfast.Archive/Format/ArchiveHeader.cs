using Holdfast.Core.Tasks;

namespace Holdfast.Archive.Format;

/// <summary><c>holdfast.json</c>, the first entry of an archive: its identity and its place in a chain.</summary>
public sealed record ArchiveHeader
{
    /// <summary>The format version that this program writes.</summary>
    public const int CurrentFormat = 1;

    /// <summary>Version of the format. Readers refuse a newer one.</summary>
    public int Format { get; init; } = CurrentFormat;

    /// <summary>Id of this archive: 32 lower-case hex digits, random.</summary>
    public required string Id { get; init; }

    /// <summary>Id of the chain, which is the id of its full archive.</summary>
    public required string Chain { get; init; }

    /// <summary>
    /// Id of the archive that this one builds on; null for a full one. Parent ids alone order a chain, not names or clocks.
    /// </summary>
    public string? Parent { get; init; }

    /// <summary>The database, as <c>source/name</c>.</summary>
    public required string Database { get; init; }

    /// <summary>Whether the database itself is encrypted, so that a restore of a logical archive encrypts it again.</summary>
    public bool DatabaseEncrypted { get; init; }

    /// <summary>The engine that wrote the items and can load them: <c>sqlite</c>, <c>postgresql</c>.</summary>
    public required string Engine { get; init; }

    /// <summary>Version of the database software.</summary>
    public required string EngineVersion { get; init; }

    /// <summary>Logical or image, as actually made.</summary>
    public required BackupType Type { get; init; }

    /// <summary>Full or incremental.</summary>
    public required BackupKind Kind { get; init; }

    /// <summary>Tag of the node that created it.</summary>
    public required string Node { get; init; }

    /// <summary>Short id of the task; null for one-time and offline backups.</summary>
    public string? Task { get; init; }

    /// <summary>Epoch of the assignment under which the node ran the task; 0 if there is none.</summary>
    public long Epoch { get; init; }

    /// <summary>When the view of the database was opened, UTC. The file name has a later second if this one was taken.</summary>
    public required DateTimeOffset StartTime { get; init; }
}
