using Holdfast.Core.Layout;

namespace Holdfast.Node.Catalog;

/// <summary>
/// One archive as it was written. One that was only seen in a listing is <em>unrecorded</em>: of it name and length are
/// known, and it is never damaged for that.
/// </summary>
public sealed record CatalogArchive
{
    /// <summary>Its file name, the same at every destination.</summary>
    public required string Name { get; init; }

    /// <summary>Bytes of the file.</summary>
    public required long Length { get; init; }

    /// <summary>Its id; null for an unrecorded one.</summary>
    public string? Id { get; init; }

    /// <summary>Id of its chain; null for an unrecorded one.</summary>
    public string? Chain { get; init; }

    /// <summary>Id of the archive that it builds on; null for a full or unrecorded one.</summary>
    public string? Parent { get; init; }

    /// <summary>SHA-256 of the file's bytes, Base64; null for an unrecorded one.</summary>
    public string? Sha256 { get; init; }

    /// <summary>SHA-256 of its manifest, Base64; null for an unrecorded one.</summary>
    public string? ManifestSha256 { get; init; }

    /// <summary>Bytes of its index; null where that is not known.</summary>
    public long? IndexLength { get; init; }

    /// <summary>SHA-256 of its index's bytes, Base64; null where that is not known.</summary>
    public string? IndexSha256 { get; init; }

    /// <summary>When the backup began, by its header; null for an unrecorded one.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>Whether id and hashes are known.</summary>
    public bool IsRecorded => Id is not null;

    /// <summary>When it began: by its header, else by its name.</summary>
    public DateTimeOffset Time => Started ?? ArchiveName.TryParse(Name)?.Time ?? DateTimeOffset.MinValue;
}
