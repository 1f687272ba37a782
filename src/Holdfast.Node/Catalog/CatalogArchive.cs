using Holdfast.Core.Layout;

namespace Holdfast.Node.Catalog;

/// <summary>
/// An archive as it was written. One that was only seen in a listing is <em>unrecorded</em>: only its name and length are known,
/// which never makes it damaged.
/// </summary>
public sealed record CatalogArchive
{
    /// <summary>File name, the same at every destination.</summary>
    public required string Name { get; init; }

    /// <summary>Length of the file, in bytes.</summary>
    public required long Length { get; init; }

    /// <summary>Archive id; null if unrecorded.</summary>
    public string? Id { get; init; }

    /// <summary>Id of its chain; null if unrecorded.</summary>
    public string? Chain { get; init; }

    /// <summary>Id of the archive that it builds on; null for a full or unrecorded one.</summary>
    public string? Parent { get; init; }

    /// <summary>
    /// SHA-256 of the file, Base64; null if unrecorded, or if only the archive's own header was read, until it is verified.
    /// </summary>
    public string? Sha256 { get; init; }

    /// <summary>SHA-256 of its manifest, Base64; null if unrecorded.</summary>
    public string? ManifestSha256 { get; init; }

    /// <summary>Length of its index, in bytes; null if unknown.</summary>
    public long? IndexLength { get; init; }

    /// <summary>SHA-256 of its index, Base64; null if unknown.</summary>
    public string? IndexSha256 { get; init; }

    /// <summary>Start time of the backup, from its header; null if unrecorded.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>Whether id and hashes are known.</summary>
    public bool IsRecorded => Id is not null;

    /// <summary>Start time of the backup: from its header, otherwise from its name.</summary>
    public DateTimeOffset Time => Started ?? ArchiveName.TryParse(Name)?.Time ?? DateTimeOffset.MinValue;
}
